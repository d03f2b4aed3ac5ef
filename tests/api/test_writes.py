"""Writes to terms: preconditions, documents and all of their faults, deprecation, rename, what clients see after."""

import json
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from kgservice.store.checking import check
from kgservice.store.store import Store

TERMS = "/api/v1/terms"
MERGE = "application/merge-patch+json"


@pytest.fixture(scope="session")
def seed_dir(few_dir: Path) -> Path:
    return few_dir


class Curator:
    """Somebody with a token who reads, edits and writes back."""

    def __init__(self, client: FlaskClient, secret: str) -> None:
        self.client = client
        self.headers = {"Authorization": f"Bearer {secret}"}

    def read(self, slug: str, query: str = "lang=*") -> TestResponse:
        return self.client.get(f"{TERMS}/{slug}?{query}")

    def send(self, method: str, path: str, body: Any = None, etag: str = "", **headers: str) -> TestResponse:
        """Send a write; without an ETag it is made from what the term is now."""
        slug = path.partition("?")[0].partition("/")[0]
        known = etag or self.read(slug).headers.get("ETag", "")
        kind = MERGE if method == "PATCH" else "application/json"
        sent = {
            **self.headers,
            "If-Match": known,
            "Content-Type": kind,
            **{k.replace("_", "-"): v for k, v in headers.items()},
        }
        data = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
        return self.client.open(
            f"{TERMS}/{path}", method=method, data=data, headers={k: v for k, v in sent.items() if v}
        )

    def make(self, slug: str, **keys: Any) -> TestResponse:
        document = {"prefLabel": {"en": slug}, **keys}
        headers = {**self.headers, "If-None-Match": "*"}
        return self.client.put(f"{TERMS}/{slug}", json=document, headers=headers)


@pytest.fixture
def client_over(store: Store, client_of: Callable[[Store], FlaskClient]) -> FlaskClient:
    return client_of(store)


@pytest.fixture
def editor(store: Store, client_over: FlaskClient) -> Curator:
    return Curator(client_over, store.tokens.create("mika", "editor"))


@pytest.fixture
def reviewer(store: Store, client_over: FlaskClient) -> Curator:
    return Curator(client_over, store.tokens.create("rei", "reviewer"))


@pytest.fixture
def admin(store: Store, client_over: FlaskClient) -> Curator:
    return Curator(client_over, store.tokens.create("ada", "admin"))


@pytest.fixture(autouse=True)
def _nothing_comes_apart(store: Store) -> Iterator[None]:
    before = store.head()
    yield
    assert store.head() == before or check(store).findings == []


def faults(response: TestResponse) -> dict[str, str]:
    assert response.status_code == 422, response.json
    return {fault["field"]: fault["message"] for fault in (response.json or {})["errors"]}


def test_what_was_read_can_be_sent_back_and_changes_nothing(editor: Curator, store: Store) -> None:
    head = store.head().seq
    for slug in ("networking", "logic", "cache"):
        held = editor.read(slug)
        response = editor.send("PUT", slug, held.json)
        assert response.status_code == 200, response.json
        assert response.json == held.json
        assert response.headers["ETag"] == held.headers["ETag"]
        assert response.headers["KG-Seq"] == str(head)
    assert store.head().seq == head


def test_a_term_is_made_read_edited_and_taken_out_of_use(editor: Curator, store: Store) -> None:
    made = editor.make("quorum", definition={"en": "Enough votes."}, prerequisites=["logic"], related=["consensus"])
    assert made.status_code == 201, made.json
    assert made.headers["Location"].endswith("/api/v1/terms/quorum")
    assert made.json and made.json["languages"]["en"]["status"] == "draft"
    assert [one["slug"] for one in (editor.read("consensus").json or {})["related"]].count("quorum") == 1
    edited = editor.send("PATCH", "quorum", {"definition": {"ja": "十分な票。"}, "related": None})
    assert edited.status_code == 200, edited.json
    assert edited.json and edited.json["definition"] == {"en": "Enough votes.", "ja": "十分な票。"}
    assert edited.json["related"] == []
    assert "quorum" not in [one["slug"] for one in (editor.read("consensus").json or {})["related"]]
    assert int(edited.headers["KG-Seq"]) == store.head().seq
    gone = editor.send("DELETE", "quorum?replacedBy=consensus")
    assert gone.status_code == 200 and gone.json
    assert gone.json["deprecated"] and gone.json["replacedBy"]["slug"] == "consensus"
    listed = editor.client.get(f"{TERMS}?limit=200").json or {}
    assert "quorum" not in [item["slug"] for item in listed["items"]]


