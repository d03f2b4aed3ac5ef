"""Search and suggestions: labels by what they start with and what is in them, texts by words, one slip forgiven.

A term is found once, by its best match: a label that is what was asked for, one that starts with it, one that has it
further in, a text; within each, texts in the reader's languages first, then the terms that most others depend on.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from kgservice.model.folding import KEY_MAX, compact, excerpt_parts, fold, grams, near_keys, runs
from kgservice.model.languages import Languages, lookup_chain, same_writing
from kgservice.model.terms import FIELDS, Texts
from kgservice.store import searching
from kgservice.store.rows import Reading
from kgservice.store.searching import RANKED, Match
from kgservice.store.store import Store

QUERY_MAX = 10_000
"""Characters of a query."""

EXCERPT_MAX = 240
"""Characters of a text that are shown around what was found in it."""

_SPARE = 4
"""Matches that are read for each term wanted: a term has labels in several languages."""


_WORDS = 20
"""Words of a query, its first, among which labels are looked for, or of which one will do."""

_TOGETHER = 5
"""Words of a label that is looked for within a query."""


class Hit(NamedTuple):
    """A term that was found, and where: the field, its language, and the text in parts, those that matched marked.

    A long text is an excerpt around the first match.
    """

    iri: str
    slug: str
    label: Texts
    field: str
    lang: str
    parts: list[tuple[str, bool]]


class Found(NamedTuple):
    """The terms that a query found, best first; `truncated` if the limit left some out."""

    hits: list[Hit]
    truncated: bool


def suggest(store: Store, query: str, languages: Languages, limit: int) -> Found:
    """The terms with a label that a reader may be about to type."""
    return _find(store, query, languages, limit, texts=False)


def search(store: Store, query: str, languages: Languages, limit: int) -> Found:
    """The terms that a query finds by their labels or by any of their texts."""
    return _find(store, query, languages, limit, texts=True)


def _find(store: Store, query: str, languages: Languages, limit: int, *, texts: bool) -> Found:
    asked, own, wanted = fold(query), own_languages(languages), limit + 1
    if not asked:
        return Found([], truncated=False)
    words = runs(asked)
    with store.read() as connection:
        found = _labels(connection, asked, own, wanted)
        if texts and len(found) < wanted:
            found |= _new(_texts(connection, words, own), found)
        if not found and len(asked) <= KEY_MAX:
            found = _distinct(lambda most: searching.near(connection, near_keys(asked), own, most), wanted)
        if texts and not found:
            words = _any_of(asked)
            found = _new(searching.partly(connection, [grams(word) for word in words], own), {})
        hits = _hits(connection, asked, words, list(found.values())[:limit])
    return Found(hits, truncated=len(found) > limit)


def _texts(connection: Reading, words: list[str], own: list[str]) -> list[Match]:
    """The texts that have all words: labels first, then labels that the query has (what is a cache), then others."""
    found = searching.worded(connection, [grams(word) for word in words], own)
    named = searching.named(connection, _stretches(words[:_WORDS]), own) if len(words) > 1 else []
    return [one for one in found if FIELDS[one.field].label] + named + found


def _stretches(words: list[str]) -> list[str]:
    """What stands beside each other in a query, as keys, the longest first."""
    near = [(size, start) for size in range(_TOGETHER, 0, -1) for start in range(len(words) - size + 1)]
    return [fold(" ".join(words[start : start + size])) for size, start in near]


def _any_of(asked: str) -> list[str]:
    """The words of which one will do where none has all: those of the query, or what was meant by its only one."""
    words = runs(asked)
    if len(words) > 1:
        return words[:_WORDS]
    return sorted(near_keys(asked)) if len(asked) <= KEY_MAX else []


def own_languages(languages: Languages) -> list[str]:
    """The tags that the reader who asks for these languages reads best."""
    tags = (*lookup_chain(languages.first), *languages.asked, *languages.glossary)
    return sorted({tag for tag in tags if same_writing(tag, languages.first)})


def _labels(connection: Reading, asked: str, own: list[str], wanted: int) -> dict[int, Match]:
    """The best match of each term among its labels: those that start with the key, and if they are few, others."""
    found = _distinct(lambda most: searching.starting(connection, asked, own, most), wanted)
    if len(found) < wanted and (one_word := compact(asked)) != asked:  # back propagation: backpropagation
        found |= _new(
            _distinct(lambda most: searching.starting(connection, one_word, own, most), wanted).values(), found
        )
    if len(found) < wanted:
        more = _distinct(lambda most: searching.having(connection, asked, own, most), wanted)
        found |= _new(more.values(), found)
    return found


def _distinct(read: Callable[[int], list[Match]], wanted: int) -> dict[int, Match]:
    """The best match of each term. If spare matches were too few for the terms wanted, all that are ranked are read."""
    matches = read(wanted * _SPARE)
    found = _new(matches, {})
    if len(found) < wanted and len(matches) == wanted * _SPARE:
        found = _new(read(RANKED), {})
    return found


def _new(matches: Iterable[Match], known: dict[int, Match]) -> dict[int, Match]:
    best: dict[int, Match] = {}
    for match in matches:
        if match.term_id not in known:
            best.setdefault(match.term_id, match)
    return best


def _hits(connection: Reading, asked: str, words: list[str], matches: list[Match]) -> list[Hit]:
    if not matches:
        return []
    terms = searching.shown(connection, matches)
    others = [match for match in matches if match.field != "prefLabel"]
    values = searching.values(connection, others) if others else {}
    hits = []
    for match in matches:
        term = terms[match.term_id]
        value = term.label[match.lang] if match.field == "prefLabel" else values[match[:4]]
        if len(asked) > KEY_MAX and match.key == asked[:KEY_MAX] and asked not in fold(value):
            continue  # it is alike as far as keys go
        keys = [match.key] if match.key else words
        most = len(value) if FIELDS[match.field].label else EXCERPT_MAX
        hits.append(Hit(*term, match.field, match.lang, excerpt_parts(value, keys, most)))
    return hits
