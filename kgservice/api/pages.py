"""Pages for people: the list of terms, a term (and its other forms), and what problems mean."""

from typing import Any
from urllib.parse import urlencode

from flask import Response, render_template, request
from markdown_it import MarkdownIt
from markupsafe import Markup
from marshmallow import EXCLUDE

from kgservice.api import representations
from kgservice.api.context import public_url, service
from kgservice.api.diagrams import picture_for_page
from kgservice.api.linked_data import RDF_TYPES, term_in_rdf
from kgservice.api.negotiation import asked_languages, best_media_type, requested_languages
from kgservice.api.openapi import answers, content
from kgservice.api.parameters import SLUG_IN_PATH, Arguments, Blueprint, Lang, PageList
from kgservice.api.problems import TYPES
from kgservice.api.ready import answer
from kgservice.api.representations import Json, Speaker
from kgservice.api.schemas import either
from kgservice.api.snippets import escaped_for_markdown
from kgservice.api.terms import term_in_json
from kgservice.diagrams.png import can_draw
from kgservice.errors import NotFound
from kgservice.model.glossary import Glossary
from kgservice.model.language_names import own_name
from kgservice.model.languages import direction
from kgservice.services.terms import get_term, list_languages, list_terms
from kgservice.store.queries import NotAcceptable

blueprint = Blueprint(
    "pages",
    __name__,
    static_folder="static",
    template_folder="templates",
    description="Pages for people, and a term in each of its forms",
)

FORMS = (
    ("text/html", "html"),
    ("application/json", "json"),
    ("text/turtle", "ttl"),
    ("application/ld+json", "jsonld"),
    ("application/n-triples", "nt"),
    ("application/rdf+xml", "rdf"),
    ("text/markdown", "md"),
)
"""What a term can be had as: media type and suffix."""

_SUFFIXES = tuple(form for _, form in FORMS if form != "html")
_FORM_IN_PATH = {"in": "path", "name": "form", "schema": {"enum": [*_SUFFIXES]}}
_AS_FORMS = {
    **content("text/html"),
    **content("application/json", either("Term", "MultilingualTerm"), "term"),
    **content("application/ld+json", {"type": "object"}),
    **{key: shape for media, _ in FORMS if "json" not in media for key, shape in content(media).items()},
}

_MARKDOWN = MarkdownIt("commonmark", {"html": False})

PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)


@blueprint.app_template_filter("markdown")
def _markdown(value: str) -> Markup:
    """CommonMark as HTML; HTML in the text stays text, and links have harmless schemes only."""
    return Markup(_MARKDOWN.render(value))  # noqa: S704 - HTML in the text is off


def page(speaker: Speaker, glossary: Glossary, template: str, **values: Any) -> Response:
    """A page in the reader's language, under the policy of pages. `tags` are the languages that it offers."""
    title = speaker.text(glossary.title)
    languages = [{"tag": tag, "name": own_name(tag), "dir": direction(tag)} for tag in values.pop("tags")]
    shown = next(iter(speaker.used), speaker.languages.first)
    html = render_template(
        template,
        glossary=title,
        languages=languages,
        asked=speaker.languages.first,
        lang=shown,
        dir=direction(shown),
        **values,
    )
    response = Response(html, mimetype="text/html")
    if speaker.used:
        response.headers["Content-Language"] = ", ".join(speaker.used)
    response.headers["Content-Security-Policy"] = PAGE_POLICY
    if "lang" not in request.args:
        response.vary.add("Accept-Language")
    return response


@blueprint.get("/")
@blueprint.arguments(PageList, location="query", unknown=EXCLUDE)
@answers("getHome", content("text/html"), problems=("invalid",), kept=False)
def get_home(arguments: Arguments) -> Response:
    """The glossary's terms, a page of them at a time."""
    store = service().store
    glossary = store.glossary()
    speaker = Speaker(requested_languages(arguments.get("lang"), glossary))
    items, following = list_terms(store, after=arguments["after"], limit=100)
    shown = [representations.item(speaker, one) for one in items]
    return page(speaker, glossary, "home.html", tags=list_languages(store), items=shown, following=following)


