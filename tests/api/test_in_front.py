"""Answers made in front of Flask, and from what is ready of a term, are those of the views and of its rows."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient

from kgservice.api import ready, terms
from kgservice.app import create_app
from kgservice.model.terms import Choice, Question
from kgservice.rdf.mapping import LANGUAGES
from kgservice.rdf.ntriples import iri, literal
from kgservice.store.checking import check
from kgservice.store.store import Store
from tests.conftest import BASE, PUBLIC, make_term, put_terms

ROUTES = ("/api/v1/terms/{}", "/api/v1/terms/{}/neighbourhood", "/terms/{}/diagram.mmd")
QUERIES = (
    *("", "lang=ja", "lang=en,ja", "lang=ar,fr", "lang=zh-TW", "lang=ja-JP", "lang=ko,ja", "lang=*", "lang=x-home"),
    *("status=draft", "lang=de&status=machine-translated", "at=1", "minSeq=1", "min%53eq=999999"),
    *(
        "depth=2",
        "edges=related&limit=1",
        "limit=0",
        "lang=e_n",
        "lang=ja&lang=en",
        "unknown=1",
        "lang=%00",
        "lang=%ff",
    ),
)
HEADERS: tuple[dict[str, str], ...] = (
    {},
    {"Accept-Language": "de;q=0.5, ja"},
    {"Accept": "text/html"},
    {"If-None-Match": "*"},
    {"Accept-Language": "\x80\x81, *;q=x" + "a" * 70_000},
)


def told(client: FlaskClient, path: str, headers: dict[str, str], method: str = "GET") -> tuple[int, object, bytes]:
    kept: ready.ReadyAnswers = client.application.extensions["kgservice.ready"]
    kept.forget()
    response = client.open(path, method=method, headers=headers)
    return response.status_code, sorted(response.headers), response.data


@pytest.fixture
def without(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Has views alone answer, from now on."""
    kept: ready.ReadyAnswers = app.extensions["kgservice.ready"]
    return lambda: monkeypatch.setattr(kept, "_planned", lambda _environ: None)


def test_what_is_made_in_front_is_what_the_view_makes(
    client: FlaskClient, without: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kgservice.api.sequence.WAIT", 0.0)
    asked = [
        (f"{route.format(slug)}?{query}", headers, method)
        for route in ROUTES
        for slug in ("networking", "no-such-term", "Not%20a%20slug")
        for query in (QUERIES if slug == "networking" else QUERIES[:2])
        for headers in (HEADERS if query == "" else HEADERS[:1])
        for method in ("GET", "HEAD")
    ]
    in_front = [told(client, *one) for one in asked]
    without()
    for one, found in zip(asked, in_front, strict=True):
        assert found == told(client, *one), one
    assert {status for status, _, _ in in_front} == {200, 304, 404, 406, 422, 503}


def test_a_failure_in_front_is_told_by_the_view(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("secret")

    monkeypatch.setattr(terms, "get_term", fail)
    response = client.get("/api/v1/terms/logic?lang=x-never")
    assert response.status_code == 500 and response.get_json()["requestId"]
    assert "secret" not in response.text and response.headers["Cache-Control"] == "no-store"


def test_plans_are_for_any_service(app: Flask, client: FlaskClient) -> None:
    """They are remembered by parameters and languages; links and ETags are each service's own."""
    elsewhere = "https://elsewhere.example"
    other = create_app(replace(app.extensions["kgservice"].settings, public_url=elsewhere), with_queries=False)
    for route in ROUTES:
        here, there = told(client, route.format("logic"), {}), told(other.test_client(), route.format("logic"), {})
        assert here[0] == there[0] == 200 and dict(here[1])["ETag"] != dict(there[1])["ETag"]  # type: ignore[call-overload]
        assert there[2].decode() == here[2].decode().replace(PUBLIC, elsewhere)
    other.extensions["kgservice"].store.close()


LANGS = ("", "ja", "en", "ja,en", "en,ja", "fr,ja", "zh-Hans,ar", "de", "ar")


def said(client: FlaskClient, slugs: list[str]) -> list[tuple[int, object, bytes]]:
    return [told(client, f"/api/v1/terms/{slug}?lang={lang}" if lang else f"/api/v1/terms/{slug}", {})
            for slug in slugs for lang in LANGS]  # fmt: skip


def test_what_is_ready_of_a_term_is_what_its_rows_say(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    slugs = ["networking", "logic", "cache", "operating-system", "access-control"]
    found = said(client, slugs)
    monkeypatch.setattr(terms, "spoken_term", lambda *_: None)
    for one, other in zip(found, said(client, slugs), strict=True):
        assert (one[0], one[2]) == (other[0], other[2])
        assert _languages(one[1]) == _languages(other[1])


def _languages(headers: object) -> set[str]:
    held: dict[str, str] = dict(headers)  # type: ignore[call-overload]
    return set(held["Content-Language"].split(", "))


def test_ready_texts_follow_every_change(
    empty_store: Store, client_of: Callable[[Store], FlaskClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the term, of what it names, and of the glossary's languages."""
    client = client_of(empty_store)
    texts: dict[str, dict[str, tuple[str, ...]]] = {
        "prefLabel": {"en": ("a",), "ja": ("あ",), "fr": ("à",)},
        "reading": {"ja": ("ア",)},
        "altLabel": {"fr": ("x", "y")},
        "definition": {"en": ("A.",)},
    }
    quiz = (Question("q", {"en": "?", "ja": "？"}, (Choice("c", {"en": "1"}), Choice("d", {"ja": "2"})), "c", {}),)
    made = replace(make_term("a", prerequisite=["b"]), texts=texts, quiz=quiz)

    def languages() -> None:
        with empty_store.write("test", "languages") as change:
            subject = iri(f"{BASE}glossary")
            old, new = literal(" ".join(empty_store.glossary().languages)), literal("fr ja")
            change.stage({(subject, LANGUAGES.predicate, old)}, {(subject, LANGUAGES.predicate, new)})

    for change in (
        lambda: put_terms(empty_store, made, make_term("b"), make_term("c")),
        lambda: put_terms(empty_store, make_term("b", label="B")),
        lambda: put_terms(empty_store, replace(made, texts={**texts, "definition": {"ja": ("定義",)}})),
        languages,
        lambda: put_terms(empty_store, make_term("a", related=["c"])),
    ):
        change()
        found = said(client, ["a", "b"])
        with monkeypatch.context() as patch:
            patch.setattr(terms, "spoken_term", lambda *_: None)
            assert [one[2] for one in found] == [one[2] for one in said(client, ["a", "b"])]
    assert check(empty_store).findings == []
