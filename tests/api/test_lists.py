"""Lists, batches and the editing representation."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient

from kgservice.model.terms import Edition
from kgservice.store.store import Store
from tests.api.test_terms import TERM_KEYS, get
from tests.conftest import PUBLIC, make_term, put_terms


def slugs(client: FlaskClient, query: str) -> list[str]:
    return [item["slug"] for item in get(client, f"/api/v1/terms?{query}")["items"]]


def test_by_topic(client: FlaskClient) -> None:
    found = slugs(client, "topic=foundations")
    assert {"api", "logic", "memory"} <= set(found) and "networking" not in found and found == sorted(found)
    assert slugs(client, "topic=nothing") == []


def test_by_slug_in_one_request(client: FlaskClient) -> None:
    assert slugs(client, "slug=networking,logic,nothing") == ["logic", "networking"]
    assert slugs(client, "slug=" + ",".join(f"t-{n}" for n in range(100))) == []
    refused = client.get("/api/v1/terms?slug=" + ",".join(f"t-{n}" for n in range(101)))
    assert refused.status_code == 422 and "has 101 terms; 100 are allowed" in refused.text


def test_by_status(empty_store: Store, client_of: Callable[[Store], FlaskClient]) -> None:
    put_terms(
        empty_store,
        replace(make_term("a"), editions={"en": Edition("reviewed"), "ja": Edition("draft")}),
        replace(make_term("b"), editions={"ja": Edition("reviewed")}),
        make_term("c"),
    )
    client = client_of(empty_store)
    assert slugs(client, "status=reviewed") == ["a", "b"]
    assert slugs(client, "status=reviewed&lang=ja") == ["b"]
    assert client.get("/api/v1/terms?status=perfect").status_code == 422


def test_fields_that_are_asked_for(client: FlaskClient) -> None:
    (item,) = get(client, "/api/v1/terms?slug=logic&fields=requiredBy,slug,eli5&lang=ja")["items"]
    assert list(item) == ["slug", "eli5", "requiredBy"] and item["eli5"]["lang"] == "ja"
    whole = get(client, "/api/v1/terms?slug=logic&fields=*&lang=ja")["items"]
    assert whole == [get(client, "/api/v1/terms/logic?lang=ja")] and list(whole[0]) == list(TERM_KEYS)
    refused = client.get("/api/v1/terms?fields=slug,colour")
    assert refused.status_code == 422 and "'colour' is not one of" in refused.text


def test_the_next_page_is_of_the_same_list(client: FlaskClient) -> None:
    response = client.get("/api/v1/terms?topic=foundations&fields=slug,prefLabel&lang=ja,en&limit=2")
    link = response.headers["Link"]
    assert link.startswith(f"<{PUBLIC}/api/v1/terms?") and link.endswith('; rel="next"')
    following = get(client, link[1:].partition(">")[0].removeprefix(PUBLIC))
    assert [list(item) for item in following["items"]] == [["slug", "prefLabel"]] * 2
    query = link[1:].partition(">")[0].partition("?")[2].split("&")
    assert {"topic=foundations", "fields=slug,prefLabel", "lang=ja,en", "limit=2"} <= set(query)


def test_topics(client: FlaskClient) -> None:
    items = get(client, "/api/v1/topics?lang=ja")["items"]
    assert [item["slug"] for item in items] == sorted(item["slug"] for item in items) and len(items) == 11
    assert list(items[0]) == ["slug", "iri", "prefLabel", "terms"] and items[0]["prefLabel"]["lang"] == "ja"
    for item in items:
        assert item["terms"] == len(slugs(client, f"topic={item['slug']}"))


@pytest.mark.parametrize(("path", "key"), [("/api/v1/topics?lang=ja", "slug"), ("/api/v1/languages?", "tag")])
def test_topics_and_languages_come_in_pages(client: FlaskClient, path: str, key: str) -> None:
    everything = [item[key] for item in get(client, path)["items"]]
    found: list[str] = []
    there: str | None = f"{path}&limit=3"
    while there:
        response = client.get(there)
        page = response.get_json()
        found += [item[key] for item in page["items"]]
        link = response.headers.get("Link", "")
        assert bool(link) == bool(page["next"]) and page["next"] in (None, found[-1])
        there = link[1:].partition(">")[0].removeprefix(PUBLIC) if link else None
    assert found == everything and len(found) > 3


def test_a_page_of_languages_starts_after_any_tag(client: FlaskClient) -> None:
    for after, count in (("en", 6), ("ar", 0), ("tlh", 0)):
        assert len(get(client, f"/api/v1/languages?after={after}")["items"]) == count
    for wrong in ("after=e_n", "limit=0", "limit=201", "after="):
        assert client.get(f"/api/v1/languages?{wrong}").status_code == 422, wrong


def test_every_language_at_once(client: FlaskClient) -> None:
    term: Any = get(client, "/api/v1/terms/networking?lang=*")
    assert list(term) == list(TERM_KEYS) and term["lang"] == "*" and term["fallbacks"] == []
    assert (term["prefLabel"]["en"], term["prefLabel"]["ja"]) == ("networking", "ネットワーキング")
    assert term["reading"] == {"ja": "ネットワーキング"}
    assert term["altLabels"]["ja"] == ["コンピューターネットワーク", "ネットワーク技術"]
    assert set(term["quiz"][0]["question"]) == {"en", "ja"}
    assert set(term["prerequisites"][0]["reason"]) == {"en", "ja"}
    response = client.get("/api/v1/terms/networking?lang=*")
    assert set(response.headers["Content-Language"].split(", ")) == {"en", "ja", "zh-Hans", "de", "es", "fr", "ar"}
    assert client.get("/api/v1/terms?lang=*").get_json()["items"][0]["definition"].keys() >= {"en", "ja"}
    assert client.get("/api/v1/terms/logic?lang=*,en").status_code == 422
    assert client.get("/terms/logic/diagram.mmd?lang=*").status_code == 422
    assert client.get("/terms/logic?lang=*").headers["Content-Language"] == "en"  # a page shows one that will do


@pytest.mark.parametrize("name", ["prefLabel", "definition", "example"])
def test_what_no_language_has_is_null(empty_store: Store, client_of: Callable[[Store], FlaskClient], name: str) -> None:
    put_terms(empty_store, make_term("a"))
    client = client_of(empty_store)
    for lang in ("en", "*"):
        term = get(client, f"/api/v1/terms/a?lang={lang}")
        assert (term[name] is None) == (name != "prefLabel")
    assert get(client, "/api/v1/terms/a?lang=*")["altLabels"] == {}
    assert get(client, "/api/v1/terms/a")["altLabels"] == []
