"""A term as a document: the page for people, and the same in the other forms that `Accept` or a suffix asks for."""

import re
from typing import Any
from urllib.parse import urlencode

import nh3
from flask import Response, render_template, request
from markdown_it import MarkdownIt
from markupsafe import Markup
from marshmallow import EXCLUDE

from kgservice.api import representations, snippets
from kgservice.api.context import public_url, service
from kgservice.api.diagrams import graph_for_page, image_address, mermaid_for_page, picture_for_page
from kgservice.api.forms import Blueprint
from kgservice.api.interface import interface_language
from kgservice.api.layout import address, page
from kgservice.api.linked_data import RDF_TYPES, term_in_rdf
from kgservice.api.negotiation import asked_languages, best_media_type, requested_languages
from kgservice.api.openapi import answers, content
from kgservice.api.parameters import SLUG_IN_PATH, Arguments, Lang, choice_in_path
from kgservice.api.ready import answer, answer_as_planned
from kgservice.api.schemas import either
from kgservice.api.snippets import escaped_for_markdown
from kgservice.api.terms import plan_term
from kgservice.diagrams.layout import layout
from kgservice.errors import NotFound
from kgservice.model.glossary import Glossary
from kgservice.model.languages import Languages, direction
from kgservice.model.speaking import Json, Speaker
from kgservice.model.views import TermView
from kgservice.services.terms import get_term
from kgservice.store.refusals import NotAcceptable

blueprint = Blueprint("term documents", __name__, description="A term as a page for people, and in its other forms")

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
_FORM_IN_PATH = choice_in_path("form", _SUFFIXES, "The form.")
_IN_FORMS = {
    **content("application/json", either("Term", "MultilingualTerm"), "term"),
    **content("application/ld+json", {"type": "object"}),
    **{
        key: shape
        for media, _ in FORMS
        if "json" not in media and media != "text/html"
        for key, shape in content(media).items()
    },
}

_MARKDOWN = MarkdownIt("commonmark", {"html": False})
_MARKDOWN_TAGS = {
    *("p", "em", "strong", "code", "pre", "a", "ul", "ol", "li", "blockquote", "hr", "br"),
    *("h3", "h4", "h5", "h6"),
}


@blueprint.app_template_filter("markdown")
def _markdown(value: str) -> Markup:
    """CommonMark as HTML without scripts, pictures or styles; its headings begin below those of the page."""
    html = _MARKDOWN.render(re.sub(r"(?m)^(#{1,4})(?= )", r"##\1", value))
    cleaned = nh3.clean(html, tags=_MARKDOWN_TAGS, attributes={"a": {"href"}}, url_schemes={"http", "https", "mailto"})
    return Markup(cleaned)  # noqa: S704 - just cleaned


_SIGNS = re.compile(r"(?a)\*\*|`|(?<!\w)\*(?=\S|$)|(?<=\S)\*(?!\w)|^\*(?!\w)|(?m:^)(#{1,6}|[*>-]) ")


@blueprint.app_template_filter("unmarked")
def _unmarked(value: str) -> str:
    """A piece of CommonMark without the signs of emphasis, code, headings and lists: it may begin or end anywhere."""
    return _SIGNS.sub("", value)


@blueprint.get("/terms/<slug>", parameters=[SLUG_IN_PATH])
@blueprint.arguments(Lang, location="query", unknown=EXCLUDE)
@answers(
    "getTermPage",
    content("text/html"),
    _IN_FORMS,
    problems=("not-found", "not-acceptable", "invalid"),
    headers=("Content-Language",),
)
def get_page(arguments: Arguments, slug: str) -> Response:
    """All that is known of a term, in the form that `Accept` likes best: a page, JSON, Markdown or RDF."""
    best = best_media_type(request.headers.get("Accept"), FORMS)
    if best is None:
        raise NotAcceptable(f"a term can be had as {', '.join(media for media, _ in FORMS)}")
    response = _term(arguments, slug, best[1])
    response.vary.add("Accept")
    suffix = "" if best[1] == "html" else f".{best[1]}"
    response.headers.add("Content-Location", public_url(address(f"/terms/{slug}{suffix}")))
    return response


@blueprint.get("/terms/<slug>.<form>", parameters=[SLUG_IN_PATH, _FORM_IN_PATH])
@blueprint.arguments(Lang, location="query", unknown=EXCLUDE)
@answers("getTermForm", _IN_FORMS, problems=("not-found", "invalid"), headers=("Content-Language",))
def get_form(arguments: Arguments, slug: str, form: str) -> Response:
    """The same in the form that the suffix names."""
    if form not in _SUFFIXES:
        raise NotFound(f"there is nothing at {request.path}")
    return _term(arguments, slug, form)


