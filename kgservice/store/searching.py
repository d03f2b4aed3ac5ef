"""Asking the index of search which labels and texts a query finds, best first. Each function is one statement."""

import json
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, String, and_, bindparam, case, column, func, literal, select
from sqlalchemy import text as sql

from kgservice.model.folding import KEY_MAX, START, WORD
from kgservice.store import tables

RANKED = 1000
"""Entries of one depth, or texts, that are ranked for a query: the first by key, so that the exact one is among them."""

_LAST = "\U0010ffff"
_MAIN = ("prefLabel", "reading")
"""The fields that name a term; others are other names of it."""

_EXACT, _EXACT_OTHER, _PREFIX, _PREFIX_OTHER, _DEEPER = range(5)
"""How good a match is, the best first."""


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


def _ranked(found: Any, asked: ColumnElement[str]) -> Select[Any]:
    """Best first: by quality, in the reader's languages, by the terms that depend on it, the shortest."""
    starts, main = found.c.depth == START, found.c.field.in_(_MAIN)
    exact = and_(starts, found.c.key == asked)
    quality = case(
        (and_(exact, main), _EXACT),
        (exact, _EXACT_OTHER),
        (and_(starts, main), _PREFIX),
        (starts, _PREFIX_OTHER),
        else_=_DEEPER,
    )
    ties = (func.length(found.c.key), found.c.key, found.c.term_id, found.c.field != "prefLabel", found.c.lang)
    query = select(found.c.term_id, found.c.field, found.c.lang, found.c.place, asked)
    return query.order_by(quality, _foreign(found), found.c.weight.desc(), *ties).limit(bindparam("most"))


def _foreign(found: Any) -> ColumnElement[int]:
    return case((found.c.lang.in_(bindparam("own", expanding=True)), 0), else_=1)


def _entries() -> Select[Any]:
    key, asked = tables.search_key, bindparam("asked", type_=String)
    alike = select(key).where(
        key.c.depth == bindparam("depth"), key.c.key >= asked, key.c.key < bindparam("end", type_=String)
    )
    return _ranked(alike.order_by(key.c.key).limit(RANKED).subquery(), asked)


def _near() -> Select[Any]:
    alike = sql(
        f"SELECT search_key.*, probe.value AS probe FROM json_each(:probes) AS probe CROSS JOIN search_key "
        f"WHERE search_key.depth IN ({START}, {WORD}) AND search_key.key >= probe.value AND search_key.key < probe.value || '{_LAST}' LIMIT {RANKED}"
    )
    key = tables.search_key
    near = alike.columns(*key.c, column("probe", String)).subquery()
    return _ranked(near, near.c.probe)


def _worded() -> Select[Any]:
    held, term = tables.search_text, tables.search_term
    index = tables.WORD_INDEX
    rows = sql(f"SELECT rowid AS id, rank FROM {index} WHERE {index} MATCH :words LIMIT {RANKED}")  # noqa: S608
    found = rows.columns(tables.search_text.c.id).subquery()
    joined = found.join(held, held.c.id == found.c.id).join(term, term.c.id == held.c.term_id)
    order = case((held.c.field.in_(_MAIN), 0), (held.c.field == "definition", 2), (held.c.field.in_(_LONG), 3), else_=1)
    query = select(held.c.term_id, held.c.field, held.c.lang, held.c.place, literal(""), held.c.words)
    ordered = query.select_from(joined).order_by(order, _foreign(held), term.c.weight.desc(), term.c.term_iri)
    return ordered.limit(RANKED)


_LONG = ("fullDefinition", "eli5", "deepDive", "scopeNote", "example")
_ENTRIES, _NEAR, _WORDED = _entries(), _near(), _worded()


def entries(connection: Connection, asked: str, depth: int, own: Collection[str], most: int) -> list[Match]:
    """The labels that have an entry of a depth that starts with a key. `own` are the reader's languages."""
    asked = asked[:KEY_MAX]
    values = {"asked": asked, "end": asked + _LAST, "depth": depth, "own": list(own), "most": most}
    return [Match(*row) for row in connection.execute(_ENTRIES, values)]


def near(connection: Connection, probes: Collection[str], own: Collection[str], most: int) -> list[Match]:
    """As `entries`, for several keys at once, at the start of labels and of words."""
    told = json.dumps(sorted(probes), ensure_ascii=False)
    values = {"probes": told, "own": list(own), "most": most}
    return [Match(*row) for row in connection.execute(_NEAR, values)]


def worded(
    connection: Connection, words: Sequence[Sequence[str]], own: Collection[str], most: int
) -> list[Match]:
    """The texts that have all words, each at the start of one of theirs: labels first, then definitions, then others."""
    told = " AND ".join(f'"{" ".join(word)}"*' for word in words[:WORDS_MAX])
    values = {"words": told, "own": list(own)}
    rest = [" ".join(word) for word in words[WORDS_MAX:]]
    rows = (row for row in connection.execute(_WORDED, values) if all(word in row.words for word in rest))
    return [Match(*row[:5]) for row, _ in zip(rows, range(most), strict=False)]


WORDS_MAX = 32
"""Words that the index is asked for; those after them are looked for in the texts that it gives."""


# SQLite starts with the first table of a CROSS JOIN; left to choose, it starts with all labels.
_SHOWN = sql(
    "SELECT search_term.id, term.iri, term.slug, text.lang, text.value "
    "FROM search_term CROSS JOIN term CROSS JOIN text "
    "WHERE search_term.id IN :ids AND term.iri = search_term.term_iri "
    "AND text.term_iri = term.iri AND text.field = 'prefLabel'"
).bindparams(bindparam("ids", expanding=True))

_VALUES = sql(
    "SELECT search_term.id, text.field, text.lang, text.place, text.value FROM search_term CROSS JOIN text "
    "WHERE search_term.id IN :ids AND text.term_iri = search_term.term_iri "
    "AND text.field IN :fields AND text.lang IN :langs"
).bindparams(*(bindparam(name, expanding=True) for name in ("ids", "fields", "langs")))


def shown(connection: Connection, matches: Collection[Match]) -> dict[int, Shown]:
    """The terms that were found, by id, with their labels."""
    terms: dict[int, Shown] = {}
    for row in connection.execute(_SHOWN, {"ids": [match.term_id for match in matches]}):
        terms.setdefault(row.id, Shown(row.iri, row.slug, {})).label[row.lang] = row.value
    return terms


def values(connection: Connection, matches: Collection[Match]) -> dict[tuple[int, str, str, int], str]:
    """The texts that were found, by term, field, language and place; and some that were not."""
    told = {
        "ids": [match.term_id for match in matches],
        "fields": list({match.field for match in matches}),
        "langs": list({match.lang for match in matches}),
    }
    return {(row[0], row[1], row[2], row[3]): row[4] for row in connection.execute(_VALUES, told)}
