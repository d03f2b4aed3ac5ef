"""Search and suggestions: labels by what they start with and what is in them, texts by words, one slip forgiven.

A term is found once, by its best match: a label that is what was asked for, one that starts with it, one that has it
further in, a text; within each, texts in the reader's languages first, then the terms that most others depend on.
"""

import re
from collections.abc import Callable, Iterable
from typing import NamedTuple

from kgservice.model.folding import KEY_MAX, compact, excerpt_parts, fold, grams, near_keys, runs
from kgservice.model.languages import Languages, lookup_chain, same_writing
from kgservice.model.terms import FIELDS, Texts
from kgservice.store import searching
from kgservice.store.direct import Direct
from kgservice.store.searching import GOES_ON_MIN, TEXTS, Match
from kgservice.store.store import Store
from kgservice.store.tables import SHORT

QUERY_MAX = 10_000
"""Characters of a query."""

EXCERPT_MAX = 240
"""Characters of a text that are shown around what was found in it."""

_SPARE = (4, 64)
"""Entries that are read for each term wanted: a term has labels in several languages, if need be in very many."""

_WORDS = 20
"""Words of a query, its first, among which labels are looked for."""

_ANY_OF = 40
"""Words of a query, its first, of which one will do."""

_MEANT = 2500
"""Words that may have been meant by one, of which one will do: enough for any of Latin letters, 14 kana."""

_TOGETHER = 5
"""Words of a label that is looked for within a query."""


_HIRAGANA = re.compile("[\u3041-\u309f]+")


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
    """The terms that a query found, best first; `truncated` if there are or may be more."""

    hits: list[Hit]
    truncated: bool


def suggest(store: Store, query: str, languages: Languages, limit: int) -> Found:
    """The terms with a label that a reader may be about to type."""
    return _find(store, query, languages, limit, texts=False)


def search(store: Store, query: str, languages: Languages, limit: int) -> Found:
    """The terms that a query finds by their labels or by any of their texts."""
    return _find(store, query, languages, limit, texts=True)


class _Gathered:
    """The best match of each term, the best term first; `cut` if there may be more terms than were looked at."""

    def __init__(self, wanted: int) -> None:
        self.wanted = wanted
        self.best: dict[int, Match] = {}
        self.cut = False

    def wants(self) -> bool:
        return len(self.best) < self.wanted

    def add(self, matches: Iterable[Match]) -> None:
        for match in matches:
            self.best.setdefault(match.term_id, match)

    def add_entries(self, read: Callable[[int], list[Match]]) -> None:
        """Add what `read` finds if it reads so many entries at most: more, if the first are of too few terms."""
        for spare in _SPARE:
            most = self.wanted * spare
            matches = read(most)
            cut = len(matches) == most
            if not cut or len(self.best.keys() | {match.term_id for match in matches}) >= self.wanted:
                break
        self.cut |= cut
        self.add(matches)


def _find(store: Store, query: str, languages: Languages, limit: int, *, texts: bool) -> Found:
    asked, own, found = fold(query), own_languages(languages), _Gathered(limit + 1)
    if not asked:
        return Found([], truncated=False)
    words = runs(asked)
    with store.searching.read() as reader:
        _add_labels(reader, asked, own, found)
        if texts and found.wants():
            _add_texts(reader, words, own, found)
        if not found.best and len(asked) <= KEY_MAX:
            found.add_entries(lambda most: searching.near(reader, near_keys(asked), own, most))
        if texts and not found.best:
            words = _any_of(query)
            found.add(searching.partly(reader, [grams(word) for word in words], own))
        hits = _hits(reader, asked, words, list(found.best.values())[:limit])
    return Found(hits, truncated=found.cut or len(found.best) > limit)


def _add_texts(reader: Direct, words: list[str], own: list[str], found: _Gathered) -> None:
    """The texts that have all words: labels first, then labels that the query has (what is a cache), then others."""
    texts = searching.worded(reader, [grams(word) for word in words], own)
    found.cut |= len(texts) == TEXTS
    found.add(one for one in texts if FIELDS[one.field].label)
    if within := _stretches(words[:_WORDS]) if len(words) > 1 else _halves(words[0]):
        found.add(searching.named(reader, within, own))
    found.add(texts)


def _stretches(words: list[str]) -> list[str]:
    """What stands beside each other in a query, as keys, the longest first."""
    near = [(size, start) for size in range(_TOGETHER, 0, -1) for start in range(len(words) - size + 1)]
    return [fold(" ".join(words[start : start + size])) for size, start in near]


def _halves(run: str) -> list[str]:
    """What is at least half of a run in a script without spaces (什么是神经网络), as keys, the longest first."""
    run = run[:KEY_MAX] if len(grams(run)) > 1 else ""
    sizes = range(len(run) - 1, max(1, (len(run) - 1) // 2), -1)
    return [run[start : start + size] for size in sizes for start in range(len(run) - size + 1)]


def _any_of(query: str) -> list[str]:
    """The words of which one will do where none has all: the long ones of the query, or what its only one meant.

    Where words have no spaces between them, every two characters are one; in Japanese hiragana stand between words.
    """
    words = [run for part in _HIRAGANA.split(query) for run in runs(part)] or runs(query)
    if len(words) == 1:
        words = _pairs(words[0]) or words
    if len(words) > 1:
        long = [word for word in words if len(word) >= GOES_ON_MIN or len(grams(word)) > 1]
        return (long or words)[:_ANY_OF]
    asked = fold(query)
    meant = sorted(near_keys(asked)) if len(asked) <= KEY_MAX else []
    return meant if len(meant) <= _MEANT else []


def _pairs(run: str) -> list[str]:
    return [pair for pair in grams(run) if len(pair) == 2] if len(grams(run)) > 1 else []


def own_languages(languages: Languages) -> list[str]:
    """The tags that the reader who asks for these languages reads best."""
    tags = (*lookup_chain(languages.first), *languages.asked, *languages.glossary)
    return sorted({tag for tag in tags if same_writing(tag, languages.first)})


def _add_labels(reader: Direct, asked: str, own: list[str], found: _Gathered) -> None:
    """The best match of each term among its labels: those that start with the key, and if they are few, others."""
    if len(asked) <= SHORT:
        found.add(searching.best(reader, asked, own, found.wanted * _SPARE[0]))
    if found.wants():
        found.add_entries(lambda most: searching.starting(reader, asked, own, most))
    if found.wants() and (one_word := compact(asked)) != asked:  # back propagation: backpropagation
        found.add_entries(lambda most: searching.starting(reader, one_word, own, most))
    if found.wants():
        found.add_entries(lambda most: searching.having(reader, asked, own, most))


def _hits(reader: Direct, asked: str, words: list[str], matches: list[Match]) -> list[Hit]:
    if not matches:
        return []
    terms = searching.shown(reader, matches)
    others = [match for match in matches if match.field != "prefLabel"]
    values = searching.values(reader, others) if others else {}
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
