"""`/api/v1/terms`: lists, whole terms, neighbourhoods."""

from urllib.parse import urlencode

from flask import Response
from marshmallow import RAISE

from kgservice.api import representations
from kgservice.api.context import Service, public_url, service
from kgservice.api.forms import Blueprint
from kgservice.api.negotiation import EVERY, asked_languages
from kgservice.api.openapi import API, answers, data
from kgservice.api.parameters import PAGE, SLUG_IN_PATH, Arguments, Around, OneTerm, TermList
from kgservice.api.ready import ALWAYS_ASK, FRESH, Plan, Rendering, answer, answer_as_planned, answer_at
from kgservice.api.representations import render, respond, speaker_for, speaker_of
from kgservice.api.schemas import either
from kgservice.model.glossary import Glossary
from kgservice.model.speaking import Json, Speaker
from kgservice.model.views import TermView
from kgservice.services.history import parse_at, term_at
from kgservice.services.neighbourhoods import neighbourhood
from kgservice.services.terms import get_term, list_terms, list_whole_terms, spoken_term, with_status_only
from kgservice.store.reading import Filter
from kgservice.store.versions import Version

blueprint = Blueprint("terms", __name__, url_prefix="/api/v1/terms", description="Terms of the glossary")


def _varies(arguments: Arguments) -> tuple[str, ...]:
    return () if "lang" in arguments else ("Accept-Language",)


def _freshness(asked: tuple[str, ...]) -> str:
    return ALWAYS_ASK if asked == EVERY else FRESH


@blueprint.get("")
@blueprint.arguments(TermList, location="query", unknown=RAISE)
@answers(
    "listTerms",
    data(either("TermList", "MultilingualTermList"), "terms"),
    problems=API,
    headers=("Content-Language", "Link"),
)
def get_list(arguments: Arguments) -> Response:
    """A page of terms, by slug: label and definition of each, or the fields asked for."""
    asked = asked_languages(arguments.get("lang"))

    def build() -> Response:
        glossary = service().store.glossary()
        speaker = speaker_for(arguments.get("lang"), glossary)
        items, following = _page(arguments, speaker, glossary)
        response = respond(speaker, {"items": items, "next": following})
        if following:
            response.headers["Link"] = f'<{_next(arguments, following)}>; rel="next"'
        return response

    variant = ("list", asked, *sorted(arguments.items()))
    return answer(None, variant, build, cache_control=_freshness(asked), vary=_varies(arguments))


def _page(arguments: Arguments, speaker: Speaker, glossary: Glossary) -> tuple[list[Json], str | None]:
    only = Filter(
        topic=arguments.get("topic", ""),
        status=arguments.get("status", ""),
        lang=speaker.first if "lang" in arguments and speaker.first != "*" else "",
        slugs=arguments.get("slug", ()),
    )
    store, after = service().store, arguments["after"]
    limit = arguments.get("limit", max(PAGE, len(only.slugs)))
    names = arguments.get("chosen")
    if names is None:
        items, following = list_terms(store, after=after, limit=limit, only=only)
        return [representations.item(speaker, one) for one in items], following
    views, following = list_whole_terms(store, after=after, limit=limit, only=only)
    chosen = () if "*" in names else names
    return [representations.term(speaker, view, glossary, public_url(""), chosen) for view in views], following


def _next(arguments: Arguments, following: str) -> str:
    """The address of the next page: this one's, from another slug on."""
    told = {"fields" if name == "chosen" else name: value for name, value in {**arguments, "after": following}.items()}
    if "lang" in told:
        told["lang"] = list(asked_languages(arguments["lang"]))
    query = {key: ",".join(value) if isinstance(value, list) else str(value) for key, value in told.items()}
    return public_url(f"/api/v1/terms?{urlencode(query, safe=',*')}")


