"""Asking the index of search which labels and texts a query finds, best first. Each function is a statement or few."""

from collections import Counter
from collections.abc import Collection, Sequence
from functools import cache
from math import log
from operator import itemgetter
from typing import Any, NamedTuple

import orjson

from kgservice.model.folding import INSIDE, KEY_MAX, START, WORD
from kgservice.model.terms import FIELDS
from kgservice.store.direct import Direct
from kgservice.store.search_index import OTHER_NAME
from kgservice.store.tables import SHORT, WORD_INDEX

RANKED = 250
"""Entries that are ranked for a query, if no more are wanted: the first by key, so the exact one is among them.
Of those that have the key further in half as many are, at each depth."""

TEXTS = 500
"""Texts that are ranked for a query."""

_LAST = "\U0010ffff"

GOES_ON_MIN = 4
"""Letters of a word from which on longer words that start with it are found in texts, too."""

WORDS_MAX = 32
"""Words that the index is asked for; those after them are looked for in the texts that it gives."""


class Match(NamedTuple):
    """A text that a query found; `key` is the key that led there, empty where words did."""

    term_id: int
    field: str
    lang: str
    place: int
    key: str


class Shown(NamedTuple):
    """A term that was found: its identity and its labels by language."""

    iri: str
    slug: str
    label: dict[str, str]


# Lists are one parameter, as JSON, so that each statement is one text, which the driver remembers; but the reader's
# languages, few and compared with every entry, are a parameter each.
_IS_FOREIGN = "lang NOT IN (@own)"
_FOUND = "term_id, field, lang, place"


def _rank(asked: str) -> str:
    """The rank of an entry for a query.

    Best first: what was asked for, what starts with it, other names that do, what has it; in the reader's languages;
    what ends with it, what has it at a word; then as the index ranks it.
    """
    return f"""
        CASE WHEN depth > {START} THEN (3 << 40) + (CASE WHEN "key" = {asked} THEN 0 ELSE depth END << 37)
        WHEN "key" = {asked} THEN 0 ELSE 1 + (rank >> {OTHER_NAME}) << 40 END
        + (({_IS_FOREIGN}) << 39) + rank AS rank"""


def _alike(depth: int) -> str:
    return f"""
        SELECT * FROM (SELECT {_FOUND}, {_rank(":asked")} FROM search_key
        WHERE depth = {depth} AND "key" >= :asked AND "key" < :beyond ORDER BY "key" LIMIT :ranked) AS alike"""  # noqa: S608


_FIRST = "ORDER BY rank LIMIT :most"  # SQLite leaves those of one rank in the order of the index
_STARTING = f"SELECT {_FOUND} FROM ({_alike(START)}) AS alike {_FIRST}"  # noqa: S608
_HAVING = f"SELECT {_FOUND} FROM ({_alike(WORD)} UNION ALL {_alike(INSIDE)}) AS alike {_FIRST}"  # noqa: S608

_EXACT = f"""
    SELECT * FROM (SELECT rank + (({_IS_FOREIGN}) << 39) AS rank, {_FOUND} FROM search_key
    WHERE depth = {START} AND "key" = :asked LIMIT :ranked) AS alike {_FIRST}"""  # noqa: S608

# The index has a language's names in their order, so no more of them are read than are wanted.
_NAMES = {
    size: f"""
    SELECT rank + (1 << 40), {_FOUND} FROM search_key
    WHERE depth = {START} AND substr("key", 1, {size}) = :asked AND "key" <> :asked AND lang = :lang
    AND rank < 1 << {OTHER_NAME} ORDER BY rank LIMIT :most"""  # noqa: S608
    for size in range(1, SHORT + 1)
}

# SQLite starts with the first table of a CROSS JOIN; left to choose, it starts with the largest.
_NEAR = f"""
    SELECT {_FOUND}, probe FROM (
        SELECT {_FOUND}, probe, {_rank("probe")}
        FROM (SELECT value AS probe FROM json_each(:probes)) CROSS JOIN search_key
        WHERE depth IN ({START}, {WORD}) AND "key" >= probe AND "key" < probe || '{_LAST}' LIMIT :ranked
    ) AS alike {_FIRST}"""  # noqa: S608

_NAMED = f"""
    SELECT {_FOUND}, asked
    FROM (SELECT "key" AS place_asked, value AS asked FROM json_each(:keys)) CROSS JOIN search_key
    WHERE depth = {START} AND "key" = asked
    ORDER BY place_asked, {_IS_FOREIGN}, rank, term_id, field, lang"""  # noqa: S608

_FIELDS_IN_ORDER = " ".join(f"WHEN '{name}' THEN {place}" for place, name in enumerate(FIELDS))
_WORDED = f"""
    SELECT {_FOUND}, '', words
    FROM (SELECT rowid AS id FROM {WORD_INDEX} WHERE {WORD_INDEX} MATCH :words LIMIT {TEXTS}) AS found
    CROSS JOIN search_text USING (id) JOIN search_term ON search_term.id = term_id
    ORDER BY CASE field {_FIELDS_IN_ORDER} END,
    {_IS_FOREIGN}, weight DESC, term_iri, field, lang"""  # noqa: S608

# The rarest of the words count most, and in a short text more than in a long one.
_PARTLY = f"""
    SELECT {_FOUND}, '', words
    FROM (SELECT rowid AS id, rank FROM {WORD_INDEX} WHERE {WORD_INDEX} MATCH :words ORDER BY rank LIMIT {TEXTS})
    AS found CROSS JOIN search_text USING (id) JOIN search_term ON search_term.id = term_id
    ORDER BY {_IS_FOREIGN}, found.rank, weight DESC, term_iri, field, lang"""  # noqa: S608

