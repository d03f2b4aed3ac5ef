"""`/sparql`: the SPARQL 1.1 Protocol, for queries. The text is run in a process of its own, never here."""

import re
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from typing import IO
from urllib.parse import parse_qs

from flask import Response, request
from werkzeug.exceptions import RequestURITooLarge, UnsupportedMediaType
from werkzeug.wsgi import get_input_stream

from kgservice.api.access import role
from kgservice.api.clients import client
from kgservice.api.context import public_url, service
from kgservice.api.forms import Blueprint
from kgservice.api.negotiation import best_media_type
from kgservice.api.openapi import Content, answers, content
from kgservice.api.parameters import SEQ_MAX
from kgservice.api.query_page import query_page
from kgservice.api.ready import ALWAYS_ASK, answer
from kgservice.api.schemas import Schema
from kgservice.errors import (
    Fault,
    Invalid,
    KgError,
    OverBudget,
    QueryRefused,
    QueryTimedOut,
    TooLarge,
    Unavailable,
    UpdateRefused,
)
from kgservice.model.limits import LIMITS, READER, Client
from kgservice.model.roles import ANYONE
from kgservice.rdf.writing import WRITERS
from kgservice.services.service_description import service_triples
from kgservice.services.sparql import NO_UPDATES, scan
from kgservice.store.queries import QUERIES, Query
from kgservice.store.refusals import NotAcceptable
from kgservice.store.results import PIECE

blueprint = Blueprint("SPARQL", __name__, description="SPARQL 1.1 queries over the glossary")

ENCODING = 4
"""How many times as long as its query a request body may be: form encoding takes three bytes for one."""

ADDRESS_MAX = 32 * 1024
"""Bytes of the parameters in an address; longer queries are posted."""

FIELDS_MAX = 100
"""Parameters of a request."""

SENDING_SECONDS = 120
"""Seconds that a client has for taking a large result; it holds a place of those that may run queries."""

Offer = tuple[str, str]
"""A media type, and the format of it that the engine writes."""

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

_FORMAT_PARAMETERS = ("format", "output", "results")
"""Parameters by which clients name a format; some send all three."""

_GRAPH_NAMES = {
    "turtle": "ttl",
    "ntriples": "nt",
    "xml": "rdf",
    "rdf+xml": "rdf",
    "json": "jsonld",
    "json-ld": "jsonld",
}

_OUTCOMES: dict[type[KgError], str] = {
    QueryTimedOut: "timed-out",
    OverBudget: "over-budget",
    Unavailable: "unavailable",
    TooLarge: "too-large",
}
"""How queries that fail are counted; others are refused."""

Parameters = Mapping[str, list[str]]

_TEXT = {"type": "string", "minLength": 1, "maxLength": LIMITS[READER].query_bytes}
_GRAPH_NAMES_ASKED = {
    "type": "array",
    "maxItems": FIELDS_MAX,
    "items": {"type": "string", "format": "iri", "maxLength": ADDRESS_MAX},
}
_PARAMETERS: dict[str, Schema] = {
    "query": {**_TEXT, "description": "SPARQL 1.1. Its length is limited in bytes."},
    "default-graph-uri": {**_GRAPH_NAMES_ASKED, "description": "Goes before FROM."},
    "named-graph-uri": {**_GRAPH_NAMES_ASKED, "description": "Goes before FROM NAMED."},
    "format": {
        "type": "string",
        "maxLength": ADDRESS_MAX,
        "description": "Goes before `Accept`: json, xml, csv, tsv; ttl, nt, rdf, jsonld. Others are passed over.",
    },
}
_IN_ADDRESS = [
    {
        "in": "query",
        "name": name,
        "description": shape["description"],
        "schema": {**shape, "maxLength": ADDRESS_MAX} if name == "query" else shape,
    }
    for name, shape in _PARAMETERS.items()
]
_IN_ADDRESS.append(
    {
        "in": "query",
        "name": "minSeq",
        "description": "A change (`KG-Seq`) that the answer has to show: it is waited for, or 503.",
        "schema": {"type": "integer", "minimum": 0, "maximum": SEQ_MAX},
    }
)
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