@blueprint.get("/<slug>", parameters=[SLUG_IN_PATH])
@blueprint.arguments(OneTerm, location="query", unknown=RAISE)
@answers(
    "getTerm",
    data(either("Term", "MultilingualTerm"), "term"),
    problems=("not-found", *API),
    headers=("Content-Language",),
)
def get_one(arguments: Arguments, slug: str) -> Response:
    """A whole term, each text in the language that serves best; with `at`, as it was then."""
    if "at" in arguments:
        return _past_term(arguments, slug)
    return answer_as_planned(plan_term(arguments, asked_languages(arguments.get("lang"))), slug)


def _past_term(arguments: Arguments, slug: str) -> Response:
    """A term as it was. Its ETag has the revision of then, so that a write made from it is refused as stale.

    The labels beside it are today's, of terms that may be its neighbours no more: any change may change them.
    """
    store, at = service().store, parse_at(arguments["at"])
    touched = store.versions.of_log().touched
    view, glossary = term_at(store, slug, at)

    def build() -> Response:
        speaker = speaker_for(arguments.get("lang"), glossary)
        return respond(speaker, representations.term(speaker, _shown(view, arguments), glossary, public_url("")))

    variant = ("at", at, asked_languages(arguments.get("lang")), arguments.get("status"))
    version = Version(view.revision, touched)
    return answer_at(version, variant, build, cache_control=ALWAYS_ASK, vary=_varies(arguments))


def _shown(view: TermView, arguments: Arguments) -> TermView:
    """The term with the texts that are asked for: all, or those in languages of one status."""
    return with_status_only(view, arguments["status"]) if "status" in arguments else view


def plan_term(arguments: Arguments, asked: tuple[str, ...]) -> Plan:
    """Whole terms as JSON; with `lang=*` a link header says how they are JSON-LD."""
    as_spoken = "status" not in arguments and asked != EVERY

    def build(service: Service, glossary: Glossary, slug: str) -> Rendering:
        speaker, home = speaker_of(asked, glossary), service.public_url("")
        if as_spoken and (said := spoken_term(service.store, slug, speaker.languages)):
            return representations.spoken(speaker, said, slug, home)
        view, glossary = get_term(service.store, slug)
        speaker = speaker_of(asked, glossary)
        rendering = render(speaker, representations.term(speaker, _shown(view, arguments), glossary, home))
        return rendering if asked != EVERY else rendering.with_header("Link", _context_link(home))

    only = (arguments["status"],) if "status" in arguments else ()
    return Plan(("json", asked, *only), build, _freshness(asked), _varies(arguments))


def _context_link(home: str) -> str:
    rel = "http://www.w3.org/ns/json-ld#context"
    return f'<{home}/context/v1.jsonld>; rel="{rel}"; type="application/ld+json"'


@blueprint.get("/<slug>/neighbourhood", parameters=[SLUG_IN_PATH])
@blueprint.arguments(Around, location="query", unknown=RAISE)
@answers(
    "getNeighbourhood",
    data(either("Neighbourhood", "MultilingualNeighbourhood"), "neighbourhood"),
    problems=("not-found", *API),
    headers=("Content-Language",),
)
def get_neighbourhood(arguments: Arguments, slug: str) -> Response:
    """The terms around a term, and the edges between them."""
    return answer_as_planned(plan_neighbourhood(arguments, asked_languages(arguments.get("lang"))), slug)


def plan_neighbourhood(arguments: Arguments, asked: tuple[str, ...]) -> Plan:
    """The same of any term, in the languages asked for."""
    depth, kinds, limit = arguments["depth"], arguments["edges"], arguments["limit"]

    def build(service: Service, glossary: Glossary, slug: str) -> Rendering:
        speaker = speaker_of(asked, glossary)
        found = neighbourhood(service.store, slug, depth=depth, kinds=kinds, limit=limit)
        return render(speaker, representations.neighbourhood(speaker, found))

    variant = ("neighbourhood", asked, depth, tuple(kinds), limit)
    return Plan(variant, build, _freshness(asked), _varies(arguments), far=depth > 1)
