"""`/sparql`: the protocol's three forms, formats, refusals and limits."""

import contextlib
import io
import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from kgservice.api.sparql import ADDRESS_MAX, ENCODING
from kgservice.app import create_app
from kgservice.config import Settings
from kgservice.errors import QueryRefused
from kgservice.model.limits import LIMITS, READER
from kgservice.services.sparql import scan
from kgservice.store.queries import Queries
from kgservice.store.store import Store
from tests.conftest import make_term, put_terms

QUERY_MAX = LIMITS[READER].query_bytes
BODY_MAX = ENCODING * QUERY_MAX
WIDE = replace(LIMITS[READER], patterns=10**6, nesting=10**6)

LABELS = (
    "PREFIX skos: <http://www.w3.org/2004/02/skos/core#> "
    "SELECT ?label { <http://localhost:8000/id/logic> skos:prefLabel ?label "
    "FILTER(lang(?label) IN ('en', 'ja')) } ORDER BY lang(?label)"
)


def test_the_three_forms_of_the_protocol_give_the_same(client: FlaskClient) -> None:
    address = client.get("/sparql", query_string={"query": LABELS})
    form = client.post("/sparql", data={"query": LABELS})
    direct = client.post("/sparql", data=LABELS, content_type="application/sparql-query")
    assert address.status_code == form.status_code == direct.status_code == 200
    assert address.data == form.data == direct.data
    found = [row["label"] for row in json.loads(address.data)["results"]["bindings"]]
    assert [(label["value"], label["xml:lang"]) for label in found] == [("logic", "en"), ("論理", "ja")]
    assert address.mimetype == "application/sparql-results+json"
    assert address.headers["KG-Seq"] == "2" and "Accept" in address.headers["Vary"]


def test_a_percent_encoded_iri_survives_every_form(client: FlaskClient) -> None:
    text = "SELECT (<http://example.org/%25/日本> AS ?x) {}"
    expected = "http://example.org/%25/日本"
    for response in (
        client.get(f"/sparql?query={quote(text)}"),
        client.post("/sparql", data=urlencode({"query": text}), content_type="application/x-www-form-urlencoded"),
        client.post("/sparql", data=text.encode(), content_type="application/sparql-query; charset=utf-8"),
    ):
        assert json.loads(response.data)["results"]["bindings"][0]["x"]["value"] == expected


@pytest.mark.parametrize(
    ("accept", "media_type", "start"),
    [
        ("application/sparql-results+json", "application/sparql-results+json", b'{"head"'),
        ("application/json", "application/json", b'{"head"'),
        ("application/sparql-results+xml", "application/sparql-results+xml", b"<?xml"),
        ("text/csv", "text/csv", b"label\r\nlogic"),
        ("text/tab-separated-values", "text/tab-separated-values", b'?label\n"logic"@en'),
        ("text/csv;q=0.5, application/sparql-results+xml", "application/sparql-results+xml", b"<?xml"),
        ("text/*", "text/xml", b"<?xml"),
        ("*/*", "application/sparql-results+json", b"{"),
        ("image/png, */*;q=0.1", "application/sparql-results+json", b"{"),
        ("text/csv; charset=utf-8", "text/csv", b"label"),
    ],
)
def test_results_in_the_form_that_accept_likes_best(
    client: FlaskClient, accept: str, media_type: str, start: bytes
) -> None:
    response = client.get("/sparql", query_string={"query": LABELS}, headers={"Accept": accept})
    assert (response.status_code, response.mimetype) == (200, media_type) and response.data.startswith(start)


@pytest.mark.parametrize(
    ("format_", "media_type"),
    [
        ("json", "application/sparql-results+json"),
        ("xml", "application/sparql-results+xml"),
        ("csv", "text/csv"),
        ("tsv", "text/tab-separated-values"),
    ],
)
def test_format_goes_before_accept(client: FlaskClient, format_: str, media_type: str) -> None:
    query = {"query": LABELS, "format": format_, "output": format_, "results": format_}
    response = client.get("/sparql", query_string=query, headers={"Accept": "image/png"})
    assert (response.status_code, response.mimetype) == (200, media_type)


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        (None, "text/turtle"),
        ("application/n-triples", "application/n-triples"),
        ("application/rdf+xml", "application/rdf+xml"),
        ('application/ld+json;profile="http://www.w3.org/ns/json-ld#expanded"', "application/ld+json"),
    ],
)
def test_graphs_in_rdf_formats(client: FlaskClient, accept: str | None, media_type: str) -> None:
    text = "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o } LIMIT 5"
    response = client.get("/sparql", query_string={"query": text}, headers={"Accept": accept} if accept else {})
    assert (response.status_code, response.mimetype) == (200, media_type) and len(response.data) > 50
    described = client.get("/sparql", query_string={"query": "DESCRIBE <http://localhost:8000/id/logic>"})
    assert described.mimetype == "text/turtle"


