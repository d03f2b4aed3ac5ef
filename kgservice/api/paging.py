"""Lists by keyset: a page tells where the next one starts, in its body as `next` and in its header `Link`."""

from urllib.parse import urlencode

from flask import Response, request

from kgservice.api.context import public_url
from kgservice.api.parameters import Arguments


def link_next(response: Response, arguments: Arguments, following: str | None) -> Response:
    """The answer with a link to the page that starts after `following`, if there is one: this address, moved on."""
    if following:
        told = {name: _written(value) for name, value in {**arguments, "after": following}.items()}
        address = public_url(f"{request.path}?{urlencode(told, safe=',*')}")
        response.headers["Link"] = f'<{address}>; rel="next"'
    return response


def _written(value: object) -> str:
    return ",".join(value) if isinstance(value, list) else str(value)
