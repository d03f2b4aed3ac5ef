"""The JSON API: shapes, languages, fallback, bounds, and a constant number of SQL statements."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient

from kgservice.model.terms import Edition, Source
from kgservice.services.searching import QUERY_MAX
from kgservice.store.store import Store
from tests.conftest import BASE, PUBLIC, SEED_TERMS, make_term, put_terms

TERM_KEYS = [
    "slug",
    "iri",
    "revision",
    "lang",
    "prefLabel",
    "reading",
    "altLabels",
    "hiddenLabels",
    "abbreviations",
    "definition",
    "fullDefinition",
    "eli5",
    "deepDive",
    "scopeNote",
    "example",
    "topics",
    "prerequisites",
    "requiredBy",
    "related",
    "broader",
    "narrower",
    "exactMatch",
    "closeMatch",
    "notations",
    "sources",
    "quiz",
    "languages",
    "fallbacks",
    "created",
    "modified",
    "deprecated",
    "replacedBy",
    "links",
]


def get(client: FlaskClient, path: str, **headers: str) -> Any:
    response = client.get(path, headers={key.replace("_", "-"): value for key, value in headers.items()})
    assert response.status_code == 200, response.text
    return response.json


def text(value: str, lang: str, *, fallback: bool = False, dir: str = "ltr") -> dict[str, object]:
    return {"value": value, "lang": lang, "dir": dir, "fallback": fallback}


def test_a_term_in_japanese(client: FlaskClient) -> None:
    term = get(client, "/api/v1/terms/networking?lang=ja")
    assert list(term) == TERM_KEYS
    assert (term["slug"], term["iri"], term["revision"], term["lang"]) == (
        "networking",
        f"{BASE}id/networking",
        2,
        "ja",
    )
    assert term["prefLabel"] == term["reading"] == text("ネットワーキング", "ja")
    assert term["definition"]["lang"] == "ja" and not term["definition"]["fallback"]
    assert [ref["slug"] for ref in term["prerequisites"]] == ["logic"]
    assert term["prerequisites"][0]["prefLabel"] == text("論理", "ja")
    assert term["prerequisites"][0]["reason"]["lang"] == "ja"
    assert [ref["slug"] for ref in term["related"]] == ["network-security", "distributed-systems", "api"]
    assert term["languages"]["ja"] == {"status": "machine-translated", "missing": [], "stale": []}
    assert term["fallbacks"] == []
    assert len(term["quiz"]) == 3 and all(len(question["choices"]) == 4 for question in term["quiz"])
    for question in term["quiz"]:
        assert [choice["id"] for choice in question["choices"]].count(question["answer"]) == 1
        assert question["explanation"]["lang"] == question["question"]["lang"] == "ja"
    assert term["sources"] and all(list(source) == ["title", "url", "identifier"] for source in term["sources"])
    assert term["links"]["page"] == f"{PUBLIC}/terms/networking"
    assert [topic["slug"] for topic in term["topics"]] == ["networking"]


OTHER_NAMES = ("altLabels", "hiddenLabels", "abbreviations")
"""What a full language need not have: Japanese writes CPU as the label itself, and lacks nothing."""


def test_every_term_of_the_seed_answers_in_both_full_languages(client: FlaskClient) -> None:
    items = get(client, "/api/v1/terms?limit=200")["items"]
    assert [item["slug"] for item in items] == SEED_TERMS
    for item in items:
        whole = get(client, f"/api/v1/terms/{item['slug']}?lang=*")
        for lang in ("en", "ja"):
            term = get(client, f"/api/v1/terms/{item['slug']}?lang={lang}")
            borrowed = [name for name in OTHER_NAMES if whole[name] and lang not in whole[name]]
            assert term["fallbacks"] == borrowed, (item["slug"], lang)
            for name in ("prefLabel", "definition", "fullDefinition", "eli5", "deepDive", "scopeNote", "example"):
                assert term[name]["lang"] == lang, (item["slug"], name)
            assert term["languages"][lang]["missing"] == []
            assert len(term["quiz"]) == 3 and 1 <= len(term["sources"]) <= 4
            assert lang != "ja" or term["reading"]


@pytest.fixture
def japanese_page(empty_store: Store, client_of: Callable[[Store], FlaskClient]) -> FlaskClient:
    """A term whose ELI5 and deep dive exist in English only, on a Japanese page."""
    texts = {
        "prefLabel": {"en": ("cache",), "ja": ("キャッシュ",)},
        "reading": {"ja": ("キャッシュ",)},
        "altLabel": {"en": ("buffer",)},
        "definition": {"en": ("A store of copies.",), "ja": ("写しの保管場所。",)},
        "eli5": {"en": ("A toy box by your bed.",)},
        "deepDive": {"en": ("Coherence is *hard*.",)},
    }
    term = replace(make_term("cache", related=["hash"]), texts=texts, sources=(Source("s1", "A book"),))
    editions = {
        "ja": Edition("human-translated", "en", digests={"definition": "0" * 16, "prefLabel": "0f9f6d3e6bf6d92d"})
    }
    put_terms(empty_store, replace(term, editions=editions), make_term("hash"))
    return client_of(empty_store)


def test_what_japanese_lacks_falls_back_field_by_field_and_says_so(japanese_page: FlaskClient) -> None:
    response = japanese_page.get("/api/v1/terms/cache?lang=ja")
    term = response.json
    assert term is not None
    assert term["prefLabel"] == text("キャッシュ", "ja")
    assert term["definition"] == text("写しの保管場所。", "ja")
    assert term["eli5"] == text("A toy box by your bed.", "en", fallback=True)
    assert term["deepDive"] == text("Coherence is *hard*.", "en", fallback=True)
    assert term["altLabels"] == [text("buffer", "en", fallback=True)]
    assert term["fullDefinition"] is None and term["example"] is None
    assert term["fallbacks"] == ["eli5", "deepDive", "altLabels"]
    assert term["related"][0]["prefLabel"] == text("hash", "en", fallback=True)
    assert term["languages"]["ja"]["missing"] == ["eli5", "deepDive"]
    assert response.headers["Content-Language"] == "ja, en"
    assert "Vary" not in response.headers


def test_a_translation_whose_source_has_changed_is_stale(japanese_page: FlaskClient) -> None:
    languages = get(japanese_page, "/api/v1/terms/cache")["languages"]
    assert languages["ja"]["status"] == "human-translated"
    assert "definition" in languages["ja"]["stale"]
    assert languages["en"] == {"status": None, "missing": [], "stale": []}


def test_a_reading_is_that_of_the_label_that_is_shown(japanese_page: FlaskClient) -> None:
    assert get(japanese_page, "/api/v1/terms/cache?lang=en")["reading"] is None
    assert get(japanese_page, "/api/v1/terms/cache?lang=ja")["reading"]["value"] == "キャッシュ"


@pytest.mark.parametrize(
    ("header", "served", "first"),
    [
        ("ja", "ja", "ja"),
        ("it, ja;q=0.9, en;q=0.8", "ja", "it"),
        ("fr, ja;q=0.9, en;q=0.8", "fr", "fr"),
        ("en;q=0.5, ja-JP", "ja", "ja-JP"),
        ("it", "en", "it"),
        ("*", "en", "en"),
        ("ja;q=0, en", "en", "en"),
        ("x" * 500, "en", "en"),
        ("ja;q=banana", "en", "en"),
        ("", "en", "en"),
    ],
)
def test_accept_language_counts_where_lang_is_absent(client: FlaskClient, header: str, served: str, first: str) -> None:
    response = client.get("/api/v1/terms/logic", headers={"Accept-Language": header})
    assert response.json is not None
    assert (response.json["prefLabel"]["lang"], response.json["lang"]) == (served, first)
    assert response.headers["Vary"] == "Accept-Language"
    term = get(client, "/api/v1/terms/logic?lang=ja", Accept_Language=header or "en")
    assert term["prefLabel"]["lang"] == "ja"


def test_a_list_of_languages_is_taken_in_order(client: FlaskClient) -> None:
    term = get(client, "/api/v1/terms/logic?lang=it,ja,en")
    assert term["prefLabel"] == text("論理", "ja", fallback=True) and term["lang"] == "it"


def test_right_to_left(empty_store: Store, client_of: Callable[[Store], FlaskClient]) -> None:
    put_terms(empty_store, replace(make_term("net"), texts={"prefLabel": {"ar": ("شبكة",)}}))
    assert get(client_of(empty_store), "/api/v1/terms/net?lang=ar")["prefLabel"]["dir"] == "rtl"


def test_pages_of_the_list_follow_each_other(client: FlaskClient) -> None:
    seen: list[str] = []
    path: str | None = "/api/v1/terms?limit=5&lang=ja"
    while path:
        response = client.get(path)
        assert response.json is not None and list(response.json) == ["items", "next"]
        seen += [item["slug"] for item in response.json["items"]]
        link = response.headers.get("Link")
        path = link.partition("<")[2].partition(">")[0].removeprefix(PUBLIC) if link else None
        assert bool(path) == bool(response.json["next"])
    assert seen == SEED_TERMS


def test_items_of_the_list(client: FlaskClient) -> None:
    item = get(client, "/api/v1/terms?limit=1&lang=ja")["items"][0]
    assert list(item) == ["slug", "iri", "prefLabel", "definition"] and item["definition"]["lang"] == "ja"


def test_a_deprecated_term_answers_and_is_not_listed(
    empty_store: Store, client_of: Callable[[Store], FlaskClient]
) -> None:
    put_terms(empty_store, make_term("new"), replace(make_term("old"), deprecated=True, replaced_by=f"{BASE}id/new"))
    client = client_of(empty_store)
    assert [item["slug"] for item in get(client, "/api/v1/terms")["items"]] == ["new"]
    term = get(client, "/api/v1/terms/old")
    assert term["deprecated"] and term["replacedBy"]["slug"] == "new"


def test_languages(client: FlaskClient) -> None:
    found = get(client, "/api/v1/languages")
    assert found["next"] is None
    assert [item["tag"] for item in found["items"]] == ["en", "ja", "zh-Hans", "de", "es", "fr", "ar"]
    count = len(SEED_TERMS)
    assert found["items"][1] == {"tag": "ja", "name": "日本語", "dir": "ltr", "terms": count}
    assert found["items"][6]["name"] == "العربية" and found["items"][6]["dir"] == "rtl"


def test_a_neighbourhood(client: FlaskClient) -> None:
    found = get(client, "/api/v1/terms/networking/neighbourhood?lang=ja")
    assert list(found) == ["centre", "nodes", "edges", "truncated"]
    assert found["centre"] == "networking" and not found["truncated"]
    assert list(found["nodes"][0]) == ["slug", "iri", "prefLabel", "role", "distance"]
    assert {"from": "networking", "to": "logic", "kind": "prerequisite"} in found["edges"]
    assert get(client, "/api/v1/terms/networking/neighbourhood?limit=2")["truncated"]
    roles = {node["slug"]: node["role"] for node in get(client, "/api/v1/terms/logic/neighbourhood")["nodes"]}
    assert roles["networking"] == "requiredBy"


@pytest.mark.parametrize("slug", ["networking", "logic", "operating-system"])
def test_each_answer_takes_a_constant_number_of_statements(
    client: FlaskClient, statements: list[str], slug: str
) -> None:
    counts = {}
    for name, path in (
        ("term", f"/api/v1/terms/{slug}?"),
        ("term of one status", f"/api/v1/terms/{slug}?status=draft&"),
        ("page", f"/terms/{slug}?"),
        ("neighbourhood", f"/api/v1/terms/{slug}/neighbourhood?"),
        ("deep", f"/api/v1/terms/{slug}/neighbourhood?depth=3&limit=150&"),
        ("diagram", f"/terms/{slug}/diagram.mmd?"),
        ("list", "/api/v1/terms?limit=200&"),
        ("whole list", "/api/v1/terms?limit=200&fields=*&"),
    ):
        statements.clear()
        assert (
            client.get(f"{path}lang=ja,x-{slug[:8].replace('-', '')}").status_code == 200
        )  # in a language that nobody has asked for yet
        counts[name] = len(statements)
    assert counts == {
        "term": 1,
        "term of one status": 2,
        "page": 2,
        "neighbourhood": 1,
        "deep": 5,
        "diagram": 1,
        "list": 1,
        "whole list": 3,
    }


BAD = [
    ("/api/v1/terms/nothing", 404, None),
    ("/api/v1/terms/nothing/neighbourhood", 404, None),
    ("/api/v1/terms/Logic", 404, None),
    ("/api/v1/terms/%D0%B0", 404, None),
    ("/api/v1/terms/a%00b", 404, None),
    ("/api/v1/terms/..%2f..%2fetc%2fpasswd", 404, None),
    ("/api/v1/nothing", 404, None),
    ("/api/v1/terms/logic?lang=e_n", 422, "lang"),
    ("/api/v1/terms/logic?lang=", 422, "lang"),
    ("/api/v1/terms?limit=1&lang=en%0A", 422, "lang"),
    ("/api/v1/terms/logic?lang=abcd", 422, "lang"),
    ("/api//v1/terms", 404, None),
    ("/api/v1/terms/logic?lang=en,,ja", 422, "lang"),
    ("/api/v1/terms/logic?lang=" + ",".join(["en"] * 11), 422, "lang"),
    ("/api/v1/terms/logic?lang=" + "x" * 1000, 422, "lang"),
    ("/api/v1/terms/logic?language=ja", 422, "language"),
    ("/api/v1/languages?x=1", 422, "x"),
    ("/api/v1/terms?limit=0", 422, "limit"),
    ("/api/v1/terms?limit=201", 422, "limit"),
    ("/api/v1/terms?limit=ten", 422, "limit"),
    ("/api/v1/terms?limit=" + "9" * 5000, 422, "limit"),
    ("/api/v1/terms?after=A%20B", 422, "after"),
    ("/api/v1/terms/logic/neighbourhood?depth=0", 422, "depth"),
    ("/api/v1/terms/logic/neighbourhood?depth=4", 422, "depth"),
    ("/api/v1/terms/logic/neighbourhood?limit=151", 422, "limit"),
    ("/api/v1/terms/logic/neighbourhood?edges=", 422, "edges"),
    ("/api/v1/terms/logic/neighbourhood?edges=related,likes", 422, "edges"),
]


@pytest.mark.parametrize(("path", "status", "field"), BAD)
def test_bad_requests_are_problems_that_name_the_fault(
    client: FlaskClient, path: str, status: int, field: str | None
) -> None:
    response = client.get(path, headers={"Accept": "text/html, */*;q=0.1"})
    assert response.status_code == status and response.mimetype == "application/problem+json"
    problem = response.get_json(force=True)
    assert problem["type"].startswith(f"{PUBLIC}/docs/problems/") and problem["status"] == status
    assert problem["title"] and problem["detail"]
    assert field is None or {fault["field"] for fault in problem["errors"]} == {field}


def test_all_faults_are_told_at_once(client: FlaskClient) -> None:
    response = client.get("/api/v1/terms/logic/neighbourhood?depth=9&limit=x&foo=1&edges=likes")
    fields = [fault["field"] for fault in response.get_json(force=True)["errors"]]
    assert sorted(fields) == ["depth", "edges", "foo", "limit"]


WORDS = [
    ("search", "q", "is missing; such as q=ネット"),
    ("paths", "to", "is missing; such as to=model-serving"),
    ("search?q=", "q", "is empty"),
    ("search?q=" + "x" * (QUERY_MAX + 1), "q", f"has {QUERY_MAX + 1} characters; {QUERY_MAX} are allowed"),
    ("terms?lang=", "lang", "is empty"),
    ("terms?slug=", "slug", "is empty"),
    ("terms?slug=Bad_Slug", "slug", "'Bad_Slug' is not a slug: lower-case letters, digits, single hyphens"),
    ("terms?topic=", "topic", "is empty"),
    ("terms?limit=x", "limit", "is not a whole number"),
    ("next?known=" + "x" * 101, "known", "has 101 characters; 100 are allowed"),
    ("terms?colour=red", "colour", "is not a parameter of this route"),
]


@pytest.mark.parametrize(("request_", "field", "said"), WORDS)
def test_faults_are_told_once_and_in_our_own_words(client: FlaskClient, request_: str, field: str, said: str) -> None:
    (fault,) = client.get(f"/api/v1/{request_}").get_json()["errors"]
    assert fault["field"] == field and fault["message"].startswith(said)


def test_a_method_that_is_not_there(client: FlaskClient) -> None:
    response = client.delete("/api/v1/topics")
    assert response.get_json()["detail"] == "/api/v1/topics takes GET, HEAD, OPTIONS, not DELETE"
    assert response.status_code == 405 and response.mimetype == "application/problem+json"
    assert {"GET", "HEAD", "OPTIONS"} <= set(response.headers["Allow"].split(", "))


def test_the_next_page_keeps_languages_in_their_canonical_form(client: FlaskClient) -> None:
    link = client.get("/api/v1/terms?limit=1&lang=EN,%20ja-jp").headers["Link"]
    assert "&lang=en,ja-JP>" in link or "lang=en,ja-JP&" in link


def test_odd_languages_in_the_header_are_passed_over(client: FlaskClient) -> None:
    for header in ("mo-mul-001", "art-zzz-999-min, ja;q=0.5", "\u00e9", "en-" * 200, ",,;q=", "ja;q=1;q=0"):
        assert client.get("/api/v1/terms/logic", headers={"Accept-Language": header}).status_code == 200


def test_links_never_follow_the_host_of_the_request(client: FlaskClient) -> None:
    for path in (
        "/api/v1/terms/logic",
        "/api/v1/terms?limit=1",
        "/terms/logic",
        "/terms/logic/diagram.mmd",
        "/api/v1/x",
    ):
        response = client.get(path, headers={"Host": "evil.example", "X-Forwarded-Host": "evil.example"})
        assert "evil" not in response.text + str(response.headers)


def test_reads_are_open_to_any_origin(client: FlaskClient) -> None:
    assert client.get("/api/v1/terms/logic").headers["Access-Control-Allow-Origin"] == "*"


def test_an_unforeseen_fault_tells_nothing_of_the_inside(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    import kgservice.api.terms as module

    def broken(*_args: object, **_more: object) -> None:
        raise ZeroDivisionError("secret")

    monkeypatch.setattr(module, "get_term", broken)
    response = client.get("/api/v1/terms/logic?lang=x-boom")
    assert response.status_code == 500 and "secret" not in response.text
    assert len(response.get_json(force=True)["requestId"]) == 12


def test_a_client_that_refuses_json_is_told(client: FlaskClient) -> None:
    for accept in ("image/png", "text/html", "application/json;q=0"):
        response = client.get("/api/v1/terms/logic", headers={"Accept": accept})
        assert response.status_code == 406 and response.mimetype == "application/problem+json"
        assert "application/json" in response.get_json(force=True)["detail"]
    for accept in ("application/json", "application/*", "*/*;q=0.1", ""):
        assert client.get("/api/v1/terms/logic", headers={"Accept": accept}).status_code == 200


ODD = [
    "",
    ",",
    ";",
    "q=1",
    "*",
    "*/*;q=x",
    "a/b;q=1;q=2",
    "\u00e9",
    "x" * 60_000,
    "a," * 20_000,
    '"',
    'text/html;level="',
    "\t",
]


@pytest.mark.parametrize(
    "name", ["Accept", "Accept-Language", "If-None-Match", "Host", "X-Forwarded-Host", "Range", "Cookie"]
)
def test_odd_headers_never_make_a_500_nor_reach_an_answer(client: FlaskClient, name: str) -> None:
    expected = client.get("/api/v1/terms/logic?lang=en").data
    for value in [*ODD, "evil.example"]:
        for path in ("/api/v1/terms/logic?lang=en", "/terms/logic", "/terms/logic/diagram.mmd", "/sparql?query=ASK{}"):
            response = client.get(path, headers={name: value})
            assert response.status_code < 500, (path, value[:40])
            assert "evil.example" not in response.text + str(response.headers)
    assert client.get("/api/v1/terms/logic?lang=en").data == expected


@pytest.mark.parametrize(
    "query", ["lang=en&lang=ja", "lang=%00", "lang=%ED%A0%80", "lang=" + "e" * 9000, "%00=1", "limit=1&limit=2"]
)
def test_odd_parameters_are_answered_or_refused(client: FlaskClient, query: str) -> None:
    for path in ("/api/v1/terms", "/terms/logic", "/terms/logic/diagram.mmd", "/"):
        assert client.get(f"{path}?{query}").status_code < 500


@pytest.mark.parametrize("query", ["%FF", "%ED%A0%80", "a%C3", "\xff"])
def test_what_is_not_utf8_is_refused_by_the_api_and_passed_over_by_pages(client: FlaskClient, query: str) -> None:
    raw = {"QUERY_STRING": f"q={query}&lang=en"}
    for path in ("/api/v1/search", "/api/v1/suggest"):
        refused = client.get(path, environ_overrides=raw)
        assert refused.status_code == 422, path
        assert refused.get_json()["errors"] == [{"field": "q", "message": "is not UTF-8, percent-encoded"}]
    page = client.get("/search", environ_overrides=raw)
    assert page.status_code == 200 and "\ufffd" in page.text
    assert client.get("/api/v1/terms/logic", environ_overrides={"QUERY_STRING": "%FE=1"}).status_code == 422
    assert client.get("/terms/logic", environ_overrides={"QUERY_STRING": f"utm={query}"}).status_code == 200
