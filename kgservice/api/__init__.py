"""HTTP. The list of blueprints is the table of contents."""

from flask import Flask, Response, request

from kgservice.api import (
    access,
    coverage,
    diagrams,
    embeds,
    health,
    history,
    history_page,
    imports,
    interface,
    languages,
    layout,
    linked_data,
    pages,
    path_pages,
    paths,
    problems,
    redirects,
    reference,
    search,
    search_page,
    sequence,
    sparql,
    term_pages,
    terms_writing,
    topics,
)
from kgservice.api.negotiation import best_media_type
from kgservice.store.refusals import NotAcceptable


def register(app: Flask) -> None:
    """Add every route, and the one form of errors, to the application."""
    app.config.update(
        API_TITLE="kgservice",
        API_VERSION="v1",
        OPENAPI_VERSION="3.1.0",
        TRAP_HTTP_EXCEPTIONS=False,
    )
    api = problems.ProblemApi(app)
    # terms_writing and history add to the blueprint of terms
    modules = (
        terms_writing,
        history,
        coverage,
        imports,
        topics,
        languages,
        search,
        paths,
        diagrams,
        embeds,
        sparql,
        linked_data,
        term_pages,
        pages,
        search_page,
        path_pages,
        history_page,
        reference,
        health,
    )
    for module in modules:
        api.register_blueprint(module.blueprint)
    api.register_blueprint(history.documents)
    problems.register(app)
    interface.register(app)
    layout.register(app)
    redirects.register(app)
    access.register(app)
    sequence.register(app)
    app.before_request(_require_acceptable)
    app.after_request(_add_common_headers)


_API_TYPES = (("application/json", ""), ("application/ld+json", ""), ("application/problem+json", ""))


def _require_acceptable() -> None:
    """The API speaks JSON; a client that refuses it is told so."""
    if request.endpoint in paths.NEGOTIATED:
        return
    if request.path.startswith("/api/") and best_media_type(request.headers.get("Accept"), _API_TYPES) is None:
        raise NotAcceptable("the API answers application/json, and application/problem+json where something is wrong")


_POLICY = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
"""For every answer that brings no policy of its own: no site frames it, and if it is shown, nothing runs."""


def _add_common_headers(response: Response) -> Response:
    """Reads are open to pages of any origin, which see these headers; nothing is guessed about content types."""
    response.headers.setdefault("Access-Control-Allow-Origin", "*")
    if request.method == "OPTIONS":
        response.headers["Access-Control-Allow-Methods"] = "GET, HEAD, POST, OPTIONS"
        response.headers["Access-Control-Allow-Headers"] = "Accept, Accept-Language, Content-Type, If-None-Match"
        response.headers["Access-Control-Max-Age"] = "86400"
    else:
        response.headers["Access-Control-Expose-Headers"] = "Content-Language, ETag, KG-Seq, Link, Retry-After"
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Content-Security-Policy", _POLICY)
    return response
