"""What the client asks for: languages and media types."""

from collections.abc import Sequence
from functools import lru_cache
from typing import TypeVar

from flask import request
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

from kgservice.errors import Fault, Invalid
from kgservice.model.glossary import Glossary
from kgservice.model.languages import ASKED_MAX, Languages, canonical_tag

T = TypeVar("T")

HEADER_MAX = 1000
"""Characters of a header that are read."""


def parse_lang(value: str | None) -> tuple[str, ...] | None:
    """The canonical tags of a `lang` parameter, in order; None if it is absent. `Invalid` if a tag is malformed."""
    if value is None:
        return None
    tags = [part.strip(" ") for part in value.split(",")]
    if len(tags) > ASKED_MAX:
        raise Invalid([Fault("lang", f"names {len(tags)} languages; {ASKED_MAX} are allowed")])
    canonical = [(tag, canonical_tag(tag)) for tag in tags]
    faults = [
        Fault("lang", f"{tag!r} is not a language tag, such as en or zh-Hant") for tag, known in canonical if not known
    ]
    if faults:
        raise Invalid(faults)
    return tuple(dict.fromkeys(known for _, known in canonical if known))


EVERY = ("*",)
"""What is asked for by `lang=*`: every language, in the editing representation."""


def asked_languages(lang: str | None) -> tuple[str, ...]:
    """The languages that the request asks for: by the `lang` parameter, else by `Accept-Language`; or `EVERY`."""
    return asked_by(lang, request.headers.get("Accept-Language", "")[:HEADER_MAX])


@lru_cache(1024)
def asked_by(lang: str | None, header: str) -> tuple[str, ...]:
    """The languages that a `lang` parameter asks for, else an `Accept-Language` header; or `EVERY`. Remembered."""
    if lang == "*":
        return EVERY
    asked = parse_lang(lang)
    if asked is None:
        accepted = parse_accept_header(header, LanguageAccept)
        ranges = [canonical_tag(tag) for tag, quality in accepted if quality > 0 and tag != "*"][:ASKED_MAX]
        asked = tuple(dict.fromkeys(tag for tag in ranges if tag))
    return asked


def requested_languages(lang: str | None, glossary: Glossary) -> Languages:
    """The languages of a request that shows one text of each field: those asked for, then the glossary's own."""
    return one_of_each(asked_languages(lang), glossary)


def one_of_each(asked: tuple[str, ...], glossary: Glossary) -> Languages:
    """The languages where one text of each field is shown; `Invalid` where every language is asked for."""
    if asked == EVERY:
        raise Invalid([Fault("lang", "'*' is for the JSON API; a page and a diagram have one text of each field")])
    return Languages(asked, glossary.languages)


def best_media_type(header: str | None, offers: Sequence[tuple[str, T]]) -> tuple[str, T] | None:
    """The offer that an `Accept` header likes best, by RFC 9110 §12.5.1; None if it refuses all of them.

    The most specific range that matches an offer gives its quality; equal ones go in the order of the offers. Media
    type parameters are passed over: clients send `charset` and `profile` for types that we write in one way only.
    """
    if not header or not header.strip():
        return offers[0]
    place = _best_of(header[:HEADER_MAX], tuple(media_type for media_type, _ in offers))
    return None if place is None else offers[place]


@lru_cache(maxsize=500)
def _best_of(header: str, offers: tuple[str, ...]) -> int | None:
    """The place of the best offer. Remembered: clients send few headers, and reading one costs more than Flask."""
    qualities: dict[str, float] = {}
    for value, quality in parse_accept_header(header):
        media_range = value.partition(";")[0].strip().lower()
        qualities[media_range] = max(quality, qualities.get(media_range, 0))
    if not qualities:  # nothing in it is a media range
        return 0

    def quality_of(place: int) -> float:
        ranges = (offers[place], f"{offers[place].partition('/')[0]}/*", "*/*")
        return next((qualities[one] for one in ranges if one in qualities), 0)

    best = max(range(len(offers)), key=quality_of)
    return best if quality_of(best) > 0 else None


_JSON_TYPES = (("application/json", ""), ("application/ld+json", ""), ("application/problem+json", ""))


def accepts_json(header: str | None) -> bool:
    """Whether an `Accept` header lets the API answer."""
    return best_media_type(header, _JSON_TYPES) is not None
