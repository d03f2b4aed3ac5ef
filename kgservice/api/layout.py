"""What all pages for people share: the frame, links that keep the reader's languages, versioned assets, the policy."""

import gzip
import hashlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from flask import Flask, Response, render_template, request
from markupsafe import Markup

from kgservice.api.context import public_url
from kgservice.api.interface import INTERFACE, interface_language
from kgservice.api.negotiation import parse_lang
from kgservice.errors import Invalid
from kgservice.model.glossary import Glossary
from kgservice.model.language_names import own_name
from kgservice.model.languages import direction, same_writing
from kgservice.model.speaking import Speaker
from kgservice.model.texts import visible_text

STATIC = Path(__file__).parent / "static"

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; frame-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
"""The content security policy of pages: their own files, and nothing inline."""

KEPT = ("lang", "ui")
"""The parameters that links within the site carry on."""

PACKED = ("text/css", "text/javascript", "application/javascript", "image/svg+xml")
"""Static files that are sent compressed: a third of their size."""

FOREVER = "public, max-age=31536000, immutable"
"""For static files that are asked for by the digest of their content."""


def register(app: Flask) -> None:
    """Give templates what they share."""
    app.jinja_env.globals.update(
        address=address, here=here, asset=asset, kept_parameters=kept_parameters, language_name=own_name, ours=ours
    )
    app.jinja_env.filters["visible"] = visible_text
    app.context_processor(_frame)
    app.after_request(_keep_assets)


def _frame() -> dict[str, Any]:
    """What the frame shows of any request, also where the glossary cannot be read."""
    language = interface_language()
    shown = {"interface": language, "interface_languages": INTERFACE, "lang": language, "dir": direction(language)}
    return {**shown, "canonical_path": public_url(request.path), "canonical": public_url(_canonical(language))}


def _keep_assets(response: Response) -> Response:
    """A file that is asked for by its present digest never changes; without one, clients ask every time."""
    if request.endpoint == "pages.static" and request.method != "OPTIONS" and response.status_code in (200, 304):
        named = (request.view_args or {})["filename"]
        response.headers["Cache-Control"] = FOREVER if request.args.get("v") == _digest(named) else "no-cache"
        if response.mimetype in PACKED:
            response.vary.add("Accept-Encoding")
            if response.status_code == 200 and request.accept_encodings.quality("gzip") > 0:
                _pack(response, named)
    return response


def _pack(response: Response, named: str) -> None:
    """Send the file compressed. Its ETag becomes a weak one: the content is the same, the bytes are not."""
    response.direct_passthrough = False
    response.make_sequence()  # the open file is closed with the answer
    response.set_data(_packed(named))
    response.headers["Content-Encoding"] = "gzip"
    response.set_etag(response.get_etag()[0] or _digest(named), weak=True)


@cache
def _packed(name: str) -> bytes:
    return gzip.compress((STATIC / name).read_bytes(), mtime=0)


def kept_parameters() -> list[tuple[str, str]]:
    """The languages that the address of this request names; what names none is not carried on."""
    return [(name, request.args[name]) for name in KEPT if _names_languages(name, request.args.get(name))]


def _names_languages(name: str, value: str | None) -> bool:
    try:
        return value in INTERFACE if name == "ui" else bool(parse_lang(value))
    except Invalid:
        return False


def address(path: str, **query: str) -> str:
    """A path of this site, in the languages of this request."""
    told = urlencode({**dict(kept_parameters()), **query}, safe=",")
    return f"{path}?{told}" if told else path


def here(**query: str) -> str:
    """The address of this request with some parameters changed."""
    others = [(name, value) for name, value in request.args.items(multi=True) if name not in query]
    return f"{quote(request.path)}?{urlencode([*others, *query.items()], safe=',')}"


def ours() -> str:
    """The attributes of an element whose words are the interface's own."""
    language = interface_language()
    return Markup(' lang="{}" dir="{}"').format(language, direction(language))


def asset(name: str) -> str:
    """The address of a static file, with a digest of its content: it can be kept for ever."""
    return f"/static/{name}?v={_digest(name)}"


@cache
def _digest(name: str) -> str:
    return hashlib.blake2b((STATIC / name).read_bytes(), digest_size=6).hexdigest()


def page(speaker: Speaker, glossary: Glossary, template: str, *, tags: Iterable[str] = (), **values: Any) -> Response:
    """A page in the frame, its content in the languages of the speaker; `tags` are those it can be had in."""
    title = speaker.text(glossary.title)
    lang = values.pop("lang", None) or next(iter(speaker.used), speaker.languages.first)
    held = list(tags)
    html = render_template(
        template,
        glossary=title,
        licence=glossary.licence,
        languages=[{"tag": tag, "name": own_name(tag), "dir": direction(tag)} for tag in held],
        asked=speaker.languages.first,
        unknown_language=not any(same_writing(speaker.languages.first, tag) for tag in held),
        lang=lang,
        dir=direction(lang),
        canonical=public_url(_canonical(lang)),
        **values,
    )
    return in_frame(html, speaker.used)


def in_frame(html: str, languages: Iterable[str]) -> Response:
    """The HTML, with texts in some languages, as a page under the policy of pages."""
    response = Response(html, mimetype="text/html")
    response.headers["Content-Security-Policy"] = POLICY
    if told := ", ".join(languages):
        response.headers["Content-Language"] = told
    response.vary.add("Accept-Language")  # the interface follows it, where no parameter says more
    return response


def in_english(html: str) -> Response:
    """A page whose content is English, in a frame that speaks the reader's language."""
    return in_frame(html, dict.fromkeys((interface_language(), "en")))


def _canonical(lang: str) -> str:
    """The path with the parameters that make another document; where a language is asked for, with that shown."""
    given = {**request.args.to_dict(), **({"lang": lang} if "lang" in request.args else {})}
    told = [(name, given[name]) for name in ("lang", "after", "letter") if given.get(name)]
    return f"{request.path}?{urlencode(told, safe=',')}" if told else request.path
