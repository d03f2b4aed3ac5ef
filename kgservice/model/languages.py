"""One resolver for languages: which text a reader gets, and whether it is a fallback.

Lookup follows RFC 4647 §3.4, with two additions. A region that implies another script than its language's usual one
looks in that script (`zh-TW` finds `zh-Hant`, never plain `zh` first). Last, the first available tag of the same
language and script serves (`zh-CN` finds `zh-Hans`, `pt-PT` finds `pt-BR`).
"""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Generic, NamedTuple, TypeVar

import langcodes

T = TypeVar("T")

TAG_MAX = 35
ASKED_MAX = 10
"""Most languages that one request may ask for."""

TAG = (
    "([A-Za-z]{2,3}(-[A-Za-z]{3})?(-[A-Za-z]{4})?(-([A-Za-z]{2}|[0-9]{3}))?(-([A-Za-z0-9]{5,8}|[0-9][A-Za-z0-9]{3}))*"
    "(-[0-9A-WY-Za-wy-z](-[A-Za-z0-9]{2,8})+)*(-x(-[A-Za-z0-9]{1,8})+)?|x-[A-Za-z0-9]{1,8})"
)
"""A language tag as RFC 5646 §2.1 forms it, as a pattern for both Python and JSON Schema. The old irregular ones are
not in it, nor are primary languages of more than three letters, of which there are none."""

_WELL_FORMED = re.compile(TAG)
_RIGHT_TO_LEFT = frozenset(
    ("Adlm", "Arab", "Aran", "Hebr", "Mand", "Mend", "Nkoo", "Rohg", "Samr", "Syrc", "Thaa", "Yezi")
)


@lru_cache(4096)
def canonical_tag(tag: str) -> str | None:
    """The tag in the canonical form of BCP 47 (`zh-hant-tw` is `zh-Hant-TW`, `iw` is `he`); None if it is malformed."""
    if len(tag) > TAG_MAX or not _WELL_FORMED.fullmatch(tag):
        return None
    canonical = str(langcodes.standardize_tag(tag))
    # Of some odd tags langcodes makes malformed ones, or others again: mo-mul-001, then ro-001-mul.
    return canonical if _is_stable(canonical) else tag.lower()


def _is_stable(tag: str) -> bool:
    if len(tag) > TAG_MAX or not _WELL_FORMED.fullmatch(tag):
        return False
    try:
        return str(langcodes.standardize_tag(tag)) == tag
    except ValueError:  # langcodes.LanguageTagError among them
        return False


_READ_AS = {"nb": "no", "nn": "no", "cmn": "zh"}
"""Languages that are asked for under two tags: who reads the one is served by the other."""


@lru_cache(4096)
def _script_of(tag: str) -> tuple[str, str]:
    """The language and the script of a canonical tag, the script filled in from CLDR where the tag has none."""
    full = langcodes.Language.get(tag).maximize()
    language = full.language or "und"
    return _READ_AS.get(language, language), full.script or ""


def direction(tag: str) -> str:
    """`rtl` or `ltr`, by the script that the tag names or implies."""
    return "rtl" if _script_of(tag)[1] in _RIGHT_TO_LEFT else "ltr"


def script(tag: str) -> str:
    """The script that a canonical tag names or implies, such as `Jpan`; empty if it is not known."""
    return _script_of(tag)[1]


def same_writing(tag: str, other: str) -> bool:
    """Whether a reader of one tag reads the other: the same language in the same script."""
    return _script_of(tag) == _script_of(other)


@lru_cache(4096)
def lookup_chain(tag: str) -> tuple[str, ...]:
    """The tags to look for, best first, for a canonical tag: `zh-TW`, `zh-Hant-TW`, `zh-Hant`, `zh`."""
    chain = [tag]
    asked = langcodes.Language.get(tag)
    language, script = _script_of(tag)
    if asked.language and not asked.script and script != _script_of(asked.language)[1]:
        region = (f"-{asked.territory}",) if asked.territory else ()
        chain += [f"{language}-{script}{suffix}" for suffix in (*region, "")]
    parts = tag.split("-")
    while len(parts) > 1:
        parts.pop()
        if len(parts[-1]) == 1:  # a singleton such as the x of en-x-home is no tag's end
            parts.pop()
        chain.append("-".join(parts))
    return tuple(dict.fromkeys(entry for entry in chain if entry))


class Picked(NamedTuple, Generic[T]):
    """A value in the language that serves the reader, and whether that is another language than the first asked for."""

    value: T
    lang: str
    fallback: bool


class Choice(NamedTuple):
    """The language that serves a reader best of those that a text is in."""

    lang: str
    dir: str
    fallback: bool
    """Whether it is another one than the first asked for."""


class Languages:
    """The languages of one request: those asked for, best first, then the glossary's own in their order.

    All tags are canonical. Where nothing is asked for, the glossary's first language is.
    """

    __slots__ = ("_choices", "asked", "first", "glossary")

    def __init__(self, asked: tuple[str, ...], glossary: tuple[str, ...]) -> None:
        self.asked = asked
        self.glossary = glossary
        self.first = asked[0] if asked else glossary[0]
        """The language that the reader wants most."""
        self._choices = _choices(asked, glossary)

    def choice(self, values: Mapping[str, object]) -> Choice | None:
        """What serves best of the languages of a map; None only where it is empty."""
        if not values:
            return None
        tags = tuple(values)
        found = self._choices.get(tags)
        if found is None:
            if len(self._choices) > CHOICES_MAX:
                self._choices.clear()
            tag = _choose((*self.asked, *self.glossary), self.glossary, frozenset(tags))
            found = self._choices[tags] = Choice(tag, direction(tag), not same_writing(tag, self.first))
        return found

    def choose(self, available: Iterable[str]) -> str | None:
        """The tag among those available that serves best; None only where there is none."""
        found = self.choice(dict.fromkeys(available))
        return found.lang if found else None

    def pick(self, values: Mapping[str, T]) -> Picked[T] | None:
        """The value of a language map that serves best, marked as fallback unless the first language reads it."""
        found = self.choice(values)
        return Picked(values[found.lang], found.lang, found.fallback) if found else None


CHOICES_MAX = 1000
"""Sets of languages of which it is remembered which one serves."""


@lru_cache(256)
def _choices(_asked: tuple[str, ...], _glossary: tuple[str, ...]) -> dict[tuple[str, ...], Choice]:
    """What served readers who ask alike: a term has dozens of texts, nearly all in the same few languages."""
    return {}


def _choose(wanted: tuple[str, ...], glossary: tuple[str, ...], tags: frozenset[str]) -> str:
    ordered = [*(tag for tag in glossary if tag in tags), *sorted(tags.difference(glossary))]
    for want in wanted:
        for candidate in lookup_chain(want):
            if candidate in tags:
                return candidate
        for candidate in ordered:
            if same_writing(candidate, want):
                return candidate
    return ordered[0]
