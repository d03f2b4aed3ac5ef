"""`/api/v1/paths` and `/api/v1/next`: learning paths, as JSON, as a list in Markdown and as Mermaid text."""

from collections.abc import Callable

from flask import Response, request
from marshmallow import EXCLUDE, RAISE

from kgservice.api import representations
from kgservice.api.context import public_url, service
from kgservice.api.diagrams import NO_TERM, as_picture, picture_of_no_term
from kgservice.api.forms import Blueprint
from kgservice.api.interface import words_in
from kgservice.api.negotiation import EVERY, asked_languages, best_media_type, requested_languages
from kgservice.api.openapi import API, answers, content, data
from kgservice.api.paging import link_next
from kgservice.api.parameters import SLUG_IN_PATH, Arguments, Next, Path, PathDiagram, PathPicture
from kgservice.api.ready import ALWAYS_ASK, FRESH, answer
from kgservice.api.representations import respond, speaker_for
from kgservice.api.schemas import either
from kgservice.diagrams.learning_paths import path_graph, path_markdown, path_mermaid
from kgservice.diagrams.svg import svg
from kgservice.diagrams.words import Words
from kgservice.errors import Invalid, NotFound
from kgservice.model.learning_path import LearningPath, PathStep
from kgservice.model.terms import Texts
from kgservice.services.paths import learning_path, next_steps
from kgservice.store.refusals import NotAcceptable

blueprint = Blueprint("paths", __name__, description="What to learn, and in which order")

NEGOTIATED = ("paths.get_path",)
"""Views under `/api` that answer in more forms than JSON."""

_MARKDOWN, _MERMAID = "text/markdown", "text/vnd.mermaid"
_FORMS = tuple((one, one) for one in ("application/json", _MARKDOWN, _MERMAID, "application/problem+json"))


def _vary(arguments: Arguments) -> tuple[str, ...]:
    return () if "lang" in arguments else ("Accept-Language",)


@blueprint.get("/api/v1/paths")
@blueprint.arguments(Path, location="query", unknown=RAISE)
@answers(
    "getLearningPath",
    data(either("LearningPath", "MultilingualLearningPath"), "path"),
    content(_MARKDOWN),
    content(_MERMAID),
    problems=API,
    headers=("Content-Language",),
)
def get_path(arguments: Arguments) -> Response:
    """What to learn for some terms, each after all that it requires; by `Accept` as JSON, Markdown or Mermaid."""
    best = best_media_type(request.headers.get("Accept"), _FORMS)
    if best is None:
        raise NotAcceptable(f"a learning path can be had as {', '.join(form for form, _ in _FORMS[:3])}")
    asked = asked_languages(arguments.get("lang"))
    build = {_MARKDOWN: _as_markdown, _MERMAID: _as_mermaid}.get(best[0], _as_json)

    def built() -> Response:
        return build(arguments, learning_path(service().store, arguments["to"], arguments["known"]))

    return answer(
        None,
        ("path", best[0], asked, *sorted(arguments.items())),
        built,
        cache_control=ALWAYS_ASK if asked == EVERY else FRESH,
        vary=("Accept", *_vary(arguments)),
    )


def _as_json(arguments: Arguments, path: LearningPath) -> Response:
    speaker = speaker_for(arguments.get("lang"), service().store.glossary())
    return respond(speaker, representations.learning_path(speaker, path))


def _as_markdown(arguments: Arguments, path: LearningPath) -> Response:
    text = _in_words(arguments)
    written = path_markdown(
        path,
        title=lambda step: text(step.label) or step.slug,
        text=text,
        link=lambda to: public_url(f"/terms/{to}"),
        words=_words(arguments),
    )
    return Response(written, content_type=f"{_MARKDOWN}; charset=utf-8")


def _as_mermaid(arguments: Arguments, path: LearningPath) -> Response:
    text = _in_words(arguments)

    def title(step: PathStep) -> str:
        return (text(step.label) if arguments.get("labels") != "slug" else "") or step.slug

    def link(to: str) -> str | None:
        there = f"/terms/{to}"
        return {"absolute": public_url(there), "relative": there}.get(arguments.get("links", "absolute"))

    direction = arguments.get("direction", "LR")
    written = path_mermaid(path, title=title, link=link, direction=direction, words=_words(arguments))
    return Response(written, content_type=f"{_MERMAID}; charset=utf-8")


