"""Asking the index of search which labels and texts a query finds, best first. Each function is one statement."""

import json
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, TextClause
from sqlalchemy import text as sql

from kgservice.model.folding import INSIDE, KEY_MAX, START, WORD
from kgservice.model.terms import FIELDS
from kgservice.store.tables import WORD_INDEX

RANKED = 500
"""Entries of one depth, or texts, that are ranked for a query: the first by key, so the exact one is among them."""

_LAST = "\U0010ffff"
_MAIN = ("prefLabel", "reading")
"""The fields that name a term; others are other names of it."""

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


# A query fits into a text with few parameters, lists as JSON: SQLAlchemy has nothing to put together for each call.
_IS_FOREIGN = "lang NOT IN (SELECT value FROM json_each(:own))"

_WEIGHT_MAX = (1 << 20) - 1
"""Terms that depend on one beyond so many count no more."""


def _entry(asked: str) -> str:
    """An entry with its rank: one number, since that is compared more quickly than the eight things that are in it.

    Best first: what was asked for, what starts with it, what has it; in the reader's languages; what ends with it, what
    has it at a word; names before other names; terms that others depend on; the shortest; labels before readings.
    """
    rank = f"""
        (CASE WHEN depth > {START} THEN 3 WHEN "key" = {asked} THEN 0 WHEN field IN {_MAIN} THEN 1 ELSE 2 END << 40)
        + (({_IS_FOREIGN}) << 39)
        + (CASE WHEN depth = {START} OR "key" = {asked} THEN 0 ELSE depth END << 37)
        + ((field NOT IN {_MAIN}) << 36)
        + (({_WEIGHT_MAX} - min(weight, {_WEIGHT_MAX})) << 8)
        + (length("key") << 1) + (field != 'prefLabel')"""
    return f'SELECT term_id, field, lang, place, {asked} AS asked, "key", {rank} AS rank'


def _alike(depth: int) -> str:
    return f"""
        SELECT * FROM ({_entry(":asked")} FROM search_key
        WHERE depth = {depth} AND "key" >= :asked AND "key" < :beyond ORDER BY "key" LIMIT {RANKED}) AS alike"""  # noqa: S608


_BEST = "SELECT term_id, field, lang, place, asked"
_FIRST = 'ORDER BY rank, "key", term_id, lang LIMIT :most'
_STARTING = sql(f"{_BEST} FROM ({_alike(START)}) AS alike {_FIRST}")
_HAVING = sql(f"{_BEST} FROM ({_alike(WORD)} UNION ALL {_alike(INSIDE)}) AS alike {_FIRST}")

# SQLite starts with the first table of a CROSS JOIN; left to choose, it starts with the largest.
_NEAR = sql(f"""
    {_BEST} FROM (
        {_entry("probe")} FROM (SELECT value AS probe FROM json_each(:probes)) CROSS JOIN search_key
        WHERE depth IN ({START}, {WORD}) AND "key" >= probe AND "key" < probe || '{_LAST}' LIMIT {RANKED}
    ) AS alike {_FIRST}""")  # noqa: S608

_NAMED = sql(f"""
    {_BEST} FROM (SELECT "key" AS place_asked, value AS asked FROM json_each(:keys)) CROSS JOIN search_key
    WHERE depth = {START} AND "key" = asked
    ORDER BY place_asked, {_IS_FOREIGN}, field NOT IN {_MAIN}, weight DESC, term_id, field, lang""")  # noqa: S608

_FIELDS_IN_ORDER = " ".join(f"WHEN '{name}' THEN {place}" for place, name in enumerate(FIELDS))
_WORDED = sql(f"""
    SELECT term_id, field, lang, place, '', words
    FROM (SELECT rowid AS id FROM {WORD_INDEX} WHERE {WORD_INDEX} MATCH :words LIMIT {RANKED}) AS found
    CROSS JOIN search_text USING (id) JOIN search_term ON search_term.id = term_id
    ORDER BY CASE field {_FIELDS_IN_ORDER} END,
    {_IS_FOREIGN}, weight DESC, term_iri, field, lang""")  # noqa: S608

# The rarest of the words count most, and in a short text more than in a long one.
_PARTLY = sql(f"""
    SELECT term_id, field, lang, place, ''
    FROM (SELECT rowid AS id, rank FROM {WORD_INDEX} WHERE {WORD_INDEX} MATCH :words ORDER BY rank LIMIT {RANKED})
    AS found CROSS JOIN search_text USING (id) JOIN search_term ON search_term.id = term_id
    ORDER BY {_IS_FOREIGN}, found.rank, weight DESC, term_iri, field, lang""")  # noqa: S608

