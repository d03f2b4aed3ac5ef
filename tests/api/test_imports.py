"""Files over HTTP: imports with their reports, exports, and what is refused."""

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from kgservice.store.checking import check
from kgservice.store.store import Store
from tests.api.test_writes import Curator, faults
from tests.conftest import shared


@pytest.fixture(scope="session")
def seed_dir(few_dir: Path) -> Path:
    return few_dir


@pytest.fixture
def editor(store: Store, client_of: Callable[[Store], FlaskClient]) -> Curator:
    return Curator(client_of(store), store.tokens.create("mika", "editor"))


def post(editor: Curator, body: bytes, query: str = "", **headers: str) -> TestResponse:
    sent = {**editor.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
    return editor.client.post(f"/api/v1/imports?{query}", data=body, headers=sent)


def test_a_round_of_csv_over_http(editor: Curator, store: Store) -> None:
    exported = editor.client.get("/api/v1/export?format=csv")
    assert exported.mimetype == "text/csv" and exported.headers["KG-Seq"] == str(store.head().seq)
    nothing = post(editor, exported.data, Content_Type="text/csv")
    assert nothing.status_code == 200 and (nothing.json or {})["seq"] is None
    rows = list(csv.reader(io.StringIO(exported.data.decode("utf-8-sig"), newline="")))
    rows[1][rows[0].index("example@en")] = "Another example."
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerows(rows)
    head = store.head().seq
    dry = post(editor, buffer.getvalue().encode(), "dryRun=true", Content_Type="text/csv").json or {}
    assert dry["updated"] == [rows[1][0]] and dry["dryRun"] and store.head().seq == head
    done = post(editor, buffer.getvalue().encode(), "note=spring%20round", Content_Type="text/csv")
    assert (done.json or {})["seq"] == store.head().seq == head + 1 and done.headers["KG-Seq"] == str(head + 1)
    last = editor.client.get(f"/api/v1/terms/{rows[1][0]}/history").get_json()["items"][0]
    assert (last["editor"], last["note"]) == ("mika", "spring round")
    assert last["summary"] == ["example in en changed"]
    assert check(store).findings == []
    assert not list(store.data_dir.glob("incoming-*"))


def test_glosario_over_http_reports_the_malformed_record(editor: Curator) -> None:
    records = shared("glosario/glossary.yml").read_text("utf-8").split("\n- slug:")[:61]
    report = post(editor, "\n- slug:".join(records).encode(), "format=glosario").json or {}
    assert len(report["created"]) + len(report["updated"]) > 50
    assert any("browser_cache" in told or "'def'" in told for told in (one["message"] for one in report["problems"]))


def test_what_cannot_be_imported_is_told(editor: Curator, store: Store) -> None:
    head = store.head().seq
    assert "line 1" in faults(post(editor, b"this is no turtle", "format=ttl"))["body"]
    assert faults(post(editor, b"slug\n", "", Content_Type="image/png"))["format"]
    circle = b"from,to,kind\nlogic,networking,prerequisite\n"
    assert "circle" in str(post(editor, circle, "format=csv").json)
    assert post(editor, b"slug", "format=csv&colour=red").status_code == 422
    assert store.head().seq == head


_LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a "'
    + b"ha" * 100
    + b'"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><rdf:RDF xmlns:rdf="x">&b;</rdf:RDF>'
)


@pytest.mark.parametrize(
    ("body", "query", "status"),
    [
        (_LAUGHS, "format=rdf", 422),
        (b"[" * 100_000, "format=jsonld", 422),
        (b'{"a":' * 50_000, "format=jsonld", 422),
        (b"- " * 100_000, "format=glosario", 422),
        (b"[" * 100_000, "format=glosario", 422),
        (b"slug,definition@en\na," + b"x" * 3_000_000, "format=csv", 422),
        (b'{"@context": "http://127.0.0.1:9/c", "@id": "a:b", "x": 1}', "format=jsonld", 422),
        (b"slug,prefLabel@en\na,\x00b\n", "format=csv", None),
        (b"slug,prefLabel@en\nbad,a\xe2\x80\xaeb\n", "format=csv", None),
    ],
)
def test_bombs_are_refused(editor: Curator, body: bytes, query: str, status: int | None) -> None:
    response = post(editor, body, query)
    told: dict[str, Any] = response.json or {}
    if status is None:
        assert response.status_code == 422 or (told["created"] == [] and told["problems"]), told
    else:
        assert response.status_code == status and told["errors"][0]["message"], told


def test_compressed_and_oversized_files_are_refused_unread(editor: Curator) -> None:
    assert post(editor, b"\x1f\x8b", "format=csv", Content_Encoding="gzip").status_code == 415
    assert post(editor, b"x" * 33 * 1024 * 1024, "format=csv").status_code == 413


def test_a_form_is_told_to_send_the_file_itself(editor: Curator) -> None:
    form = editor.client.post(
        "/api/v1/imports?format=csv", data={"file": (io.BytesIO(b"slug\n"), "a.csv")}, headers=editor.headers
    )
    assert form.status_code == 415 and "--data-binary @FILE" in (form.json or {})["detail"]


@pytest.mark.parametrize("format", ["ttl", "jsonld", "nt", "rdf", "json", "csv", "csv-edges", "skos"])
def test_every_export(editor: Curator, format: str) -> None:
    response = editor.client.get(f"/api/v1/export?format={format}")
    assert response.status_code == 200 and response.data
    assert "attachment" in response.headers["Content-Disposition"]
