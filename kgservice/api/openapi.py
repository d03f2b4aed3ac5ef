"""The OpenAPI document: what each route answers, told where the route is, in components that all routes share.

A view says `@answers("getTerm", data(either("Term", "MultilingualTerm"), "term"), problems=("not-found",))`; its
parameters come from the schema that it reads them with. `document` puts it all together.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any, TypeVar

from apispec import APISpec
from flask_smorest import Blueprint

from kgservice import __version__
from kgservice.api.problems import TYPES
from kgservice.api.schemas import Schema, components, ref

View = TypeVar("View", bound=Callable[..., Any])
Content = dict[str, Schema]

EXAMPLES = Path(__file__).parent / "openapi_examples.json"
"""Requests and their answers over the seed glossary, by name; `python -m tests.api.test_openapi` renews them."""

ALWAYS = ("internal-error", "unavailable")
"""Problems that any route can have."""

API = ("not-acceptable", "invalid")
"""Problems that any reading route under `/api/v1` can have."""


def data(schema: Schema, example: str = "") -> Content:
    """An answer in JSON."""
    return content("application/json", schema, example)


def content(media_type: str, schema: Schema | None = None, example: str = "") -> Content:
    """An answer of a media type; text where no schema is given."""
    shape: Schema = {"schema": schema or {"type": "string"}}
    if example:
        shape["examples"] = {"seed": {"$ref": f"#/components/examples/{example}"}}
    return {media_type: shape}


def answers(
    name: str,
    *contents: Content,
    problems: Sequence[str] = (),
    kept: bool = True,
    headers: Sequence[str] = (),
    responses: Mapping[str, Any] | None = None,
    **more: Any,
) -> Callable[[View], View]:
    """Describe a view: the name of its operation, what it answers, and the problems beside those of `ALWAYS`.

    `kept` answers have an ETag, and are 304 for a client that has them. `responses` stand beside or before these;
    `more` goes into the operation as it stands.
    """
    listed = [*headers, *(("ETag", "Cache-Control") if kept else ())]
    told = {one: {"$ref": f"#/components/headers/{one}"} for one in listed}
    described: dict[str, Any] = {
        "200": {
            "description": "What was asked for.",
            "content": {media: shape for one in contents for media, shape in one.items()},
            "headers": told,
        }
    }
    if kept:
        described["304"] = {"$ref": "#/components/responses/NotModified"}
    page = any("text/html" in one for one in contents)
    described |= {**_problems((*problems, *ALWAYS), page=page), **(responses or {})}
    doc: Callable[[View], View] = Blueprint.doc(operationId=name, responses=described, **more)
    return doc


WRITE = (
    *("unauthenticated", "forbidden", "malformed", "unsupported-media-type", "too-large", "storage-full"),
    *("invalid", "not-acceptable"),
)
"""Problems that any write can have."""

EDIT = ("not-found", "gone", "precondition-required", "precondition-failed", *WRITE)
"""Problems that any write to a term can have."""


def edits(
    name: str, about: str, *, body: Content | None = None, statuses: Mapping[str, str] | None = None
) -> Callable[[View], View]:
    """Describe a view that edits a term: its body, and what it answers with the term as it is then."""
    told = {one: {"$ref": f"#/components/headers/{one}"} for one in ("ETag", "KG-Seq", "Cache-Control")}
    answer = {"content": data(ref("MultilingualTerm")), "headers": told}
    described = {
        status: {"description": text, **(answer if status != "204" else {"headers": {"KG-Seq": told["KG-Seq"]}})}
        for status, text in (statuses or {"200": about}).items()
    }
    more: dict[str, Any] = {"requestBody": {"required": True, "content": body}} if body else {}
    doc: Callable[[View], View] = Blueprint.doc(
        operationId=name,
        responses=described | _problems((*EDIT, *ALWAYS)),
        **more,
    )
    return doc


def redirects(name: str, status: int, problems: Sequence[str], **more: Any) -> Callable[[View], View]:
    """Describe a view that leads elsewhere."""
    there = {str(status): {"description": "It is there.", "headers": {"Location": _URI_HEADER}}}
    doc: Callable[[View], View] = Blueprint.doc(
        operationId=name, responses=there | _problems((*problems, *ALWAYS)), **more
    )
    return doc


def _problems(names: Sequence[str], *, page: bool = False) -> dict[str, Any]:
    """References to the answers of problems, by status; of a page, browsers get them as pages."""
    told = {str(status): HTTPStatus(status).name for status in sorted({TYPES[name].status for name in names})}
    return {one: {"$ref": f"#/components/responses/{name}{'_PAGE' if page else ''}"} for one, name in told.items()}


_URI_HEADER = {"schema": {"type": "string", "format": "uri-reference"}, "required": True}

_HEADERS = {
    "ETag": {
        "description": "`r` and the term's revision, then what else the answer shows. Send it in `If-None-Match`.",
        "schema": {"type": "string", "pattern": r'^(W/)?"r\d+(\.[0-9a-z]+)+"$'},
        "required": True,
    },
    "Cache-Control": {"schema": {"type": "string"}, "required": True},
    "Content-Language": {"description": "The languages of the texts.", "schema": {"type": "string"}},
    "Link": {"description": 'The next page, with rel="next"; or other forms.', "schema": {"type": "string"}},
    "Retry-After": {"description": "Seconds.", "schema": {"type": "integer", "minimum": 0}},
    "KG-Seq": {
        "description": "The sequence that the answer is of.",
        "schema": {"type": "integer", "minimum": 0},
        "required": True,
    },
}

_PRECONDITIONS: Sequence[Schema] = (
    {
        "in": "header",
        "name": "If-Match",
        "description": "The ETag that the edit was made from: any of the revision, weak ones too; or `*`.",
        "schema": {"type": "string", "maxLength": 1000},
    },
    {
        "in": "header",
        "name": "If-None-Match",
        "description": "`*`: there must be no such term yet.",
        "schema": {"type": "string", "enum": ["*"]},
    },
)

_TOKEN = {"type": "http", "scheme": "bearer", "description": "`kgservice token create` makes one; `x-role` is needed."}

_NOT_MODIFIED = {
    "description": "The client has this answer.",
    "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in ("ETag", "Cache-Control")},
}


def _problem_responses() -> Mapping[str, Any]:
    """What a problem of each status looks like: several types can share one."""
    by_status: dict[int, list[str]] = {}
    for name, kind in TYPES.items():
        by_status.setdefault(kind.status, []).append(name)
    return {
        HTTPStatus(status).name + suffix: _problem_response(names, page=bool(suffix))
        for status, names in by_status.items()
        for suffix in ("", "_PAGE")
    }


def _problem_response(names: Sequence[str], *, page: bool) -> Schema:
    examples = {name: {"value": _problem_example(name)} for name in names}
    media: Schema = {
        "application/problem+json": {"schema": ref("Problem"), "examples": examples},
        **(content("text/html") if page else {}),
    }
    told = " ".join(f"*{TYPES[name].title}*: {TYPES[name].about}" for name in names)
    response: Schema = {"description": told, "content": media}
    if any(name in ("unavailable", "query-timed-out", "over-budget") for name in names):
        response["headers"] = {"Retry-After": {"$ref": "#/components/headers/Retry-After"}}
    return response


def _problem_example(name: str) -> Schema:
    kind = TYPES[name]
    more: Schema = {}
    if name == "invalid":
        more = {"errors": [{"field": "limit", "message": "900 is not from 1 to 200"}]}
    if name == "internal-error":
        more = {"requestId": "5f0c2a9be417"}
    told = {"type": f"https://kg.example.org/docs/problems/{name}", "title": kind.title, "status": kind.status}
    return {**told, "detail": kind.about, **more}


_ABOUT = """Terms of a glossary, in many languages, with what to know before each of them.