_PROBLEMS = (
    "query-refused",
    "invalid",
    "unauthenticated",
    "update-refused",
    "not-acceptable",
    "too-large",
    "result-too-large",
    "address-too-long",
    "over-budget",
    "query-timed-out",
)


@blueprint.get("/sparql")
@answers(
    "query",
    _answered(),
    content("text/html"),
    problems=_PROBLEMS,
    kept=False,
    headers=("Cache-Control",),
    responses={"304": {"$ref": "#/components/responses/NotModified"}},
    parameters=_IN_ADDRESS,
)
def get_query() -> Response:
    """A query in the address; without one, what this endpoint is and can do, as a page or in RDF."""
    parameters = _address()
    if _page_is_wanted(parameters):
        return query_page(next(iter(parameters.get("query", ())), ""))
    if not {"query", "update"} & parameters.keys():
        return _description()
    return _answer(parameters)


def _page_is_wanted(parameters: Parameters) -> bool:
    """Whether a person asks: a browser likes HTML best, programs that run queries do not know it."""
    if any(name in parameters for name in ("update", *_FORMAT_PARAMETERS)) or len(parameters.get("query", ())) > 1:
        return False
    best = best_media_type(request.headers.get("Accept"), (*RESULTS, *GRAPHS, ("text/html", "html")))
    return best is not None and best[1] == "html"


def _description() -> Response:
    """What this endpoint is and can do, in RDF."""
    best = best_media_type(request.headers.get("Accept"), GRAPHS)
    if best is None:
        raise NotAcceptable(f"what this endpoint can do is told as {', '.join(media for media, _ in GRAPHS)}")
    media_type, form = best

    def build() -> Response:
        triples = service_triples(public_url(""), service().queries.all_limits)
        text = WRITERS[form](triples, f"{public_url('')}/", public_url("/context/v1.jsonld"))
        return Response(text, content_type=_content_type(media_type))

    return answer(None, ("service", form), build, cache_control=ALWAYS_ASK, vary=("Accept",))


def _address() -> Parameters:
    if len(request.query_string) > ADDRESS_MAX:
        raise RequestURITooLarge(f"the address has more than {ADDRESS_MAX} bytes of parameters; send the query by POST")
    parameters = _decoded(request.query_string, "the address")
    _require_numbers(parameters.get("minSeq", []))
    return parameters


@blueprint.post("/sparql")
@role(ANYONE)
@answers(
    "postQuery",
    _answered(),
    problems=(*_PROBLEMS, "unsupported-media-type"),
    kept=False,
    headers=("Cache-Control", "KG-Seq"),
    requestBody={"required": True, "content": _POSTED},
)
def post_query() -> Response:
    """A query as a form, or as the body itself with its dataset in the address."""
    return _answer(_posted())


def _posted() -> Parameters:
    address = _address()
    body = _body(ENCODING * service().queries.limits(client()).query_bytes)
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
        raise UpdateRefused(NO_UPDATES)
    raise UnsupportedMediaType("send a query as application/sparql-query or application/x-www-form-urlencoded")


def _body(most: int) -> bytes:
    """The whole body; `TooLarge` if there is more than the limit, however it is sent (werkzeug cuts a chunked one)."""
    if (request.content_length or 0) > most:
        raise TooLarge(f"the body has {request.content_length} bytes; {most} are allowed")
    body = get_input_stream(request.environ).read(most + 1)
    if len(body) > most:
        raise TooLarge(f"the body is longer than {most} bytes")
    return body


def _decoded(data: bytes, where: str) -> Parameters:
    try:
        return parse_qs(data.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=FIELDS_MAX)
    except ValueError:
        raise QueryRefused(f"{where} is not form-encoded UTF-8, or has too many parameters") from None


