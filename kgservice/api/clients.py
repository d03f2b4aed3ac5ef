"""Who asks: by token, else by address. Behind proxies that are trusted, that of the client, not the proxy's."""

import ipaddress
from functools import lru_cache

from flask import request

from kgservice.api.access import bearer
from kgservice.model.limits import Client


def client() -> Client:
    """The client of the current request; `Unauthenticated` if it has a token that does not count."""
    if "Authorization" in request.headers:
        token = bearer()
        return Client(f"token {token.name}", token.role, known=True)
    return by_address(request.remote_addr or "")


@lru_cache(1024)
def by_address(address: str) -> Client:
    """The client at an address without a token. Of IPv6 the network counts: one household has all of it."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return Client(address)
    if parsed.version == 6 and parsed.ipv4_mapped:
        parsed = parsed.ipv4_mapped
    if parsed.version == 6:
        return Client(str(ipaddress.ip_network((int(parsed), 64), strict=False)))
    return Client(str(parsed))
