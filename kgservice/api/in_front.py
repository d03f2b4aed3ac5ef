"""Answers that are planned in front of Flask, which costs more than making them does.

Each of these routes is Flask's all the same: its view plans with the same function, from the same parameters. What is
not plain here (a fault in a parameter, a form that is not acceptable, a term that is not there) is left to the view,
the one place that tells of it.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from marshmallow import EXCLUDE, RAISE, Schema
from werkzeug.exceptions import HTTPException

from kgservice.api.counting import ROUTE
from kgservice.api.diagrams import plan_mermaid
from kgservice.api.forms import QueryParser
from kgservice.api.negotiation import HEADER_MAX, accepts_json, asked_by
from kgservice.api.parameters import Arguments, Around, Diagram, OneTerm
from kgservice.api.query_strings import Request
from kgservice.api.ready import Plan
from kgservice.api.terms import plan_neighbourhood, plan_term
from kgservice.errors import Invalid
from kgservice.model.slugs import SLUG

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


class Route(NamedTuple):
    """How a route reads its parameters, and what plans its answers from them and the languages asked for."""

    schema: type[Schema]
    unknown: str
    plan: Callable[[Arguments, tuple[str, ...]], Plan]


ROUTES = {
    ("/api/v1/terms/", ""): Route(OneTerm, RAISE, plan_term),
    ("/api/v1/terms/", "/neighbourhood"): Route(Around, RAISE, plan_neighbourhood),
    ("/terms/", "/diagram.mmd"): Route(Diagram, EXCLUDE, plan_mermaid),
}
"""By what stands before and after the slug."""

LEFT_TO_VIEWS = ("minSeq", "at")
"""Parameters that need more than a plan: one waits, the other reads the past."""

QUERY_MAX = 1000
"""Characters of a query string that is planned; a plan is remembered with it."""

_ADDRESS = re.compile(f"(?P<before>/api/v1/terms/|/terms/)(?P<slug>{SLUG})(?P<after>|/neighbourhood|/diagram[.]mmd)")


def planned(environ: "WSGIEnvironment") -> tuple[Plan, str] | None:
    """The plan of what a request reads, and the term; None if it is not for one of these routes, or not plain."""
    found = _ADDRESS.fullmatch(environ.get("PATH_INFO", ""))
    if found is None:
        return None
    address, query = (found["before"], found["after"]), environ.get("QUERY_STRING", "")
    environ[ROUTE] = f"{found['before']}{{slug}}{found['after']}"
    if found["before"].startswith("/api/") and not accepts_json(environ.get("HTTP_ACCEPT")):
        return None
    try:
        lang = _arguments(address, query).get("lang")
        asked = asked_by(lang, environ.get("HTTP_ACCEPT_LANGUAGE", "")[:HEADER_MAX])
    except (HTTPException, Invalid, NotPlainError):
        return None
    return _plan(address, query, asked), found["slug"]


class NotPlainError(Exception):
    """A request is for none of these routes, or has a parameter that is left to the view."""


# What follows is the same for many terms, so it is remembered.


@lru_cache(1024)
def _arguments(address: tuple[str, str], query: str) -> Arguments:
    """The parameters as the view would read them."""
    route = ROUTES.get(address)
    if route is None or len(query) > QUERY_MAX:
        raise NotPlainError
    request = Request({"REQUEST_METHOD": "GET", "PATH_INFO": address[0], "QUERY_STRING": query})
    if any(name in request.args for name in LEFT_TO_VIEWS):
        raise NotPlainError
    parsed: Arguments = QueryParser().parse(route.schema, request, location="query", unknown=route.unknown)
    return parsed


@lru_cache(1024)
def _plan(address: tuple[str, str], query: str, asked: tuple[str, ...]) -> Plan:
    """The plan as the view would have it."""
    return ROUTES[address].plan(_arguments(address, query), asked)