def test_a_write_needs_a_precondition_and_a_fresh_one(editor: Curator) -> None:
    held = editor.read("logic")
    without = editor.client.put(f"{TERMS}/logic", json=held.json, headers=editor.headers)
    assert without.status_code == 428 and "If-None-Match: * for a new term" in (without.json or {})["detail"]
    for path in ("logic", "logic/rename", "logic/revert"):
        method, headers = ("POST", editor.headers) if "/" in path else ("DELETE", editor.headers)
        body = {"logic/rename": {"slug": "reason"}, "logic/revert": {"to": 1}}.get(path)
        told = editor.client.open(f"{TERMS}/{path}", method=method, json=body, headers=headers)
        assert told.status_code == 428 and "new term" not in (told.json or {})["detail"], path
    assert "no ETag" in faults(editor.send("PATCH", "logic", {}, etag="r3"))["If-Match"]
    edited = editor.send("PATCH", "logic", {"notations": ["L1"]})
    assert edited.status_code == 200
    stale = editor.send("PATCH", "logic", {"notations": ["L2"]}, etag=held.headers["ETag"])
    assert stale.status_code == 412
    assert stale.json and stale.json["revision"] == (edited.json or {})["revision"]
    assert editor.make("logic").status_code == 412
    assert editor.send("PUT", "nothing", held.json, etag='"r1"').status_code == 412
    assert editor.send("PATCH", "nothing", {}, etag='"r1"').status_code == 404
    foreign = editor.send("PATCH", "logic", {}, etag='"abc"')
    assert foreign.status_code == 412 and "not what If-Match names" in (foreign.json or {})["detail"]
    assert editor.send("PATCH", "logic", {}, If_Match="*").status_code == 200


def test_any_etag_of_the_revision_counts_weak_ones_too(editor: Curator) -> None:
    for number, query in enumerate(("lang=en", "lang=ja", "lang=*")):
        etag = editor.read("memory", query).headers["ETag"]
        weak = f'"r1", W/{etag}'
        response = editor.send("PATCH", "memory", {"notations": [f"M{number}"]}, etag=weak)
        assert response.status_code == 200, response.json
        assert editor.send("PATCH", "memory", {"notations": ["N"]}, etag=weak).status_code == 412


def test_all_faults_of_a_document_are_told_at_once(editor: Curator) -> None:
    document = {
        "prefLabel": {"ja": "x" * 501, "not a tag": "a"},
        "definition": {"en": "a\x07b", "de": 3},
        "altLabels": {"en": ["one", "two\u202e"]},
        "prerequisites": ["nowhere", "logic", {"reason": {}}, "quorum"],
        "exactMatch": ["no iri"],
        "sources": [{"url": "javascript:alert(1)"}, {"title": "A", "url": "ftp://example.org"}],
        "quiz": [{"question": {"en": "?"}, "choices": [{"id": "a", "text": {"en": "A"}}], "answer": "b"}],
        "colour": "red",
        "topics": ["weather"],
    }
    response = editor.client.put(f"{TERMS}/quorum", json=document, headers={**editor.headers, "If-None-Match": "*"})
    told = faults(response)
    assert told.keys() >= {
        "prefLabel.en",
        "prefLabel.ja",
        "prefLabel.not a tag",
        "definition.en",
        "definition.de",
        "altLabels.en",
        "prerequisites.0",
        "prerequisites.2",
        "prerequisites.3",
        "exactMatch.0",
        "sources.0.title",
        "quiz.0.choices",
        "quiz.0",
        "colour",
        "topics",
    }
    assert "U+0007" in told["definition.en"]
    assert any("http" in message for field, message in told.items() if field.startswith("sources."))


def test_a_circle_of_prerequisites_is_named(editor: Curator) -> None:
    told = faults(editor.send("PATCH", "logic", {"prerequisites": ["networking"], "colour": "red"}))
    assert "logic" in told["prerequisites"] and "networking" in told["prerequisites"] and "→" in told["prerequisites"]
    assert "colour" in told, "faults between terms are told beside those of the document"


