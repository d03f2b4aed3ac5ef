"""For other sites: a term in a frame, the script of the elements, oEmbed, snippets, and the page that explains them."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

from flask import Response, jsonify, render_template, request, url_for
from markupsafe import Markup
from marshmallow import EXCLUDE

from kgservice.api import representations, snippets
from kgservice.api.context import public_url, service
from kgservice.api.diagrams import NO_TERM, graph_of, mermaid_text, picture, picture_of_no_term
from kgservice.api.forms import Blueprint
from kgservice.api.layout import page
from kgservice.api.negotiation import asked_languages, requested_languages
from kgservice.api.openapi import answers, content, data
from kgservice.api.parameters import SLUG_IN_PATH, Arguments, Diagram, Embed, Embedding, OEmbed, PageLang
from kgservice.api.ready import FRESH, answer
from kgservice.api.snippets import Shown
from kgservice.diagrams.layout import layout
from kgservice.errors import NotFound, NotSupported
from kgservice.model.glossary import Glossary
from kgservice.model.languages import direction
from kgservice.model.slugs import is_slug
from kgservice.model.speaking import Json, Speaker
from kgservice.services.history import current_slug
from kgservice.services.terms import get_term, list_languages, list_terms
from kgservice.services.tooltips import tooltips

blueprint = Blueprint("embeds", __name__, description="Terms on other sites")

FRAME_POLICY = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors *"
"""The one page that other sites may frame. It runs nothing."""

FOREVER = "public, max-age=31536000, immutable"


@blueprint.get("/embed/terms/<slug>", parameters=[SLUG_IN_PATH])
@blueprint.arguments(Embed, location="query", unknown=EXCLUDE)
@answers("getEmbed", content("text/html"), problems=("invalid",), responses=NO_TERM)
def get_embed(arguments: Arguments, slug: str) -> Response:
    """A term for a frame: label, definition, picture; links open in the whole window.

    In the frame of a term that is not there stands a small picture that says so, with 404.
    """

    def build() -> Response:
        speaker, glossary, term = _term(arguments, slug)
        shown = shown_embedded(arguments, slug, term)
        lang = next(iter(speaker.used), speaker.first)
        html = render_template(
            "embed.html",
            term=term,
            glossary=speaker.text(glossary.title),
            page=snippets.page_address(shown),
            picture=Markup(picture(arguments, slug, style=False)),  # noqa: S704 - our own SVG, its texts escaped
            styles=(url_for("pages.static", filename="embed.css"), url_for("diagrams.get_style")),
            theme=arguments["theme"],
            lang=lang,
            dir=direction(lang),
        )
        response = Response(html, mimetype="text/html")
        response.headers["Content-Language"] = ", ".join(speaker.used)
        response.headers["Content-Security-Policy"] = FRAME_POLICY
        return response

    try:
        return _answered(arguments, slug, "embed", build)
    except NotFound as error:
        response = picture_of_no_term(error, slug, arguments)
        response.headers["Content-Security-Policy"] = FRAME_POLICY
        return response


@blueprint.get("/terms/<slug>/diagram.html", parameters=[SLUG_IN_PATH])
@blueprint.arguments(Embed, location="query", unknown=EXCLUDE)
@answers("getHtmlSnippet", content("text/html"), problems=("not-found", "invalid"))
def get_html(arguments: Arguments, slug: str) -> Response:
    """HTML to paste: picture, title and definition."""

    def build() -> Response:
        text = snippets.in_html(shown_embedded(arguments, slug, _term(arguments, slug)[2]))
        return Response(text, mimetype="text/html")

    return _answered(arguments, slug, "snippet-html", build)


@blueprint.get("/terms/<slug>/diagram.md", parameters=[SLUG_IN_PATH])
@blueprint.arguments(Embed, location="query", unknown=EXCLUDE)
@answers("getMarkdownSnippet", content("text/markdown"), problems=("not-found", "invalid"))
def get_markdown(arguments: Arguments, slug: str) -> Response:
    """Markdown to paste: picture, title and definition."""

    def build() -> Response:
        text = snippets.in_markdown(shown_embedded(arguments, slug, _term(arguments, slug)[2]))
        return Response(text, content_type="text/markdown; charset=utf-8")

    return _answered(arguments, slug, "snippet-md", build)


def _answered(arguments: Arguments, slug: str, form: str, build: Any) -> Response:
    variant = (form, asked_languages(arguments.get("lang")), *sorted(arguments.items()))
    about = slug if arguments["depth"] == 1 else None
    if about is None and service().store.versions.of(slug) is None:
        raise NotFound(f"there is no term {slug!r}")
    return answer(about, variant, build, vary=() if "lang" in arguments else ("Accept-Language",))


def _term(arguments: Arguments, slug: str) -> tuple[Speaker, Glossary, Json]:
    view, glossary = get_term(service().store, slug)
    speaker = Speaker(requested_languages(arguments.get("lang"), glossary))
    return speaker, glossary, representations.term(speaker, view, glossary, public_url(""))


def shown_embedded(arguments: Arguments, slug: str, term: Json) -> Shown:
    """What a snippet says of a term; `options` are those that differ from the defaults."""
    drawing = layout(graph_of(arguments, slug), arguments["direction"])
    title = term["prefLabel"]["value"] if term["prefLabel"] else slug
    definition = term["definition"]["value"] if term["definition"] else ""
    defaults = Embed().load({})
    told = {
        key: ",".join(value) if isinstance(value, list) else str(value)
        for key, value in arguments.items()
        if value != defaults.get(key) and key in (*Diagram().fields, "lang")
    }
    return Shown(slug, title, definition, round(drawing.width), round(drawing.height), told)


# --- the script ------------------------------------------------------------------------------------------------------


@blueprint.get("/embed.js")
@answers("getNewestScript", content("text/javascript"), kept=False, headers=("Cache-Control",))
def get_newest_script() -> Response:
    """The newest version of the script, for those who want no fixed one."""
    return _script(FRESH)


@blueprint.get(f"/embed-{snippets.VERSION}.js")
@answers("getScript", content("text/javascript"), kept=False, headers=("Cache-Control",))
def get_script() -> Response:
    """This version of the script, which never changes."""
    return _script(FOREVER)


def _script(cache_control: str) -> Response:
    response = Response(snippets.script(), content_type="text/javascript; charset=utf-8")
    response.headers["Cache-Control"] = cache_control
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.add_etag()
    response.make_conditional(request)
    return response


# --- tooltips --------------------------------------------------------------------------------------------------------


@blueprint.get("/abbreviations.txt")
@blueprint.arguments(PageLang, location="query", unknown=EXCLUDE)
@answers("getAbbreviations", content("text/plain"), problems=("invalid",))
def get_abbreviations(arguments: Arguments) -> Response:
    """The terms as abbreviations of Markdown, a line each, from which MkDocs makes tooltips."""
    asked = asked_languages(arguments.get("lang"))

    def build() -> Response:
        store = service().store
        made = tooltips(store, requested_languages(arguments.get("lang"), store.glossary()))
        return Response(made.text, content_type="text/plain; charset=utf-8")

    return answer(None, ("abbreviations", asked), build, vary=() if "lang" in arguments else ("Accept-Language",))


# --- oEmbed ----------------------------------------------------------------------------------------------------------


_OEMBED: Json = {
    "type": "object",
    "required": ["version", "type", "title", "html", "width", "height"],
    "properties": {
        **{name: {"type": "string"} for name in ("version", "type", "title", "html", "provider_name", "provider_url")},
        **{name: {"type": "integer"} for name in ("width", "height", "cache_age")},
    },
}


@blueprint.get("/oembed")
@blueprint.arguments(OEmbed, location="query", unknown=EXCLUDE)
@answers("getOembed", data(_OEMBED), problems=("not-found", "gone", "invalid", "not-supported"))
def get_oembed(arguments: Arguments) -> Response:
    """What a consumer of oEmbed puts in the place of a term's address."""
    if arguments["format"] != "json":
        raise NotSupported(f"oEmbed is answered in JSON only, not in {arguments['format']!r}; ask with format=json")
    named, lang = _slug_at(arguments["url"])
    slug = current_slug(service().store, named) or named
    asked = asked_languages(lang)
    query = f"?lang={','.join(asked)}" if asked else ""
    told = Embed().load({"lang": ",".join(asked)} if asked else {})

    def build() -> Response:
        term = _term(told, slug)[2]
        shown = shown_embedded(told, slug, term)
        width = min(arguments["maxwidth"], 640)
        height = min(snippets.frame_height(shown, width), arguments["maxheight"])
        address = f"{public_url(f'/embed/terms/{slug}')}{query}"
        html = (
            f'<iframe src="{address}" title="{Markup.escape(shown.title)}" width="{width}" height="{height}" '
            'style="border:0" loading="lazy"></iframe>'
        )
        body = {"version": "1.0", "type": "rich", "title": shown.title, "html": html, "width": width, "height": height}
        return jsonify({**body, "provider_name": "kgservice", "provider_url": public_url("/"), "cache_age": 3600})

    vary = () if lang else ("Accept-Language",)
    return answer(slug, ("oembed", asked, *sorted(arguments.items())), build, vary=vary)


