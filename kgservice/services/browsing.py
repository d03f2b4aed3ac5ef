"""Ways into a glossary: its terms in the order of a language's dictionary, those most built on, those last changed."""

from collections.abc import Iterable
from dataclasses import dataclass

import icu

from kgservice.model.languages import Languages
from kgservice.model.texts import LABEL_MAX
from kgservice.model.views import TermView
from kgservice.services.searching import Hit, suggest
from kgservice.store import reading
from kgservice.store.reading import LabelledTerm, TermItem
from kgservice.store.store import Store

NEAR_WORDS = 3
"""Words of a missing slug that are looked for one by one."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A heading of an index, such as `C` or `か`, and the terms under it."""

    heading: str
    terms: tuple[LabelledTerm, ...]


def alphabetical(store: Store, languages: Languages) -> list[Letter]:
    """All terms as a dictionary of the first language orders them: by reading, where one is given."""
    return in_letters(labelled_terms(store), languages)


def labelled_terms(store: Store) -> list[LabelledTerm]:
    """All terms in use, by slug."""
    with store.read() as connection:
        return reading.labelled_terms(connection)


def in_letters(terms: Iterable[LabelledTerm], languages: Languages) -> list[Letter]:
    """The terms by the headings that the first language's dictionaries have (CLDR), `…` for what has none."""
    index = icu.AlphabeticIndex(icu.Locale(languages.first))
    index.addLabels(icu.Locale.getEnglish())
    for term in terms:
        index.addRecord(_sorted_by(term, languages), term)
    letters = []
    while index.nextBucket():
        found = []
        while index.nextRecord():
            found.append(index.recordData)
        if found:
            letters.append(Letter(index.bucketLabel, tuple(found)))
    return letters


def _sorted_by(term: LabelledTerm, languages: Languages) -> str:
    picked = languages.pick(term.label)
    if picked is None:
        return term.slug
    return term.reading.get(picked.lang, picked.value)


def most_required(store: Store, limit: int) -> list[TermItem]:
    """The terms that most others require, most first."""
    with store.read() as connection:
        return reading.most_required(connection, limit)


def central_term(store: Store) -> TermView | None:
    """A term that shows what the glossary is: one with much before it and much after it, if there is any."""
    with store.read() as connection:
        slug = reading.central_slug(connection)
        return reading.term_view(connection, slug) if slug else None


def recently_changed(store: Store, limit: int) -> list[tuple[TermItem, str]]:
    """The terms that changed last, the latest first, and when they did (UTC, ISO 8601)."""
    with store.read() as connection:
        return reading.recently_changed(connection, limit)


def items_in_order(store: Store, slugs: list[str]) -> list[TermItem]:
    """The terms with these slugs, in this order, with their definitions."""
    with store.read() as connection:
        return reading.items_in_order(connection, slugs)


def near_matches(store: Store, missing: str, languages: Languages, limit: int) -> list[Hit]:
    """Terms that a slug which is not there may have meant: by all its words, else by the longest that finds any."""
    words = missing.replace("-", " ").split()
    for asked in (" ".join(words), *sorted(words, key=len, reverse=True)[:NEAR_WORDS]):
        found = suggest(store, asked[:LABEL_MAX], languages, limit)
        if found.hits:
            return found.hits
    return []
