"""Conditional requests and kept answers: never stale, and no work for what a client has."""

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient

from kgservice.api import ready
from kgservice.errors import Invalid
from kgservice.store.store import Store
from tests.conftest import make_term, put_terms

PATHS = (
    "/api/v1/terms/{}?lang=en",
    "/api/v1/terms/{}?lang=*",
    "/api/v1/terms/{}/neighbourhood?lang=en",
    "/api/v1/terms/{}/neighbourhood?lang=en&depth=2",
    "/terms/{}/diagram.mmd?labels=title&lang=en",
    "/api/v1/terms?fields=*&lang=en",
    "/api/v1/languages",
)


@pytest.fixture
def small(empty_store: Store, client_of: Callable[[Store], FlaskClient]) -> tuple[Store, FlaskClient]:
    put_terms(empty_store, make_term("a", prerequisite=["b"]), *map(make_term, "bcd"))
    return empty_store, client_of(empty_store)


def etag(client: FlaskClient, path: str, **headers: str) -> str:
    response = client.get(path, headers={key.replace("_", "-"): value for key, value in headers.items()})
    assert response.status_code == 200
    return response.headers["ETag"]


@pytest.mark.parametrize("path", [path.format("a") for path in PATHS])
def test_what_a_client_has_is_not_sent_again(small: tuple[Store, FlaskClient], path: str) -> None:
    _, client = small
    tag = etag(client, path)
    for given in (tag, f"W/{tag}", f'"x", {tag}', "*"):
        response = client.get(path, headers={"If-None-Match": given})
        assert (response.status_code, response.data) == (304, b"")
        assert response.headers["ETag"] == tag and response.headers["Cache-Control"]
    assert client.get(path, headers={"If-None-Match": '"r1.1.1.00"'}).status_code == 200


def test_an_etag_starts_with_the_revision(small: tuple[Store, FlaskClient]) -> None:
    _, client = small
    response = client.get("/api/v1/terms/a")
    assert response.json is not None
    assert response.headers["ETag"].startswith(f'"r{response.json["revision"]}.')


def test_a_neighbours_new_label_changes_the_etag_and_the_answer(small: tuple[Store, FlaskClient]) -> None:
    store, client = small
    paths = [path.format("a") for path in PATHS[:5]]
    before = [etag(client, path) for path in paths]
    other = etag(client, "/api/v1/terms/c?lang=en")
    put_terms(store, make_term("b", label="New label"))
    for path, tag in zip(paths, before, strict=True):
        response = client.get(path, headers={"If-None-Match": tag})
        assert response.status_code == 200 and "New label" in response.text and response.headers["ETag"] != tag
    assert etag(client, "/api/v1/terms/c?lang=en") == other


def test_an_edge_that_goes_changes_both_ends(small: tuple[Store, FlaskClient]) -> None:
    store, client = small
    before = [etag(client, f"/api/v1/terms/{slug}") for slug in "ab"]
    put_terms(store, make_term("a"))
    assert all(etag(client, f"/api/v1/terms/{slug}") != tag for slug, tag in zip("ab", before, strict=True))
    assert client.get("/api/v1/terms/b").get_json()["requiredBy"] == []


def test_languages_parameters_and_forms_have_etags_of_their_own(small: tuple[Store, FlaskClient]) -> None:
    _, client = small
    tags = [
        etag(client, "/api/v1/terms/a?lang=en"),
        etag(client, "/api/v1/terms/a?lang=ja"),
        etag(client, "/api/v1/terms/a?lang=*"),
        etag(client, "/api/v1/terms/a", Accept_Language="ja"),
        etag(client, "/api/v1/terms/a/neighbourhood?lang=en"),
        etag(client, "/api/v1/terms/a/neighbourhood?lang=en&limit=1"),
        etag(client, "/terms/a/diagram.mmd?lang=en"),
        etag(client, "/terms/a/diagram.mmd?lang=en&direction=TB"),
    ]
    assert len(set(tags)) == len(tags) - 1  # lang=ja and Accept-Language: ja ask for the same
    assert len({tag.split(".")[0] for tag in tags}) == 1