def _slug_at(address: str) -> tuple[str, str | None]:
    """The slug and the languages in the address of one of our terms; `NotFound` for any other address."""
    plain = address.partition("?")[0].partition("#")[0]
    for start in (public_url("/terms/"), public_url("/embed/terms/")):
        if plain.startswith(start) and is_slug(plain.removeprefix(start)):
            langs = parse_qs(urlsplit(address).query).get("lang")
            return plain.removeprefix(start), langs[0] if langs else None
    raise NotFound(f"{address[:200]!r} is not the address of a term here, such as {public_url('/terms/{slug}')}")


# --- the page --------------------------------------------------------------------------------------------------------


@blueprint.get("/docs/embed")
@blueprint.arguments(Embedding, location="query", unknown=EXCLUDE)
@answers("getEmbedding", content("text/html"), problems=("not-found", "gone", "invalid"), kept=False)
def get_explanation(arguments: Arguments) -> Response:
    """Embed in ten minutes: each way for a term that one chooses, with what to paste and how it looks."""
    store = service().store
    items, _ = list_terms(store, limit=200)
    slugs = [one.slug for one in items]
    slug = arguments.get("term") or ("networking" if "networking" in slugs else next(iter(slugs), None))
    slug = slug and (current_slug(store, slug) or slug)
    glossary = store.glossary()
    speaker = Speaker(requested_languages(arguments.get("lang"), glossary))
    tags = list_languages(store)
    if slug is None:
        return page(speaker, glossary, "embedding.html", tags=tags, slugs=[], shown=None)
    told = Embed().load({"lang": arguments.get("lang") or speaker.languages.choose(glossary.languages)})
    term = _term(told, slug)[2]
    shown = shown_embedded(told, slug, term)
    return page(
        speaker,
        glossary,
        "embedding.html",
        tags=tags,
        lang=speaker.languages.choose(glossary.languages),
        slugs=slugs,
        shown=shown,
        snippets=snippets,
        mermaid=mermaid_text(service(), {**told, "theme": "seed"}, slug, speaker.languages),
        version=snippets.VERSION,
    )