def test_ask_and_dataset_parameters(client: FlaskClient) -> None:
    assert client.get("/sparql?query=ASK{}").json == {"head": {}, "boolean": True}
    query = {"query": "ASK { ?s a <http://www.w3.org/2002/07/owl#Ontology> }"}
    assert client.get("/sparql", query_string=query).get_json(force=True)["boolean"] is False
    query["default-graph-uri"] = "https://w3id.org/kgservice/ns"
    assert client.get("/sparql", query_string=query).get_json(force=True)["boolean"] is True


@pytest.mark.parametrize(
    ("request_", "status", "told"),
    [
        ({"path": "/sparql", "method": "POST", "data": {"a": "b"}}, 400, "0 query parameters"),
        ({"path": "/sparql?query=ASK{}&query=ASK{}"}, 400, "2 query parameters"),
        ({"path": "/sparql?query=SELECT"}, 400, "line 1, column 7: the query ends too early"),
        ({"path": "/sparql?query=%FF"}, 400, "UTF-8"),
        ({"path": "/sparql?query=ASK{}", "headers": {"Accept": "image/png"}}, 406, "sparql-results+json"),
        ({"path": "/sparql?query=ASK{}&format=csv"}, 406, "application/sparql-results+xml"),
        ({"path": "/sparql?update=CLEAR+ALL"}, 403, "queries only"),
        ({"path": "/sparql", "method": "POST", "data": {"update": "CLEAR ALL"}}, 403, "queries only"),
        (
            {"path": "/sparql", "method": "POST", "data": "CLEAR ALL", "content_type": "application/sparql-update"},
            403,
            "API",
        ),
        (
            {"path": "/sparql", "method": "POST", "data": "ASK{}", "content_type": "text/plain"},
            415,
            "application/sparql-query",
        ),
        ({"path": "/sparql", "method": "POST", "data": b"ASK{}"}, 415, "application/sparql-query"),
        (
            {"path": "/sparql", "method": "POST", "data": b"\xff", "content_type": "application/sparql-query"},
            400,
            "UTF-8",
        ),
        ({"path": "/sparql", "method": "PUT"}, 405, ""),
        ({"path": "/sparql?query=INSERT+DATA+{<a:b><a:b><a:b>}"}, 403, "queries only"),
        ({"path": "/sparql?query=clear+ALL"}, 403, "queries only"),
        (
            {"path": "/sparql", "method": "POST", "data": {"query": "PREFIX a:<b:>\n# no query\nDELETE WHERE {}"}},
            403,
            "edited through the API",
        ),
        ({"path": "/sparql?query="}, 400, "the query is empty"),
        ({"path": "/sparql?query=%20%23+nothing%0A"}, 400, "the query is empty"),
        ({"path": "/sparql?query=ASK{}&minSeq=abc"}, 422, "minSeq: is not the number of a change"),
        ({"path": "/sparql?query=LOAD+<http://127.0.0.1:1/>"}, 400, "LOAD is not allowed"),
        ({"path": "/sparql?query=SELECT*{SERVICE<http://127.0.0.1:1/>{?s+?p+?o}}"}, 400, "SERVICE is not allowed"),
        (
            {"path": "/sparql?query=SELECT*{service+silent<http://127.0.0.1:1/>{?s+?p+?o}}"},
            400,
            "SERVICE is not allowed",
        ),
        ({"path": "/sparql?query=ASK{}&default-graph-uri=no+iri"}, 400, "default-graph-uri is not an absolute IRI"),
        ({"path": "/sparql?query=ASK{}&named-graph-uri=rel"}, 400, "named-graph-uri is not an absolute IRI"),
        ({"path": "/sparql?" + "&".join(f"a{n}=1" for n in range(200))}, 400, "too many parameters"),
    ],
)
def test_what_is_refused_and_why(client: FlaskClient, request_: dict[str, object], status: int, told: str) -> None:
    response = client.open(**request_)  # type: ignore[arg-type]
    assert (response.status_code, response.mimetype) == (status, "application/problem+json")
    assert told in response.get_json(force=True)["detail"]


