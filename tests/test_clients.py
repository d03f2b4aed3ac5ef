"""Clients that people use, unmodified, against the service: R, Comunica, rdflib, pandas, curl.

SPARQLWrapper is in `test_serve`.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from rdflib.plugins.stores.sparqlstore import SPARQLStore
from rdflib.term import URIRef

from tests.test_serve import Served, serving

SKOS = "http://www.w3.org/2004/02/skos/core#"
LABELS = f'PREFIX skos: <{SKOS}> SELECT ?s ?l {{ ?s skos:prefLabel ?l FILTER langMatches(lang(?l), "ja") }} ORDER BY ?s'
CACHE = "http://localhost:8000/id/cache"


@pytest.fixture(scope="module")
def served(seed_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = Path(shutil.copytree(seed_dir, tmp_path_factory.mktemp("clients") / "data"))
    with serving(folder) as running:
        yield running


def run(command: list[str], folder: Path | None = None, timeout: int = 60) -> str:
    environment = {**os.environ, "LC_ALL": "C.UTF-8"}  # in the locale C, R has no letters beyond ASCII
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=timeout, cwd=folder, check=False, env=environment
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def require(program: str) -> str:
    found = shutil.which(program)
    if found is None:
        pytest.skip(f"there is no {program} here")
    return found


def test_rdflib_asks_a_remote_store(served: Served) -> None:
    store = SPARQLStore(f"{served.url}/sparql")
    rows = {str(row[0]): str(row[1]) for row in store.query(LABELS)}  # type: ignore[index]
    assert len(rows) >= 12 and rows[CACHE] == "キャッシュ"
    found = [o for (_, _, o), _ in store.triples((URIRef(CACHE), URIRef(f"{SKOS}prefLabel"), None))]
    labels = json.loads(served.get("/api/v1/terms/cache?lang=*"))["prefLabel"]
    assert (labels["en"], labels["ja"]) == ("cache", "キャッシュ")
    assert sorted(map(str, found)) == sorted(labels.values())
    assert bool(store.query("ASK { ?s ?p ?o }")) is True
    described = store.query(f"DESCRIBE <{CACHE}>")
    assert len(list(described)) > 20


@pytest.mark.parametrize("method", [["-G"], []])
def test_curl_gets_what_it_asks_for(served: Served, method: list[str]) -> None:
    command = [require("curl"), "-sf", *method, f"{served.url}/sparql", "--data-urlencode", f"query={LABELS}"]
    assert "キャッシュ" in run([*command, "-H", "Accept: text/csv"])
    assert json.loads(run(command))["head"]["vars"] == ["s", "l"]
    assert run([*command, "--data-urlencode", "format=tsv"]).startswith("?s\t?l\n")


@pytest.mark.full
def test_pandas_reads_the_link(served: Served) -> None:
    pandas = pytest.importorskip("pandas", reason="pandas is installed for the long suites only")
    frame = pandas.read_csv(f"{served.url}/sparql?query={quote(LABELS)}&format=csv")
    assert list(frame.columns) == ["s", "l"] and "キャッシュ" in set(frame["l"])


@pytest.mark.full
def test_r_reads_results_as_a_data_frame(served: Served) -> None:
    script = (
        f"library(SPARQL); found <- SPARQL('{served.url}/sparql', '{LABELS}')$results; "
        "cat(nrow(found), colnames(found), '\\n'); cat(found$l, sep='\\n')"
    )
    lines = run([require("Rscript"), "--encoding=UTF-8", "-e", script]).split("\n")
    count, *names = lines[0].split()
    assert int(count) >= 12 and names == ["s", "l"]
    assert any("キャッシュ" in line or "<U+30AD>" in line for line in lines)


@pytest.mark.full
@pytest.mark.timeout(300)
def test_comunica_queries_the_endpoint_and_the_pages_of_terms(served: Served, tmp_path: Path) -> None:
    require("node")
    run(
        [require("npm"), "install", "--no-audit", "--no-fund", "--ignore-scripts", "@comunica/query-sparql@4.5.0"],
        tmp_path,
        240,
    )
    program = str(tmp_path / "node_modules" / ".bin" / "comunica-sparql")
    found = json.loads(run([program, f"sparql@{served.url}/sparql", LABELS, "-t", "application/json"], tmp_path, 120))
    assert len(found) >= 12 and any("キャッシュ" in row["l"] for row in found)
    # it finds out by itself, from the service description, that this is an endpoint
    joined = (
        f"PREFIX skos: <{SKOS}> PREFIX kg: <https://w3id.org/kgservice/ns#> "
        "SELECT ?l { ?t kg:slug 'model-serving' ; kg:prerequisite / skos:prefLabel ?l } ORDER BY ?l"
    )
    found = json.loads(run([program, f"{served.url}/sparql", joined, "-t", "application/json"], tmp_path, 120))
    assert any("論理" in row["l"] or "application" in row["l"] for row in found)
