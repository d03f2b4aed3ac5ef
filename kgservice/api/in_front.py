"""Answers that are planned in front of Flask, which costs more than making them does.

Each of these routes is Flask's all the same: its view plans with the same function, from the same parameters. What is
not plain here (a fault in a parameter, a form that is not acceptable, a term that is not there) is left to the view,
the one place that tells of it.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from flask import Request
from marshmallow import EXCLUDE, RAISE, Schema
from werkzeug.exceptions import HTTPException

from kgservice.api.diagrams import plan_mermaid
from kgservice.api.negotiation import accepts_json, asked_by
from kgservice.api.parameters import Arguments, Around, Diagram, OneTerm, QueryParser
from kgservice.api.ready import Plan
from kgservice.api.terms import plan_neighbourhood, plan_term
from kgservice.errors import Invalid
from kgservice.model.slugs import SLUG

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


class Route(NamedTuple):
    """How a route reads its parameters, and what plans its answer from them, the slug and the languages asked for."""

    schema: type[Schema]
    unknown: str
    plan: Callable[[Arguments, str, tuple[str, ...]], Plan]


ROUTES = {
    ("/api/v1/terms/", ""): Route(OneTerm, RAISE, plan_term),
    ("/api/v1/terms/", "/neighbourhood"): Route(Around, RAISE, plan_neighbourhood),
    ("/terms/", "/diagram.mmd"): Route(Diagram, EXCLUDE, plan_mermaid),
}
"""By what stands before and after the slug."""

LEFT_TO_VIEWS = ("minSeq", "at")
"""Parameters that need more than a plan: one waits, the other reads the past."""

_ADDRESS = re.compile(f"(?P<before>/api/v1/terms/|/terms/)(?P<slug>{SLUG})(?P<after>|/neighbourhood|/diagram[.]mmd)")


def planned(environ: "WSGIEnvironment") -> Plan | None:
    """The plan of what a request reads; None if it is not for one of these routes, or not plain."""
    found = _ADDRESS.fullmatch(environ.get("PATH_INFO", ""))
    route = ROUTES.get((found["before"], found["after"])) if found else None
    if found is None or route is None:
        return None
    if found["before"].startswith("/api/") and not accepts_json(environ.get("HTTP_ACCEPT")):
        return None
    try:
        arguments = _arguments(route, found["before"], environ.get("QUERY_STRING", ""))
        asked = asked_by(arguments.get("lang"), environ.get("HTTP_ACCEPT_LANGUAGE", ""))
    except (HTTPException, Invalid, NotPlainError):
        return None
    return route.plan(arguments, found["slug"], asked)


class NotPlainError(Exception):
    """A request has a parameter that is left to the view."""


@lru_cache(1024)
def _arguments(route: Route, path: str, query: str) -> Arguments:
    """The parameters as the view would read them. They are the same for many terms, so they are remembered."""
    request = Request({"REQUEST_METHOD": "GET", "PATH_INFO": path, "QUERY_STRING": query})
    if any(name in request.args for name in LEFT_TO_VIEWS):
        raise NotPlainError
    parsed: Arguments = QueryParser().parse(route.schema, request, location="query", unknown=route.unknown)
    return parsed
