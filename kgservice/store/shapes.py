"""SHACL: terms held against `ontology/shapes.ttl`."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

import pyoxigraph as ox

from kgservice.config import packaged
from kgservice.errors import Fault
from kgservice.rdf.mapping import ANSWER, EDGE_PREDICATES, PART_PREDICATES, TARGET, TERM_TYPES, TYPE
from kgservice.rdf.ntriples import REMEMBERED, Triple, iri_value, is_iri, line, parse_literal
from kgservice.store.graph_reader import GraphReader

_TO_TERMS = {*EDGE_PREDICATES.values(), TARGET}
_TO_PARTS = {*PART_PREDICATES, ANSWER}

SHACL = "http://www.w3.org/ns/shacl#"

SMALL = 2000
"""Triples up to which rdflib's own store is the faster one for pySHACL; beyond, the engine's is 24-30 times faster."""


@lru_cache(1)
def _shapes() -> list[Any]:
    """The shapes that choose their own nodes; those of properties are reached from them.

    pySHACL reads shapes anew for each graph that it validates: that alone cost more than holding a term against them.
    """
    from pyshacl import ShapesGraph
    from rdflib import Graph  # heavy, as pySHACL is; only writes and checks need them

    read = ShapesGraph(Graph().parse(packaged("ontology") / "shapes.ttl"))
    return [shape for shape in read.shapes if any(map(list, shape.target()))]


def shape_findings(triples: Collection[Triple], focus: Iterable[str] | None = None) -> Iterator[tuple[str, str, str]]:
    """What in these triples breaks a shape: subject, path, message. `focus` has the IRIs to look at, by default all."""
    from pyshacl.pytypes import SHACLExecutor
    from rdflib import URIRef

    data = _small(triples) if len(triples) <= SMALL else _large(triples)
    executor = SHACLExecutor(focus_nodes=None if focus is None else list(map(URIRef, focus)))
    for shape in _shapes():
        _, results = shape.validate(executor, data)
        for _, _, result in results:
            yield _told(result, "focusNode"), _told(result, "resultPath"), _told(result, "resultMessage")


def _told(result: Iterable[tuple[Any, Any, Any]], name: str) -> str:
    """What a validation result, as triples, says by a property of SHACL. A node comes with the graph that it is of."""
    found = next((o for _, predicate, o in result if str(predicate) == SHACL + name), "")
    return str(found[1] if isinstance(found, tuple) else found)


def _small(triples: Iterable[Triple]) -> Any:
    """The triples as rdflib has them, made without parsing a document."""
    from rdflib import Graph

    graph = Graph("SimpleMemory")
    for triple in triples:
        graph.add((_node(triple[0]), _node(triple[1]), _node(triple[2])))
    return graph


@lru_cache(REMEMBERED)
def _node(text: str) -> Any:
    from rdflib import Literal, URIRef

    parsed = parse_literal(text)
    if parsed is None:
        return URIRef(iri_value(text))
    return Literal(parsed.value, parsed.lang, parsed.datatype, normalize=False)


def _large(triples: Iterable[Triple]) -> Any:
    from pyshacl.graph_abstraction import DataGraph

    store = ox.Store()
    store.bulk_load("\n".join(map(line, triples)), format=ox.RdfFormat.N_TRIPLES)
    return DataGraph.from_oxigraph_store(store)


def faults(graph: GraphReader, changed: Mapping[str, Collection[Triple]]) -> list[Fault]:
    """What of some resources, given by IRI with their triples, breaks a shape."""
    triples = {triple for held in changed.values() for triple in held}
    around = triples | _types_around(graph, triples, changed.keys())
    focus = changed if len(triples) <= SMALL else None  # a long list of nodes costs pySHACL more than looking at all
    found = (one for one in shape_findings(around, focus) if one[0] in changed)
    return [Fault(f"<{node}>", f"{message} ({path})") for node, path, message in sorted(found)]


def _types_around(graph: GraphReader, triples: set[Triple], changed: Iterable[str]) -> set[Triple]:
    """The classes of what a change points to. That targets are terms is a rule of its own, checked before."""
    types = {(t[2], TYPE, class_) for t in triples if t[1] in _TO_TERMS for class_ in TERM_TYPES}
    parts = {iri_value(t[2]) for t in triples if t[1] in _TO_PARTS and is_iri(t[2])}.difference(changed)
    return types | {t for held in graph.resources(parts).values() for t in held if t[1] == TYPE}
