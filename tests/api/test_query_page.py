"""The page at `/sparql`: who gets it, the worked examples, and what a browser makes of it."""

import html
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient
from rdflib import SKOS, Graph

from kgservice.api.query_page import Example, examples
from kgservice.config import packaged
from tests.conftest import SEED_TERMS
from tests.test_serve import Served, serving

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
STATIC = Path(packaged("ontology")).parent / "kgservice" / "api" / "static"


def test_people_get_the_page_and_programs_do_not(client: FlaskClient) -> None:
    for path in ("/sparql", "/sparql?query=ASK%7B%7D", "/sparql?utm_source=x"):
        page = client.get(path, headers={"Accept": BROWSER})
        assert (page.status_code, page.mimetype) == (200, "text/html") and "Accept" in page.headers["Vary"]
    for path, accept in (
        ("/sparql?query=ASK%7B%7D", "*/*"),
        ("/sparql?query=ASK%7B%7D&format=json", BROWSER),
        ("/sparql?query=ASK%7B%7D", "application/sparql-results+xml, text/html;q=0.5"),
        ("/sparql", "*/*"),
        ("/sparql", "text/turtle, text/html;q=0.9"),
    ):
        assert client.get(path, headers={"Accept": accept}).mimetype != "text/html"
    assert client.post("/sparql", data={"query": "ASK{}"}, headers={"Accept": BROWSER}).mimetype != "text/html"


def test_a_query_in_the_address_is_text_on_the_page(client: FlaskClient) -> None:
    hostile = "</textarea><script>alert(1)</script>"
    page = client.get(f"/sparql?query={quote(hostile)}", headers={"Accept": BROWSER})
    assert "<script>alert" not in page.text and html.escape(hostile) in page.text and " data-run" in page.text
    policy = page.headers["Content-Security-Policy"]
    assert "script-src 'self';" in policy and "'unsafe" not in policy and "frame-ancestors 'none'" in policy
    again = client.get("/sparql", headers={"Accept": BROWSER}).headers["Content-Security-Policy"]
    assert re.findall(r"nonce-([\w-]{20,})'", policy) != re.findall(r"nonce-([\w-]{20,})'", again)


def test_the_glossary_is_named_in_the_language_of_the_page(client: FlaskClient) -> None:
    page = client.get("/sparql", headers={"Accept": BROWSER}).text
    assert "<title>SPARQL · AI infrastructure essentials</title>" in page


def test_the_page_tells_the_limits(client: FlaskClient) -> None:
    page = client.get("/sparql", headers={"Accept": BROWSER}).text
    assert "rows, or triples, of a result" in page and "100,000" in page and "editor, reviewer, admin" in page


def test_there_are_twelve_examples_and_each_says_what_it_shows() -> None:
    assert len(examples()) == 12 == len(FOUND) + 1 == len({one.title for one in examples()})
    assert all(one.query.startswith(f"# {one.title}\n") and len(one.title) > 15 for one in examples())


FOUND = (
    (len(SEED_TERMS), "networking"),
    (3, "logic"),
    (9, "consensus"),
    (1, "logic"),
    (10, "memory"),
    (len(SEED_TERMS), "あんごうぎじゅつ"),
    (15, "prefLabel"),
    (3, "data"),
    (3, "11 ms"),
    (4, "Computing foundations"),
    (10, "kgservice/ns#answer"),
)
"""Rows at least, and a text among them, of each example that has rows."""


@pytest.mark.parametrize(("example", "found"), list(zip(examples(), FOUND, strict=False)))
def test_each_example_finds_what_it_says(client: FlaskClient, example: Example, found: tuple[int, str]) -> None:
    response = client.get("/sparql", query_string={"query": example.query, "format": "json"})
    assert response.status_code == 200
    rows = json.loads(response.data)["results"]["bindings"]
    assert len(rows) >= found[0] and found[1] in response.text


