"""Errors as RFC 9457 problems: what is wrong, where, what to do. Pages show the same to people."""

import logging
import uuid
from collections.abc import Iterator
from typing import Any, NamedTuple

from flask import Flask, Response, jsonify, render_template, request
from flask_smorest import Api
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from kgservice import errors
from kgservice.api.context import public_url, service
from kgservice.api.interface import interface_language
from kgservice.api.layout import in_english
from kgservice.api.negotiation import asked_languages, best_media_type
from kgservice.model.languages import Languages
from kgservice.model.speaking import Speaker
from kgservice.services.browsing import near_matches
from kgservice.store.refusals import NotAcceptable

NEAR = 5
"""Terms that are offered in the place of one that is not there."""

_log = logging.getLogger(__name__)


class ProblemType(NamedTuple):
    """A kind of problem: its status, its title, and what a person should know of it."""

    status: int
    title: str
    about: str


TYPES = {
    "not-found": ProblemType(404, "Not found", "Nothing has that address. Slugs of terms are listed at /api/v1/terms."),
    "invalid": ProblemType(422, "Invalid input", "The list “errors” names every parameter or field at fault, and why."),
    "gone": ProblemType(410, "Gone", "There was a term with that slug; it was removed for good."),
    "unauthenticated": ProblemType(401, "No valid token", "Writes need a token: Authorization: Bearer …."),
    "forbidden": ProblemType(403, "Not allowed", "The role of the token does not allow this."),
    "precondition-required": ProblemType(
        428, "Precondition required", "A write says what it was made from: If-Match with the ETag that was read."
    ),
    "precondition-failed": ProblemType(
        412, "Changed meanwhile", "The term is at another revision than the write was made from. Read it again."
    ),
    "malformed": ProblemType(400, "Malformed body", "The body is not JSON of the form that the route reads."),
    "storage-full": ProblemType(507, "Storage full", "The disk has no room. Reads go on; write again when it has."),
    "query-refused": ProblemType(
        400, "Query refused", "The SPARQL query is malformed or asks for what is not done here."
    ),
    "too-large": ProblemType(
        413, "Too large", "The body, or the query in it, is over the limit that the detail names."
    ),
    "address-too-long": ProblemType(
        414, "Address too long", "The query is too long for an address. Send it by POST, as a form or as the body."
    ),
    "result-too-large": ProblemType(
        413,
        "Result too large",
        "The query's result is over the limit that the detail names, and nothing of it is sent. Ask for less, or for "
        "pieces by ORDER BY, LIMIT and OFFSET; the whole graph is at /dumps/glossary.nt.",
    ),
    "over-budget": ProblemType(
        429,
        "Over budget",
        "This client has spent what it may in a minute. Come back after the seconds that Retry-After gives. The limits "
        "are in the service description of /sparql and on its page.",
    ),
    "query-timed-out": ProblemType(503, "Query timed out", "The query was ended at its deadline. Ask for less."),
    "update-refused": ProblemType(
        403, "Update refused", "The SPARQL endpoint answers queries only. Terms are edited through the API."
    ),
    "unsupported-media-type": ProblemType(415, "Unsupported media type", "The detail names the types that are read."),
    "method-not-allowed": ProblemType(405, "Method not allowed", "The header Allow names the methods of this address."),
    "unavailable": ProblemType(503, "Not available now", "Try again after the seconds that Retry-After gives."),
    "not-supported": ProblemType(501, "Not supported here", "This installation lacks what it needs for that."),
    "not-acceptable": ProblemType(406, "Not acceptable", "The answer has none of the forms that Accept allows."),
    "internal-error": ProblemType(500, "Internal error", "The fault is ours. The log has it under the request id."),
    "http-error": ProblemType(
        400, "Request refused", "The request does not fit the route; see status, title and detail."
    ),
}

_TYPE_OF = {
    errors.Gone: "gone",
    errors.NotFound: "not-found",
    errors.Unauthenticated: "unauthenticated",
    errors.Forbidden: "forbidden",
    errors.PreconditionRequired: "precondition-required",
    errors.PreconditionFailed: "precondition-failed",
    errors.Malformed: "malformed",
    errors.UnsupportedBody: "unsupported-media-type",
    errors.StorageFull: "storage-full",
    errors.Invalid: "invalid",
    errors.UpdateRefused: "update-refused",
    errors.QueryRefused: "query-refused",
    errors.ResultTooLarge: "result-too-large",
    errors.OverBudget: "over-budget",
    errors.TooLarge: "too-large",
    errors.NotSupported: "not-supported",
    errors.QueryTimedOut: "query-timed-out",
    errors.Unavailable: "unavailable",
    NotAcceptable: "not-acceptable",
}


_TYPE_OF_STATUS = {
    404: "not-found",
    405: "method-not-allowed",
    406: "not-acceptable",
    413: "too-large",
    414: "address-too-long",
    415: "unsupported-media-type",
}


class ProblemApi(Api):  # type: ignore[misc]
    """flask-smorest, but for its own form of errors."""

    DEFAULT_ERROR_RESPONSE_NAME = None

    def _register_error_handlers(self) -> None:
        """None: `register` handles all errors alike."""