_SHOWN = """
    SELECT id, term_iri, slug, label FROM search_term WHERE id IN (SELECT value FROM json_each(:ids))"""

_VALUES = """
    SELECT search_term.id, text.field, text.lang, text.place, text.value FROM search_term CROSS JOIN text
    WHERE search_term.id IN (SELECT value FROM json_each(:ids)) AND text.term_iri = search_term.term_iri
    AND text.field IN (SELECT value FROM json_each(:fields)) AND text.lang IN (SELECT value FROM json_each(:langs))"""


@cache
def _for(statement: str, languages: int) -> str:
    return statement.replace("@own", ", ".join(f":own{place}" for place in range(languages)))


def _ask(reader: Direct, statement: str, own: Sequence[str], **told: Any) -> list[tuple[Any, ...]]:
    """The rows of a statement for a reader of these languages."""
    languages = {f"own{place}": tag for place, tag in enumerate(own)}
    return reader.ask(_for(statement, len(own)), {**languages, **told})


def best(reader: Direct, asked: str, own: Sequence[str], most: int) -> list[Match]:
    """What `starting` begins with, of all labels that start with a short key, however many: names in `own`."""
    rows = _ask(reader, _EXACT, own, asked=asked, most=most, ranked=max(most, RANKED))
    for lang in own:
        rows += reader.ask(_NAMES[len(asked)], {"asked": asked, "lang": lang, "most": most})
    return [Match._make((*row[1:], asked)) for row in sorted(rows, key=itemgetter(0))[:most]]


def starting(reader: Direct, asked: str, own: Sequence[str], most: int) -> list[Match]:
    """The labels that start with a key. `own` are the reader's languages."""
    return _entered(reader, _STARTING, asked, own, most, RANKED)


def having(reader: Direct, asked: str, own: Sequence[str], most: int) -> list[Match]:
    """The labels that have a key further in."""
    return _entered(reader, _HAVING, asked, own, most, RANKED // 2)


def _entered(reader: Direct, query: str, asked: str, own: Sequence[str], most: int, ranked: int) -> list[Match]:
    asked = asked[:KEY_MAX]
    rows = _ask(reader, query, own, asked=asked, beyond=asked + _LAST, most=most, ranked=max(most, ranked))
    return [Match._make((*row, asked)) for row in rows]


def near(reader: Direct, probes: Collection[str], own: Sequence[str], most: int) -> list[Match]:
    """The labels that have one of several keys at the start of a word."""
    rows = _ask(reader, _NEAR, own, probes=_json(sorted(probes)), most=most, ranked=max(most, RANKED))
    return list(map(Match._make, rows))


def named(reader: Direct, keys: Sequence[str], own: Sequence[str]) -> list[Match]:
    """The labels that are one of several keys, in the order of these."""
    return list(map(Match._make, _ask(reader, _NAMED, own, keys=_json(keys))))


def worded(reader: Direct, words: Sequence[Sequence[str]], own: Sequence[str]) -> list[Match]:
    """The texts that have all words, long ones as the start of one of theirs: labels first, then definitions."""
    told = " AND ".join(map(_phrase, words[:WORDS_MAX]))
    rest = [" ".join(word) for word in words[WORDS_MAX:]]
    rows = _ask(reader, _WORDED, own, words=told)
    return [Match(*row[:5]) for row in rows if all(word in row[5] for word in rest)]


def partly(reader: Direct, words: Sequence[Sequence[str]], own: Sequence[str]) -> list[Match]:
    """The texts that have some of the words: in the reader's languages, those with the most and the rarest first.

    A word that stands there whole counts twice as much as one that goes on.
    """
    if not words:
        return []
    rows = _ask(reader, _PARTLY, own, words=" OR ".join(map(_phrase, words)))
    sought = {f" {' '.join(word)}" for word in words}
    having = [{word: 1 + (f"{word} " in f" {row[5]} ") for word in sought if word in f" {row[5]}"} for row in rows]
    held = Counter(word for one in having for word in one)
    told = [sum(whole * log(1 + len(rows) / held[word]) for word, whole in one.items()) for one in having]
    best = sorted(range(len(rows)), key=lambda place: (rows[place][2] not in own, -told[place], place))
    return [Match(*rows[place][:5]) for place in best]


def _phrase(grams: Sequence[str]) -> str:
    """A word for the index: it may go on, if it is long, or in bigrams, of which the last is half of one."""
    goes_on = len(grams) > 1 or len(grams[0]) >= GOES_ON_MIN or not grams[0].isascii()
    return f'"{" ".join(grams)}"' + "*" * goes_on


def shown(reader: Direct, matches: Collection[Match]) -> dict[int, Shown]:
    """The terms that were found, by id, with their labels."""
    rows = reader.ask(_SHOWN, {"ids": _ids(matches)})
    return {term_id: Shown(iri, slug, orjson.loads(label)) for term_id, iri, slug, label in rows}


def values(reader: Direct, matches: Collection[Match]) -> dict[tuple[int, str, str, int], str]:
    """The texts that were found, by term, field, language and place; and some that were not."""
    fields, langs = ({match.field for match in matches}, {match.lang for match in matches})
    told = {"ids": _ids(matches), "fields": _json(fields), "langs": _json(langs)}
    return {(term, name, lang, place): value for term, name, lang, place, value in reader.ask(_VALUES, told)}


def _ids(matches: Collection[Match]) -> str:
    return _json([match.term_id for match in matches])


def _json(values: Collection[Any]) -> str:
    return orjson.dumps(list(values)).decode()