def test_terms_do_not_replace_each_other_in_a_circle(editor: Curator) -> None:
    for slug in ("first", "second", "third"):
        assert editor.make(slug).status_code == 201
    assert editor.send("DELETE", "first?replacedBy=second").status_code == 200
    assert editor.send("DELETE", "second?replacedBy=third").status_code == 200
    told = faults(editor.send("DELETE", "third?replacedBy=first"))["replacedBy"]
    assert {"first → second", "second → third", "third → first"} <= {
        " → ".join(two) for two in pairwise(told.rpartition(": ")[2].split(" → "))
    }
    assert faults(editor.send("DELETE", "third?replacedBy=third"))["replacedBy"]
    assert (editor.read("third").json or {})["deprecated"] is False


def test_related_terms_are_no_ancestors(editor: Curator) -> None:
    assert editor.make("first").status_code == 201
    assert editor.make("second", broader=["first"]).status_code == 201
    assert [one["slug"] for one in (editor.read("first").json or {})["narrower"]] == ["second"]
    told = faults(editor.make("third", broader=["second"], related=["first"]))
    assert "S27" in told["related"]
    assert editor.make("third", broader=["second"]).status_code == 201
    assert editor.make("fourth", related=["third"]).status_code == 201
    told = faults(editor.send("PATCH", "first", {"broader": ["fourth"]}))
    assert "S27" in told["related"], "the pair is far from the edge that is new"


def test_unknown_statements_outlive_a_put(editor: Curator, store: Store) -> None:
    extra = ("<http://localhost:8000/id/logic>", "<http://example.org/colour>", '"red"')
    with store.write("test", "something foreign") as change:
        change.stage(set(), {extra})
    document = {"prefLabel": {"en": "Logic, anew"}}
    assert editor.send("PUT", "logic", document).status_code == 200
    with store.write("test", "looking", dry_run=True) as change:
        assert extra in change.triples([extra[0][1:-1]])[extra[0][1:-1]]


def test_a_rename_keeps_the_iri_and_the_old_address_leads_on(editor: Curator) -> None:
    iri = (editor.read("cache").json or {})["iri"]
    renamed = editor.send("POST", "cache/rename", {"slug": "caching"})
    assert renamed.status_code == 200, renamed.json
    assert renamed.json and renamed.json["slug"] == "caching" and renamed.json["iri"] == iri
    documents = ("", ".ttl", "/diagram.mmd", "/diagram.svg?theme=dark")
    for path in (*(f"/terms/cache{one}" for one in documents), "/paths/cache/diagram.svg", f"{TERMS}/cache?lang=ja"):
        moved = editor.client.get(path)
        assert moved.status_code == 308, path
        assert moved.headers["Location"] == "https://kg.example.org" + path.replace("cache", "caching")
    embedded = editor.client.get("/oembed", query_string={"url": "https://kg.example.org/terms/cache"}).json or {}
    assert "https://kg.example.org/embed/terms/caching" in embedded["html"]
    assert editor.client.get("/docs/embed?term=cache").status_code == 200
    assert editor.client.get("/id/cache").headers["Location"].endswith("/terms/caching")
    listed = editor.client.get(f"{TERMS}?slug=cache,memory,never").json or {}
    assert [item["slug"] for item in listed["items"]] == ["caching", "memory"]
    way = editor.client.get("/api/v1/paths?to=cache,caching&known=cache").json or {}
    assert (way["to"], way["known"], way["steps"]) == (["caching"], ["caching"], [])
    assert editor.client.get("/api/v1/next?known=cache").json == editor.client.get("/api/v1/next?known=caching").json
    page = editor.client.get("/paths/caching?known=cache")
    assert "known=caching" in page.text and editor.client.get("/paths/cache").status_code == 308
    assert "'caching' now" in faults(editor.make("cache"))["slug"]
    put = editor.send("PUT", "cache?note=x", {"prefLabel": {"en": "cache"}}, etag='"r2"')
    assert put.status_code == 308 and put.headers["Location"].endswith("/api/v1/terms/caching?note=x")
    assert editor.send("POST", "caching/rename", {"slug": "cache"}).status_code == 200
    assert editor.read("cache").status_code == 200
    taken = faults(editor.send("POST", "logic/rename", {"slug": "memory"}))["slug"]
    assert taken == "'memory' is the slug of another term, <http://localhost:8000/id/memory>"
    assert "is not a slug: lower-case" in faults(editor.send("POST", "logic/rename", {"slug": "No Slug"}))["slug"]
    assert faults(editor.send("POST", "logic/rename", {"slug": "reason", "x": 1})) == {
        "x": "is no key of this document"
    }
    assert faults(editor.send("POST", "logic/rename", {}))["slug"] == "is missing"
    assert "is neither true nor false" in faults(editor.send("DELETE", "logic?purge=perhaps"))["purge"]


