"""What a search found, for people; `search.js` adds suggestions while one types."""

from flask import Response
from marshmallow import EXCLUDE

from kgservice.api import representations
from kgservice.api.context import service
from kgservice.api.forms import Blueprint
from kgservice.api.interface import interface_language
from kgservice.api.layout import page
from kgservice.api.negotiation import asked_languages, requested_languages
from kgservice.api.openapi import answers, content
from kgservice.api.parameters import Arguments, SearchPage
from kgservice.api.ready import answer
from kgservice.model.speaking import Json, Speaker
from kgservice.model.texts import visible_text
from kgservice.services.browsing import items_in_order
from kgservice.services.searching import search
from kgservice.services.terms import list_languages

blueprint = Blueprint("search page", __name__, description="Finding terms, for people")

MOST = 50
"""Terms that one page shows."""


@blueprint.get("/search")
@blueprint.arguments(SearchPage, location="query", unknown=EXCLUDE)
@answers("getSearchPage", content("text/html"), problems=("invalid",))
def get_page(arguments: Arguments) -> Response:
    """The terms that a query finds, best first, each with the place where it was found."""
    variant = ("search", asked_languages(arguments.get("lang")), interface_language(), arguments["q"])
    return answer(None, variant, lambda: _page(arguments), vary=("Accept-Language",))


def _page(arguments: Arguments) -> Response:
    glossary = service().store.glossary()
    speaker = Speaker(requested_languages(arguments.get("lang"), glossary))
    items, truncated = found_items(speaker, arguments["q"], MOST)
    return page(
        speaker,
        glossary,
        "search.html",
        tags=list_languages(service().store),
        lang=speaker.languages.choose(glossary.languages),
        searched=visible_text(arguments["q"]).strip(),
        items=items,
        truncated=truncated,
    )


def found_items(speaker: Speaker, query: str, limit: int) -> tuple[list[Json], bool]:
    """The terms that a query found, with label, definition and match, and whether the limit left some out."""
    store = service().store
    found = search(store, query, speaker.languages, limit)
    told = {one["slug"]: one["match"] for one in representations.found_terms(speaker, found)["items"]}
    items = [representations.item(speaker, one) for one in items_in_order(store, list(told))]
    return [{**one, "match": told[one["slug"]]} for one in items], found.truncated
