"""A client generated from the OpenAPI document by a well-kept generator fetches a term."""

import importlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from flask import Flask


@pytest.fixture(scope="module")
def generated(app: Flask, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The package that openapi-python-client makes."""
    folder = tmp_path_factory.mktemp("generated")
    (folder / "openapi.json").write_bytes(app.test_client().get("/openapi.json").data)
    scripts = Path(sys.executable).parent
    subprocess.run(
        [
            *(scripts / "openapi-python-client", "generate", "--path", folder / "openapi.json"),
            *("--output-path", folder / "glossary_client", "--meta", "none"),
        ],
        env={**os.environ, "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}"},  # it runs ruff on what it makes
        check=True,
        capture_output=True,
        timeout=100,
    )
    sys.path.insert(0, str(folder))
    yield importlib.import_module("glossary_client")
    sys.path.remove(str(folder))


def test_it_fetches_a_term_in_japanese(app: Flask, generated: Any) -> None:
    client = generated.Client("http://glossary.example", httpx_args={"transport": httpx.WSGITransport(app=app)})
    get_term = importlib.import_module("glossary_client.api.terms.get_term")
    term = get_term.sync("logic", client=client, lang="ja")
    assert (term.slug, term.pref_label.value, term.pref_label.lang) == ("logic", "論理", "ja")
    assert [one.slug for one in term.required_by] and all(question.choices for question in term.quiz)


def test_it_is_told_what_is_wrong(app: Flask, generated: Any) -> None:
    client = generated.Client("http://glossary.example", httpx_args={"transport": httpx.WSGITransport(app=app)})
    list_terms = importlib.import_module("glossary_client.api.terms.list_terms")
    problem = list_terms.sync_detailed(client=client, limit=900)
    assert problem.status_code == 422 and problem.parsed.errors[0].field == "limit"
