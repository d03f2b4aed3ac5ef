"""The terms around a term: those that it is read with or, farther out, by a statement per unit of depth."""

from collections import Counter
from collections.abc import Collection, Mapping

from kgservice.errors import NotFound
from kgservice.model.neighbourhood import Link, Neighbour, Neighbourhood
from kgservice.model.terms import NEIGHBOUR_KINDS
from kgservice.model.views import Ref
from kgservice.store import beside, reading
from kgservice.store.reading import Step
from kgservice.store.store import Store

DEPTH_MAX = 3
LIMIT_DEFAULT = 20
LIMIT_MAX = 150
DEFAULT_KINDS = ("prerequisite", "requiredBy", "related")

FRONTIER_MAX = 2000
"""Terms of one distance from which the search goes on; hubs of a large thesaurus have more at depth 3."""


def neighbourhood(
    store: Store,
    slug: str,
    *,
    depth: int = 1,
    kinds: Collection[str] = DEFAULT_KINDS,
    limit: int = LIMIT_DEFAULT,
) -> Neighbourhood:
    """The neighbourhood of a term; `NotFound` if there is no such term.

    Terms are taken by distance, then kind, position and slug; those beyond `limit` (which does not count the centre)
    are counted per kind.
    """
    if depth == 1:
        found = beside.with_neighbours(store.direct, slug)
        if found is None:
            raise NotFound(f"there is no term {slug!r}")
        return around(*found, kinds, limit)
    return _search(store, slug, depth, kinds, limit)


def _search(store: Store, slug: str, depth: int, kinds: Collection[str], limit: int) -> Neighbourhood:
    """Breadth first, in the mirror."""
    with store.read() as connection:
        centre = reading.term_iri(connection, slug)
        if centre is None:
            raise NotFound(f"there is no term {slug!r}")
        found: dict[str, tuple[Step, int]] = {}
        walked: list[Step] = []
        frontier = [centre]
        for distance in range(1, depth + 1):
            steps = _ordered(list(reading.steps(connection, frontier, kinds)), frontier)
            walked += steps
            fresh = {s.target: s for s in reversed(steps) if s.target != centre and s.target not in found}
            reached = [step.target for step in steps if fresh.get(step.target) is step]
            found.update((target, (fresh[target], distance)) for target in reached)
            frontier = reached[:FRONTIER_MAX]
        shown = list(found)[:limit]
        labels = reading.labels(connection, [centre, *shown])
    nodes = [Neighbour(centre, slug, labels.get(centre, {}), "centre", 0, centre)]
    for iri in shown:
        step, distance = found[iri]
        nodes.append(Neighbour(iri, step.slug, labels.get(iri, {}), step.kind, distance, step.source))
    left_out = Counter(found[iri][0].kind for iri in list(found)[limit:])
    return Neighbourhood(tuple(nodes), _links(walked, {centre, *shown}), dict(left_out))


def around(
    centre: Ref,
    neighbours: Mapping[str, list[Ref]],
    kinds: Collection[str] = DEFAULT_KINDS,
    limit: int = LIMIT_DEFAULT,
) -> Neighbourhood:
    """The neighbourhood of depth 1 of a term that has been read already."""
    told = [(kind, one) for kind in NEIGHBOUR_KINDS if kind in kinds for one in neighbours.get(kind, ())]
    first: dict[str, tuple[str, Ref]] = {}
    for kind, one in told:
        first.setdefault(one.iri, (kind, one))
    reached = list(first.values())
    nodes = [Neighbour(centre.iri, centre.slug, centre.label, "centre", 0, centre.iri)]
    nodes += [Neighbour(one.iri, one.slug, one.label, kind, 1, centre.iri) for kind, one in reached[:limit]]
    walked = [Step(centre.iri, kind, one.iri, one.slug, None) for kind, one in told]
    left_out = Counter(kind for kind, _ in reached[limit:])
    return Neighbourhood(tuple(nodes), _links(walked, {node.iri for node in nodes}), dict(left_out))


def _ordered(steps: list[Step], frontier: list[str]) -> list[Step]:
    """The steps by the kind that they take, and within it as the terms were reached, then by position and slug."""
    place = {iri: index for index, iri in enumerate(frontier)}
    return sorted(steps, key=lambda step: (NEIGHBOUR_KINDS.index(step.kind), place[step.source]))


def _links(steps: list[Step], shown: set[str]) -> tuple[Link, ...]:
    """The statements behind the steps, once each, both ends shown. Related is told from the end that was nearer."""
    links: dict[object, Link] = {}
    for step in steps:
        if step.source in shown and step.target in shown:
            link = _statement(step)
            same = frozenset((link.source, link.target)) if link.kind == "related" else link
            links.setdefault(same, link)
    return tuple(links.values())


def _statement(step: Step) -> Link:
    if step.kind == "requiredBy":
        return Link(step.target, step.source, "prerequisite")
    if step.kind == "narrower":
        return Link(step.target, step.source, "broader")
    return Link(step.source, step.target, step.kind)
