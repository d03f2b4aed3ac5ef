"""What search reads, kept in step by each write: labels by the keys at which they are entered, all texts by words.

A deprecated term has no rows here. A term's weight, the number of terms that depend on it, stands on each of its keys:
the index alone can rank.
"""

import hashlib
from collections.abc import Collection, Iterable, Iterator
from itertools import islice
from typing import Any

from sqlalchemy import Connection, func, insert, select, text, update
from sqlalchemy.exc import DatabaseError

from kgservice.model.folding import entries, grams, runs
from kgservice.model.terms import FIELDS, Term
from kgservice.store import tables
from kgservice.store.rows import rows_in

Rows = Iterator[dict[str, Any]]

ROWS_AT_ONCE = 5_000


def write(connection: Connection, written: Collection[Term], showing: Iterable[str]) -> None:
    """Index the terms that were just written, and weigh those (by IRI) that they may depend on.

    The rows of terms that were replaced or are gone went with the rows of the terms.
    """
    held = [term for term in written if not term.deprecated]
    weights = _weights(connection, {term.iri for term in held} | set(showing))
    terms = [{"id": stable_id(one.iri), "term_iri": one.iri, "weight": weights.get(one.iri, 0)} for one in held]
    _insert(connection, tables.search_term, terms)
    _insert(connection, tables.search_key, (row for one in held for row in _key_rows(one, weights.get(one.iri, 0))))
    _insert(connection, tables.search_text, (row for one in held for row in _text_rows(one)))
    _reweigh(connection, {iri: weights.get(iri, 0) for iri in showing})


def stable_id(*parts: object) -> int:
    """A number for what the parts name. It has 63 bits of a digest, so an index made anew has the same."""
    told = "\n".join(map(str, parts))
    return int.from_bytes(hashlib.blake2b(told.encode(), digest_size=8).digest()) >> 1


def index_faults(connection: Connection) -> Iterator[str]:
    """What is wrong with the index of words. Its content, the rows of `search_text`, is compared as the mirror is."""
    index = tables.WORD_INDEX
    try:
        connection.execute(text(f"INSERT INTO {index}({index}, rank) VALUES ('integrity-check', 1)"))  # noqa: S608
    except DatabaseError as error:
        yield f"search: the index of words is not that of its texts: {error.orig}"


def _insert(connection: Connection, table: Any, rows: Iterable[dict[str, Any]]) -> None:
    waiting = iter(rows)  # a large import has millions, never all of them at once
    while chunk := list(islice(waiting, ROWS_AT_ONCE)):
        connection.execute(insert(table), chunk)


def _key_rows(term: Term, weight: int) -> Rows:
    term_id = stable_id(term.iri)
    for name, lang, place, value in _texts(term):
        if FIELDS[name].label:
            common = {"term_id": term_id, "field": name, "lang": lang, "place": place, "weight": weight}
            for key, depth in entries(value, lang).items():
                yield {"depth": depth, "key": key, **common}


def _text_rows(term: Term) -> Rows:
    term_id = stable_id(term.iri)
    for name, lang, place, value in _texts(term):
        words = " ".join(gram for run in runs(value) for gram in grams(run))
        row = {"term_id": term_id, "field": name, "lang": lang, "place": place, "words": words}
        yield {"id": stable_id(term.iri, name, lang, place), **row}


def _texts(term: Term) -> Iterator[tuple[str, str, int, str]]:
    for name, by_language in term.texts.items():
        for lang, values in by_language.items():
            for place, value in enumerate(values):
                yield name, lang, place, value


def _weights(connection: Connection, iris: Iterable[str]) -> dict[str, int]:
    """How many terms that are in use state each term as a prerequisite."""
    edge, term = tables.edge, tables.term
    query = (
        select(edge.c.target_iri, func.count().label("dependents"))
        .join(term, term.c.iri == edge.c.term_iri)
        .where(edge.c.kind == "prerequisite", term.c.deprecated.is_(False))
        .group_by(edge.c.target_iri)
    )
    return {row.target_iri: row.dependents for row in rows_in(connection, query, edge.c.target_iri, iris)}


def _reweigh(connection: Connection, weights: dict[str, int]) -> None:
    term, key = tables.search_term, tables.search_key
    for row in list(rows_in(connection, select(term), term.c.term_iri, weights)):
        if row.weight != weights[row.term_iri]:
            weight = weights[row.term_iri]
            connection.execute(update(term).where(term.c.id == row.id).values(weight=weight))
            connection.execute(update(key).where(key.c.term_id == row.id).values(weight=weight))
