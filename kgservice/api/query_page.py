"""The page at `/sparql` for people: an editor, worked examples, limits."""

import secrets
from collections.abc import Mapping
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from flask import Response, render_template

from kgservice.api.context import public_url, service
from kgservice.model.languages import Languages, direction
from kgservice.model.limits import Limits
from kgservice.rdf.vocabulary import PREFIXES

PAGE_LANGUAGE = "en"
"""The language of the page's own words and of its examples."""


class Example(NamedTuple):
    """A worked example: what it shows, and the query, whose first line says that as a comment."""

    title: str
    query: str


@cache
def examples() -> tuple[Example, ...]:
    """The worked examples, in order."""
    texts = [path.read_text(encoding="utf-8") for path in sorted((Path(__file__).parent / "examples").glob("*.rq"))]
    return tuple(Example(text.partition("\n")[0].removeprefix("# "), text.strip()) for text in texts)


def query_page(query: str) -> Response:
    """The page, with a query that it runs at once, or, without one, with the first example."""
    nonce = secrets.token_urlsafe(16)
    glossary = service().store.glossary()
    lang = Languages((PAGE_LANGUAGE,), glossary.languages).choose(glossary.title) or PAGE_LANGUAGE
    title = {"value": glossary.title[lang], "lang": lang, "dir": direction(lang)} if glossary.title else None
    html = render_template(
        "sparql.html",
        glossary=title,
        languages=(),
        asked=lang,
        lang=PAGE_LANGUAGE,
        dir="ltr",
        query=query or examples()[0].query,
        run=bool(query),
        examples=examples(),
        base=glossary.base,
        prefixes=PREFIXES,
        endpoint=public_url("/sparql"),
        limits=_table(service().queries.all_limits),
        nonce=nonce,
    )
    response = Response(html, mimetype="text/html")
    response.headers["Content-Security-Policy"] = (
        f"default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; img-src 'self' data:; "
        "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )
    response.headers["Cache-Control"] = "no-cache"
    response.vary.add("Accept")
    return response


def _table(limits: Mapping[str, Limits]) -> dict[str, Any]:
    """The limits as a table: a column for each role, those of equal limits together."""
    columns: dict[Limits, list[str]] = {}
    for role, of_role in limits.items():
        columns.setdefault(of_role, []).append(role)
    rows = [
        (one.metadata["about"], [f"{getattr(of_role, one.name):,.10g}" for of_role in columns])
        for one in fields(Limits)
    ]
    return {"roles": [", ".join(roles) for roles in columns.values()], "rows": rows}
