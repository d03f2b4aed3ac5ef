"""Who may call what. A view says `@role("editor")`, which the OpenAPI document shows and every request is held to.

Reading (GET and HEAD) is open to anyone. A view with another method that says no role is closed to all.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, current_app, g, request
from flask_smorest import Blueprint

from kgservice.api.context import service
from kgservice.errors import Forbidden, Unauthenticated
from kgservice.model.roles import ANYONE, allows
from kgservice.store.tokens import Token

SAFE = frozenset(("GET", "HEAD", "OPTIONS"))

SECRET_MAX = 200
"""Characters of a secret that are looked at."""


View = TypeVar("View", bound=Callable[..., Any])

_ROLE = "role"


def role(name: str, **more: str) -> Callable[[View], View]:
    """Declare the role that a view needs; `more` tells the roles that parameters need beyond it."""

    def declare(view: View) -> View:
        setattr(view, _ROLE, name)
        told: dict[str, Any] = {"x-role": name, "security": [] if name == ANYONE else [{"token": []}]}
        if more:
            told["x-roles"] = more
        described: View = Blueprint.doc(**told)(view)
        return described

    return declare


def role_of(endpoint: str | None, method: str) -> str | None:
    """The role that a method of an endpoint needs; None if none is declared, so that nobody may call it."""
    if method in SAFE:
        return ANYONE
    declared: str | None = getattr(current_app.view_functions.get(endpoint or ""), _ROLE, None)
    return declared


def register(app: Flask) -> None:
    """Check every request."""
    app.before_request(_require_role)


def _require_role() -> None:
    if request.endpoint is None:  # there is nothing at that address; the answer says so
        return
    needed = role_of(request.endpoint, request.method)
    if needed is None:
        raise Forbidden(f"no role may {request.method} this")
    if needed != ANYONE:
        need(needed)


def need(role: str) -> None:
    """Require a role for this request; `Unauthenticated` or `Forbidden` if it has no such token."""
    held = bearer()
    if not allows(held.role, role):
        raise Forbidden(f"this needs the role {role}; the token {held.name!r} has the role {held.role}")


def bearer() -> Token:
    """The token that this request came with. `Unauthenticated` if it has none that is valid."""
    if "token" not in g:
        scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not secret.strip():
            raise Unauthenticated("send a token: Authorization: Bearer kgs_…; kgservice token create makes one")
        found = service().store.tokens.find(secret.strip()) if len(secret) <= SECRET_MAX else None
        if found is None:
            raise Unauthenticated("the token is unknown, expired or revoked")
        g.token = found
    token: Token = g.token
    return token
