"""Diagrams of a term's neighbourhood: as Mermaid text and as pictures."""

from collections.abc import Callable

from flask import Response, request
from marshmallow import EXCLUDE

from kgservice.api.context import public_url, service
from kgservice.api.interface import words_in
from kgservice.api.negotiation import asked_languages, one_of_each, requested_languages
from kgservice.api.openapi import answers, content
from kgservice.api.parameters import SLUG_IN_PATH, Arguments, Blueprint, Diagram, Image
from kgservice.api.ready import FRESH, Plan, Rendering, answer, answer_as_planned
from kgservice.diagrams.graph import Graph
from kgservice.diagrams.mermaid import mermaid
from kgservice.diagrams.neighbourhoods import Titled, drawn_graph
from kgservice.diagrams.png import can_draw, png
from kgservice.diagrams.svg import not_found, svg
from kgservice.diagrams.themes import following_rules
from kgservice.errors import NotFound
from kgservice.model.languages import Languages
from kgservice.model.neighbourhood import Neighbour, Neighbourhood
from kgservice.model.views import Ref, TermView
from kgservice.services.neighbourhoods import around, neighbourhood

blueprint = Blueprint("diagrams", __name__, description="Pictures of a term's neighbourhood")

BINARY = {"type": "string", "format": "binary"}

PICTURE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox"
"""For a picture that is opened by itself: its own colours, and nothing else."""


@blueprint.get("/terms/<slug>/diagram.mmd", parameters=[SLUG_IN_PATH])
@blueprint.arguments(Diagram, location="query", unknown=EXCLUDE)
@answers("getMermaid", content("text/vnd.mermaid", example="mermaid"), problems=("not-found", "invalid"))
def get_mermaid(arguments: Arguments, slug: str) -> Response:
    """The neighbourhood as Mermaid text."""
    return answer_as_planned(plan_mermaid(arguments, slug, asked_languages(arguments.get("lang"))))


def plan_mermaid(arguments: Arguments, slug: str, asked: tuple[str, ...]) -> Plan:
    """The same, in the languages asked for."""

    def build() -> Rendering:
        languages = one_of_each(asked, service().store.glossary())
        text = mermaid_text(arguments, slug, languages)
        return Rendering(text.encode(), "text/vnd.mermaid; charset=utf-8")

    about, variant, vary = _told_apart(arguments, slug, "mmd", asked)
    return Plan(about, variant, build, vary=vary)


NO_TERM = {"description": "A small picture that says so.", "content": content("image/svg+xml")}


@blueprint.get("/terms/<slug>/diagram.svg", parameters=[SLUG_IN_PATH])
@blueprint.arguments(Diagram, location="query", unknown=EXCLUDE)
@answers("getSvg", content("image/svg+xml"), problems=("invalid",), responses={"404": NO_TERM})
def get_svg(arguments: Arguments, slug: str) -> Response:
    """The neighbourhood as a picture; for a term that is not there a small one that says so, with 404."""
    try:
        return answered(arguments, slug, "svg", lambda: as_picture(picture(arguments, slug)))
    except NotFound:
        return picture_of_no_term(slug, arguments)


def picture_of_no_term(slug: str, arguments: Arguments) -> Response:
    """A small picture that says that there is no such term, with 404."""
    words = words_in(*requested_languages(arguments.get("lang"), service().store.glossary()).asked)
    response = as_picture(not_found(slug, theme=arguments["theme"], words=words))
    response.status_code = 404
    response.vary.update(("Accept-Language",) if "lang" not in arguments else ())
    response.headers["Cache-Control"] = "no-cache"
    return response


@blueprint.get("/terms/<slug>/diagram.png", parameters=[SLUG_IN_PATH])
@blueprint.arguments(Image, location="query", unknown=EXCLUDE)
@answers("getPng", content("image/png", BINARY), problems=("not-found", "invalid", "not-supported"))
def get_png(arguments: Arguments, slug: str) -> Response:
    """The same picture in pixels; 501 where the renderer or a font is missing."""

    def build() -> Response:
        graph = graph_of({**arguments, "links": "none"}, slug)
        names = ("direction", "theme", "scale")
        return _open_to_all(Response(png(graph, **{name: arguments[name] for name in names}), mimetype="image/png"))

    return answered(arguments, slug, "png", build)


@blueprint.get("/diagram.css")
@answers("getDiagramStyle", content("text/css"), kept=False, headers=("Cache-Control",))
def get_style() -> Response:
    """The style sheet of pages that include pictures: colours that follow the page, and no wider than their place."""
    rules = f".kg-diagram{{max-width:100%;height:auto}}{following_rules()}\n"
    response = Response(rules, mimetype="text/css")
    response.headers["Cache-Control"] = FRESH
    response.add_etag()
    response.make_conditional(request)
    return response


