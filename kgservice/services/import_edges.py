"""Import: edges stand both ways and between terms; those that break a rule are left out."""

from collections import defaultdict
from itertools import pairwise

from kgservice.errors import Fault, Invalid
from kgservice.model.rules import Pair, find_cycle, related_ancestors
from kgservice.model.slugs import is_slug
from kgservice.rdf import mapping
from kgservice.rdf.ntriples import Triple, iri, iri_value, is_iri
from kgservice.services.import_merge import Merge


def _edges(merge: Merge, *kinds: str) -> list[tuple[str, Triple]]:
    """The edges that the file states from terms, with their kinds."""
    kind_of = {mapping.EDGE_PREDICATES[kind]: kind for kind in kinds}
    subjects = [subject for subject in merge.new if subject in merge.homes]
    return sorted((kind_of[t[1]], t) for subject in subjects for t in merge.new[subject] if t[1] in kind_of)


def drop_bad_edges(merge: Merge) -> None:
    """Leave out edges from or to what is no term."""
    terms = merge.slugs.keys()
    merge.known_homes = {*merge.existing.values(), *(merge.homes[term] for term in merge.homes if term in terms)}
    for subject in [one for one in merge.new if _is_stray_record(merge, one)]:
        for triple in sorted(t for t in merge.new.pop(subject, ()) if t[1] in mapping.EDGE_PREDICATES.values()):
            _drop_edge(merge, triple, "there is no term that it could start from")
    for _, triple in _edges(merge, *mapping.EDGE_PREDICATES):
        if not is_iri(triple[2]) or iri_value(triple[2]) not in terms:
            _drop_edge(merge, triple, "there is no such term")
        elif triple[2] == triple[0]:
            _drop_edge(merge, triple, "it leads to the term itself")


def _is_stray_record(merge: Merge, subject: str) -> bool:
    """Whether a subject was named as a term by slug (it would be made here), or as a part of one, but is none."""
    home = subject.partition("#")[0]
    slug = home.removeprefix(f"{merge.base}id/")
    return home != slug and is_slug(slug) and home not in merge.known_homes


def _drop_edge(merge: Merge, triple: Triple, why: str) -> None:
    subject, target = iri_value(triple[0]), iri_value(triple[2])
    kind = next(kind for kind, known in mapping.EDGE_PREDICATES.items() if known == triple[1])
    part = iri(f"{merge.homes.get(subject, subject)}#{mapping.edge_id(merge.base, kind, target)}")
    if subject in merge.new:
        merge.new[subject] -= {triple, (triple[0], mapping.EDGE, part)}
    merge.new.pop(iri_value(part), None)
    where = _place(merge, triple) or merge.name(subject)
    told = f"{merge.name(subject)} → {merge.name(target)}"
    merge.batch.report("error", where, f"the edge {kind} {told} was left out: {why}")


def require_no_circle(merge: Merge) -> None:
    """`Invalid` tells the circle of prerequisites that the files close, and where they state its steps.

    Each write asks this; here it is known which line says what.
    """
    stated = {_ends(triple): triple for _, triple in _edges(merge, "prerequisite")}
    cycle = find_cycle([*merge.change.edges("prerequisite"), *stated]) if stated else None
    if cycle:
        steps = [stated[pair] for pair in pairwise(cycle) if pair in stated]
        places = list(dict.fromkeys(place for triple in steps if (place := _place(merge, triple))))
        told = " → ".join(map(merge.name, cycle))
        where = "; ".join(places or merge.batch.files)
        raise Invalid([Fault("prerequisite", f"these terms require each other in a circle: {told} ({where})")])


def _place(merge: Merge, triple: Triple) -> str | None:
    """Where a file states an edge, else where its term stands in it."""
    subject, target = _ends(triple)
    return merge.batch.where.get(f"{subject} {triple[1]} {target}") or merge.batch.where.get(subject)


def complete_inverses(merge: Merge, *kinds: str) -> None:
    """State related both ways, and narrower beside broader."""
    for kind, (subject, _, target) in _edges(merge, *kinds):
        inverse = (target, mapping.EDGE_PREDICATES[mapping.INVERSES[kind]], subject)
        merge.new.setdefault(iri_value(target), set()).add(inverse)
        merge.homes.setdefault(iri_value(target), merge.existing.get(iri_value(target), iri_value(target)))


def drop_related_ancestors(merge: Merge) -> None:
    """Leave out what makes related terms ancestors (SKOS S27): the related edge, else a step of the way up."""
    stated = [triple for _, triple in _edges(merge, "related")]
    wrong = set(related_ancestors(map(_ends, stated), _broader(merge)))
    for triple in stated:
        if _ends(triple) in wrong:
            _drop_edge(merge, triple, "one of the two is an ancestor of the other (SKOS S27)")
    known = merge.change.edges("related")
    while bad := related_ancestors(known, _broader(merge)):
        triple = _stated_step(merge, *bad[0])
        _drop_edge(merge, triple, "it would make related terms ancestor and descendant (SKOS S27)")
        inverse = (triple[2], mapping.EDGE_PREDICATES["narrower"], triple[0])
        merge.new[iri_value(triple[2])].discard(inverse)


def _broader(merge: Merge) -> list[Pair]:
    """All broader edges, those of the file among them."""
    return [*merge.change.edges("broader"), *(_ends(triple) for _, triple in _edges(merge, "broader"))]


def _stated_step(merge: Merge, one: str, other: str) -> Triple:
    """A broader edge of the file on the way from one of two terms up to the other."""
    parents: dict[str, set[str]] = defaultdict(set)
    for child, parent in _broader(merge):
        parents[child].add(parent)
    stated = {_ends(triple): triple for _, triple in _edges(merge, "broader")}
    for start, goal in ((one, other), (other, one)):
        for pair in _way_up(parents, start, goal):
            if pair in stated:
                return stated[pair]
    raise ValueError(f"no edge of the file leads from <{one}> to <{other}>")


def _ends(triple: Triple) -> Pair:
    return iri_value(triple[0]), iri_value(triple[2])


def _way_up(parents: dict[str, set[str]], start: str, goal: str) -> list[Pair]:
    """The steps of a shortest way from a term to an ancestor; none if it is no ancestor."""
    came: dict[str, str] = {start: ""}
    waiting = [start]
    for child in waiting:  # grows while it is walked
        for parent in sorted(parents.get(child, ())):
            if parent not in came:
                came[parent] = child
                waiting.append(parent)
    steps = []
    while came.get(goal):
        steps.append((came[goal], goal))
        goal = came[goal]
    return steps
