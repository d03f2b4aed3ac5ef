"""Diagrams of a term's neighbourhood: as Mermaid text and as pictures."""

from collections.abc import Callable, Hashable

from flask import Response, request
from marshmallow import EXCLUDE

from kgservice.api.context import Service, public_url, service
from kgservice.api.forms import Blueprint
from kgservice.api.interface import words_in
from kgservice.api.negotiation import asked_languages, one_of_each, requested_languages
from kgservice.api.openapi import answers, content
from kgservice.api.parameters import SLUG_IN_PATH, Arguments, Diagram, Image
from kgservice.api.ready import FRESH, Plan, Rendering, answer, answer_as_planned
from kgservice.diagrams.graph import Graph
from kgservice.diagrams.mermaid import mermaid
from kgservice.diagrams.neighbourhoods import Titled, drawn_graph
from kgservice.diagrams.png import can_draw, png
from kgservice.diagrams.svg import not_found, svg
from kgservice.diagrams.themes import following_rules
from kgservice.errors import Gone, NotFound
from kgservice.model.glossary import Glossary
from kgservice.model.languages import Languages
from kgservice.model.neighbourhood import Neighbour, Neighbourhood
from kgservice.model.views import Ref, TermView
from kgservice.services.history import current_slug
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
    return answer_as_planned(plan_mermaid(arguments, asked_languages(arguments.get("lang"))), slug)


def plan_mermaid(arguments: Arguments, asked: tuple[str, ...]) -> Plan:
    """The same of any term, in the languages asked for."""

    def build(service: Service, glossary: Glossary, slug: str) -> Rendering:
        text = mermaid_text(service, arguments, slug, one_of_each(asked, glossary))
        return Rendering(text.encode(), "text/vnd.mermaid; charset=utf-8")

    variant, vary = _told_apart(arguments, "mmd", asked)
    return Plan(variant, build, vary=vary, far=_is_far(arguments))


_SAYS_SO = {"description": "A small picture that says so.", "content": content("image/svg+xml")}
NO_TERM = {"404": _SAYS_SO, "410": _SAYS_SO}
"""The answers about a term that is not there."""


@blueprint.get("/terms/<slug>/diagram.svg", parameters=[SLUG_IN_PATH])
@blueprint.arguments(Diagram, location="query", unknown=EXCLUDE)
@answers("getSvg", content("image/svg+xml"), problems=("invalid",), responses=NO_TERM)
def get_svg(arguments: Arguments, slug: str) -> Response:
    """The neighbourhood as a picture; for a term that is not there a small one that says so, with 404 or 410."""
    try:
        return answered(arguments, slug, "svg", lambda: as_picture(picture(arguments, slug)))
    except NotFound as error:
        return picture_of_no_term(error, slug, arguments)


def picture_of_no_term(error: NotFound, slug: str, arguments: Arguments) -> Response:
    """A small picture that says that there is no such term, with 404 (410 for one that was removed).

    The error goes on where the term has another slug by now: `redirects.py` leads there.
    """
    try:
        now, status = current_slug(service().store, slug), 404
    except Gone:
        now, status = None, 410
    if now is not None:
        raise error
    words = words_in(*requested_languages(arguments.get("lang"), service().store.glossary()).asked)
    response = as_picture(not_found(slug, theme=arguments["theme"], words=words))
    response.status_code = status
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
    variant, vary = _told_apart(arguments, form, asked_languages(arguments.get("lang")))
    return answer(None if _is_far(arguments) else slug, variant, build, vary=vary)


def _is_far(arguments: Arguments) -> bool:
    """Whether a diagram shows terms that no edge joins to the one that it is about."""
    return bool(arguments["depth"] > 1)


def _told_apart(
    arguments: Arguments, form: str, asked: tuple[str, ...]
) -> tuple[tuple[Hashable, ...], tuple[str, ...]]:
    """What sets a diagram apart from others of the term, and the headers that it depends on."""
    titles = arguments["labels"] == "title"
    variant = (form, asked if titles else (), str(sorted(arguments.items())))
    return variant, ("Accept-Language",) if titles and "lang" not in arguments else ()


def mermaid_text(service: Service, arguments: Arguments, slug: str, languages: Languages) -> str:
    """The neighbourhood as Mermaid text; `NotFound` if there is no such term."""
    found, titled = _found(service, arguments, slug), _titled(languages, arguments["labels"])
    return mermaid(
        found,
        title=lambda node: titled(node)[0],
        link=_link(service, arguments),
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
    titled, link = _titled(languages, arguments["labels"]), _link(service(), arguments)
    return _graph(_found(service(), arguments, slug), titled, link)


def _graph(found: Neighbourhood, titled: Callable[[Neighbour], Titled], link: Callable[[str], str | None]) -> Graph:
    return drawn_graph(found, title=titled, link=link, words=words_in(titled(found.centre)[1]))


def as_picture(text: str) -> Response:
    """SVG as an answer that any page may show."""
    return _open_to_all(Response(text, content_type="image/svg+xml; charset=utf-8"))


def _open_to_all(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = PICTURE_POLICY
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def _found(service: Service, arguments: Arguments, slug: str) -> Neighbourhood:
    depth, kinds, limit = arguments["depth"], arguments["edges"], arguments["limit"]
    return neighbourhood(service.store, slug, depth=depth, kinds=kinds, limit=limit)


def _titled(languages: Languages, labels: str) -> Callable[[Neighbour], Titled]:
    """How a term is called: by its title in the language that serves best, or by its slug."""

    def titled(node: Neighbour) -> Titled:
        picked = languages.pick(node.label) if labels == "title" else None
        return (picked.value, picked.lang) if picked else (node.slug, "")

    return titled


def _link(service: Service, arguments: Arguments) -> Callable[[str], str | None]:
    """Where a term leads to."""
    if arguments["links"] == "none":
        return lambda _slug: None
    home = service.public_url("") if arguments["links"] == "absolute" else ""
    return lambda slug: f"{home}/terms/{slug}"
