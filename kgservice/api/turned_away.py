"""Queries of a client that may not run one now are turned away in front of Flask, before anything of them is looked at.

A client that is told to come back later and does not would otherwise take the processor time that others need. Flask
has the same refusals, and its answers are those that are given here: each is made once.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from flask import Flask
from werkzeug.wsgi import get_input_stream

from kgservice.api.clients import by_address
from kgservice.api.counting import ROUTE
from kgservice.api.problems import from_domain
from kgservice.errors import OverBudget, Unavailable
from kgservice.model.limits import QUERY_BYTES_MAX
from kgservice.store.queries import Queries

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


class _Answer(NamedTuple):
    status: str
    headers: list[tuple[str, str]]
    body: bytes


class TurningAway:
    """WSGI middleware around a Flask application. Who has a token is left to Flask, which reads it."""

    def __init__(self, app: Flask, queries: Queries) -> None:
        self._flask = app
        self._app = app.wsgi_app
        self._queries = queries
        self._answer = lru_cache(256)(self._made)

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Turn it away, or have the application answer."""
        if environ.get("PATH_INFO") != "/sparql" or not _asks(environ):
            return self._app(environ, start_response)
        try:
            self._queries.require_welcome(by_address(environ.get("REMOTE_ADDR", "")))
        except Unavailable as error:
            environ[ROUTE] = "/sparql"
            answer = self._answer(
                environ["REQUEST_METHOD"], isinstance(error, OverBudget), str(error), error.retry_after
            )
            get_input_stream(environ).read(QUERY_BYTES_MAX)  # a connection with more to read could not be used again
            start_response(answer.status, answer.headers[:])
            return [answer.body]
        return self._app(environ, start_response)

    def _made(self, method: str, over_budget: bool, message: str, retry_after: int) -> _Answer:
        kind = OverBudget if over_budget else Unavailable
        with self._flask.test_request_context("/sparql", method=method) as context:
            response = self._flask.process_response(from_domain(kind(message, retry_after)))
            body = b"" if method == "HEAD" else response.get_data()
            return _Answer(response.status, response.get_wsgi_headers(context.request.environ).to_wsgi_list(), body)


def _asks(environ: "WSGIEnvironment") -> bool:
    """Whether a request is a query without a token. A browser's is for the page, which runs nothing by itself."""
    if "HTTP_AUTHORIZATION" in environ:
        return False
    if environ["REQUEST_METHOD"] == "POST":
        return True
    is_query = environ["REQUEST_METHOD"] in ("GET", "HEAD") and "query=" in environ.get("QUERY_STRING", "")
    return is_query and "html" not in environ.get("HTTP_ACCEPT", "")
