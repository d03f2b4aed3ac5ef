"""The rules that every write keeps, asked of a projection before it is stored."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from sqlalchemy import Connection, select

from kgservice.errors import Fault
from kgservice.model.glossary import glossary_faults
from kgservice.model.rules import Pair, find_cycle, related_ancestors
from kgservice.model.slugs import is_slug
from kgservice.model.terms import term_faults
from kgservice.store.mirror import Projection
from kgservice.store.rows import rows_in
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
    return found


def _own_faults(projection: Projection) -> Iterator[Fault]:
    for one in projection.held_terms():
        yield from (Fault(f"{one.slug}: {fault.field}", fault.message) for fault in term_faults(one))
    if projection.glossary:
        yield from glossary_faults(projection.glossary)
    for entry in projection.topics.values():
        if entry and not is_slug(entry.slug):
            yield Fault("topic", f"{entry.slug!r} is not a slug")


def _home_faults(connection: Connection, projection: Projection) -> Iterator[Fault]:
    """No two terms have their own resources under one IRI."""
    held = projection.held_terms()
    rows = rows_in(connection, select(term.c.home, term.c.iri), term.c.home, {one.home for one in held})
    taken = {row.home: row.iri for row in rows if row.iri not in projection.terms}
    for one in sorted(held, key=lambda one: one.iri):
        if taken.setdefault(one.home, one.iri) != one.iri:
            both = f"<{taken[one.home]}> and <{one.iri}>"
            yield Fault("slug", f"{both} would both have their own resources under <{one.home}>")


def _slug_faults(connection: Connection, projection: Projection) -> Iterator[Fault]:
    for table, held in (
        (term, [(one.slug, one.iri) for one in projection.held_terms()]),
        (topic, [(one.slug, one.iri) for one in projection.topics.values() if one]),
    ):
        touched = projection.terms.keys() | projection.topics.keys()
        rows = rows_in(connection, select(table.c.slug, table.c.iri), table.c.slug, {slug for slug, _ in held})
        taken = {row.slug: row.iri for row in rows if row.iri not in touched}
        for slug, iri in sorted(held, key=lambda pair: pair[1]):
            if taken.setdefault(slug, iri) != iri:
                yield Fault("slug", f"{slug!r} is the slug of both <{taken[slug]}> and <{iri}>")
    slugs = {one.slug: one.iri for one in projection.held_terms()}
    for row in rows_in(connection, select(former_slug), former_slug.c.slug, slugs):
        if row.term_iri != slugs[row.slug]:
            yield Fault("slug", f"{row.slug!r} was the slug of <{row.term_iri}>; a slug is never used again")


def _target_faults(connection: Connection, projection: Projection) -> Iterator[Fault]:
    wanted = {
        (one.slug, e.target, kind) for one in projection.held_terms() for kind, es in one.edges.items() for e in es
    }
    unknown = {target for _, target, _ in wanted} - {one.iri for one in projection.held_terms()}
    known = {row.iri for row in rows_in(connection, select(term.c.iri), term.c.iri, unknown - projection.terms.keys())}
    missing = unknown - known
    for slug, target, kind in sorted(wanted):
        if target in missing:
            yield Fault(f"{slug}: {kind}", f"points to <{target}>, which is no term of this glossary")
    gone = {iri for iri, held in projection.terms.items() if held is None}
    for row in rows_in(connection, select(edge.c.term_iri, edge.c.target_iri), edge.c.target_iri, gone):
        if row.term_iri not in projection.terms:
            yield Fault("edges", f"<{row.term_iri}> points to <{row.target_iri}>, which would be gone")


class _Edges:
    """The edges of a kind after the change, read a step at a time: only the part of the graph that it concerns."""

    def __init__(self, connection: Connection, projection: Projection, kind: str) -> None:
        self.connection = connection
        self.projection = projection
        self.kind = kind

    def new(self) -> set[Pair]:
        """The edges that the change adds."""
        held = {(one.iri, e.target) for one in self.projection.held_terms() for e in one.edges.get(self.kind, ())}
        return held - set(self._stored(edge.c.term_iri, self.projection.terms.keys()))

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
        changed = (self.projection.terms[iri] for iri in terms & self.projection.terms.keys())
        stated = {(one.iri, e.target) for one in changed if one for e in one.edges.get(self.kind, ())}
        return stated | set(self._stored(edge.c.term_iri, terms - self.projection.terms.keys()))

    def _to(self, terms: set[str]) -> set[Pair]:
        held = self.projection.held_terms()
        stated = {(one.iri, e.target) for one in held for e in one.edges.get(self.kind, ()) if e.target in terms}
        stored = self._stored(edge.c.target_iri, terms)
        return stated | {pair for pair in stored if pair[0] not in self.projection.terms}

    def _stored(self, column: Any, iris: Iterable[str]) -> Iterator[Pair]:
        query = select(edge.c.term_iri, edge.c.target_iri).where(edge.c.kind == self.kind)
        return ((row.term_iri, row.target_iri) for row in rows_in(self.connection, query, column, iris))


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


def _slugs(connection: Connection, projection: Projection, iris: Iterable[str]) -> dict[str, str]:
    slugs = {one.iri: one.slug for one in projection.held_terms()}
    rows = rows_in(connection, select(term.c.iri, term.c.slug), term.c.iri, set(iris) - slugs.keys())
    return slugs | {row.iri: row.slug for row in rows}
