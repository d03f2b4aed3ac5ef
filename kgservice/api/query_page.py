"""The page at `/sparql` for people."""

from flask import Response


def query_page(query: str) -> Response:
    """The page, with a query to run or without one."""
    return Response("")
