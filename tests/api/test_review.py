"""Review and translation: statuses, who may set them, staleness and coverage."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from kgservice.store.store import Store
from tests.api.test_writes import TERMS, Curator, faults
from tests.conftest import FEW


@pytest.fixture(scope="session")
def seed_dir(few_dir: Path) -> Path:
    return few_dir


@pytest.fixture
def editor(store: Store, client_of: Callable[[Store], FlaskClient]) -> Curator:
    return Curator(client_of(store), store.tokens.create("mika", "editor"))


@pytest.fixture
def reviewer(store: Store, editor: Curator) -> Curator:
    return Curator(editor.client, store.tokens.create("rei", "reviewer"))


def state(response: TestResponse, lang: str) -> dict[str, Any]:
    assert response.status_code in (200, 201), response.json
    found: dict[str, Any] = (response.json or {})["languages"][lang]
    return found


def test_from_draft_to_reviewed_and_back(editor: Curator, reviewer: Curator) -> None:
    editor.make("quorum", definition={"en": "Votes.", "ja": "票"})
    path = "quorum/editions/ja/status"
    assert state(editor.send("POST", path, {"status": "machine-translated"}), "ja")["status"] == "machine-translated"
    assert "human-translated" in faults(reviewer.send("POST", path, {"status": "reviewed"}))["status"]
    assert state(editor.send("POST", path, {"status": "human-translated"}), "ja")["status"] == "human-translated"
    assert editor.send("POST", path, {"status": "reviewed"}).status_code == 403
    assert state(reviewer.send("POST", path, {"status": "reviewed"}), "ja")["status"] == "reviewed"
    last = editor.client.get(f"{TERMS}/quorum/history").get_json()["items"][0]
    assert (last["editor"], last["summary"]) == ("rei", ["edition ja: human-translated → reviewed"])
    edited = editor.send("PATCH", "quorum", {"definition": {"ja": "十分な票"}})
    assert (state(edited, "ja")["status"], state(edited, "en")["status"]) == ("draft", "draft")
    assert faults(editor.send("POST", "quorum/editions/de/status", {"status": "draft"}))["lang"]
    assert faults(editor.send("POST", "quorum/editions/ja/status", {"status": "great"}))["status"]
    assert editor.send("POST", "quorum/editions/n0t@tag/status", {"status": "draft"}).status_code == 422


def test_a_translation_goes_stale_and_is_mended(editor: Curator) -> None:
    editor.make("quorum", definition={"en": "Votes.", "ja": "票"})
    edited = editor.send("PATCH", "quorum", {"definition": {"en": "Enough votes."}})
    assert state(edited, "ja")["stale"] == ["definition"]
    told = editor.client.get("/api/v1/coverage?lang=ja").get_json()
    assert told["fields"]["definition"]["stale"] == 1
    assert [one["slug"] for one in told["items"] if one["stale"]] == ["quorum"]
    mended = editor.send("PATCH", "quorum", {"definition": {"ja": "十分な票"}})
    assert state(mended, "ja")["stale"] == []


def test_reading_only_what_is_reviewed(editor: Curator, reviewer: Curator) -> None:
    editor.make("quorum", definition={"en": "Votes.", "ja": "票"})
    assert editor.read("quorum", "lang=ja&status=reviewed").status_code == 404
    reviewer.send("POST", "quorum/editions/en/status", {"status": "reviewed"})
    shown = editor.read("quorum", "lang=ja&status=reviewed").json or {}
    assert (shown["definition"]["lang"], shown["definition"]["fallback"]) == ("en", True)
    listed = editor.client.get(f"{TERMS}?status=reviewed&lang=en").get_json()["items"]
    assert [item["slug"] for item in listed] == ["quorum"]


def test_coverage_counts_and_orders_by_need(editor: Curator) -> None:
    told = editor.client.get("/api/v1/coverage?lang=it&limit=200").get_json()
    assert told["fields"]["prefLabel"] == {"present": 0, "missing": len(FEW), "stale": 0}
    needs = [one["neededBy"] for one in told["items"]]
    assert sorted(one["slug"] for one in told["items"]) == sorted(FEW)
    assert needs == sorted(needs, reverse=True) and needs[0] > needs[-1]
    assert "quiz" in told["items"][0]["missing"]
    first = editor.client.get("/api/v1/coverage?lang=it&limit=5").get_json()
    rest = editor.client.get(f"/api/v1/coverage?lang=it&limit=200&after={first['next']}").get_json()
    assert [*first["items"], *rest["items"]] == told["items"]
    assert editor.client.get("/api/v1/coverage?lang=en").get_json()["items"] == []
    assert editor.client.get("/api/v1/coverage?lang=de,en").status_code == 422


def test_a_term_is_needed_by_the_terms_in_use_that_require_it(editor: Curator) -> None:
    def needed() -> dict[str, int]:
        told = editor.client.get("/api/v1/coverage?lang=it&limit=200").get_json()
        return {one["slug"]: one["neededBy"] for one in told["items"]}

    before = needed()
    assert editor.make("quorum", related=["cache"], prerequisites=["logic"]).status_code == 201
    assert needed() == before | {"quorum": 0, "logic": before["logic"] + 1}
    assert editor.send("DELETE", "quorum").status_code == 200
    assert needed() == before
