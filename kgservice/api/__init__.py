"""HTTP. The list of blueprints is the table of contents."""

from flask import Flask, Response, request

from kgservice.api import (
    access,
    coverage,
    diagrams,
    embeds,
    headers,
    health,
    history,
    history_page,
    imports,
    interface,
    languages,
    layout,
    linked_data,
    metrics,
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
from kgservice.api.negotiation import accepts_json
from kgservice.api.query_strings import Request
from kgservice.store.refusals import NotAcceptable


def register(app: Flask) -> None:
    """Add every route, and the one form of errors, to the application."""
    app.request_class = Request
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
        metrics,
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


def _require_acceptable() -> None:
    """The API speaks JSON; a client that refuses it is told so."""
    if request.endpoint in paths.NEGOTIATED:
        return
    if request.path.startswith("/api/") and not accepts_json(request.headers.get("Accept")):
        raise NotAcceptable("the API answers application/json, and application/problem+json where something is wrong")


def _add_common_headers(response: Response) -> Response:
    """Those of `headers.py`; an answer that has one of them keeps its own."""
    for name, value in (*headers.ALWAYS, *(headers.PREFLIGHT if request.method == "OPTIONS" else ())):
        response.headers.setdefault(name, value)
    return response