def test_a_purge_is_for_admins_and_for_terms_that_nobody_needs(editor: Curator, admin: Curator) -> None:
    assert editor.make("quorum", related=["consensus"]).status_code == 201
    assert editor.send("DELETE", "quorum?purge=true").status_code == 403
    assert admin.send("DELETE", "quorum?purge=true").status_code == 204
    assert editor.read("quorum").status_code == 410
    picture = editor.client.get("/terms/quorum/diagram.svg")
    assert picture.status_code == 410 and "Term not found" in picture.text
    address = {"url": "https://kg.example.org/terms/quorum"}
    assert editor.client.get("/oembed", query_string=address).status_code == 410
    assert "quorum" not in [one["slug"] for one in (editor.read("consensus").json or {})["related"]]
    told = admin.send("DELETE", "logic?purge=true")
    assert told.status_code == 422 and "take that edge out first" in str(told.json)
    assert "was removed; a slug is never used again" in faults(editor.make("quorum"))["slug"]
    assert editor.send("PUT", "quorum", {"prefLabel": {"en": "quorum"}}, etag='"r3"').status_code == 410
    assert editor.client.get("/id/quorum").status_code == 410


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"[" * 20_000, {}, 400),
        (b'{"notations": ' + b"[" * 64 + b"]" * 64 + b"}", {}, 400),
        (b'{"notations": ' + b"[" * 63 + b"]" * 63 + b"}", {}, 422),
        (b'{"a":1', {}, 400),
        (b'{"a": 1, "a": 2}', {}, 400),
        (b'{"prefLabel": {"en": "\\ud800"}}', {}, 400),
        (b'{"notations": [NaN]}', {}, 400),
        (b'{"notations": ' + b"9" * 10_000 + b"}", {}, 400),
        (b"\xff\xfe{}", {}, 400),
        (b"[]", {}, 400),
        (b"{}" + b" " * 1_100_000, {}, 413),
        (b"{}", {"Content-Encoding": "gzip"}, 415),
        (b"{}", {"Content-Type": "text/plain"}, 415),
        (b"{}", {"Content-Type": "application/x-www-form-urlencoded"}, 415),
    ],
)
def test_bodies_that_are_not_documents(editor: Curator, body: bytes, headers: dict[str, str], status: int) -> None:
    sent = {k.replace("-", "_"): v for k, v in headers.items()}
    response = editor.send("PUT", "logic", body, **sent)
    assert response.status_code == status
    assert response.json and response.json["detail"]
    assert "sys." not in response.json["detail"]


def test_a_note_is_kept_and_held_to_bounds(editor: Curator, store: Store) -> None:
    assert editor.send("PATCH", "logic?note=A%20typo", {"notations": ["L"]}).status_code == 200
    last = editor.client.get(f"{TERMS}/logic/history").get_json()["items"][0]
    assert (last["editor"], last["note"], last["summary"]) == ("mika", "A typo", ["notations changed"])
    assert faults(editor.send("PATCH", f"logic?note={'x' * 501}", {}))["note"]
    assert faults(editor.send("PATCH", "logic?note=a%0Ab", {}))["note"]


def test_faults_are_told_where_the_document_has_them(editor: Curator) -> None:
    document: Any = editor.read("cache").json
    document["altLabels"] = {"en": [document["prefLabel"]["en"]]}
    document["sources"] = [
        {"title": "Good"},
        {"title": "Bad", "url": "ftp://example.org"},
        {"url": "http://example.org"},
    ]
    document["quiz"] = [{"question": {"en": "?"}, "choices": [{"text": {"en": "a"}}, {"text": {"en": "b"}}]}]
    told = faults(editor.send("PUT", "cache", document))
    assert told.keys() == {"altLabels.en", "sources.1.url", "sources.2.title", "quiz.0"}
    assert "repeats the preferred label" in told["altLabels.en"]