def test_five_thousand_braces_are_refused_and_the_service_goes_on(client: FlaskClient) -> None:
    text = "SELECT * " + "{" * 5000 + "}" * 5000
    response = client.post("/sparql", data=text, content_type="application/sparql-query")
    assert (
        response.status_code == 400
        and f"deeper than {LIMITS[READER].nesting}" in response.get_json(force=True)["detail"]
    )
    assert client.get("/sparql?query=ASK{}").status_code == 200


def test_sizes_are_bounded(client: FlaskClient) -> None:
    for size, content_type in (
        (QUERY_MAX + 1, "application/sparql-query"),
        (BODY_MAX + 1, "application/sparql-query"),
    ):
        response = client.post("/sparql", data=b"#" * size, content_type=content_type)
        assert response.status_code == 413 and response.mimetype == "application/problem+json"
    assert (
        client.post("/sparql", data="ASK{}" + " " * 60_000, content_type="application/sparql-query").status_code == 200
    )


def test_a_chunked_body_over_the_limit_is_refused_not_cut(client: FlaskClient) -> None:
    """A cut body would have been the valid query before the padding."""
    body = io.BytesIO(b"ASK{}" + b" " * BODY_MAX)
    environ = {
        "wsgi.input": body,
        "wsgi.input_terminated": True,
        "HTTP_TRANSFER_ENCODING": "chunked",
        "CONTENT_LENGTH": "",
    }
    response = client.post("/sparql", content_type="application/sparql-query", environ_overrides=environ)
    assert response.status_code == 413
    environ["wsgi.input"] = io.BytesIO(b"ASK{}")
    assert client.post("/sparql", content_type="application/sparql-query", environ_overrides=environ).status_code == 200


@pytest.mark.parametrize(
    "text",
    [
        "SELECT ?service ?load { ?service ?p 'SERVICE' , \"LOAD\" }",
        'SELECT * { ?s ?p """\nSERVICE { {{{{ """ } # LOAD',
        "PREFIX service: <http://example.org/SERVICE> SELECT * { ?s service:LOAD <http://example.org/LOAD> }",
        "SELECT * { ?s a 'it\\'s SERVICE' }",
        "SELECT * { ?s <a:p> ?o FILTER(?o < 3 && ?o > 1) }",
        'SELECT * { ?s ?p "x"@load, "y"@en-service }',
        "SELECT * { ?s my-service:a service-x:b , load.y:c }",
        "SELECT * FROM service:a FROM NAMED service:b { GRAPH service:c { ?s service:p ?o } }",
        "SELECT * { GRAPH # which\n service:c{ ?s service:p ?o } . ?s a service:T . { ?s ?p ?o } }",
    ],
)
def test_the_scan_sees_words_not_letters(text: str) -> None:
    scan(text, LIMITS[READER])


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * { SERVICE <a:b> {} }",
        "select*{SeRvIcE<a:b>{}}",
        "SELECT * { 'x' SERVICE <a:b> {} }",
        "SELECT * { # comment\nSERVICE <a:b> {} }",
        "SELECT * { ?a < 3 . SERVICE <a:b> {} }",
        'SELECT * { """a"b"""@en SERVICE <a:b> {} }',
        "PREFIX ex: <http://e/> SELECT * { ?s ex:a\\' ?o SERVICE SILENT <a:b> { ?a ?b 'c' } }",
        "SELECT * { ?s ?p 5.SERVICE <a:b> {} }",
        "SELECT * { ?s ?p 5 SERVICE?x {} }",
        "SELECT * { ?s ?p 5SERVICE <a:b> {} }",
        "SELECT * { ?s ?p true.SERVICESILENT <a:b> {} }",
        "PREFIX ex: <http://e/> SELECT * { SERVICEex:a {} }",
        "PREFIX ex: <http://e/> SELECT * { ?s ?p ?o. SERVICESILENTex:a#{\n{} }",
        "PREFIX : <http://e/> PREFIX service: <http://f/> SELECT * { service:a\\#b\t{} }",
        "PREFIX ex: <http://e/> SELECT * { ?s ?p 5SERVICEex:{} }",
        "PREFIX ex: <http://e/> SELECT * { SERVICEex:a\u1680b {} }",
        "PREFIX ex: <http://e/> SELECT * { ?s ?p ex:a\u0301GRAPH SERVICEex:b {} }",
        "PREFIX ex: <http://e/> SELECT * { ?s ?p ex:.SERVICE <a:b> {} }",
        "PREFIX ex: <http://e/> SELECT * { ?GRAPH ?p ex:GRAPH SERVICEex:b {} }",
        "PREFIX kg: <https://w3id.org/kgservice/ns#> SELECT * { SERVICE <a:b> {} }",
        "LOAD <a:b>",
        "SELECT * " + "[" * 101,
        "SELECT * " + "(" * 101,
    ],
)
def test_the_scan_is_not_deceived(text: str) -> None:
    with pytest.raises(QueryRefused):
        scan(text, LIMITS[READER])