def register(app: Flask) -> None:
    """Answer every error of the application as a problem."""
    app.register_error_handler(errors.KgError, from_domain)
    app.register_error_handler(HTTPException, _from_http)
    app.register_error_handler(Exception, _from_fault)


def problem(name: str, detail: str, *, status: int | None = None, title: str | None = None, **more: Any) -> Response:
    """A problem of a type, in JSON or, for a browser outside the API, as a page. `more` are further members."""
    kind = TYPES[name]
    body = {
        "type": public_url(f"/docs/problems/{name}"),
        "title": title or kind.title,
        "status": status or kind.status,
        "detail": detail,
        **more,
    }
    response = _page(body) if _wants_page() else jsonify(body)
    if not request.path.startswith("/api/"):
        response.vary.add("Accept")
    if response.mimetype == "application/json":
        response.mimetype = "application/problem+json"
    response.status_code = body["status"]
    response.headers["Cache-Control"] = "no-store"
    return response


def _wants_page() -> bool:
    if request.path.startswith("/api/") or request.method not in ("GET", "HEAD"):
        return False
    offers = (("application/problem+json", False), ("application/json", False), ("text/html", True))
    best = best_media_type(request.headers.get("Accept"), offers)
    return best is not None and best[1]


def _page(body: dict[str, Any]) -> Response:
    if body["status"] >= 500:  # the glossary may be what cannot be read
        return in_english(render_template("problem.html", problem=body))
    glossary = service().store.glossary()
    speaker = Speaker(Languages(_asked(), glossary.languages))
    title = speaker.text(glossary.title)
    near = _near(speaker) if body["status"] == 404 else []
    return in_english(render_template("problem.html", problem=body, glossary=title, near=near))


def _asked() -> tuple[str, ...]:
    """The languages of the content that the address or the browser names; what cannot be read is passed over."""
    try:
        asked = asked_languages(request.args.get("lang"))
    except errors.Invalid:
        asked = ()
    return (*(tag for tag in asked if tag != "*"), interface_language())


def _near(speaker: Speaker) -> list[dict[str, Any]]:
    """Terms that the address of a term that is not there may have meant, each with the path to it."""
    slug = (request.view_args or {}).get("slug", "")
    start = next((one for one in ("/terms/", "/paths/") if request.path.startswith(one)), None)
    if not slug or start is None:
        return []
    hits = near_matches(service().store, slug, speaker.languages, NEAR)
    return [{"path": f"{start}{hit.slug}", "slug": hit.slug, "prefLabel": speaker.text(hit.label)} for hit in hits]


def from_domain(error: errors.KgError) -> Response:
    """An error of the domain as the problem that it is."""
    name = next((_TYPE_OF[kind] for kind in type(error).__mro__ if kind in _TYPE_OF), None)
    if name is None:
        return _from_fault(error)
    if isinstance(error, errors.Invalid):
        listed = [{"field": fault.field, "message": fault.message} for fault in error.faults]
        return problem(name, str(error), errors=listed)
    if isinstance(error, errors.PreconditionFailed):
        response = problem(name, str(error), revision=error.revision)
        if error.revision is not None:
            response.set_etag(f"r{error.revision}")
        return response
    response = problem(name, str(error))
    if isinstance(error, errors.Unauthenticated):
        response.headers["WWW-Authenticate"] = 'Bearer realm="kgservice"'
    if isinstance(error, errors.Unavailable):
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def _from_http(error: HTTPException) -> Response:
    if error.response is not None:
        return error.response  # type: ignore[return-value]
    messages = getattr(error, "data", {}).get("messages")
    if messages:
        return from_domain(errors.Invalid(list(_parameter_faults(messages))))
    name = _TYPE_OF_STATUS.get(error.code or 500, "http-error")
    detail = error.description or error.name
    if error.code == 404 and not isinstance(error, errors.KgError):
        detail = f"there is nothing at {request.path}"
    if isinstance(error, MethodNotAllowed):
        detail = f"{request.path} takes {', '.join(sorted(error.valid_methods or ()))}, not {request.method}"
    response = problem(name, detail, status=error.code, title=error.name if name == "http-error" else None)
    kept = {key: value for key, value in error.get_headers() if key.lower() not in ("content-type", "content-length")}
    response.headers.update(kept)
    return response


def _parameter_faults(messages: dict[str, Any]) -> Iterator[errors.Fault]:
    """webargs' messages, `{"query": {"limit": ["…"], "edges": {0: ["…"]}}}`, as faults."""
    for by_name in messages.values():
        for name, told in by_name.items():
            texts = [text for one in told.values() for text in one] if isinstance(told, dict) else told
            for text in texts:
                yield errors.Fault(name, text)


def _from_fault(error: Exception) -> Response:
    number = uuid.uuid4().hex[:12]
    _log.error(
        "request %s from %s: %s %s failed", number, request.remote_addr, request.method, request.path, exc_info=error
    )
    return problem(
        "internal-error", "something went wrong here; it is in the log under this request id", requestId=number
    )
