"""The rules that every write keeps, asked of a projection before it is stored."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from sqlalchemy import Connection, Select, select

from kgservice.errors import Fault
from kgservice.model.glossary import glossary_faults
from kgservice.model.rules import Pair, find_cycle, related_ancestors
from kgservice.model.slugs import is_slug, not_a_slug
from kgservice.model.terms import EDGE_KINDS, Term, term_faults
from kgservice.store.mirror import Projection
from kgservice.store.rows import among, rows_in
from kgservice.store.tables import edge, former_slug, term, topic


def faults(connection: Connection, projection: Projection) -> list[Fault]:
    """Every fault of the terms, topics and edges that a change would leave behind."""
    found = list(_own_faults(projection))
    if all(is_slug(one.slug or "") for one in projection.held_terms()):  # what follows tells terms by slug
        found += _slug_faults(connection, projection)
        found += _home_faults(connection, projection)
        found += _target_faults(connection, projection)
        found += _cycle_faults(connection, projection)
        found += _ancestor_faults(connection, projection)
        found += _replacement_faults(connection, projection)
    return found


def _own_faults(projection: Projection) -> Iterator[Fault]:
    for one in projection.held_terms():
        yield from (
            Fault(f"{one.slug}: {fault.field}", fault.message)
            for fault in term_faults(one, projection.before.get(one.iri))
        )
    if projection.glossary:
        yield from glossary_faults(projection.glossary)
    for entry in projection.topics.values():
        if entry and not is_slug(entry.slug):
            yield Fault("topic", not_a_slug(entry.slug))


_HOMES = select(term.c.home, term.c.iri).where(among(term.c.home))
_SLUGS, _TOPICS = (select(table.c.slug, table.c.iri).where(among(table.c.slug)) for table in (term, topic))
_FORMER = select(former_slug).where(among(former_slug.c.slug))
_KNOWN = select(term.c.iri, term.c.slug).where(among(term.c.iri))
_REPLACED = select(term.c.iri, term.c.replaced_by).where(among(term.c.iri))
_OF, _TO = (
    select(edge.c.term_iri, edge.c.target_iri, edge.c.kind).where(among(column))
    for column in (edge.c.term_iri, edge.c.target_iri)
)


def _home_faults(connection: Connection, projection: Projection) -> Iterator[Fault]:
    """No two terms have their own resources under one IRI."""
    held = projection.held_terms()
    new = {one.home for one in held} - {was.home for was in projection.before.values() if was}
    taken = {row.home: row.iri for row in rows_in(connection, _HOMES, new) if row.iri not in projection.terms}
    for one in sorted(held, key=lambda one: one.iri):
        if taken.setdefault(one.home, one.iri) != one.iri:
            both = f"<{taken[one.home]}> and <{one.iri}>"
            yield Fault("slug", f"{both} would both have their own resources under <{one.home}>")


def _slug_faults(connection: Connection, projection: Projection) -> Iterator[Fault]:
    terms = {one.iri: one.slug for one in projection.held_terms()}
    new = set(terms.values()) - {was.slug for was in projection.before.values() if was}
    topics = {iri: one.slug for iri, one in projection.topics.items() if one}
    touched = projection.terms.keys() | projection.topics.keys()
    for statement, held, asked in ((_SLUGS, terms, new), (_TOPICS, topics, set(topics.values()))):
        taken = {row.slug: row.iri for row in rows_in(connection, statement, asked) if row.iri not in touched}
        for iri, slug in sorted(held.items()):
            if taken.setdefault(slug, iri) != iri:
                yield Fault("slug", f"{slug!r} is the slug of both <{taken[slug]}> and <{iri}>")
    slugs = {slug: iri for iri, slug in terms.items()}
    for row in rows_in(connection, _FORMER, new):
        if row.term_iri != slugs[row.slug]:
            yield Fault("slug", f"{row.slug!r} was the slug of <{row.term_iri}>; a slug is never used again")


def _target_faults(connection: Connection, projection: Projection) -> Iterator[Fault]:
    """No edge leads to what is no term: one that is new, or one to a term that would be gone."""
    gone = {iri for iri, held in projection.terms.items() if held is None}
    before = {kind: _pairs(projection.before.values(), kind) for kind in EDGE_KINDS}
    wanted = {
        (one.slug, e.target, kind)
        for one in projection.held_terms()
        for kind, held in one.edges.items()
        for e in held
        if e.target in gone or (one.iri, e.target) not in before[kind]
    }
    unknown = {target for _, target, _ in wanted} - {one.iri for one in projection.held_terms()}
    missing = unknown - {row.iri for row in rows_in(connection, _KNOWN, unknown - gone)}
    for slug, target, kind in sorted(wanted):
        if target in missing:
            yield Fault(f"{slug}: {kind}", f"points to <{target}>, which is no term of this glossary")
    needed = [row for row in rows_in(connection, _TO, gone) if row.term_iri not in projection.terms]
    slugs = _slugs(connection, projection, {row.term_iri for row in needed})
    for slug, kind in sorted((slugs[row.term_iri], row.kind) for row in needed):
        yield Fault("edges", f"{slug} names it ({kind}): take that edge out first, or deprecate the term")


class _Edges:
    """The edges of a kind after the change, read a step at a time: only the part of the graph that it concerns."""

    def __init__(self, connection: Connection, projection: Projection, kind: str) -> None:
        self.connection = connection
        self.projection = projection
        self.kind = kind

    def new(self) -> set[Pair]:
        """The edges that the change adds."""
        before, after = (_pairs(terms.values(), self.kind) for terms in (self.projection.before, self.projection.terms))
        return after - before

    def onward(self, starts: Iterable[str]) -> set[Pair]:
        """Every edge on a way that starts at one of the terms."""
        return self._walk(starts, self.of, 1)

    def backward(self, ends: Iterable[str]) -> set[Pair]:
        """Every edge on a way that ends at one of the terms."""
        return self._walk(ends, self._to, 0)

    def _walk(self, starts: Iterable[str], step: Callable[[set[str]], set[Pair]], end: int) -> set[Pair]:
        found: set[Pair] = set()
        seen: set[str] = set()
        frontier = set(starts)
        while frontier:
            seen |= frontier
            pairs = step(frontier)
            found |= pairs
            frontier = {pair[end] for pair in pairs} - seen
        return found

    def of(self, terms: set[str]) -> set[Pair]:
        """The edges that start at one of the terms."""
        changed = terms & self.projection.terms.keys()
        stated = _pairs((self.projection.terms[iri] for iri in changed), self.kind)
        return stated | set(self._stored(_OF, terms - changed))

    def _to(self, terms: set[str]) -> set[Pair]:
        stated = {pair for pair in _pairs(self.projection.terms.values(), self.kind) if pair[1] in terms}
        return stated | {pair for pair in self._stored(_TO, terms) if pair[0] not in self.projection.terms}

    def _stored(self, query: Select[Any], iris: Iterable[str]) -> Iterator[Pair]:
        rows = rows_in(self.connection, query, iris)
        return ((row.term_iri, row.target_iri) for row in rows if row.kind == self.kind)


def _pairs(terms: Iterable[Term | None], kind: str) -> set[Pair]:
    """The edges of a kind that terms state."""
    return {(one.iri, e.target) for one in terms if one for e in one.edges.get(kind, ())}


def _cycle_faults(connection: Connection, projection: Projection) -> Iterator[Fault]:
    """A circle of prerequisites that the change closes; it has one of the edges that are new."""
    edges = _Edges(connection, projection, "prerequisite")
    cycle = find_cycle(edges.onward(source for source, _ in edges.new()))
    if cycle:
        slugs = _slugs(connection, projection, cycle)
        told = " → ".join(slugs[iri] for iri in cycle)
        yield Fault("prerequisite", f"these terms require each other in a circle: {told}")


def _ancestor_faults(connection: Connection, projection: Projection) -> Iterator[Fault]:
    """Related terms of which one is an ancestor of the other, by an edge that is new."""
    related, broader = _Edges(connection, projection, "related"), _Edges(connection, projection, "broader")
    pairs = related.new()
    if climbed := {source for source, _ in broader.new()}:
        below = climbed | {child for child, _ in broader.backward(climbed)}
        pairs |= related.of(below)
    bad = related_ancestors(pairs, broader.onward({iri for pair in pairs for iri in pair}) if pairs else ())
    slugs = _slugs(connection, projection, {iri for pair in bad for iri in pair})
    for one, other in sorted({tuple(sorted(pair)) for pair in bad}):
        message = f"{slugs[one]} and {slugs[other]} cannot be related: one is an ancestor of the other (SKOS S27)"
        yield Fault("related", message)


def _replacement_faults(connection: Connection, projection: Projection) -> Iterator[Fault]:
    """A circle of terms that replace each other, which has no end for those who follow it."""
    held = {one.iri: one.replaced_by for one in projection.held_terms()}
    before = {was.iri: was.replaced_by for was in projection.before.values() if was}
    frontier = {iri for iri, other in held.items() if other and other != before.get(iri)}
    pairs: dict[str, str] = {}
    while frontier:
        rows = rows_in(connection, _REPLACED, frontier - projection.terms.keys())
        known = held | {row.iri: row.replaced_by for row in rows}
        told = {iri: other for iri in frontier if (other := known.get(iri))}
        pairs |= told
        frontier = set(told.values()) - pairs.keys()
    cycle = find_cycle(pairs.items())
    if cycle:
        slugs = _slugs(connection, projection, cycle)
        yield Fault("replacedBy", f"these terms replace each other in a circle: {' → '.join(slugs[i] for i in cycle)}")


def _slugs(connection: Connection, projection: Projection, iris: Iterable[str]) -> dict[str, str]:
    slugs = {one.iri: one.slug for one in projection.held_terms()}
    return slugs | {row.iri: row.slug for row in rows_in(connection, _KNOWN, set(iris) - slugs.keys())}