@pytest.mark.parametrize(
    "piece",
    [
        *"-.\"'<#?{\\:",
        "a.",
        "a-",
        "a:",
        "'\"",
        '"""',
        "'''",
        "'\\",
        '"\\',
        "SERVICE-",
        "service.",
        "service:,",
        "service:#",
        "service: ",
        ":\\",
        "@a-",
        "<a",
        '"""\\',
    ],
)
def test_the_scan_takes_linear_time(piece: str) -> None:
    """A quadratic scan of so many bytes takes seconds, in the web process."""
    started = time.process_time()
    with contextlib.suppress(QueryRefused):
        scan("SELECT * {" + piece * (60_000 // len(piece)), WIDE)
    assert time.process_time() - started < 0.5


def test_an_answer_has_an_etag_by_query_format_and_sequence(client: FlaskClient) -> None:
    query = {"query": LABELS}
    first = client.get("/sparql", query_string=query)
    tags = {first.headers["ETag"]}
    known = {"If-None-Match": first.headers["ETag"]}
    again = client.get("/sparql", query_string=query, headers=known)
    assert (again.status_code, again.data) == (304, b"") and again.headers["ETag"] == first.headers["ETag"]
    assert first.headers["Cache-Control"] == "no-cache" and "Accept" in first.headers["Vary"]
    for other in (
        {**query, "format": "csv"},
        {"query": LABELS + " LIMIT 1"},
        {**query, "default-graph-uri": "https://w3id.org/kgservice/ns"},
        {**query, "named-graph-uri": "https://w3id.org/kgservice/ns"},
    ):
        response = client.get("/sparql", query_string=other, headers=known)
        assert response.status_code == 200
        tags.add(response.headers["ETag"])
    assert len(tags) == 5


def test_a_write_changes_the_etag(store: Store, client_of: Callable[[Store], FlaskClient]) -> None:
    client = client_of(store)
    first = client.get("/sparql", query_string={"query": LABELS})
    seq = put_terms(store, make_term("fresh"))
    second = client.get("/sparql", query_string={"query": LABELS}, headers={"If-None-Match": first.headers["ETag"]})
    assert second.status_code == 200 and second.headers["KG-Seq"] == str(seq)


@pytest.mark.parametrize("text", ["SELECT (NOW() AS ?x) {}", "SELECT (rand() AS ?x) {}", "SELECT (STRUUID() AS ?x) {}"])
def test_what_differs_each_time_is_not_kept(client: FlaskClient, text: str) -> None:
    response = client.get("/sparql", query_string={"query": text})
    assert response.headers["Cache-Control"] == "no-store" and "ETag" not in response.headers


def test_head_and_options(client: FlaskClient) -> None:
    asked = client.get("/sparql", query_string={"query": LABELS})
    head = client.head("/sparql", query_string={"query": LABELS})
    assert head.status_code == 200 and head.data == b"" and head.headers["ETag"] == asked.headers["ETag"]
    assert head.headers["Content-Type"] == asked.headers["Content-Type"]
    options = client.options("/sparql", headers={"Origin": "https://example.org"})
    assert options.status_code in (200, 204) and "POST" in options.headers["Access-Control-Allow-Methods"]
    assert options.headers["Access-Control-Allow-Origin"] == "*"
    refused = client.put("/sparql")
    assert refused.status_code == 405 and {"GET", "HEAD", "POST", "OPTIONS"} <= set(
        refused.headers["Allow"].split(", ")
    )


def test_a_long_address_is_414_and_says_to_post(client: FlaskClient) -> None:
    response = client.get("/sparql?query=ASK%7B%7D" + "%20" * (ADDRESS_MAX // 3))
    assert response.status_code == 414 and "POST" in response.get_json(force=True)["detail"]


@pytest.mark.parametrize("name", ["format", "output", "results"])
@pytest.mark.parametrize("value", ["csv", "text/csv", "CSV"])
def test_each_parameter_that_clients_name_a_format_by(client: FlaskClient, name: str, value: str) -> None:
    response = client.get("/sparql", query_string={"query": LABELS, name: value})
    assert (response.status_code, response.mimetype) == (200, "text/csv")


def test_who_is_turned_away_in_front_of_flask_is_told_what_flask_tells(
    data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "limits.toml").write_text("[reader]\nrequests_per_minute = 1\n")
    app = create_app(Settings(data_dir, "http://x", query_limits=tmp_path / "limits.toml"))
    client = app.test_client()
    asked: list[Callable[[], TestResponse]] = [
        lambda: client.post("/sparql", data={"query": "ASK {}"}),
        lambda: client.get("/sparql?query=ASK{}"),
        lambda: client.head("/sparql?query=ASK{}"),
    ]
    assert asked[0]().status_code == 200
    in_front = [ask() for ask in asked]
    assert client.get("/sparql?query=ASK{}", headers={"Accept": "text/html"}).status_code == 200  # the page
    assert client.get("/sparql", headers={"Accept": "text/turtle"}).status_code == 200
    monkeypatch.setattr(Queries, "require_welcome", lambda *_: None)
    for first, ask in zip(in_front, asked, strict=True):
        second = ask()
        assert (first.status_code, first.data) == (second.status_code, second.data) and first.status_code == 429
        waits = [int(told.headers.pop("Retry-After")) for told in (first, second)]
        assert 0 <= waits[0] - waits[1] <= 2 and sorted(first.headers) == sorted(second.headers)
    app.extensions["kgservice"].queries.close()


def test_a_client_over_its_budget_is_told_when_to_come_back_and_the_proxy_is_not_the_client(
    data_dir: Path, tmp_path: Path
) -> None:
    (tmp_path / "limits.toml").write_text("[reader]\nrequests_per_minute = 3\n")
    app = create_app(Settings(data_dir, "http://x", trusted_proxies=1, query_limits=tmp_path / "limits.toml"))
    client = app.test_client()

    def ask(forwarded: str) -> TestResponse:
        return client.post("/sparql", data={"query": "ASK {}"}, headers={"X-Forwarded-For": forwarded})

    assert [ask("10.0.0.1").status_code for _ in range(4)] == [200, 200, 200, 429]
    refused = ask("9.9.9.9, 10.0.0.1")  # what the client says of itself does not count
    assert refused.status_code == 429 and 10 <= int(refused.headers["Retry-After"]) <= 20
    assert refused.get_json(force=True)["type"].endswith("over-budget")
    assert ask("10.0.0.2").status_code == 200
    assert [ask(f"2001:db8::{number}").status_code for number in range(1, 5)] == [200, 200, 200, 429]
    app.extensions["kgservice"].queries.close()


def test_a_query_that_is_too_wide_is_refused_and_lists_are_not_wide(client: FlaskClient) -> None:
    wide = " ".join(f"?s{n} ?p{n} ?o{n} ." for n in range(300))
    response = client.post("/sparql", data={"query": f"SELECT * {{ {wide} }}"})
    assert response.status_code == 400 and "more than 256 patterns" in response.get_json(force=True)["detail"]
    values = " ".join(f"<http://example.org/{n}>" for n in range(600))
    listed = ", ".join(f"<http://example.org/{n}>" for n in range(600))
    text = f"SELECT * {{ VALUES ?s {{ {values} }} ?s ?p ?o FILTER (?o IN ({listed})) }}"
    assert client.post("/sparql", data={"query": text}).status_code == 200
