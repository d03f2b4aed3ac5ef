"""SHACL: terms held against `ontology/shapes.ttl`."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

import pyoxigraph as ox
from sqlalchemy import Connection

from kgservice.config import packaged
from kgservice.errors import Fault
from kgservice.rdf.mapping import ANSWER, EDGE_PREDICATES, PART_PREDICATES, TARGET, TERM_TYPES, TYPE
from kgservice.rdf.ntriples import Triple, iri_value, is_iri, line, parse_literal
from kgservice.store.mirror import read_triples

_TO_TERMS = {*EDGE_PREDICATES.values(), TARGET}
_TO_PARTS = {*PART_PREDICATES, ANSWER}

SMALL = 2000
"""Triples up to which rdflib's own store is the faster one for pySHACL; beyond, the engine's is 24-30 times faster."""


@lru_cache(1)
def _shapes() -> Any:
    from rdflib import Graph  # heavy, as pySHACL is; only writes and checks need them

    return Graph().parse(packaged("ontology") / "shapes.ttl")


def shape_findings(triples: Collection[Triple], focus: Iterable[str] | None = None) -> Iterator[tuple[str, str, str]]:
    """What in these triples breaks a shape: subject, path, message. `focus` has the IRIs to look at, by default all."""
    from pyshacl import validate
    from rdflib import RDF, Graph, Namespace

    shacl = Namespace("http://www.w3.org/ns/shacl#")
    data = _small(triples) if len(triples) <= SMALL else _large(triples)
    conforms, report, _ = validate(data, shacl_graph=_shapes(), focus_nodes=None if focus is None else sorted(focus))
    if conforms:
        return
    if not isinstance(report, Graph):
        raise TypeError(f"pySHACL gave {report!r}")
    for result in report.subjects(RDF.type, shacl.ValidationResult):
        node, path = report.value(result, shacl.focusNode), report.value(result, shacl.resultPath)
        yield str(node), str(path or ""), str(report.value(result, shacl.resultMessage))


def _small(triples: Iterable[Triple]) -> Any:
    """The triples as rdflib has them, made without parsing a document."""
    from rdflib import Graph, Literal, URIRef

    def term(text: str) -> Any:
        parsed = parse_literal(text)
        if parsed is None:
            return URIRef(iri_value(text))
        return Literal(parsed.value, parsed.lang, parsed.datatype, normalize=False)

    graph = Graph()
    for subject, predicate, object_ in triples:
        graph.add((URIRef(iri_value(subject)), URIRef(iri_value(predicate)), term(object_)))
    return graph


def _large(triples: Iterable[Triple]) -> Any:
    store = ox.Store()
    store.bulk_load("\n".join(map(line, triples)), format=ox.RdfFormat.N_TRIPLES)
    return store


def faults(connection: Connection, changed: Mapping[str, set[Triple]]) -> list[Fault]:
    """What of some resources, given by IRI with their triples, breaks a shape."""
    triples = {triple for held in changed.values() for triple in held}
    around = triples | _types_around(connection, triples, changed.keys())
    focus = changed if len(triples) <= SMALL else None  # a long list of nodes costs pySHACL more than looking at all
    found = (one for one in shape_findings(around, focus) if one[0] in changed)
    return [Fault(f"<{node}>", f"{message} ({path})") for node, path, message in sorted(found)]


def _types_around(connection: Connection, triples: set[Triple], changed: Iterable[str]) -> set[Triple]:
    """The classes of what a change points to. That targets are terms is a rule of its own, checked before."""
    types = {(t[2], TYPE, class_) for t in triples if t[1] in _TO_TERMS for class_ in TERM_TYPES}
    parts = {iri_value(t[2]) for t in triples if t[1] in _TO_PARTS and is_iri(t[2])}.difference(changed)
    held = read_triples(connection, parts)
    return types | {t for found in held.values() for t in found if t[1] == TYPE}