* **Languages.** Ask by `lang`, a list with the best first, or by `Accept-Language`. What a language lacks is shown in
  another, field by field, and each text says which language it is in and whether that is a fallback.
* **Lists** come in pages: `next` (and the `Link` header) lead on.
* **Errors** are RFC 9457 problems. A request with several faults is told all of them.
* **Caching.** Answers have an `ETag`; with `If-None-Match` they cost next to nothing.
* **Writing** needs a token with a role, and a precondition: what the write was made from.
* Reading needs no key and is open to pages of any origin. HEAD works wherever GET does.
"""


def document(spec: APISpec, public_url: str) -> Schema:
    """The whole document, as this service's clients see it."""
    told: Schema = spec.to_dict()
    for operation in (one for path in told["paths"].values() for one in path.values() if isinstance(one, dict)):
        if "summary" in operation:
            operation["summary"] = operation["summary"].replace("`", "")  # plain text, unlike a description
        if "428" in operation["responses"]:
            operation["parameters"] = [*operation.get("parameters", ()), *_PRECONDITIONS]
    shown = {name: {"summary": one["request"], "value": one["answer"]} for name, one in examples().items()}
    told["info"] = {
        "title": "kgservice",
        "version": __version__,
        "description": _ABOUT,
        "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
    }
    told["servers"] = [{"url": public_url}]
    told["components"] = {
        "schemas": components(),
        "responses": {"NotModified": _NOT_MODIFIED, **_problem_responses()},
        "headers": _HEADERS,
        "securitySchemes": {"token": _TOKEN},
        "examples": shown,
    }
    return told


@cache
def examples() -> dict[str, Any]:
    """The requests of `EXAMPLES` and their answers."""
    read: dict[str, Any] = json.loads(EXAMPLES.read_text("utf-8"))
    return read
