"""Whether the service lives, and whether it is ready to be used."""

from flask import Response, jsonify

from kgservice.api.context import service
from kgservice.api.forms import Blueprint
from kgservice.api.openapi import answers, data
from kgservice.api.schemas import ref

blueprint = Blueprint("health", __name__, url_prefix="/health", description="Whether the service lives and is ready")


@blueprint.get("/live")
@answers("getLive", data(ref("Live")), kept=False)
def get_live() -> Response:
    """200 as long as the process answers."""
    return jsonify({"status": "live"})


@blueprint.get("/ready")
@answers(
    "getReady",
    data(ref("Ready")),
    kept=False,
    responses={"503": {"description": "It starts.", "content": data(ref("Ready"))}},
)
def get_ready() -> Response:
    """200 once the glossary is there and it is settled whether SPARQL is on; 503 before."""
    parts = service()
    head = parts.store.head()
    settled = parts.queries.ready()
    sparql = {"status": "off", "reason": parts.queries.off} if parts.queries.off else {"status": "on"}
    body = {
        "status": "ready" if settled else "starting",
        "seq": head.seq,
        "sparql": sparql if settled else {"status": "starting"},
    }
    response = jsonify(body)
    response.headers["Cache-Control"] = "no-store"
    if not settled:
        response.status_code = 503
        response.headers["Retry-After"] = "1"
    return response
