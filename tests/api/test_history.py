"""The past: histories, the change feed, terms as they were, and going back."""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import fromstring

import pytest
from flask.testing import FlaskClient

from kgservice.store.checking import check
from kgservice.store.store import Store
from tests.api.test_writes import TERMS, Curator, faults
from tests.conftest import FEW

ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture(scope="session")
def seed_dir(few_dir: Path) -> Path:
    return few_dir


@pytest.fixture
def editor(store: Store, client_of: Callable[[Store], FlaskClient]) -> Curator:
    return Curator(client_of(store), store.tokens.create("mika", "editor"))


def get(editor: Curator, path: str) -> dict[str, Any]:
    response = editor.client.get(path)
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.get_json()
    return found


def test_a_history_tells_who_when_why_and_what(editor: Curator) -> None:
    editor.make("quorum", definition={"en": "Votes."}, prerequisites=["logic"])
    editor.send("PATCH", "quorum?note=said%20better", {"definition": {"en": "Enough votes.", "ja": "票"}})
    editor.send("PATCH", "quorum", {"prerequisites": ["logic", "memory"], "quiz": []})
    editor.send("POST", "quorum/rename", {"slug": "majority"})
    items = get(editor, f"{TERMS}/majority/history")["items"]
    assert [item["summary"] for item in items] == [
        ["renamed from quorum to majority"],
        ["prerequisite memory added"],
        [
            "definition in en changed",
            "definition in ja added",
            "edition ja: none → draft",
        ],
        ["created"],
    ]
    assert items[2]["note"] == "said better" and items[2]["editor"] == "mika"
    assert '"Votes."@en' in items[2]["removed"] and '"Enough votes."@en' in items[2]["added"]
    assert [item["seq"] for item in items] == sorted((item["seq"] for item in items), reverse=True)
    first = get(editor, f"{TERMS}/majority/history?limit=3")
    rest = get(editor, f"{TERMS}/majority/history?limit=3&after={first['next']}")
    assert first["items"] + rest["items"] == items and rest["next"] is None


def test_a_change_of_an_inverse_edge_is_in_both_histories(editor: Curator) -> None:
    editor.make("quorum", related=["consensus"])
    assert get(editor, f"{TERMS}/consensus/history")["items"][0]["summary"] == ["related quorum added"]


def test_a_term_as_it_was(editor: Curator) -> None:
    before = editor.read("logic").json
    head = get(editor, "/health/ready")["seq"]
    edited = editor.send("PATCH", "logic", {"definition": {"en": "Another."}, "related": ["memory"]})
    assert edited.status_code == 200
    time = get(editor, f"{TERMS}/logic/history")["items"][0]["time"]
    was = editor.read("logic", f"lang=*&at={head}")
    assert was.json == before
    assert (editor.read("logic", f"lang=*&at={time}").json or {})["definition"]["en"] == "Another."
    early = editor.read("logic", "lang=*&at=2020-01-01")
    assert early.status_code == 404 and "at 2020-01-01T00:00:00" in (early.json or {})["detail"]
    assert "the last is 3" in faults(editor.read("logic", "lang=*&at=4"))["at"]
    assert faults(editor.read("logic", "lang=*&at=yesterday"))["at"]
    stale = editor.send("PATCH", "logic", {}, etag=was.headers["ETag"])
    assert stale.status_code == 412, "what was read of the past is no base for an edit"


def test_an_etag_of_the_past_changes_with_what_is_shown(editor: Curator) -> None:
    def etag(query: str) -> str:
        return str(editor.read("networking", query).headers["ETag"])

    one = etag("at=2&lang=en")
    known = {"If-None-Match": one}
    path = f"{TERMS}/networking?at=2&lang=en"
    assert editor.client.get(path, headers=known).status_code == 304
    assert len({one, etag("at=2&lang=ja"), etag("at=2&lang=*"), etag("at=2&lang=en&status=draft")}) == 4
    editor.send("PATCH", "logic", {"prefLabel": {"en": "logic as it is today"}})
    after = editor.client.get(path, headers=known)
    assert after.status_code == 200 and "logic as it is today" in after.text
    assert etag("at=2&lang=en") == after.headers["ETag"] != one and one.startswith('"r2.')