def _answer(parameters: Parameters) -> Response:
    """The answer to the one query of a request."""
    if "update" in parameters:
        raise UpdateRefused(NO_UPDATES)
    queries = parameters.get("query", [])
    if len(queries) != 1:
        raise QueryRefused(f"the request has {len(queries)} query parameters; one is needed, such as ?query=ASK{{}}")
    asking = client()
    outcome = "failed"
    try:
        service().queries.admit(asking)
        response = _queried(queries[0], parameters, asking)
    except KgError as error:
        outcome = next((name for kind, name in _OUTCOMES.items() if isinstance(error, kind)), "refused")
        if isinstance(error, (QueryRefused, QueryTimedOut, TooLarge)):
            service().queries.charge(asking, errors=1)
        raise
    else:
        outcome = "answered"
        return response
    finally:
        service().counters.add(((QUERIES, outcome), 1))


def _queried(text: str, parameters: Parameters, asking: Client) -> Response:
    seen = scan(text, service().queries.limits(asking))
    results, graph = _wanted(parameters, request.headers.get("Accept"))
    query = Query(
        text=text,
        base=public_url("/sparql"),
        default_graphs=tuple(parameters.get("default-graph-uri", ())),
        named_graphs=tuple(parameters.get("named-graph-uri", ())),
        results=results[1] if results else None,
        graph=graph[1] if graph else None,
    )

    def build() -> Response:
        return _run(query, asking, results, graph)

    if request.method == "POST" or not seen.steady:
        response = build()
        response.headers["Cache-Control"] = "no-store"
        response.vary.add("Accept")
        return response
    return answer(None, (query,), build, cache_control=ALWAYS_ASK, vary=("Accept",))


def _require_numbers(asked: list[str]) -> None:
    """`Invalid` if a `minSeq` is no number of a change; one that is has been waited for before."""
    for one in asked:
        if not re.fullmatch("[0-9]{1,13}", one) or int(one) > SEQ_MAX:
            raise Invalid([Fault("minSeq", "is not the number of a change, such as the KG-Seq of a write")])


def _run(query: Query, asking: Client, results: Offer | None, graph: Offer | None) -> Response:
    """The answer, at once or in pieces; the client's place in the line is kept until the last piece is taken."""
    with ExitStack() as place:
        place.enter_context(service().queries.in_line(asking))
        try:
            found = service().queries.run(query, asking)
        except NotAcceptable as error:
            raise NotAcceptable(_offers_told(str(error))) from None
        chosen = results if results and found.format == results[1] else graph
        media_type = _content_type(chosen[0] if chosen else "")
        if isinstance(found.body, bytes):
            response = Response(found.body, content_type=media_type)
        else:
            place.callback(found.body.close)
            response = Response(_pieces(found.body), content_type=media_type)
            response.content_length = found.size
            response.call_on_close(place.pop_all().close)
    response.headers["KG-Seq"] = str(found.seq)
    return response


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    """The file in pieces, since what waits for a slow client counts, place by place.

    A client that takes too long over it is left; it sees that by the length it was told.
    """
    end = time.monotonic() + SENDING_SECONDS
    while piece := file.read(PIECE):
        if time.monotonic() > end:
            raise TimeoutError(f"a result was not taken in {SENDING_SECONDS} seconds")
        yield piece


def _wanted(parameters: Parameters, accept: str | None) -> tuple[Offer | None, Offer | None]:
    """The media type and format for results and for graphs: as a parameter says, else as `Accept` likes best."""
    asked = [parameters[name][0].lower() for name in _FORMAT_PARAMETERS if name in parameters]
    results = next((offer for name in asked for offer in RESULTS if name in offer), None)
    graph_names = [_GRAPH_NAMES.get(name, name) for name in asked]
    graph = next((offer for name in graph_names for offer in GRAPHS if name in offer), None)
    return results or best_media_type(accept, RESULTS), graph or best_media_type(accept, GRAPHS)


def _offers_told(kind: str) -> str:
    offers = {"results": RESULTS, "boolean": RESULTS[:5], "graph": GRAPHS}[kind]
    return f"this query's answer can be had as {', '.join(media for media, _ in offers)}"


def _content_type(media_type: str) -> str:
    """With the charset where a type has one; XML says it itself."""
    return f"{media_type}; charset=utf-8" if media_type.startswith("text/") else media_type
