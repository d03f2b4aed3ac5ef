"""The W3C test suites for SPARQL 1.1: their manifests, and an endpoint whose query processes hold a test's data."""

import csv
import io
import re
import tarfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph as ox
from rdflib import RDF, Graph, Literal, Namespace, URIRef
from rdflib.collection import Collection

from kgservice.store.queries import Queries
from tests.conftest import shared

MF = Namespace("http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#")
QT = Namespace("http://www.w3.org/2001/sw/DataAccess/tests/test-query#")
RS = Namespace("http://www.w3.org/2001/sw/DataAccess/tests/result-set#")
EVALUATED = (MF.QueryEvaluationTest, MF.CSVResultFormatTest)


def unpacked(into: Path) -> Path:
    """The folder of the SPARQL 1.1 suites, unpacked."""
    with tarfile.open(shared("w3c/rdf-tests.tar.gz")) as archive:
        wanted = [one for one in archive if "/sparql11/" in one.name]
        archive.extractall(into, members=wanted, filter="data")
    return into / "rdf-tests" / "sparql" / "sparql11"


@dataclass(frozen=True)
class Case:
    """A query, its data by graph (the default graph is None), and the file with what it must give."""

    name: str
    query: Path
    data: tuple[tuple[str | None, Path], ...]
    result: Path

    @property
    def text(self) -> str:
        """The query, with the base that the suite means."""
        return f"BASE <{self.query.as_uri()}>\n{self.query.read_text(encoding='utf-8')}"

    @property
    def format(self) -> str:
        """The format to ask for: that of the result, where the test is about it."""
        if self.result.suffix in (".ttl", ".rdf"):
            return "nt" if re.search(r"\bCONSTRUCT\b", self.text, re.IGNORECASE) else "json"
        return {".csv": "csv", ".tsv": "tsv", ".srx": "xml"}.get(self.result.suffix, "json")

    def quads(self) -> Iterator[ox.Quad]:
        """The test's data."""
        for name, file in self.data:
            graph = ox.NamedNode(name) if name else ox.DefaultGraph()
            format_ = ox.RdfFormat.RDF_XML if file.suffix == ".rdf" else ox.RdfFormat.TURTLE
            for quad in ox.parse(path=str(file), format=format_, base_iri=file.as_uri()):
                yield ox.Quad(quad.subject, quad.predicate, quad.object, graph)


def cases(manifest: Path) -> Iterator[Case]:
    """The evaluation tests of a manifest and of those that it includes."""
    graph = Graph().parse(manifest, format="turtle", publicID=manifest.as_uri())
    for included in graph.objects(None, MF.include):
        for one in Collection(graph, included):
            yield from cases(path_of(one))
    for entries in graph.objects(None, MF.entries):
        for entry in Collection(graph, entries):
            action = graph.value(entry, MF.action)
            if graph.value(entry, RDF.type) in EVALUATED:
                data: list[tuple[str | None, Path]] = [(None, path_of(one)) for one in graph.objects(action, QT.data)]
                data += [(str(one), path_of(one)) for one in graph.objects(action, QT.graphData)]
                name = f"{manifest.parent.name}/{str(entry).rpartition('#')[2]}"
                query, result = graph.value(action, QT.query), graph.value(entry, MF.result)
                yield Case(name, path_of(query), tuple(data), path_of(result))


def syntax_cases(manifest: Path) -> Iterator[tuple[str, Path, bool]]:
    """The syntax tests of a manifest and of those that it includes: name, query, and whether it is well-formed."""
    graph = Graph().parse(manifest, format="turtle", publicID=manifest.as_uri())
    for included in graph.objects(None, MF.include):
        for one in Collection(graph, included):
            yield from syntax_cases(path_of(one))
    for well_formed, kind in ((True, MF.PositiveSyntaxTest11), (False, MF.NegativeSyntaxTest11)):
        for entry in graph.subjects(RDF.type, kind):
            name = f"{manifest.parent.name}/{str(entry).rpartition('#')[2]}"
            yield name, path_of(graph.value(entry, MF.action)), well_formed


def path_of(node: object) -> Path:
    """The file that a node of a manifest names."""
    assert isinstance(node, URIRef), node
    return Path(str(node).removeprefix("file://"))