def test_a_revert_is_a_new_change(editor: Curator, store: Store) -> None:
    before = editor.read("logic").json or {}
    head = store.head().seq
    editor.send("PATCH", "logic", {"definition": {"en": "Another."}, "related": ["memory"]})
    reverted = editor.send("POST", "logic/revert", {"to": head})
    assert reverted.status_code == 200, reverted.json
    after = reverted.json or {}
    assert after["revision"] == store.head().seq == head + 2
    for key in before.keys() - {"revision", "modified"}:
        assert after[key] == before[key], key
    assert "logic" not in [one["slug"] for one in (editor.read("memory").json or {})["related"]]
    assert faults(editor.send("POST", "logic/revert", {"to": 1}))["to"]
    assert editor.send("POST", "logic/revert", {"to": "1"}).status_code == 422
    assert "the last is" in faults(editor.send("POST", "logic/revert", {"to": 99_999}))["to"]
    assert check(store).findings == []


def test_an_editors_revert_makes_no_review(editor: Curator, store: Store) -> None:
    rei = Curator(editor.client, store.tokens.create("rei", "reviewer"))
    assert rei.send("POST", "logic/editions/en/status", {"status": "reviewed"}).status_code == 200
    head = store.head().seq
    editor.send("PATCH", "logic", {"definition": {"en": "Worse."}})
    assert (editor.send("POST", "logic/revert", {"to": head}).json or {})["languages"]["en"]["status"] == "draft"
    assert (rei.send("POST", "logic/revert", {"to": head}).json or {})["languages"]["en"]["status"] == "reviewed"


def test_the_changes_of_the_glossary(editor: Curator, store: Store) -> None:
    head = store.head().seq
    editor.make("quorum")
    editor.send("PATCH", "quorum", {"related": ["consensus"]})
    told = get(editor, f"/api/v1/changes?since={head}")
    assert [item["terms"] for item in told["items"]] == [["quorum"], ["consensus", "quorum"]]
    assert told["next"] is None
    seed = get(editor, "/api/v1/changes?limit=1&since=1")["items"][0]
    assert seed["removed"] is None and sorted(seed["terms"]) == sorted(FEW)
    added = editor.client.get(seed["links"]["added"].removeprefix("https://kg.example.org"))
    assert added.mimetype == "application/n-quads" and added.text.count("\n") > 1000
    page = editor.client.get("/api/v1/changes?limit=1")
    assert page.headers["Link"].startswith("<https://kg.example.org/api/v1/changes?since=1&limit=1>")
    assert editor.client.get("/changes/999/added.nq").status_code == 404


def test_the_feed_is_atom_with_cursors(editor: Curator) -> None:
    editor.send("PATCH", "logic?note=%3Cb%3E%26", {"notations": ["L"]})
    response = editor.client.get("/changes.atom")
    assert response.mimetype == "application/atom+xml"
    feed = fromstring(response.data)
    entries = feed.findall(f"{ATOM}entry")
    assert entries[0].findtext(f"{ATOM}title") == "3: <b>&" and entries[0].findtext(f"{ATOM}content") == "logic"
    assert entries[0].findtext(f"{ATOM}author/{ATOM}name") == "mika"
    older = fromstring(editor.client.get("/changes.atom?before=3").data)
    assert len(older.findall(f"{ATOM}entry")) == len(entries) - 1


def test_a_write_is_read_by_its_sequence(editor: Curator, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    seq = editor.send("PATCH", "logic", {"notations": ["L"]}).headers["KG-Seq"]
    assert (editor.read("logic", f"lang=en&minSeq={seq}").json or {})["notations"] == ["L"]
    monkeypatch.setattr("kgservice.api.sequence.WAIT", 0.05)
    for path in (f"{TERMS}/logic?", "/terms/logic?", "/sparql?query=ASK%7B%7D&", "/api/v1/changes?"):
        late = editor.client.get(f"{path}minSeq={store.head().seq + 1}")
        assert late.status_code == 503 and late.headers["Retry-After"] == "1", path
    assert editor.read("logic", "lang=en&minSeq=x").status_code == 422