def test_a_revalidation_costs_one_probe_and_nothing_else(
    client: FlaskClient, statements: list[str], app: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    versions = app.extensions["kgservice"].store.versions
    probes: list[str] = []
    original = versions.of
    term = "/api/v1/terms/logic"

    def probe(slug: str) -> Any:
        probes.append(slug)
        return original(slug)

    for path in (f"{term}?lang=ja", "/terms/logic/diagram.mmd?lang=ja", f"{term}/neighbourhood"):
        tag = etag(client, path)
        with monkeypatch.context() as patch:
            patch.setattr(versions, "of", probe)
            statements.clear()
            probes.clear()
            assert client.get(path, headers={"If-None-Match": tag}).status_code == 304
            assert (probes, statements) == (["logic"], [])
            assert client.get(path).status_code == 200
            assert (probes, statements) == (["logic"] * 2, [])


def test_a_conditional_request_is_answered_before_anything_is_read(client: FlaskClient, statements: list[str]) -> None:
    """Also where no answer is kept: in a process that has just started, say."""
    path = "/api/v1/terms/cache?lang=x-fresh"
    tag = etag(client, path)
    app = client.application
    kept: ready.ReadyAnswers = app.extensions["kgservice.ready"]
    kept.forget()
    statements.clear()
    assert client.get(path, headers={"If-None-Match": tag}).status_code == 304
    assert statements == []


def test_head_has_the_headers_and_no_body(client: FlaskClient) -> None:
    for path in (
        "/api/v1/terms/logic",
        "/terms/logic/diagram.mmd",
        "/api/v1/terms",
        "/api/v1/languages",
        "/terms/logic",
    ):
        for _ in range(2):  # rendered, then kept
            got, head = client.get(path), client.head(path)
            assert (head.status_code, head.data) == (200, b"")
            for name in ("Content-Type", "Content-Length", "ETag", "Cache-Control"):
                assert head.headers.get(name) == got.headers.get(name), (path, name)


def test_cache_control(client: FlaskClient) -> None:
    assert client.get("/api/v1/terms/logic").headers["Cache-Control"] == ready.FRESH
    assert client.get("/api/v1/terms/logic?lang=*").headers["Cache-Control"] == "no-cache"
    assert client.get("/api/v1/terms/nothing").headers["Cache-Control"] == "no-store"


def test_other_origins_see_the_headers_that_matter(client: FlaskClient) -> None:
    exposed = client.get("/api/v1/terms/logic").headers["Access-Control-Expose-Headers"].split(", ")
    assert {"ETag", "Link", "Retry-After", "Content-Language", "KG-Seq"} <= set(exposed)
    preflight = client.options(
        "/sparql", headers={"Origin": "https://a.example", "Access-Control-Request-Method": "POST"}
    )
    assert preflight.status_code == 200 and preflight.headers["Access-Control-Allow-Origin"] == "*"
    assert "POST" in preflight.headers["Access-Control-Allow-Methods"]
    assert "Access-Control-Allow-Credentials" not in preflight.headers


def test_a_page_of_another_origin_may_edit_with_a_token(client: FlaskClient) -> None:
    for method in ("PUT", "PATCH", "DELETE"):
        asked = {"Access-Control-Request-Method": method, "Access-Control-Request-Headers": "authorization, if-match"}
        answer = client.options("/api/v1/terms/logic", headers={"Origin": "https://a.example", **asked}).headers
        assert answer["Access-Control-Allow-Origin"] == "*"
        assert method in answer["Access-Control-Allow-Methods"].split(", ")
        allowed = answer["Access-Control-Allow-Headers"].lower().split(", ")
        assert {"authorization", "content-type", "if-match", "if-none-match"} <= set(allowed)


def test_kept_answers_are_bounded(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    kept: ready.ReadyAnswers = client.application.extensions["kgservice.ready"]
    kept.forget()
    monkeypatch.setattr(ready, "KEPT_BYTES", 50_000)
    for number in range(30):
        client.get(f"/api/v1/terms/logic?lang=x-n{number}")
        assert kept._bytes <= 50_000
    assert kept._bytes == sum(ready._size(key, one) for key, one in kept._kept.items())
    client.get("/api/v1/terms/logic?lang=" + ",".join(f"x-{n}" for n in range(10)))
    long = client.get("/terms/logic?" + "x" * 5000)
    assert long.status_code == 200 and not any(len("".join(key)) > 2500 for key in kept._kept)


def test_any_writes_and_requests_give_what_an_uncached_service_gives(
    empty_store: Store, client_of: Callable[[Store], FlaskClient]
) -> None:
    """Random writes and requests; every answer is compared, byte for byte, with one that was never kept."""
    chance = random.Random(20261123)
    slugs = "abcdef"
    put_terms(empty_store, *map(make_term, slugs))
    warm, cold = client_of(empty_store), client_of(empty_store)
    plain: ready.ReadyAnswers = cold.application.extensions["kgservice.ready"]
    tags: dict[str, tuple[str, bytes]] = {}
    for _ in range(150):
        if chance.random() < 0.3:
            slug = chance.choice(slugs)
            others = chance.sample([s for s in slugs if s != slug], 2)
            term = make_term(slug, label=chance.choice("xyz"), prerequisite=others[:1], related=others[1:])
            try:
                put_terms(empty_store, replace(term, deprecated=chance.random() < 0.2))
            except (Invalid, AssertionError):
                continue
        path = chance.choice(PATHS).format(chance.choice(slugs))
        plain.forget()
        expected = cold.get(path)
        got = warm.get(path)
        assert (got.status_code, got.data) == (expected.status_code, expected.data), path
        assert got.headers["ETag"] == expected.headers["ETag"]
        if path in tags:
            tag, data = tags[path]
            again = warm.get(path, headers={"If-None-Match": tag})
            assert again.status_code == 200 or data == expected.data, path
        tags[path] = (got.headers["ETag"], got.data)
