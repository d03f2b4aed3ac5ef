"""What was done to a term, for people."""

from flask import Response
from marshmallow import EXCLUDE

from kgservice.api.context import service
from kgservice.api.forms import Blueprint
from kgservice.api.interface import interface_language
from kgservice.api.layout import page
from kgservice.api.negotiation import asked_languages, requested_languages
from kgservice.api.openapi import answers, content
from kgservice.api.parameters import SLUG_IN_PATH, Arguments, HistoryPage
from kgservice.api.ready import answer
from kgservice.errors import NotFound
from kgservice.model.speaking import Speaker
from kgservice.services.browsing import items_in_order
from kgservice.services.history import term_history
from kgservice.services.terms import list_languages

blueprint = Blueprint("history page", __name__, description="The history of a term, for people")

MOST = 50
"""Changes that one page shows."""


@blueprint.get("/terms/<slug>/history", parameters=[SLUG_IN_PATH])
@blueprint.arguments(HistoryPage, location="query", unknown=EXCLUDE)
@answers("getHistoryPage", content("text/html"), problems=("not-found", "gone", "invalid"))
def get_page(arguments: Arguments, slug: str) -> Response:
    """Who changed a term, when, and what; the last change first."""
    asked = asked_languages(arguments.get("lang"))
    variant = ("history page", asked, interface_language(), arguments.get("after"))
    return answer(slug, variant, lambda: _page(arguments, slug), vary=("Accept-Language",))


def _page(arguments: Arguments, slug: str) -> Response:
    store = service().store
    glossary = store.glossary()
    speaker = Speaker(requested_languages(arguments.get("lang"), glossary))
    term = next(iter(items_in_order(store, [slug])), None)
    if term is None:
        raise NotFound(f"there is no term {slug!r}")
    label = speaker.text(term.label)
    items, following = term_history(store, slug, arguments.get("after"), MOST)
    return page(
        speaker,
        glossary,
        "history.html",
        tags=list_languages(store),
        lang=label["lang"] if label else None,
        term={"slug": slug, "prefLabel": label},
        items=items,
        following=following,
    )