def _words(arguments: Arguments) -> Words:
    return words_in(*requested_languages(arguments.get("lang"), service().store.glossary()).asked)


def _in_words(arguments: Arguments) -> Callable[[Texts], str]:
    """Picks the text of a language map that serves the reader best."""
    languages = requested_languages(arguments.get("lang"), service().store.glossary())

    def text(texts: Texts) -> str:
        picked = languages.pick(texts)
        return picked.value if picked else ""

    return text


@blueprint.get("/paths/<slug>/diagram.mmd", parameters=[SLUG_IN_PATH])
@blueprint.arguments(PathDiagram, location="query", unknown=EXCLUDE)
@answers("getPathMermaid", content(_MERMAID, example="pathMermaid"), problems=("not-found", "invalid"))
def get_mermaid(arguments: Arguments, slug: str) -> Response:
    """The learning path to a term as Mermaid text."""
    asked = asked_languages(arguments.get("lang"))

    def build() -> Response:
        return _as_mermaid(arguments, path_to(slug, arguments["known"]))

    return answer(None, ("path.mmd", slug, asked, *sorted(arguments.items())), build, vary=_vary(arguments))


@blueprint.get("/paths/<slug>/diagram.svg", parameters=[SLUG_IN_PATH])
@blueprint.arguments(PathPicture, location="query", unknown=EXCLUDE)
@answers("getPathSvg", content("image/svg+xml"), problems=("invalid",), responses=NO_TERM)
def get_svg(arguments: Arguments, slug: str) -> Response:
    """The learning path to a term as a picture."""
    asked = asked_languages(arguments.get("lang"))
    languages = requested_languages(arguments.get("lang"), service().store.glossary())

    def title(step: PathStep) -> tuple[str, str]:
        picked = languages.pick(step.label) if arguments["labels"] == "title" else None
        return (picked.value, picked.lang) if picked else (step.slug, "")

    def link(to: str) -> str | None:
        there = f"/terms/{to}"
        return {"absolute": public_url(there), "relative": there}.get(arguments["links"])

    def build() -> Response:
        graph = path_graph(path_to(slug, arguments["known"]), title=title, link=link, words=_words(arguments))
        return as_picture(svg(graph, direction=arguments["direction"], theme=arguments["theme"]))

    try:
        return answer(None, ("path.svg", slug, asked, *sorted(arguments.items())), build, vary=_vary(arguments))
    except NotFound as error:
        return picture_of_no_term(error, slug, arguments)


def path_to(slug: str, known: list[str]) -> LearningPath:
    """The learning path to the term of an address; `NotFound` if no term has that slug (any more)."""
    try:
        path = learning_path(service().store, [slug], known)
    except Invalid as error:
        if any(fault.field == "to" for fault in error.faults):
            raise NotFound(f"there is no term {slug!r}") from error
        raise
    if path.goals != (slug,):  # what it had before leads to its address of now
        raise NotFound(f"there is no term {slug!r}")
    return path


@blueprint.get("/api/v1/next")
@blueprint.arguments(Next, location="query", unknown=RAISE)
@answers(
    "getNext",
    data(either("StepList", "MultilingualStepList"), "next"),
    problems=API,
    headers=("Content-Language", "Link"),
)
def get_next(arguments: Arguments) -> Response:
    """The terms that can be learned next: not known, but all that they require is."""
    asked = asked_languages(arguments.get("lang"))

    def build() -> Response:
        store = service().store
        steps, following = next_steps(store, arguments["known"], after=arguments["after"], limit=arguments["limit"])
        speaker = speaker_for(arguments.get("lang"), store.glossary())
        items = [representations.step(speaker, one) for one in steps]
        return link_next(respond(speaker, {"items": items, "next": following}), arguments, following)

    freshness = ALWAYS_ASK if asked == EVERY else FRESH
    variant = ("next", asked, *sorted(arguments.items()))
    return answer(None, variant, build, cache_control=freshness, vary=_vary(arguments))