def test_the_last_example_is_a_graph(client: FlaskClient) -> None:
    response = client.get("/sparql", query_string={"query": examples()[11].query, "format": "ttl"})
    graph = Graph().parse(data=response.data, format="turtle")
    labels = list(graph.objects(predicate=SKOS.prefLabel))
    assert len(labels) == len(SEED_TERMS) and len(graph) - len(labels) > 20


def test_the_editor_is_the_one_that_its_sources_name() -> None:
    package = json.loads((STATIC.parent / "vendor" / "package.json").read_text())
    licences = (STATIC / "vendor" / "codemirror" / "LICENSES.txt").read_text()
    for name, version in package["dependencies"].items():
        assert name == "swagger-ui-dist" or f"{name} {version}, MIT" in licences
    assert licences.count("Permission is hereby granted") == licences.count(", MIT\n") > 10


# --- in a browser ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def served(seed_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = Path(shutil.copytree(seed_dir, tmp_path_factory.mktemp("page") / "data"))
    with serving(folder) as running:
        yield running


def in_browser(served: Served, query: str, profile: Path) -> str:
    """The page as Chromium has it once the query was run."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("there is no Chromium here")
    command = [browser, "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync"]
    command += ["--disable-background-networking", "--disable-component-update", f"--user-data-dir={profile}"]
    command += ["--virtual-time-budget=8000", "--dump-dom", f"{served.url}/sparql?query={quote(query)}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    return done.stdout


def test_a_result_is_a_table_with_tags_links_and_downloads(served: Served, tmp_path: Path) -> None:
    page = in_browser(served, examples()[0].query, tmp_path)
    assert re.search(r"\d+ rows<", page) and re.search(r"\d+ ms, at change \d+<", page)
    assert '<a href="/id/cache" title="http://localhost:8000/id/cache" rel="noopener nofollow">id:cache</a>' in page
    assert '<span lang="ja" dir="auto">キャッシュ</span><span class="tag">ja</span>' in page
    assert 'class="tok-keyword">SELECT' in page  # it is highlighted
    for format_ in ("csv", "json"):
        found = re.search(rf'href="(/sparql\?query=[^"]*format={format_})" download="result.{format_}"', page)
        assert found and b"cache" in served.get(html.unescape(found[1]))
    assert 'id="hint" role="status" hidden' in page


@pytest.mark.parametrize(
    ("condition", "told"),
    [
        ('lang(?l) = "zh-Hant"', 'langMatches(lang(?l), "zh-Hant")'),
        ('"pt-BR" != LANG( ?l )', 'langMatches(lang(?l), "pt-BR")'),
        ("lang(?l) IN ('en', 'de-AT')", 'langMatches(lang(?l), "de-AT")'),
        ('lang(?l) = "ja" # lang(?l) = "JA"', None),
        ('langMatches(lang(?l), "zh-Hant")', None),
    ],
)
def test_a_tag_in_mixed_case_is_noticed(served: Served, tmp_path: Path, condition: str, told: str | None) -> None:
    page = in_browser(served, f"SELECT * {{ ?s ?p ?l FILTER ({condition}\n) }} LIMIT 1", tmp_path)
    hint = re.search(r'<p class="notice" id="hint"[^>]*>(.*?)</p>', page)
    assert hint is not None and ("hidden" in hint[0].partition(">")[0]) == (told is None)
    assert told is None or told in html.unescape(hint[1])


def test_an_error_says_where_and_an_answer_from_the_graph_stays_text(served: Served, tmp_path: Path) -> None:
    page = in_browser(served, "SELECT * {\n  ?s ?p }", tmp_path)
    assert "Query refused" in page and "line 2, column " in page and "cm-lintRange-error" in page
    page = in_browser(
        served, 'SELECT ("<img src=x onerror=alert(1)>" AS ?x) (<javascript:alert(1)> AS ?y) {}', tmp_path
    )
    assert "&lt;img src=x" in page and 'href="javascript' not in page and "1 row<" in page
