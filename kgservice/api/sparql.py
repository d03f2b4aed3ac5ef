"""`/sparql`: the SPARQL 1.1 Protocol, for queries. The text is run in a process of its own, never here."""

from collections.abc import Mapping
from urllib.parse import parse_qs

from flask import Response, request
from flask_smorest import Blueprint
from werkzeug.exceptions import Forbidden, UnsupportedMediaType
from werkzeug.wsgi import get_input_stream

from kgservice.api.access import role
from kgservice.api.context import public_url, service
from kgservice.api.negotiation import best_media_type
from kgservice.api.openapi import Content, answers, content
from kgservice.config import QUERY_MAX_BYTES
from kgservice.errors import QueryRefused, TooLarge
from kgservice.model.roles import ANYONE
from kgservice.services.sparql import require_runnable
from kgservice.store.queries import NotAcceptable, Query

blueprint = Blueprint("SPARQL", __name__, description="SPARQL 1.1 queries over the glossary")

BODY_MAX = 4 * QUERY_MAX_BYTES
"""Bytes of a request body: a query and what form encoding adds."""

RESULTS = (
    ("application/sparql-results+json", "json"),
    ("application/json", "json"),
    ("application/sparql-results+xml", "xml"),
    ("application/xml", "xml"),
    ("text/xml", "xml"),
    ("text/csv", "csv"),
    ("text/tab-separated-values", "tsv"),
)
GRAPHS = (
    ("text/turtle", "ttl"),
    ("application/n-triples", "nt"),
    ("application/rdf+xml", "rdf"),
    ("application/ld+json", "jsonld"),
)

_GRAPH_NAMES = {
    "turtle": "ttl",
    "ntriples": "nt",
    "xml": "rdf",
    "rdf+xml": "rdf",
    "json": "jsonld",
    "json-ld": "jsonld",
}

_NO_UPDATES = "this endpoint answers queries only; the glossary is edited through the API under /api/v1"

Parameters = Mapping[str, list[str]]

_TEXT = {"type": "string", "minLength": 1, "maxLength": QUERY_MAX_BYTES}
_GRAPH_NAMES_ASKED = {"type": "array", "maxItems": 50, "items": {"type": "string", "format": "iri", "maxLength": 2000}}
_PARAMETERS = {
    "query": _TEXT,
    "default-graph-uri": _GRAPH_NAMES_ASKED,
    "named-graph-uri": _GRAPH_NAMES_ASKED,
    "format": {"type": "string", "maxLength": 100, "description": "json, xml, csv, tsv; ttl, nt, rdf, jsonld"},
}
_IN_ADDRESS = [
    {"in": "query", "name": name, "schema": shape, "required": name == "query"} for name, shape in _PARAMETERS.items()
]
_POSTED = {
    "application/x-www-form-urlencoded": {
        "schema": {"type": "object", "properties": _PARAMETERS, "required": ["query"]}
    },
    "application/sparql-query": {"schema": _TEXT},
}


def _answered() -> Content:
    """The media types of results and graphs."""
    shapes = {"application/sparql-results+json": {"type": "object"}, "application/json": {"type": "object"}}
    offers = dict.fromkeys(media for media, _ in (*RESULTS, *GRAPHS))
    return {key: value for media in offers for key, value in content(media, shapes.get(media)).items()}


_PROBLEMS = ("query-refused", "update-refused", "not-acceptable", "too-large", "query-timed-out")


@blueprint.get("/sparql")
@answers("query", _answered(), problems=_PROBLEMS, kept=False, headers=("KG-Seq",), parameters=_IN_ADDRESS)
def get_query() -> Response:
    """A query in the address."""
    return _answer(_decoded(request.query_string, "the address"))


@blueprint.post("/sparql")
@role(ANYONE)
@answers(
    "postQuery",
    _answered(),
    problems=(*_PROBLEMS, "unsupported-media-type"),
    kept=False,
    headers=("KG-Seq",),
    requestBody={"required": True, "content": _POSTED},
)
def post_query() -> Response:
    """A query as a form, or as the body itself with its dataset in the address."""
    return _answer(_posted())


def _posted() -> Parameters:
    address = _decoded(request.query_string, "the address")
    body = _body()
    if request.mimetype == "application/x-www-form-urlencoded":
        form = _decoded(body, "the form")
        names = {*address, *form}
        return {name: [*address.get(name, []), *form.get(name, [])] for name in names}
    if request.mimetype == "application/sparql-query":
        try:
            return {**address, "query": [*address.get("query", []), body.decode()]}
        except UnicodeDecodeError:
            raise QueryRefused("the query is not UTF-8") from None
    if request.mimetype == "application/sparql-update":
        raise Forbidden(_NO_UPDATES)
    raise UnsupportedMediaType("send a query as application/sparql-query or application/x-www-form-urlencoded")


def _body() -> bytes:
    """The whole body; `TooLarge` if there is more than the limit, however it is sent (werkzeug cuts a chunked one)."""
    if (request.content_length or 0) > BODY_MAX:
        raise TooLarge(f"the body has {request.content_length} bytes; {BODY_MAX} are allowed")
    body = get_input_stream(request.environ).read(BODY_MAX + 1)
    if len(body) > BODY_MAX:
        raise TooLarge(f"the body is longer than {BODY_MAX} bytes")
    return body


def _decoded(data: bytes, where: str) -> Parameters:
    try:
        return parse_qs(data.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=100)
    except ValueError:
        raise QueryRefused(f"{where} is not form-encoded UTF-8, or has too many parameters") from None


def _answer(parameters: Parameters) -> Response:
    if "update" in parameters:
        raise Forbidden(_NO_UPDATES)
    queries = parameters.get("query", [])
    if len(queries) != 1:
        raise QueryRefused(f"the request has {len(queries)} query parameters; one is needed, such as ?query=ASK{{}}")
    require_runnable(queries[0])
    accept = request.headers.get("Accept")
    results, graph = _wanted(parameters, accept)
    query = Query(
        text=queries[0],
        base=public_url("/sparql"),
        default_graphs=tuple(parameters.get("default-graph-uri", ())),
        named_graphs=tuple(parameters.get("named-graph-uri", ())),
        results=results[1] if results else None,
        graph=graph[1] if graph else None,
    )
    try:
        form, body, seq = service().queries.run(query)
    except NotAcceptable as error:
        raise NotAcceptable(_offers_told(str(error))) from None
    chosen = results if results and form == results[1] else graph
    response = Response(body, content_type=_content_type(chosen[0] if chosen else ""))
    response.headers["KG-Seq"] = str(seq)
    response.vary.add("Accept")
    return response


def _wanted(parameters: Parameters, accept: str | None) -> tuple[tuple[str, str] | None, tuple[str, str] | None]:
    """The media type and format for results and for graphs: as `format` says, else as `Accept` likes best."""
    asked = next(iter(parameters.get("format", [])), "").lower()
    results = next((offer for offer in RESULTS if offer[1] == asked), None)
    graph_asked = _GRAPH_NAMES.get(asked, asked)
    graph = next((offer for offer in GRAPHS if offer[1] == graph_asked), None)
    return results or best_media_type(accept, RESULTS), graph or best_media_type(accept, GRAPHS)


def _offers_told(kind: str) -> str:
    offers = {"results": RESULTS, "boolean": RESULTS[:5], "graph": GRAPHS}[kind]
    return f"this query's answer can be had as {', '.join(media for media, _ in offers)}"


def _content_type(media_type: str) -> str:
    return f"{media_type}; charset=utf-8" if media_type.startswith("text/") else media_type