def hold(queries: Queries, quads: list[ox.Quad], folder: Path) -> None:
    """Have the query processes answer over these quads and nothing else from now on."""
    store = ox.Store(str(folder))
    store.extend(quads)
    store.flush()
    del store
    replicas = queries._replicas
    seq = replicas._store.head().seq
    replicas._base = lambda: (folder, seq)  # type: ignore[method-assign]
    while replicas._idle:
        replicas._idle.pop().end()


def meaning(data: bytes, format_: str) -> object:
    """What a result says, comparable whatever its order, its blank nodes' names and the forms of its numbers."""
    if format_ == "csv":
        rows = csv.DictReader(io.StringIO(data.decode()))
        return Counter(
            frozenset((key, "_:" if cell.startswith("_:") else cell) for key, cell in row.items()) for row in rows
        )
    if format_ == "nt":
        return _graph(ox.parse(data, format=ox.RdfFormat.N_TRIPLES))
    kind = {"json": ox.QueryResultsFormat.JSON, "xml": ox.QueryResultsFormat.XML, "tsv": ox.QueryResultsFormat.TSV}
    found = ox.parse_query_results(data, format=kind[format_])
    if isinstance(found, ox.QueryBoolean):
        return bool(found)
    names = [variable.value for variable in found.variables]
    triples = []
    for number, row in enumerate(found):
        node = ox.BlankNode(f"row{number}")
        triples.append(ox.Quad(node, ox.NamedNode("urn:row"), node))
        triples += [
            ox.Quad(node, ox.NamedNode(f"urn:var:{name}"), value)
            for name, value in zip(names, row, strict=True)
            if value is not None
        ]
    if any(isinstance(quad.object, ox.BlankNode) and quad.predicate.value != "urn:row" for quad in triples):
        return frozenset(names), _graph(triples)
    by_row: dict[str, list[str]] = {}
    for quad in triples:
        by_row.setdefault(str(quad.subject), []).append(
            f"{quad.predicate} {_value(quad.object)}" if quad.object != quad.subject else ""
        )
    return frozenset(names), Counter(tuple(sorted(row)) for row in by_row.values())


def expected(case: Case) -> object:
    """What a test must give."""
    if case.format == "nt":
        format_ = ox.RdfFormat.RDF_XML if case.result.suffix == ".rdf" else ox.RdfFormat.TURTLE
        return _graph(ox.parse(path=str(case.result), format=format_, base_iri=case.result.as_uri()))
    if case.result.suffix in (".ttl", ".rdf"):
        return _result_set(Graph().parse(case.result))
    return meaning(case.result.read_bytes(), case.format)


def _result_set(graph: Graph) -> object:
    """Rows that are told as a graph, as older tests do."""
    rows = []
    for solution in graph.objects(None, RS.solution):
        bindings = list(graph.objects(solution, RS.binding))
        rows.append({str(graph.value(one, RS.variable)): graph.value(one, RS.value) for one in bindings})
    names = frozenset(map(str, graph.objects(None, RS.resultVariable)))
    told = ([*(f"<urn:var:{k}> {_value(_term(v))}" for k, v in row.items()), ""] for row in rows)
    return names, Counter(tuple(sorted(row)) for row in told)


def _term(node: object) -> ox.NamedNode | ox.Literal:
    if isinstance(node, URIRef):
        return ox.NamedNode(str(node))
    assert isinstance(node, Literal), f"{node!r} cannot be compared"
    datatype = ox.NamedNode(str(node.datatype)) if node.datatype else None
    return ox.Literal(str(node), language=node.language, datatype=datatype)


def _value(term: object) -> str:
    """A term as the engine keeps it: numbers have one form each."""
    store = ox.Store()
    node = ox.NamedNode("urn:x")
    store.add(ox.Quad(node, node, term))  # type: ignore[arg-type]
    return str(next(iter(store)).object)


def _graph(triples: object) -> frozenset[str]:
    """A graph with canonical names for its blank nodes."""
    store = ox.Store()
    store.extend(triples)  # type: ignore[arg-type]
    dataset = ox.Dataset(store)
    dataset.canonicalize(ox.CanonicalizationAlgorithm.UNSTABLE)
    return frozenset(map(str, dataset))