@blueprint.get("/terms/<slug>", parameters=[SLUG_IN_PATH])
@blueprint.arguments(Lang, location="query", unknown=EXCLUDE)
@answers("getTermPage", _AS_FORMS, problems=("not-found", "not-acceptable", "invalid"), headers=("Content-Language",))
def get_page(arguments: Arguments, slug: str) -> Response:
    """All that is known of a term, in the form that `Accept` likes best: a page, JSON, Markdown or RDF."""
    best = best_media_type(request.headers.get("Accept"), FORMS)
    if best is None:
        raise NotAcceptable(f"a term can be had as {', '.join(media for media, _ in FORMS)}")
    response = _term(arguments, slug, best[1])
    response.vary.add("Accept")
    response.headers.add("Content-Location", public_url(f"/terms/{slug}{'' if best[1] == 'html' else '.' + best[1]}"))
    return response


@blueprint.get("/terms/<slug>.<form>", parameters=[SLUG_IN_PATH, _FORM_IN_PATH])
@blueprint.arguments(Lang, location="query", unknown=EXCLUDE)
@answers("getTermForm", _AS_FORMS, problems=("not-found", "invalid"), headers=("Content-Language",))
def get_form(arguments: Arguments, slug: str, form: str) -> Response:
    """The same in the form that the suffix names."""
    if form not in _SUFFIXES:
        raise NotFound(f"there is nothing at {request.path}")
    return _term(arguments, slug, form)


def _term(arguments: Arguments, slug: str, form: str) -> Response:
    if form == "json":
        return term_in_json(arguments, slug)
    if arguments.get("lang") == "*":  # any language will do: RDF has them all, a page shows one
        arguments = {name: value for name, value in arguments.items() if name != "lang"}
    asked = asked_languages(arguments.get("lang"))
    if form in RDF_TYPES:
        return term_in_rdf(slug, form)
    build = {"html": _html, "md": _markdown_document}[form]
    vary = () if "lang" in arguments else ("Accept-Language",)
    return answer(slug, (form, asked), lambda: build(arguments, slug), vary=vary)


def _html(arguments: Arguments, slug: str) -> Response:
    view, glossary = get_term(service().store, slug)
    speaker = Speaker(requested_languages(arguments.get("lang"), glossary))
    shown = representations.term(speaker, view, glossary)
    drawn = Markup(picture_for_page(view, speaker.languages))  # noqa: S704 - our own SVG, its texts escaped
    response = page(
        speaker,
        glossary,
        "term.html",
        tags=shown["languages"],
        term=shown,
        picture=drawn,
        oembed=_oembed_address(shown),
        image=_image_address(shown),
    )
    for media, form in FORMS[1:]:
        response.headers.add("Link", f'<{public_url(f"/terms/{slug}.{form}")}>; rel="alternate"; type="{media}"')
    return response


def _oembed_address(shown: Json) -> str:
    address = f"{shown['links']['page']}?lang={shown['lang']}"
    return public_url(f"/oembed?{urlencode({'url': address, 'format': 'json'})}")


def _image_address(shown: Json) -> str | None:
    """The picture that chats and feeds show for the page, where this installation can make it."""
    if not can_draw(shown["lang"]):
        return None
    return public_url(f"/terms/{shown['slug']}/diagram.png?lang={shown['lang']}&theme=light&scale=2")


def _markdown_document(arguments: Arguments, slug: str) -> Response:
    view, glossary = get_term(service().store, slug)
    speaker = Speaker(requested_languages(arguments.get("lang"), glossary))
    shown = representations.term(speaker, view, glossary)
    text = render_template("term.md", term=shown, url=public_url)
    response = Response(text.strip() + "\n", content_type="text/markdown; charset=utf-8")
    response.headers["Content-Language"] = ", ".join(speaker.used)
    return response


blueprint.add_app_template_filter(escaped_for_markdown, "md")


@blueprint.get("/docs/problems/<name>", parameters=[{"in": "path", "name": "name", "schema": {"enum": [*TYPES]}}])
@answers("getProblem", content("text/html"), problems=("not-found",), kept=False)
def get_problem(name: str) -> Response:
    """What a problem type means."""
    if name not in TYPES:
        raise NotFound(f"there is no problem type {name!r}")
    kind = TYPES[name]
    shown = {"status": kind.status, "title": kind.title, "detail": kind.about}
    return Response(render_template("problem.html", problem=shown), mimetype="text/html")