def _term(arguments: Arguments, slug: str, form: str) -> Response:
    if form == "json":
        return answer_as_planned(plan_term(arguments, asked_languages(arguments.get("lang"))), slug)
    if arguments.get("lang") == "*":  # any language will do: RDF has them all, a page shows one
        arguments = {name: value for name, value in arguments.items() if name != "lang"}
    asked = asked_languages(arguments.get("lang"))
    if form in RDF_TYPES:
        return term_in_rdf(slug, form)
    if form == "html":
        variant = (form, asked, interface_language(), *sorted(_given()))
        return answer(slug, variant, lambda: _html(arguments, slug), vary=("Accept-Language",))
    vary = () if "lang" in arguments else ("Accept-Language",)
    return answer(slug, (form, asked), lambda: _markdown_document(arguments, slug), vary=vary)


def _shown(arguments: Arguments, slug: str) -> tuple[Speaker, Glossary, TermView, Json]:
    view, glossary = get_term(service().store, slug)
    speaker = Speaker(requested_languages(arguments.get("lang"), glossary))
    return speaker, glossary, view, representations.term(speaker, view, glossary, public_url(""))


def _html(arguments: Arguments, slug: str) -> Response:
    speaker, glossary, view, shown = _shown(arguments, slug)
    lang = shown["prefLabel"]["lang"] if shown["prefLabel"] else speaker.first
    labels = view.texts.get("prefLabel", {})
    names = _other_names(shown, lang)
    given = {name: value for name, value in _given() if any(name == one["id"] for one in shown["quiz"])}
    response = page(
        speaker,
        glossary,
        "term.html",
        tags=[tag for tag in shown["languages"] if tag in labels],
        lang=lang,
        term=shown,
        other_names=names,
        status=shown["languages"].get(lang, {}).get("status"),
        picture=Markup(picture_for_page(view, speaker.languages)),  # noqa: S704 - our own SVG, its texts escaped
        mermaid=mermaid_for_page(view, speaker.languages),
        snippets=snippets,
        embedded=_embedded(view, glossary, shown),
        oembed=_oembed_address(shown),
        image=image_address(slug, shown["lang"]),
        labels_elsewhere=[
            {"lang": tag, "value": labels[tag][0], "dir": direction(tag), **edition}
            for tag, edition in shown["languages"].items()
            if tag in labels
        ],
        given_answers=given,
        score=sum(given.get(one["id"]) == one["answer"] for one in shown["quiz"]),
        linked=_defined_term(shown, lang, names),
    )
    for media, form in FORMS[1:]:
        there = public_url(address(f"/terms/{slug}.{form}"))
        response.headers.add("Link", f'<{there}>; rel="alternate"; type="{media}"')
    return response


def _other_names(shown: Json, lang: str) -> list[Json]:
    """Abbreviations, which cross languages, and the alternative labels of the language shown, without its label."""
    names = [*shown["abbreviations"], *(one for one in shown["altLabels"] if one["lang"] == lang)]
    return [one for one in names if one["value"] != _value(shown["prefLabel"])]


def _embedded(view: TermView, glossary: Glossary, shown: Json) -> snippets.Shown:
    """What the snippets say of the term, in the first language that is asked for."""
    lang = shown["lang"]
    drawing = layout(graph_for_page(view, Languages((lang,), glossary.languages)))
    title, definition = _value(shown["prefLabel"]) or shown["slug"], _value(shown["definition"]) or ""
    return snippets.Shown(shown["slug"], title, definition, round(drawing.width), round(drawing.height), {"lang": lang})


def _oembed_address(shown: Json) -> str:
    address = f"{shown['links']['page']}?lang={shown['lang']}"
    return public_url(f"/oembed?{urlencode({'url': address, 'format': 'json'})}")


def _given() -> list[tuple[str, str]]:
    """The answers to the comprehension check that a form without script sends: question and choice."""
    return [(key[7:], value[:100]) for key, value in request.args.items() if key.startswith("answer-")]


def _defined_term(shown: Json, lang: str, names: list[Json]) -> Json:
    """The term in the words of schema.org, for search engines: what is in its one language, and abbreviations."""
    definition = shown["definition"]
    told = {
        "@context": "https://schema.org",
        "@type": "DefinedTerm",
        "@id": shown["iri"],
        "url": shown["links"]["page"],
        "termCode": shown["slug"],
        "inLanguage": lang,
        "name": _value(shown["prefLabel"]),
        "alternateName": [one["value"] for one in names],
        "description": definition["value"] if definition and definition["lang"] == lang else None,
        "sameAs": shown["exactMatch"],
        "inDefinedTermSet": public_url("/"),
        "dateModified": shown["modified"],
    }
    return {name: value for name, value in told.items() if value}


def _value(text: Any) -> str | None:
    return text["value"] if text else None


def _markdown_document(arguments: Arguments, slug: str) -> Response:
    speaker, _, _, shown = _shown(arguments, slug)
    text = render_template("term.md", term=shown, url=public_url)
    response = Response(text.strip() + "\n", content_type="text/markdown; charset=utf-8")
    response.headers["Content-Language"] = ", ".join(speaker.used)
    return response


blueprint.add_app_template_filter(escaped_for_markdown, "md")
