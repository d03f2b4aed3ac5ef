"""`/api/v1/search` and `/api/v1/suggest`."""

from collections.abc import Callable

from flask import Response
from marshmallow import RAISE

from kgservice.api import representations
from kgservice.api.context import service
from kgservice.api.forms import Blueprint
from kgservice.api.negotiation import EVERY, asked_languages
from kgservice.api.openapi import API, answers, data
from kgservice.api.parameters import Arguments, Query, Typed
from kgservice.api.ready import ALWAYS_ASK, FRESH, answer
from kgservice.api.representations import respond, speaker_for
from kgservice.api.schemas import either
from kgservice.model.languages import Languages
from kgservice.services.searching import Found, search, suggest
from kgservice.store.store import Store

blueprint = Blueprint("search", __name__, url_prefix="/api/v1", description="Finding terms in every language")

_HITS = either("HitList", "MultilingualHitList")


@blueprint.get("/search")
@blueprint.arguments(Query, location="query", unknown=RAISE)
@answers("search", data(_HITS, "search"), problems=API, headers=("Content-Language",))
def get_search(arguments: Arguments) -> Response:
    """The terms that a query finds by their labels, abbreviations, readings and texts, best first.

    What was asked for in one language is shown in another: `lang` decides what is shown, not what is found.
    """
    return _answer("search", search, arguments)


@blueprint.get("/suggest")
@blueprint.arguments(Typed, location="query", unknown=RAISE)
@answers("suggest", data(_HITS, "suggest"), problems=API, headers=("Content-Language",))
def get_suggestions(arguments: Arguments) -> Response:
    """The terms with a label that a reader may be about to type, best first."""
    return _answer("suggest", suggest, arguments)


def _answer(name: str, find: Callable[[Store, str, Languages, int], Found], arguments: Arguments) -> Response:
    asked = asked_languages(arguments.get("lang"))

    def build() -> Response:
        store = service().store
        glossary = store.glossary()
        reader = Languages(() if asked == EVERY else asked, glossary.languages)
        found = find(store, arguments["q"], reader, arguments["limit"])
        speaker = speaker_for(arguments.get("lang"), glossary)
        return respond(speaker, representations.found_terms(speaker, found))

    vary = () if "lang" in arguments else ("Accept-Language",)
    freshness = ALWAYS_ASK if asked == EVERY else FRESH
    return answer(None, (name, asked, *sorted(arguments.items())), build, cache_control=freshness, vary=vary)
