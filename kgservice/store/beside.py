"""What is named with terms: the other ends of their edges, what replaces them, their topics.

One statement reads it, with or without the term itself: a row for each, which sorting puts in order.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import orjson
from sqlalchemy import (
    BindParameter,
    ColumnElement,
    FromClause,
    Select,
    Text,
    bindparam,
    func,
    literal_column,
    null,
    select,
    type_coerce,
    union_all,
)

from kgservice.model.glossary import Topic
from kgservice.model.views import Ref, Spoken
from kgservice.store import tables
from kgservice.store.direct import Direct, Reader
from kgservice.store.rows import fetch

Beside = dict[str, list[Ref]]
"""What is named with a term, by kind: its neighbours in order, its topics, what replaces it."""


def spoken_term(direct: Direct, slug: str, lang: str) -> Spoken | None:
    """What is said of a term in a language, in one statement; None if that is not ready."""
    rows = sorted(direct.rows(_SPOKEN, {"slugs": [slug], "langs": [lang]}))
    if not rows or rows[0][1] != OWN:
        return None
    _, _, whole, used, _, before, after = rows[0]
    return Spoken(before, after, used.split(), bool(whole), *apart(_grouped(rows[1:])))


def with_neighbours(direct: Direct, slug: str) -> tuple[Ref, Beside] | None:
    """A term as it is named, and its neighbours by kind, in order, in one statement; None if there is none."""
    rows = sorted(direct.rows(_NAMED, {"slugs": [slug]}))
    return (_ref(*rows[0][3:]), _grouped(rows[1:])) if rows else None


def beside_of(reader: Reader, slugs: Sequence[str]) -> dict[str, Beside]:
    """What is named with each of the terms, by the term's IRI; a term with nothing beside it is absent."""
    found: dict[str, Beside] = {}
    for row in sorted(fetch(reader, _BESIDE, {"slugs": slugs})):
        _add(found.setdefault(row[0], {}), row)
    return found


def apart(beside: Beside) -> tuple[list[Topic], Ref | None, Beside]:
    """Of what is named with a term: its topics, what replaces it, its neighbours."""
    topics = [Topic(one.iri, one.slug, one.label) for one in beside.pop("topic", ())]
    return topics, next(iter(beside.pop("replacedBy", ())), None), beside


def _grouped(rows: list[tuple[Any, ...]]) -> Beside:
    beside: Beside = {}
    for row in rows:
        _add(beside, row)
    return beside


def _add(beside: Beside, row: tuple[Any, ...]) -> None:
    beside.setdefault(row[1], []).append(_ref(*row[3:]))


@lru_cache(4096)
def _ref(slug: str, iri: str, label: str, reason: str | None) -> Ref:
    """A term as it is stored where it is named. Remembered: a term is named by all its neighbours."""
    return Ref(iri, slug, orjson.loads(label), orjson.loads(reason) if reason else {})


OWN = ""
"""The kind of a term's own row among those of what is named with it: sorted, it is the first."""

_LAST: ColumnElement[int] = literal_column(str(2**63 - 1))
"""The place of what has no position."""

_NONE = null()


def _arms() -> list[Select[Any]]:
    """What is named with the terms: the other ends of their edges, what replaces them, their topics.

    Rows in order are those of each term by kind, then by position, then by slug.
    """
    edge, topic, member = tables.edge, tables.topic, tables.member
    one, other = tables.term.alias("one"), tables.term.alias("other")

    def rows(kind: Any, named: FromClause, place: Any = _LAST, reason: Any = _NONE) -> Select[Any]:
        return select(one.c.iri, kind, place, named.c.slug, named.c.iri, type_coerce(named.c.label, Text), reason)

    reason, place = type_coerce(edge.c.reason, Text), func.coalesce(edge.c.position, _LAST)
    end = one.join(edge, edge.c.term_iri == one.c.iri).join(other, other.c.iri == edge.c.target_iri)
    start = one.join(edge, edge.c.target_iri == one.c.iri).join(other, other.c.iri == edge.c.term_iri)
    instead = one.join(other, other.c.iri == one.c.replaced_by)
    topics = one.join(member, member.c.term_iri == one.c.iri).join(topic, topic.c.iri == member.c.topic_iri)
    arms = (
        rows(edge.c.kind, other, place, reason).select_from(end),
        rows(_kind("requiredBy"), other, reason=reason).select_from(start).where(edge.c.kind == _kind("prerequisite")),
        rows(_kind("replacedBy"), other).select_from(instead),
        rows(_kind("topic"), topic).select_from(topics),
    )
    return [arm.where(one.c.slug.in_(_SLUGS)) for arm in arms]


def _kind(name: str) -> ColumnElement[str]:
    """A kind in a statement's text: fewer values are handed over."""
    return literal_column(f"'{name}'")


_TERM = tables.term.c
_SLUGS: BindParameter[list[str]] = bindparam("slugs", expanding=True)
_BESIDE = union_all(*_arms())
_ITSELF = (_TERM.slug, _TERM.iri, type_coerce(_TERM.label, Text), _NONE)
_NAMED = union_all(select(_TERM.iri, _kind(OWN), literal_column("0"), *_ITSELF).where(_TERM.slug.in_(_SLUGS)), *_arms())
_SAID = tables.spoken.c
_SPOKEN = union_all(
    select(_TERM.iri, _kind(OWN), _SAID.whole, _SAID.used, _NONE, _SAID.before, _SAID.after)
    .join_from(tables.term, tables.spoken, _SAID.term_iri == _TERM.iri)
    .where(_TERM.slug.in_(_SLUGS), _SAID.lang.in_(bindparam("langs", expanding=True))),
    *_arms(),
)
