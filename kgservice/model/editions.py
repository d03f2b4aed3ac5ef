"""Editions: what state a term is in, language by language, and how edits and reviews move it.

A translation keeps, per field, a digest of the text that it was made from. Where that text is another one now, the
translation is stale.
"""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TypedDict

from kgservice.errors import Fault
from kgservice.model.terms import FIELDS, Edition, Question, Term

Values = Mapping[str, Mapping[str, Sequence[str]]]
"""Texts by field and language."""

TRACKED = (*FIELDS, "quiz")
"""What an edition keeps digests of."""

NEXT = {
    None: ("draft", "machine-translated", "human-translated", "reviewed"),
    "draft": ("draft", "machine-translated", "human-translated", "reviewed"),
    "machine-translated": ("draft", "machine-translated", "human-translated"),
    "human-translated": ("draft", "human-translated", "reviewed"),
    "reviewed": ("draft", "reviewed"),
}
"""The statuses that an edition can get, by the one that it has. Its own again says that it was looked at anew."""


COMPARED = (*(name for name, entry in FIELDS.items() if not entry.many and name != "reading"), "quiz")
"""The fields of which a language can lack one: those that other languages of the term have."""


class LanguageState(TypedDict):
    """What state a term is in in one language: the status of its edition, and the fields missing and stale."""

    status: str | None
    missing: list[str]
    stale: list[str]


def language_states(term: Term) -> dict[str, LanguageState]:
    """The state of each language that the term has a text or an edition in, by tag."""
    return {
        lang: {
            "status": term.editions[lang].status if lang in term.editions else None,
            "missing": missing_fields(term.texts, term.quiz, lang),
            "stale": stale_fields(term.texts, term.quiz, term.editions.get(lang)),
        }
        for lang in sorted({*term.languages(), *term.editions})
    }


def missing_fields(texts: Values, quiz: Collection[Question], lang: str) -> list[str]:
    """The fields that some language has, but not this one."""
    return [name for name in COMPARED if (held := _languages_with(texts, quiz, name)) and lang not in held]


def _languages_with(texts: Values, quiz: Collection[Question], name: str) -> Collection[str]:
    if name != "quiz":
        return texts.get(name, {})
    return set.intersection(*(set(question.text) for question in quiz)) if quiz else ()


def source_digest(texts: Values, quiz: Iterable[Question], name: str, lang: str) -> str | None:
    """The digest of a field in a language, 16 hexadecimal digits; None if the language lacks the field."""
    held = _held(texts, quiz, name, lang)
    return hashlib.sha256("\n".join(held).encode()).hexdigest()[:16] if held else None


def _held(texts: Values, quiz: Iterable[Question], name: str, lang: str) -> Sequence[str]:
    """The texts of a field in a language."""
    return _quiz_texts(quiz, lang) if name == "quiz" else texts.get(name, {}).get(lang, ())


def _quiz_texts(quiz: Iterable[Question], lang: str) -> tuple[str, ...]:
    held = [text for q in quiz for text in (q.text, *(choice.text for choice in q.choices), q.explanation)]
    return tuple(text[lang] for text in held if lang in text)


def stale_fields(texts: Values, quiz: Iterable[Question], edition: Edition | None) -> list[str]:
    """The fields whose source text has changed since the edition was translated from it."""
    if edition is None or edition.derived_from is None:
        return []
    told = sorted(edition.digests.items())
    return [name for name, digest in told if source_digest(texts, quiz, name, edition.derived_from) != digest]


def changed_fields(before: Term | None, after: Term) -> dict[str, list[str]]:
    """The fields that an edit changes, by language; each language of the term before or after it is there."""
    texts, quiz = (before.texts, before.quiz) if before else ({}, ())
    names = [name for name in FIELDS if texts.get(name) != after.texts.get(name)]
    names += ["quiz"] * (quiz != after.quiz)

    def differs(name: str, lang: str) -> bool:
        return tuple(_held(texts, quiz, name, lang)) != tuple(_held(after.texts, after.quiz, name, lang))

    languages = sorted({*_languages(after), *(_languages(before) if before else ())})
    return {lang: [name for name in names if differs(name, lang)] for lang in languages}


def edited(before: Term | None, after: Term, first: str) -> dict[str, Edition]:
    """The editions of a term that was edited: each language whose texts changed is a draft again.

    A language other than the first counts as translated from it, field by field as it stands after the edit.
    """
    editions = dict(before.editions) if before else {}
    for lang, changed in changed_fields(before, after).items():
        if changed and lang in _languages(after):
            draft = replace(editions.get(lang, Edition("draft")), status="draft")
            editions[lang] = _translated(draft, after, lang, changed, first)
        elif changed:
            editions.pop(lang, None)
    return editions


def _languages(term: Term) -> set[str]:
    return {*term.languages(), *(lang for question in term.quiz for lang in question.text)}


def _translated(edition: Edition, term: Term, lang: str, fields: Iterable[str], first: str) -> Edition:
    """The edition with the digests of what these fields were made from now."""
    source = edition.derived_from or (first if lang != first else None)
    if source is None:
        return edition
    digests = dict(edition.digests)
    for name in fields:
        digest = source_digest(term.texts, term.quiz, name, source)
        held = source_digest(term.texts, term.quiz, name, lang)
        digests.pop(name, None)
        if digest and held:
            digests[name] = digest
    return replace(edition, derived_from=source, digests=digests)


def with_status(term: Term, lang: str, status: str, first: str) -> Edition | Fault:
    """The edition of a language with another status; a fault if it cannot have that.

    Any status but `draft` says that somebody (or a machine) has held it against its source as that is now.
    """
    edition = term.editions.get(lang)
    if lang not in _languages(term):
        return Fault("lang", f"the term has no text in {lang}")
    allowed = NEXT[edition.status if edition else None]
    if status not in allowed:
        held = edition.status if edition else "none"
        return Fault("status", f"{held!r} does not become {status!r}; it can become {', '.join(allowed)}")
    renewed = replace(edition or Edition(status), status=status)
    return renewed if status == "draft" else _translated(renewed, term, lang, TRACKED, first)
