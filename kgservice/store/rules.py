"""The rules that every write keeps, asked of a projection before it is stored."""

from collections.abc import Iterable, Iterator

from sqlalchemy import Connection, select

from kgservice.errors import Fault, Invalid
from kgservice.model.glossary import glossary_faults
from kgservice.model.rules import Pair, find_cycle, related_ancestors
from kgservice.model.slugs import is_slug
from kgservice.model.terms import term_faults
from kgservice.store.mirror import Projection
from kgservice.store.rows import rows_in
from kgservice.store.tables import edge, term, topic


def require_valid(connection: Connection, projection: Projection) -> None:
    """Raise `Invalid` with every fault of the terms, topics and edges that a change would leave behind."""
    faults = list(_own_faults(projection))
    faults += _slug_faults(connection, projection)
    faults += _home_faults(connection, projection)
    if not faults:  # relations are told by slug, so the terms have to be sound first
        faults += _target_faults(connection, projection)
        faults += _cycle_faults(connection, projection)
        faults += _ancestor_faults(connection, projection)
    if faults:
        raise Invalid(faults)


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


def _pairs(connection: Connection, projection: Projection, kind: str) -> list[Pair]:
    """All edges of a kind after the change."""
    rows = connection.execute(select(edge.c.term_iri, edge.c.target_iri).where(edge.c.kind == kind))
    pairs = [(row.term_iri, row.target_iri) for row in rows if row.term_iri not in projection.terms]
    return pairs + [(one.iri, e.target) for one in projection.held_terms() for e in one.edges.get(kind, ())]


def _any_edge(projection: Projection, *kinds: str) -> bool:
    return any(one.edges.get(kind) for one in projection.held_terms() for kind in kinds)


def _cycle_faults(connection: Connection, projection: Projection) -> Iterator[Fault]:
    if _any_edge(projection, "prerequisite"):
        cycle = find_cycle(_pairs(connection, projection, "prerequisite"))
        if cycle:
            slugs = _slugs(connection, projection, cycle)
            yield Fault(
                "prerequisite", "these terms require each other in a circle: " + " → ".join(slugs[i] for i in cycle)
            )


def _ancestor_faults(connection: Connection, projection: Projection) -> Iterator[Fault]:
    if _any_edge(projection, "related", "broader", "narrower"):
        related = _pairs(connection, projection, "related")
        bad = related_ancestors(related, _pairs(connection, projection, "broader"))
        slugs = _slugs(connection, projection, {iri for pair in bad for iri in pair})
        for one, other in sorted({tuple(sorted(pair)) for pair in bad}):
            message = f"{slugs[one]} and {slugs[other]} cannot be related: one is an ancestor of the other (SKOS S27)"
            yield Fault("related", message)


def _slugs(connection: Connection, projection: Projection, iris: Iterable[str]) -> dict[str, str]:
    slugs = {one.iri: one.slug for one in projection.held_terms()}
    rows = rows_in(connection, select(term.c.iri, term.c.slug), term.c.iri, set(iris) - slugs.keys())
    return slugs | {row.iri: row.slug for row in rows}