_SHOWN = sql("""
    SELECT search_term.id, term.iri, term.slug, text.lang, text.value
    FROM search_term CROSS JOIN term CROSS JOIN text
    WHERE search_term.id IN (SELECT value FROM json_each(:ids)) AND term.iri = search_term.term_iri
    AND text.term_iri = term.iri AND text.field = 'prefLabel'""")

_VALUES = sql("""
    SELECT search_term.id, text.field, text.lang, text.place, text.value FROM search_term CROSS JOIN text
    WHERE search_term.id IN (SELECT value FROM json_each(:ids)) AND text.term_iri = search_term.term_iri
    AND text.field IN (SELECT value FROM json_each(:fields)) AND text.lang IN (SELECT value FROM json_each(:langs))""")


def starting(connection: Connection, asked: str, own: Collection[str], most: int) -> list[Match]:
    """The labels that start with a key. `own` are the reader's languages."""
    return _entered(connection, _STARTING, asked, own, most)


def having(connection: Connection, asked: str, own: Collection[str], most: int) -> list[Match]:
    """The labels that have a key further in."""
    return _entered(connection, _HAVING, asked, own, most)


def _entered(connection: Connection, query: TextClause, asked: str, own: Collection[str], most: int) -> list[Match]:
    asked = asked[:KEY_MAX]
    told = {"asked": asked, "beyond": asked + _LAST, "own": _json(own), "most": most}
    return [Match(*row) for row in connection.execute(query, told).all()]


def near(connection: Connection, probes: Collection[str], own: Collection[str], most: int) -> list[Match]:
    """The labels that have one of several keys at the start of a word."""
    told = {"probes": _json(sorted(probes)), "own": _json(own), "most": most}
    return [Match(*row) for row in connection.execute(_NEAR, told).all()]


def named(connection: Connection, keys: Sequence[str], own: Collection[str]) -> list[Match]:
    """The labels that are one of several keys, in the order of these."""
    rows = connection.execute(_NAMED, {"keys": _json(keys), "own": _json(own)}).all()
    return [Match(*row) for row in rows]


def worded(connection: Connection, words: Sequence[Sequence[str]], own: Collection[str]) -> list[Match]:
    """The texts that have all words, long ones as the start of one of theirs: labels first, then definitions."""
    told = " AND ".join(map(_phrase, words[:WORDS_MAX]))
    rest = [" ".join(word) for word in words[WORDS_MAX:]]
    rows = connection.execute(_WORDED, {"words": told, "own": _json(own)}).all()
    return [Match(*row[:5]) for row in rows if all(word in row[5] for word in rest)]


def partly(connection: Connection, words: Sequence[Sequence[str]], own: Collection[str]) -> list[Match]:
    """The texts that have one of the words, those with the rarest first."""
    told = {"words": " OR ".join(map(_phrase, words)), "own": _json(own)}
    return [Match(*row) for row in connection.execute(_PARTLY, told)] if words else []


def _phrase(grams: Sequence[str]) -> str:
    """A word for the index: it may go on, if it is long, or in bigrams, of which the last is half of one."""
    goes_on = len(grams) > 1 or len(grams[0]) >= GOES_ON_MIN or not grams[0].isascii()
    return f'"{" ".join(grams)}"' + "*" * goes_on


def shown(connection: Connection, matches: Collection[Match]) -> dict[int, Shown]:
    """The terms that were found, by id, with their labels."""
    terms: dict[int, Shown] = {}
    for term_id, iri, slug, lang, value in connection.execute(_SHOWN, {"ids": _ids(matches)}).all():
        terms.setdefault(term_id, Shown(iri, slug, {})).label[lang] = value
    return terms


def values(connection: Connection, matches: Collection[Match]) -> dict[tuple[int, str, str, int], str]:
    """The texts that were found, by term, field, language and place; and some that were not."""
    fields, langs = ({match.field for match in matches}, {match.lang for match in matches})
    told = {"ids": _ids(matches), "fields": _json(fields), "langs": _json(langs)}
    return {(term, name, lang, place): value for term, name, lang, place, value in connection.execute(_VALUES, told)}


def _ids(matches: Collection[Match]) -> str:
    return _json([match.term_id for match in matches])


def _json(values: Collection[Any]) -> str:
    return json.dumps(list(values), ensure_ascii=False)
