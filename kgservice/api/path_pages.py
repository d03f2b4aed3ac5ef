"""Learning paths for people: choose a goal, tick what you know, see what comes when and what can be learned next.

The page shows the whole way and marks its steps; `path.js` marks them anew as the reader ticks, and keeps the ticks in
the browser. Without the script the same is a form.
"""

from collections.abc import Collection

from flask import Response
from markupsafe import Markup
from marshmallow import EXCLUDE

from kgservice.api import representations
from kgservice.api.context import public_url, service
from kgservice.api.diagrams import image_address
from kgservice.api.forms import Blueprint
from kgservice.api.interface import interface_language
from kgservice.api.layout import address, page
from kgservice.api.negotiation import asked_languages, requested_languages
from kgservice.api.openapi import answers, content
from kgservice.api.pages import letters_for
from kgservice.api.parameters import SLUG_IN_PATH, Arguments, KnownOnPage, PathIndex
from kgservice.api.paths import path_to
from kgservice.api.ready import answer
from kgservice.api.search_page import found_items
from kgservice.diagrams.learning_paths import path_graph
from kgservice.diagrams.svg import svg
from kgservice.model.learning_path import LearningPath, PathStep, ordered_steps
from kgservice.model.speaking import Json, Speaker
from kgservice.model.texts import visible_text
from kgservice.services.paths import next_steps, only_terms
from kgservice.services.terms import list_languages

blueprint = Blueprint("path pages", __name__, description="What to learn, and in which order, for people")

DRAWN = 60
"""Steps of a path that is drawn; of more, a picture says less than the list."""

MOST = 24
"""Terms that are offered as what to learn next, and as goals that a search found."""


@blueprint.get("/paths")
@blueprint.arguments(PathIndex, location="query", unknown=EXCLUDE)
@answers("getPathIndex", content("text/html"), problems=("invalid",))
def get_index(arguments: Arguments) -> Response:
    """Goals to choose from, and what can be learned next by one who knows some terms."""
    variant = ("paths", asked_languages(arguments.get("lang")), interface_language(), *sorted(arguments.items()))
    return answer(None, variant, lambda: _index(arguments), vary=("Accept-Language",))


def _index(arguments: Arguments) -> Response:
    store = service().store
    glossary = store.glossary()
    speaker = Speaker(requested_languages(arguments.get("lang"), glossary))
    known = only_terms(store, arguments["known"])
    following, more = next_steps(store, known, limit=MOST)
    return page(
        speaker,
        glossary,
        "paths.html",
        tags=list_languages(store),
        lang=speaker.languages.choose(glossary.languages),
        goal=visible_text(arguments["q"]).strip(),
        found=found_items(speaker, arguments["q"], MOST)[0],
        known=known,
        following=[representations.step(speaker, one) for one in following],
        more=more,
        **letters_for(speaker, arguments["letter"]),
    )


@blueprint.get("/paths/<slug>", parameters=[SLUG_IN_PATH])
@blueprint.arguments(KnownOnPage, location="query", unknown=EXCLUDE)
@answers("getPathPage", content("text/html"), problems=("not-found", "invalid"))
def get_page(arguments: Arguments, slug: str) -> Response:
    """The way to a term, step by step and as a diagram."""
    asked = asked_languages(arguments.get("lang"))
    variant = ("path page", slug, asked, interface_language(), *sorted(arguments.items()))
    return answer(None, variant, lambda: _page(arguments, slug), vary=("Accept-Language",))


def _page(arguments: Arguments, slug: str) -> Response:
    store = service().store
    glossary = store.glossary()
    speaker = Speaker(requested_languages(arguments.get("lang"), glossary))
    path = path_to(slug, [])
    on_the_way = {step.slug for step in path.steps}
    known = [one for one in only_terms(store, arguments["known"]) if one in on_the_way]
    steps = _steps(speaker, path, known)
    return page(
        speaker,
        glossary,
        "path.html",
        tags=list_languages(store),
        lang=speaker.languages.choose(glossary.languages),
        goal=steps[-1],
        steps=steps,
        left=sum(step["state"] in ("next", "later") for step in steps),
        image=image_address(slug, speaker.languages.first),
        picture=Markup(_picture(speaker, path)) if len(steps) <= DRAWN else "",  # noqa: S704 - our own SVG, its texts escaped
        share=public_url(address(f"/paths/{slug}", **({"known": ",".join(known)} if known else {}))),
    )


def _steps(speaker: Speaker, path: LearningPath, known: Collection[str]) -> list[Json]:
    """The steps with the reasons for what they require, and how they stand to what is known."""
    reasons = {(edge.source, edge.target): speaker.text(edge.reason) for edge in path.edges}
    titles = {step.slug: speaker.text(step.label) for step in path.steps}
    states = states_of(path, frozenset(known))
    return [
        {
            **representations.step(speaker, step),
            "state": states[step.slug],
            "after": [
                {"slug": one, "prefLabel": titles.get(one), "reason": reasons.get((step.slug, one))}
                for one in step.requires
            ],
        }
        for step in path.steps
    ]


def states_of(path: LearningPath, known: frozenset[str]) -> dict[str, str]:
    """Each step's state: `known`, `spare` (only what is known requires it), `next` (can be learned now) or `later`."""
    requires = {step.slug: list(step.requires) for step in path.steps}
    left = frozenset(ordered_steps(path.goals, requires, known))

    def state(step: PathStep) -> str:
        if step.slug in known:
            return "known"
        if step.slug not in left:
            return "spare"
        return "next" if known.issuperset(step.requires) else "later"

    return {step.slug: state(step) for step in path.steps}


def _picture(speaker: Speaker, path: LearningPath) -> str:
    def titled(step: PathStep) -> tuple[str, str]:
        text = speaker.text(step.label)
        return (text["value"], text["lang"]) if text else (step.slug, "")

    graph = path_graph(path, title=titled, link=lambda to: address(f"/terms/{to}"))
    return svg(graph, direction="TB", theme="auto", style=False)
