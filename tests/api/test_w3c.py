"""Conformance of `/sparql`: the W3C suites over HTTP, on query processes that hold the tests' own data."""

import http.client
import logging
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pyoxigraph as ox
import pytest
from flask import Flask
from flask.testing import FlaskClient
from rdflib import RDF, Graph, Namespace
from rdflib.collection import Collection
from rdflib.term import Node
from werkzeug.serving import make_server

from kgservice.app import create_app
from kgservice.config import Settings
from kgservice.services.glossaries import make_glossary
from tests.conftest import BASE, PUBLIC
from tests.w3c import MF, Case, cases, expected, hold, meaning, syntax_cases, unpacked

HT = Namespace("http://www.w3.org/2011/http#")
CNT = Namespace("http://www.w3.org/2011/content#")
SD = Namespace("http://www.w3.org/ns/sparql-service-description#")

UPSTREAM = {
    "aggregates/agg-groupconcat-04": "GROUP_CONCAT keeps a language; the test says otherwise since 2026",
    "aggregates/agg-groupconcat-06": "GROUP_CONCAT keeps a language; the test says otherwise since 2026",
    "aggregates/agg-empty-group-count-graph": "COUNT over an empty group inside GRAPH",
    "bindings/graph": "VALUES inside GRAPH binds the graph's name (test of 2025)",
    "negation/graph-minus": "MINUS inside GRAPH (test of 2025)",
    "property-path/zero_or_more_set_start": "`*` from several bound starts (test of 2025)",
    "property-path/zero_or_more_set_end": "`*` to several bound ends (test of 2025)",
    "property-path/zero_or_one_set_start": "`?` from several bound starts (test of 2025)",
    "property-path/zero_or_one_set_end": "`?` to several bound ends (test of 2025)",
    "functions/bnode01": 'BNODE("x") is the same node in every solution',
    "csv-tsv-res/csv03": "the store rewrites numbers to their canonical form",
}
"""What fails, in the engine itself as here, and why."""


