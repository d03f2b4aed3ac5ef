"""What search reads, kept in step by each write: labels by the keys at which they are entered, all texts by words.

A deprecated term has no rows here. A term's weight is the number of terms that depend on it. Each key has its rank, as
far as no query changes it: the index alone can rank.
"""

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import Connection, Delete, Select, Table, bindparam, delete, func, select, text, update
from sqlalchemy.exc import DatabaseError

from kgservice.model.folding import entries, grams, runs
from kgservice.model.terms import FIELDS, Term
from kgservice.store import tables
from kgservice.store.rows import ROWS_AT_ONCE, add_rows, among, change_each, rows_in
from kgservice.store.term_rows import Rewritten, label_row, text_rows

Rows = Iterator[dict[str, Any]]

MAIN = ("prefLabel", "reading")
"""The fields that name a term; others are other names of it."""

WEIGHT_MAX = (1 << 20) - 1
"""Terms that depend on one beyond so many count no more."""

OTHER_NAME = 36
"""The bit of a rank that is set for other names; there are none above it."""


class Text(NamedTuple):
    """A text in the index: whose it is, which one, and its value."""

    term: str
    field: str
    lang: str
    place: int
    value: str


def write(connection: Connection, terms: Collection[Rewritten]) -> None:
    """Index what is new in terms whose rows were just written, and weigh those that other ones depend on now.

    Rows of terms that were written anew or are gone went with the rows of the terms.
    """
    states = [(_in_use(was), _in_use(now)) for was, now in terms]
    new = {now.iri: now for was, now in states if now and not was}
    labelled = {now.iri for was, now in states if now and _labels(was) != _labels(now)}
    weights = dict.fromkeys(new.keys() | labelled | _reweighed(states), 0)
    weights |= {row.target_iri: row.dependents for row in rows_in(connection, _WEIGHTS, weights)}
    _remove(connection, states)
    _insert(
        connection,
        tables.search_term,
        (_term_row(new[one], weights[one]) for one in sorted(new)),
    )
    _show(connection, states)
    labels = (one for was, now in states if now and now.iri in labelled for one in _gained(was, now) if _is_label(one))
    _insert(connection, tables.search_key, (row for one in labels for row in _key_rows(one, weights[one.term])))
    _insert(connection, tables.search_text, (_text_row(one) for was, now in states for one in _gained(was, now)))
    _reweigh(connection, weights)


def stable_id(*parts: object) -> int:
    """A number for what the parts name. It has 63 bits of a digest, so an index made anew has the same."""
    told = "\n".join(map(str, parts))
    return int.from_bytes(hashlib.blake2b(told.encode(), digest_size=8).digest()) >> 1


def rank(field: str, weight: int, key: str) -> int:
    """The place of a key among others of its depth, the best first: one number, since that is compared quickly.

    Names go before other names; then terms that others depend on; then the shortest; then labels before readings.
    """
    return (field not in MAIN) << OTHER_NAME | _lightness(weight) << 8 | len(key) << 1 | (field != "prefLabel")


def _lightness(weight: int) -> int:
    return WEIGHT_MAX - min(weight, WEIGHT_MAX)


def index_faults(connection: Connection) -> Iterator[str]:
    """What is wrong with the index of words. Its content, the rows of `search_text`, is compared as the mirror is."""
    index = tables.WORD_INDEX
    try:
        connection.execute(text(f"INSERT INTO {index}({index}, rank) VALUES ('integrity-check', 1)"))  # noqa: S608
    except DatabaseError as error:
        yield f"search: the index of words is not that of its texts: {error.orig}"


def _deletion(table: Table, *names: str) -> Delete:
    return delete(table).where(*(table.c[name] == bindparam(name) for name in names))


def _in_use(term: Term | None) -> Term | None:
    return term if term and not term.deprecated else None


def _labels(term: Term | None) -> list[object]:
    return [term.texts.get(name) for name, entry in FIELDS.items() if entry.label] if term else []


def _gained(was: Term | None, now: Term | None) -> list[Text]:
    """The texts of a term that it did not have before."""
    if was and now and was.texts == now.texts:
        return []
    held = {Text(*row.values()) for row in text_rows(was, now)} if was else set()
    return [one for row in text_rows(now, was) if (one := Text(*row.values())) not in held] if now else []


def _is_label(one: Text) -> bool:
    return FIELDS[one.field].label


