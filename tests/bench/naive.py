"""The baseline for neighbourhoods: rdflib and Flask, as one writes it in an afternoon.

`python -m tests.bench.naive PORT FILE`: the Turtle file is read into memory, and each request is a SPARQL query.
"""

import os
import sys

import rdflib
from flask import Flask, Response, jsonify
from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server import Server

QUERY = """
PREFIX kg: <https://w3id.org/kgservice/ns#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
SELECT ?kind ?other ?slug ?label {
  ?centre kg:slug ?wanted .
  { ?centre kg:prerequisite ?other . BIND("prerequisite" AS ?kind) }
  UNION { ?other kg:prerequisite ?centre . BIND("requiredBy" AS ?kind) }
  UNION { ?centre skos:related ?other . BIND("related" AS ?kind) }
  ?other kg:slug ?slug ; skos:prefLabel ?label .
  FILTER(lang(?label) = "en")
} ORDER BY ?kind ?slug
"""


def make() -> Flask:
    """The application over the file that NAIVE_GRAPH names."""
    graph = rdflib.Graph()
    graph.parse(os.environ["NAIVE_GRAPH"], format="nt")
    app = Flask(__name__, static_folder=None)

    @app.get("/ready")
    def ready() -> Response:
        return jsonify({})

    @app.get("/terms/<slug>/neighbourhood")
    def neighbourhood(slug: str) -> Response:
        rows = graph.query(QUERY, initBindings={"wanted": rdflib.Literal(slug)})
        return jsonify([[str(value) for value in row] for row in rows])  # type: ignore[union-attr]

    return app


if __name__ == "__main__":
    os.environ["NAIVE_GRAPH"] = sys.argv[2]
    Server(
        "tests.bench.naive:make",
        factory=True,
        port=int(sys.argv[1]),
        interface=Interfaces.WSGI,
        blocking_threads=32,
        log_level=LogLevels.warning,
    ).serve()
