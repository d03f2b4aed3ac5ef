"""The OpenAPI document: valid, complete, and true. `python -m tests.api.test_openapi` renews its examples."""

import json
import re
import tempfile
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from kgservice.api.openapi import EXAMPLES, examples
from tests.conftest import PUBLIC, _app

REQUESTS = {
    "terms": "/api/v1/terms?lang=ja&limit=2",
    "term": "/api/v1/terms/logic?lang=ja",
    "neighbourhood": "/api/v1/terms/networking/neighbourhood",
    "topics": "/api/v1/topics",
    "languages": "/api/v1/languages",
    "search": "/api/v1/search?q=memory&lang=en&limit=2",
    "suggest": "/api/v1/suggest?q=ネット&lang=en",
    "path": "/api/v1/paths?to=model-serving&known=logic&lang=ja",
    "next": "/api/v1/next?known=logic&lang=ja",
    "pathMermaid": "/paths/model-serving/diagram.mmd?labels=slug&links=relative",
    "coverage": "/api/v1/coverage?lang=de&limit=2",
    "mermaid": "/terms/networking/diagram.mmd?labels=slug&links=relative",
}
"""The examples that are shown, over the seed glossary."""


@pytest.fixture(scope="module")
def document(app: Flask) -> dict[str, Any]:
    """The document as a client gets it."""
    told: dict[str, Any] = app.test_client().get("/openapi.json").get_json()
    return told


def _operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (path, method, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if method in ("get", "post", "put", "patch", "delete")
    ]


def test_it_is_valid(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    validate(document)


def test_it_has_every_route(app: Flask, document: dict[str, Any]) -> None:
    rules = {
        (re.sub(r"<(?:[^<>]+:)?(\w+)>", r"{\1}", rule.rule), method.lower())
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or ())
        if rule.endpoint != "pages.static" and method not in ("HEAD", "OPTIONS")
    }
    assert {(path, method) for path, method, _ in _operations(document)} == rules


def test_every_operation_has_a_name_and_a_summary_and_tells_its_faults(document: dict[str, Any]) -> None:
    names = [operation["operationId"] for _, _, operation in _operations(document)]
    assert len(set(names)) == len(names)
    for path, method, operation in _operations(document):
        where = f"{method} {path}"
        assert operation["summary"].endswith("."), where
        assert {"500", "503"} <= operation["responses"].keys() and "default" not in operation["responses"], where
        if "{" in path:
            assert "404" in operation["responses"], where
        if operation.get("parameters"):
            assert "{" in path or operation["responses"].keys() & {"422", "400"}, where
        ok = [one for status, one in operation["responses"].items() if status.startswith(("2", "3"))]
        assert ok, where


def test_every_parameter_is_bounded_and_tells_its_type_and_what_it_is(document: dict[str, Any]) -> None:
    for path, methods in document["paths"].items():
        parameters = [*methods.get("parameters", []), *(p for _, o in _verbs(methods) for p in o.get("parameters", []))]
        for one in parameters:
            assert one["description"].endswith(".") and one["schema"]["type"], f"{path} {one['name']}"
            _require_bounds(one["schema"], f"{path} {one['name']}")


def _verbs(methods: dict[str, Any]) -> list[tuple[str, Any]]:
    return [(key, value) for key, value in methods.items() if key != "parameters"]


def _require_bounds(schema: dict[str, Any], where: str) -> None:
    if "enum" in schema or schema["type"] == "boolean":
        return
    if schema["type"] == "array":
        assert "maxItems" in schema, where
        _require_bounds(schema["items"], where)
    elif schema["type"] == "integer":
        assert {"minimum", "maximum"} <= schema.keys(), where
    else:
        assert "maxLength" in schema, where


def _resolved(document: dict[str, Any], value: Any) -> Any:
    while isinstance(value, dict) and "$ref" in value:
        found: Any = document
        for part in value["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        value = found
    return value


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    def walk(value: Any) -> None:
        if isinstance(value, dict):
            if isinstance(value.get("$ref"), str):
                _resolved(document, value)
            for one in value.values():
                walk(one)
        elif isinstance(value, list):
            for one in value:
                walk(one)

    walk(document)


def test_examples_are_answers_of_the_seed_glossary_and_fit_their_schemas(
    client: FlaskClient, document: dict[str, Any]
) -> None:
    assert examples() == _answers(client), "renew them: python -m tests.api.test_openapi"
    shown = 0
    for path, _, operation in _operations(document):
        for media in operation["responses"].get("200", {}).get("content", {}).values():
            for one in media.get("examples", {}).values():
                example = _resolved(document, one)
                schema = {**media["schema"], "components": document["components"]}
                errors = list(Draft202012Validator(schema).iter_errors(example["value"]))
                assert not errors, f"{path}: {errors[0].message[:300]}"
                shown += 1
    assert shown >= len(REQUESTS)


@pytest.mark.parametrize("path", ["/api/v1/terms/logic", "/api/v1/terms/logic?lang=*", "/api/v1/terms?lang=*&fields=*"])
def test_every_key_of_a_whole_term_is_described(client: FlaskClient, document: dict[str, Any], path: str) -> None:
    answer = client.get(path).get_json()
    name = "Term" if "*" not in path else "MultilingualTerm"
    for term in answer.get("items", [answer]):
        assert term.keys() == document["components"]["schemas"][name]["properties"].keys()


def test_the_document_names_the_public_address_and_is_cached(client: FlaskClient) -> None:
    first = client.get("/openapi.json", headers={"Host": "evil.example"})
    assert first.get_json()["servers"] == [{"url": PUBLIC}] and b"evil" not in first.data
    assert client.get("/openapi.json", headers={"If-None-Match": first.headers["ETag"]}).status_code == 304


def _answers(client: FlaskClient) -> dict[str, Any]:
    made = {}
    for name, request in REQUESTS.items():
        response = client.get(request)
        answer: Any = response.get_json() if response.is_json else response.text
        if name == "term":  # the seed is dated by the moment it was loaded
            answer |= {"created": "2026-11-23T08:00:00Z", "modified": "2026-11-23T08:00:00Z"}
        made[name] = {"request": f"GET {request}", "answer": answer}
    return made


def _renew() -> None:
    from kgservice.services.glossaries import make_glossary
    from tests.conftest import BASE

    with tempfile.TemporaryDirectory() as folder:
        make_glossary(Path(folder) / "data", base=BASE)
        app = _app(Path(folder) / "data")
        text = json.dumps(_answers(app.test_client()), ensure_ascii=False, indent=1)
        app.extensions["kgservice"].queries.close()
    EXAMPLES.write_text(text + "\n", "utf-8")


if __name__ == "__main__":
    _renew()
