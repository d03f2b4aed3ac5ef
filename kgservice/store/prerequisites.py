"""Reading what terms require: each function is one statement. The way down ends where a circle would close."""

from collections.abc import Collection
from typing import Any, NamedTuple

from sqlalchemy import CTE, BindParameter, CompoundSelect, Connection, Select, bindparam, exists, select

from kgservice.model.terms import Texts
from kgservice.store import tables


class Needed(NamedTuple):
    """A term on the way to another: its identity and its labels by language."""

    iri: str
    slug: str
    label: dict[str, str]


class Requirement(NamedTuple):
    """A prerequisite between two terms on the way, by their slugs."""

    source: str
    target: str
    reason: Texts


def _way() -> CTE:
    """The IRIs of the terms with the slugs `goals`, and of all that they require."""
    term, edge = tables.term, tables.edge
    goals: BindParameter[list[str]] = bindparam("goals", expanding=True)
    start = select(term.c.iri).where(term.c.slug.in_(goals)).cte("way", recursive=True)
    further = select(edge.c.target_iri).join(start, start.c.iri == edge.c.term_iri).where(edge.c.kind == "prerequisite")
    return start.union(further)


def _terms_on(way: CTE) -> Select[Any]:
    term = tables.term
    return select(term.c.iri, term.c.slug, term.c.label).join(way, term.c.iri == way.c.iri)


def _edges_on(way: CTE) -> Select[Any]:
    term, edge, target = tables.term, tables.edge, tables.term.alias("target")
    joined = edge.join(term, term.c.iri == edge.c.term_iri).join(target, target.c.iri == edge.c.target_iri)
    on_the_way = edge.c.term_iri.in_(select(way.c.iri))  # joined to it, SQLite would read every edge there is
    query = select(term.c.slug, target.c.slug.label("target"), edge.c.reason).select_from(joined)
    query = query.where(on_the_way, edge.c.kind == "prerequisite")
    return query.order_by(term.c.slug, edge.c.position.is_(None), edge.c.position, target.c.slug)


# Built once: that takes longer than running them.
_TERMS, _EDGES = _terms_on(_way()), _edges_on(_way())


def needed(connection: Connection, goals: Collection[str]) -> dict[str, Needed]:
    """The terms with these slugs and all that they require, by slug, with their labels."""
    rows = connection.execute(_TERMS, {"goals": list(goals)}).all()
    return {slug: Needed(iri, slug, label) for iri, slug, label in rows}


def requirements(connection: Connection, goals: Collection[str]) -> list[Requirement]:
    """The prerequisites between these terms and all that they require: by position, then by the target's slug."""
    return [Requirement(*row) for row in connection.execute(_EDGES, {"goals": list(goals)}).all()]


def _present() -> CompoundSelect[Any]:
    term, former = tables.term, tables.former_slug
    slugs: BindParameter[list[str]] = bindparam("slugs", expanding=True)
    held = select(term.c.slug.label("asked"), term.c.slug).where(term.c.slug.in_(slugs))
    renamed = select(former.c.slug, term.c.slug).join(term, term.c.iri == former.c.term_iri)
    return held.union_all(renamed.where(former.c.slug.in_(slugs)))


_PRESENT = _present()


def present_slugs(connection: Connection, slugs: Collection[str]) -> dict[str, str]:
    """The slug that the term has now of each slug that one has or had."""
    return {row.asked: row.slug for row in connection.execute(_PRESENT, {"slugs": list(slugs)})}


def open_slugs(connection: Connection, known: Collection[str], after: str, limit: int) -> list[str]:
    """The slugs of terms in use that are not known and require nothing that is not: those after one, in order."""
    term, edge, target = tables.term, tables.edge, tables.term.alias("target")
    missing: Any = (
        select(edge.c.term_iri)
        .join(target, target.c.iri == edge.c.target_iri)
        .where(edge.c.term_iri == term.c.iri, edge.c.kind == "prerequisite", target.c.slug.not_in(known))
    )
    query = select(term.c.slug).where(
        term.c.deprecated.is_(False), term.c.slug > after, term.c.slug.not_in(known), ~exists(missing)
    )
    return [row.slug for row in connection.execute(query.order_by(term.c.slug).limit(limit))]