class Endpoint:
    """The service over a socket, and its query processes."""

    def __init__(self, app: Flask, folder: Path) -> None:
        self.queries = app.extensions["kgservice"].queries
        assert self.queries.ready(30) and self.queries.off is None
        self._folder = folder
        self._held = 0
        self._server = make_server("127.0.0.1", 0, app, threaded=True)
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def hold(self, quads: list[ox.Quad]) -> None:
        self._held += 1
        hold(self.queries, quads, self._folder / f"held-{self._held}")

    def send(
        self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, str, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self._server.server_port, timeout=30)
        connection.request(method, path, body, headers or {})
        response = connection.getresponse()
        answer = response.status, response.headers.get_content_type(), response.read()
        connection.close()
        return answer

    def end(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self.queries.close()


@pytest.fixture(scope="module")
def suites(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return unpacked(tmp_path_factory.mktemp("w3c"))


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    folder = tmp_path_factory.mktemp("endpoint")
    make_glossary(folder / "data", base=BASE, languages=("en",), empty=True)
    (folder / "limits.toml").write_text("[reader]\nrequests_per_minute = 1e9\nerrors_per_minute = 1e9\n")
    logging.getLogger("werkzeug").setLevel(logging.WARNING)  # a line for each of a thousand requests helps nobody
    running = Endpoint(create_app(Settings(folder / "data", PUBLIC, query_limits=folder / "limits.toml")), folder)
    yield running
    running.end()


# --- protocol --------------------------------------------------------------------------------------------------------


def test_every_protocol_case_that_is_a_query_passes_and_updates_get_their_4xx(endpoint: Endpoint, suites: Path) -> None:
    folder = suites / "protocol"
    names = [ox.NamedNode(f"http://kasei.us/2009/09/sparql/data/data{number}.rdf") for number in (1, 2, 3)]
    triples = [(name, folder / f"data{number}.nt") for number, name in enumerate(names, 1)]
    endpoint.hold(
        [
            ox.Quad(triple.subject, triple.predicate, triple.object, name)
            for name, file in triples
            for triple in ox.parse(path=str(file), format=ox.RdfFormat.N_TRIPLES)
        ]
    )
    manifest = Graph().parse(folder / "manifest.ttl")
    entries = [entry for found in manifest.objects(None, MF.entries) for entry in Collection(manifest, found)]
    failed = {}
    for entry in entries:
        name = str(entry).rpartition("#")[2]
        fault = _protocol_fault(endpoint, manifest, entry, updates=name.startswith("update"))
        if fault:
            failed[name] = fault
    print(f"protocol: {len(entries) - len(failed)} of {len(entries)}, updates refused with 403")
    assert len(entries) == 34 and failed == {}


def _protocol_fault(endpoint: Endpoint, manifest: Graph, entry: Node, *, updates: bool) -> str | None:
    """What is wrong with the answers to a case's requests. An update must be refused, and then its query is moot."""
    for requests in manifest.objects(manifest.value(entry, MF.action), HT.requests):
        for request in Collection(manifest, requests):
            status, kind, body = endpoint.send(*_request(manifest, request))
            if updates:
                return None if status == 403 else f"an update was answered with {status}"
            response = manifest.value(request, HT.resp)
            allowed = {str(one)[-3] for one in manifest.objects(response, MF.expectedStatus)}
            if str(status)[0] not in allowed:
                return f"status {status} instead of {allowed}"
            form = manifest.value(response, MF.expectedFormat)
            if form is not None and str(form) not in _forms(kind):
                return f"{kind} is not {form}"
            truth = manifest.value(response, MF.expectedBoolean)
            if truth is not None and str(meaning(body, "json")).lower() != str(truth):
                return "the other answer"
    return None


def _forms(kind: str) -> set[str]:
    if kind.startswith("application/sparql-results"):
        return {"boolean", "tabular"}
    return {"RDF"} if kind in ("text/turtle", "application/rdf+xml", "application/n-triples") else set()


def _request(manifest: Graph, request: Node) -> tuple[str, str, bytes | None, dict[str, str]]:
    path = urlsplit(str(manifest.value(request, HT.absolutePath)).replace("/sparql/", "/sparql", 1))
    headers = {}
    for listed in manifest.objects(request, HT.headers):
        for header in Collection(manifest, listed):
            headers[str(manifest.value(header, HT.fieldName))] = str(manifest.value(header, HT.fieldValue))
    content = manifest.value(request, HT.body)
    encoding = str(manifest.value(content, CNT.characterEncoding) or "UTF-8")
    chars = manifest.value(content, CNT.chars)
    body = str(chars).strip().encode(encoding) if chars is not None else None
    return str(manifest.value(request, HT.methodName)), path.geturl(), body, headers


# --- service description ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("accept", "form"),
    [(None, "turtle"), ("application/rdf+xml", "xml"), ("application/n-triples", "nt"), ("text/turtle", "turtle")],
)
def test_the_service_description_is_rdf_and_conforms(client: FlaskClient, accept: str | None, form: str) -> None:
    response = client.get("/sparql", headers={"Accept": accept} if accept else {})
    graph = Graph().parse(data=response.data, format=form)
    service = graph.value(None, RDF.type, SD.Service)
    assert [str(one) for one in graph.objects(service, SD.endpoint)] == [f"{PUBLIC}/sparql"]
    assert (service, SD.supportedLanguage, SD.SPARQL11Query) in graph
    assert SD.BasicFederatedQuery not in graph.objects() and SD.SPARQL11Update not in graph.objects()
    dataset = graph.value(service, SD.defaultDataset)
    assert graph.value(dataset, RDF.type) == SD.Dataset
    for subject, predicate, object_ in graph:
        if (predicate, RDF.type) in ((SD.defaultGraph, RDF.type), (SD.graph, RDF.type)):
            assert (object_, RDF.type, SD.Graph) in graph
        if predicate == SD.namedGraph:
            assert (object_, RDF.type, SD.NamedGraph) in graph
            assert graph.value(object_, SD.name) is not None
        if str(predicate).startswith(str(SD)):
            assert (subject, RDF.type, None) in graph


# --- evaluation ------------------------------------------------------------------------------------------------------


def _over_http(endpoint: Endpoint, case: Case) -> object:
    endpoint.hold(list(case.quads()))
    headers = {"Content-Type": "application/sparql-query"}
    status, _, body = endpoint.send("POST", f"/sparql?format={case.format}", case.text.encode(), headers)
    return meaning(body, case.format) if status == 200 else (status, body)


def _by_engine(case: Case) -> object:
    store = ox.Store()
    store.extend(case.quads())
    try:
        found = store.query(case.text)
    except SyntaxError as error:
        return error
    if isinstance(found, ox.QueryTriples):
        return meaning(found.serialize(format=ox.RdfFormat.N_TRIPLES) or b"", "nt")
    kinds = {"csv": ox.QueryResultsFormat.CSV, "tsv": ox.QueryResultsFormat.TSV, "xml": ox.QueryResultsFormat.XML}
    form = kinds.get(case.format, ox.QueryResultsFormat.JSON)
    return meaning(found.serialize(format=form) or b"", case.format)


@pytest.mark.full
@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("manifest", "total", "passed"),
    [("manifest-sparql11-query.ttl", 225, 215), ("manifest-sparql11-results.ttl", 10, 9)],
)
def test_queries_are_answered_no_worse_than_by_the_engine_itself(
    endpoint: Endpoint, suites: Path, manifest: str, total: int, passed: int
) -> None:
    known = list(cases(suites / manifest))
    here = {case.name for case in known if _over_http(endpoint, case) != expected(case)}
    engine = {case.name for case in known if _by_engine(case) != expected(case)}
    print(f"{manifest}: {len(known) - len(here)} of {len(known)} here, {len(known) - len(engine)} by the engine")
    for name in sorted(here):
        print(f"  {name}: {UPSTREAM.get(name, 'UNKNOWN')}")
    assert len(known) == total and here == engine and here <= UPSTREAM.keys()
    assert len(known) - len(here) >= passed


@pytest.mark.full
def test_every_syntax_case_is_accepted_or_refused_as_it_should_be(endpoint: Endpoint, suites: Path) -> None:
    endpoint.hold([])
    known = list(syntax_cases(suites / "manifest-sparql11-query.ttl"))
    wrong = []
    for name, query, well_formed in known:
        headers = {"Content-Type": "application/sparql-query"}
        status, _, _ = endpoint.send("POST", "/sparql", query.read_bytes(), headers)
        if status != (200 if well_formed else 400):
            wrong.append((name, status))
    print(f"syntax: {len(known) - len(wrong)} of {len(known)}")
    assert len(known) == 103  # nine of them stand among the evaluation tests
    assert wrong == [("syntax-query/test_4", 400)]  # it calls a function that does not exist, and is told so
