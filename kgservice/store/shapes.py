"""Terms held against `ontology/shapes.ttl`."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cache

from kgservice.config import packaged
from kgservice.errors import Fault
from kgservice.rdf.mapping import ANSWER, EDGE_PREDICATES, PART_PREDICATES, TARGET, TERM_TYPES, TYPE, by_subject
from kgservice.rdf.ntriples import Triple, iri, iri_value, is_iri
from kgservice.store.graph_reader import GraphReader
from kgservice.store.shacl import Finding, Graph, Shapes

_TO_TERMS = {*EDGE_PREDICATES.values(), TARGET}
_TO_PARTS = {*PART_PREDICATES, ANSWER}


@cache
def _shapes() -> Shapes:
    return Shapes(packaged("ontology") / "shapes.ttl")


def shape_findings(triples: Collection[Triple]) -> Iterator[Finding]:
    """What in these triples breaks a shape."""
    graph = Graph(by_subject(triples))
    return _shapes().findings(graph, graph.said)


def faults(graph: GraphReader, changed: Mapping[str, Collection[Triple]]) -> list[Fault]:
    """What of some resources, given by IRI with their triples, breaks a shape."""
    triples = {triple for held in changed.values() for triple in held}
    around = Graph(by_subject(triples | _types_around(graph, triples, changed.keys())))
    found = _shapes().findings(around, map(iri, changed))
    return [Fault(f"<{one.node}>", f"{one.message} ({one.path})" if one.path else one.message) for one in sorted(found)]


def _types_around(graph: GraphReader, triples: set[Triple], changed: Iterable[str]) -> set[Triple]:
    """The classes of what a change points to. That targets are terms is a rule of its own, checked before."""
    types = {(t[2], TYPE, class_) for t in triples if t[1] in _TO_TERMS for class_ in TERM_TYPES}
    parts = {iri_value(t[2]) for t in triples if t[1] in _TO_PARTS and is_iri(t[2])}.difference(changed)
    return types | {t for held in graph.resources(parts).values() for t in held if t[1] == TYPE}
