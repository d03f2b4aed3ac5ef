"""The reference of the API: `/openapi.json`, and `/docs`, which shows it to people."""

import hashlib
import json
from functools import cache

from apispec import APISpec
from flask import Response, current_app, render_template, request

from kgservice.api.context import public_url
from kgservice.api.forms import Blueprint
from kgservice.api.openapi import answers, content, data, document

blueprint = Blueprint("reference", __name__, description="This reference")

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self' {}; base-uri 'none'; frame-ancestors 'none'"
)
"""The renderer styles what it makes by elements of its own, and tries requests at the public address."""


@blueprint.get("/openapi.json")
@answers(
    "getOpenapi",
    data({"type": "object"}),
    kept=False,
    headers=("Cache-Control",),
    responses={"304": {"description": "The client has this document."}},
)
def get_openapi() -> Response:
    """This API, described in OpenAPI 3.1."""
    body = _written(current_app.extensions["flask-smorest"]["apis"][""]["ext_obj"].spec, public_url(""))
    response = Response(body, content_type="application/json")
    response.set_etag(hashlib.blake2b(body, digest_size=8).hexdigest())
    response.headers["Cache-Control"] = "public, max-age=3600"
    response.make_conditional(request)
    return response


@cache
def _written(spec: APISpec, address: str) -> bytes:
    return json.dumps(document(spec, address), ensure_ascii=False, separators=(",", ":")).encode()


@blueprint.get("/docs")
@answers("getReference", content("text/html"), kept=False)
def get_reference() -> Response:
    """This API as a page for people, made from the OpenAPI document."""
    response = Response(render_template("reference.html"), mimetype="text/html")
    response.headers["Content-Security-Policy"] = _POLICY.format(public_url(""))
    response.headers["Cache-Control"] = "public, max-age=3600"
    return response
