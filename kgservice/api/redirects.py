"""Former slugs lead to the present address, for ever and on every route."""

from flask import Flask, Response, request, url_for

from kgservice.api import problems
from kgservice.api.context import public_url, service
from kgservice.errors import Gone, NotFound
from kgservice.services.history import current_slug


def register(app: Flask) -> None:
    """Look for a former slug wherever a slug of the address is not found."""
    app.register_error_handler(NotFound, _moved)


def _moved(error: NotFound) -> Response:
    """308 to the same address with the present slug; else the error as it is (410 for a term that was removed)."""
    slug = (request.view_args or {}).get("slug")
    try:
        now = current_slug(service().store, slug) if slug and request.endpoint else None
    except Gone as gone:
        return problems.from_domain(gone)
    if now is None:
        return problems.from_domain(error)
    path = url_for(str(request.endpoint), **{**(request.view_args or {}), "slug": now})
    query = request.query_string.decode("latin-1")
    response = Response(status=308)
    response.location = public_url(f"{path}?{query}" if query else path)
    response.autocorrect_location_header = False
    response.headers["Cache-Control"] = "public, max-age=86400"
    return response