def answered(arguments: Arguments, slug: str, form: str, build: Callable[[], Response]) -> Response:
    """The answer in a form, as all diagrams are kept: by everything that they may depend on."""
    about, variant, vary = _told_apart(arguments, slug, form, asked_languages(arguments.get("lang")))
    return answer(about, variant, build, vary=vary)


def _told_apart(
    arguments: Arguments, slug: str, form: str, asked: tuple[str, ...]
) -> tuple[str | None, tuple[object, ...], tuple[str, ...]]:
    """What a diagram is about, what sets it apart, and the headers that it depends on."""
    titles = arguments["labels"] == "title"
    variant = (form, asked if titles else (), slug, *sorted(arguments.items()))
    about = slug if arguments["depth"] == 1 else None  # deeper ones show terms that no edge joins to this one
    return about, variant, ("Accept-Language",) if titles and "lang" not in arguments else ()


def mermaid_text(arguments: Arguments, slug: str, languages: Languages) -> str:
    """The neighbourhood as Mermaid text; `NotFound` if there is no such term."""
    found, titled = _found(arguments, slug), _titled(languages, arguments["labels"])
    return mermaid(
        found,
        title=lambda node: titled(node)[0],
        link=_link(arguments),
        direction=arguments["direction"],
        theme=arguments["theme"],
        words=words_in(titled(found.centre)[1]),
    )


def picture(arguments: Arguments, slug: str, *, style: bool = True) -> str:
    """The SVG of a neighbourhood; `NotFound` if there is no such term."""
    graph = graph_of(arguments, slug)
    return svg(graph, direction=arguments["direction"], theme=arguments["theme"], style=style)


def graph_for_page(view: TermView, languages: Languages) -> Graph:
    """The graph of a term as its page shows it, with links to pages in the same languages; nothing is read for it."""
    query = f"?lang={','.join(languages.asked)}" if languages.asked else ""
    return _graph(_around(view), _titled(languages, "title"), lambda to: f"/terms/{to}{query}")


def picture_for_page(view: TermView, languages: Languages) -> str:
    """The SVG of a term as a page includes it."""
    return svg(graph_for_page(view, languages), theme="auto", style=False)


def image_address(slug: str, lang: str) -> str | None:
    """The picture of a term that chats and feeds show for a page, where this installation can make it."""
    return public_url(f"/terms/{slug}/diagram.png?lang={lang}&theme=light&scale=2") if can_draw(lang) else None


def _around(view: TermView) -> Neighbourhood:
    return around(Ref(view.iri, view.slug, view.label, {}), view.neighbours)


def mermaid_for_page(view: TermView, languages: Languages) -> str:
    """The same as Mermaid text, with absolute links: it is there to be copied."""
    found, titled = _around(view), _titled(languages, "title")
    words = words_in(titled(found.centre)[1])
    return mermaid(
        found, title=lambda node: titled(node)[0], link=lambda slug: public_url(f"/terms/{slug}"), words=words
    )


def graph_of(arguments: Arguments, slug: str) -> Graph:
    """The graph that the arguments of a diagram ask for."""
    languages = requested_languages(arguments.get("lang"), service().store.glossary())
    return _graph(_found(arguments, slug), _titled(languages, arguments["labels"]), _link(arguments))


def _graph(found: Neighbourhood, titled: Callable[[Neighbour], Titled], link: Callable[[str], str | None]) -> Graph:
    return drawn_graph(found, title=titled, link=link, words=words_in(titled(found.centre)[1]))


def as_picture(text: str) -> Response:
    """SVG as an answer that any page may show."""
    return _open_to_all(Response(text, content_type="image/svg+xml; charset=utf-8"))


def _open_to_all(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = PICTURE_POLICY
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def _found(arguments: Arguments, slug: str) -> Neighbourhood:
    store, depth, limit = service().store, arguments["depth"], arguments["limit"]
    return neighbourhood(store, slug, depth=depth, kinds=arguments["edges"], limit=limit)


def _titled(languages: Languages, labels: str) -> Callable[[Neighbour], Titled]:
    """How a term is called: by its title in the language that serves best, or by its slug."""

    def titled(node: Neighbour) -> Titled:
        picked = languages.pick(node.label) if labels == "title" else None
        return (picked.value, picked.lang) if picked else (node.slug, "")

    return titled


def _link(arguments: Arguments) -> Callable[[str], str | None]:
    """Where a term leads to."""

    def link(slug: str) -> str | None:
        path = f"/terms/{slug}"
        return {"absolute": public_url(path), "relative": path, "none": None}[arguments["links"]]

    return link
