"""Search and suggestions over HTTP: shapes, languages, and whatever can be typed."""

from collections.abc import Callable
from dataclasses import replace
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient

from kgservice.store.store import Store
from tests.conftest import make_term, put_terms


def test_what_is_asked_in_one_language_is_shown_in_another(
    empty_store: Store, client_of: Callable[[Store], FlaskClient]
) -> None:
    labels = {"en": ("networking",), "ja": ("ネットワーキング",)}
    networking = replace(make_term("networking"), texts={"prefLabel": labels})
    put_terms(empty_store, networking, make_term("neural-network", label="neural network"))
    response = client_of(empty_store).get("/api/v1/search?q=network&lang=ja&limit=1")
    assert response.get_json() == {
        "items": [
            {
                "slug": "networking",
                "iri": "http://localhost:8000/id/networking",
                "prefLabel": {"value": "ネットワーキング", "lang": "ja", "dir": "ltr", "fallback": False},
                "match": {
                    "field": "prefLabel",
                    "lang": "en",
                    "dir": "ltr",
                    "value": "networking",
                    "parts": [{"text": "network", "hit": True}, {"text": "ing", "hit": False}],
                },
            }
        ],
        "next": None,
        "truncated": True,
    }
    assert response.headers["Content-Language"] == "en, ja"


def test_every_language_at_once(client: FlaskClient) -> None:
    item = client.get("/api/v1/suggest?q=論理&lang=*").get_json()["items"][0]
    labels = client.get("/api/v1/terms/logic?lang=*").get_json()["prefLabel"]
    assert (labels["en"], labels["ja"]) == ("logic", "論理")
    assert item["prefLabel"] == labels and item["match"]["lang"] == "ja"


def test_suggestions_are_of_labels_only(empty_store: Store, client_of: Callable[[Store], FlaskClient]) -> None:
    texts = {"prefLabel": {"en": ("networking",)}, "definition": {"en": ("The exchange of packets.",)}}
    put_terms(empty_store, replace(make_term("networking"), texts=texts))
    client = client_of(empty_store)
    assert client.get("/api/v1/suggest?q=packets").get_json()["items"] == []
    (found,) = client.get("/api/v1/search?q=packets").get_json()["items"]
    assert found["match"]["field"] == "definition"
    assert client.get("/api/v1/suggest?q=networks").get_json()["items"][0]["match"]["field"] == "prefLabel"


ODD = (
    "\x00\x01\x1f",
    "🤖",
    '"',
    "*",
    "NEAR(",
    'a" OR "b',
    "- ^ :",
    "AND",
    "NOT x",
    "{words}:x",
    "%",
    "_",
    "'",
    "\\",
    "a*b",
)


@pytest.mark.parametrize("route", ["search", "suggest"])
@pytest.mark.parametrize("query", [*ODD, "x" * 10_000, "word " * 2000, "論" * 10_000, "\u202e", "\ufffd"])
def test_whatever_is_typed_is_answered(client: FlaskClient, route: str, query: str) -> None:
    response = client.get(f"/api/v1/{route}?{urlencode({'q': query})}")
    assert response.status_code == 200 and isinstance(response.get_json()["items"], list)


@pytest.mark.parametrize(
    "parameters", ["", "q=", "q=" + "x" * 10_001, "q=x&limit=0", "q=x&limit=201", "q=x&lang=x_", "q=x&other=1"]
)
def test_bad_parameters_are_told(client: FlaskClient, parameters: str) -> None:
    response = client.get(f"/api/v1/search?{parameters}")
    assert response.status_code == 422 and response.get_json()["errors"]


def test_statements_are_few_whatever_is_found(client: FlaskClient, statements: list[str]) -> None:
    for query, most in (("net", 7), ("a", 7), ("zzzzz", 6), ("netwrok", 7)):
        statements.clear()
        client.get(f"/api/v1/search?q={query}&limit=200&lang=en,{'de' if query == 'a' else 'fr'}")
        assert 0 < len(statements) <= most, (query, statements)


def test_a_kept_answer_is_dropped_by_a_write(empty_store: Store, client_of: Callable[[Store], FlaskClient]) -> None:
    put_terms(empty_store, make_term("net"))
    client = client_of(empty_store)
    path = "/api/v1/suggest?q=net&lang=en"
    first = client.get(path)
    assert client.get(path, headers={"If-None-Match": first.headers["ETag"]}).status_code == 304
    put_terms(empty_store, make_term("network"))
    again = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert [item["slug"] for item in again.get_json()["items"]] == ["net", "network"]