def _name(one: Text) -> dict[str, Any]:
    """What names a text in the rows of the index."""
    return {"term_id": stable_id(one.term), "field": one.field, "lang": one.lang, "place": one.place}


def _text_id(one: Text) -> int:
    return stable_id(one.term, one.field, one.lang, one.place)


def _remove(connection: Connection, states: Iterable[Rewritten]) -> None:
    """Take out terms that are in use no more, and the texts that others have lost."""
    ended = [{"id": stable_id(was.iri)} for was, now in states if was and not now]
    lost = [one for was, now in states if now for one in _gained(now, was)]
    for statement, rows in (
        (_END, ended),  # its keys and words go with it
        (_LOSE_KEYS, [_name(one) for one in lost if _is_label(one)]),
        (_LOSE_WORDS, [{"id": _text_id(one)} for one in lost]),
    ):
        change_each(connection, statement, rows)


def _insert(connection: Connection, table: Any, rows: Iterable[dict[str, Any]]) -> None:
    waiting = iter(rows)  # a large import has millions, never all of them at once
    while chunk := list(islice(waiting, ROWS_AT_ONCE)):
        add_rows(connection, table, chunk)


def _term_row(term: Term, weight: int) -> dict[str, Any]:
    shown = {"slug": term.slug, "label": label_row(term)}
    return {"id": stable_id(term.iri), "term_iri": term.iri, **shown, "weight": weight}


def _show(connection: Connection, states: Iterable[Rewritten]) -> None:
    """Show terms that stay in use by the labels that they have now."""
    labels = [(now.iri, label_row(was), label_row(now)) for was, now in states if was and now]
    change_each(
        connection, _SHOW, [{"held": stable_id(term), "now": now} for term, before, now in labels if now != before]
    )


def _key_rows(one: Text, weight: int) -> Rows:
    name = _name(one)
    for key, depth in entries(one.value, one.lang).items():
        yield {"depth": depth, "key": key, **name, "rank": rank(one.field, weight, key)}


def _text_row(one: Text) -> dict[str, Any]:
    words = " ".join(gram for run in runs(one.value) for gram in grams(run))
    return {"id": _text_id(one), **_name(one), "words": words}


def _reweighed(states: Iterable[Rewritten]) -> set[str]:
    """The terms (by IRI) that other ones began or ceased to depend on."""
    found: set[str] = set()
    for state in states:
        was, now = ({edge.target for edge in one.edges.get("prerequisite", ())} if one else set() for one in state)
        found |= was ^ now
    return found


def _weights_statement() -> Select[Any]:
    """How many terms that are in use state each term as a prerequisite."""
    edge, term = tables.edge, tables.term
    return (
        select(edge.c.target_iri, func.count().label("dependents"))
        .join(term, term.c.iri == edge.c.term_iri)
        .where(edge.c.kind == "prerequisite", term.c.deprecated.is_(False), among(edge.c.target_iri))
        .group_by(edge.c.target_iri)
    )


def _reweigh(connection: Connection, weights: Mapping[str, int]) -> None:
    for row in list(rows_in(connection, _INDEXED, weights)):
        if row.weight != weights[row.term_iri]:
            now = weights[row.term_iri]
            moved = (_lightness(now) - _lightness(row.weight)) << 8
            change_each(connection, _WEIGH_TERM, [{"held": row.id, "now": now}])
            change_each(connection, _WEIGH_KEYS, [{"held": row.id, "moved": moved}])


# Built once: that takes longer than running them.
_WEIGHTS = _weights_statement()
_INDEXED = select(*tables.search_term.c["id", "term_iri", "weight"]).where(among(tables.search_term.c.term_iri))
_END = _deletion(tables.search_term, "id")
_LOSE_KEYS = _deletion(tables.search_key, "term_id", "field", "lang", "place")
_LOSE_WORDS = _deletion(tables.search_text, "id")
_OF_TERM = update(tables.search_term).where(tables.search_term.c.id == bindparam("held"))
_SHOW = _OF_TERM.values(label=bindparam("now"))
_WEIGH_TERM = _OF_TERM.values(weight=bindparam("now"))
_WEIGH_KEYS = (
    update(tables.search_key)
    .where(tables.search_key.c.term_id == bindparam("held"))
    .values(rank=tables.search_key.c.rank + bindparam("moved"))
)
