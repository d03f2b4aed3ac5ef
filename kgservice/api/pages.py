"""Pages for people beside those of terms: home, topics, what problems mean, the site map."""

from flask import Response, render_template
from markupsafe import Markup
from marshmallow import EXCLUDE

from kgservice.api import representations
from kgservice.api.context import public_url, service
from kgservice.api.diagrams import image_address, picture_for_page
from kgservice.api.forms import Blueprint
from kgservice.api.interface import interface_language
from kgservice.api.layout import in_english, page
from kgservice.api.negotiation import asked_languages, requested_languages
from kgservice.api.openapi import answers, content
from kgservice.api.parameters import SLUG_IN_PATH, Arguments, Home, PageList, SiteMap, choice_in_path
from kgservice.api.problems import TYPES
from kgservice.api.ready import answer
from kgservice.errors import NotFound
from kgservice.model.glossary import Glossary
from kgservice.model.languages import Languages
from kgservice.model.speaking import Json, Speaker
from kgservice.services.browsing import alphabetical, central_term, labelled_terms, most_required, recently_changed
from kgservice.services.terms import list_languages, list_terms, list_topics
from kgservice.store.reading import Filter, LabelledTerm

blueprint = Blueprint(
    "pages", __name__, static_folder="static", template_folder="templates", description="Pages for people"
)

SITEMAP_MAX = 50_000
"""Addresses in a part of the site map: as many as its format has."""

AT_ONCE = 300
"""Terms of which the home page shows the whole index; of more it shows a letter at a time."""


@blueprint.get("/")
@blueprint.arguments(Home, location="query", unknown=EXCLUDE)
@answers("getHome", content("text/html"), problems=("invalid",))
def get_home(arguments: Arguments) -> Response:
    """What this glossary is, and ways into it."""
    variant = ("home", asked_languages(arguments.get("lang")), interface_language(), arguments["letter"])
    return answer(None, variant, lambda: _home(arguments), vary=("Accept-Language",))


def _home(arguments: Arguments) -> Response:
    store = service().store
    glossary = store.glossary()
    speaker = Speaker(requested_languages(arguments.get("lang"), glossary))
    return page(
        speaker,
        glossary,
        "home.html",
        tags=list_languages(store),
        lang=speaker.languages.choose(glossary.languages),
        topics=[representations.topic_item(speaker, one) for one in list_topics(store)],
        required=[representations.item(speaker, one) for one in most_required(store, 6)],
        recent=[{**representations.item(speaker, one), "time": time} for one, time in recently_changed(store, 6)],
        example=_example(speaker),
        linked=_term_set(speaker, glossary),
        **letters_for(speaker, arguments["letter"]),
    )


def _example(speaker: Speaker) -> Json | None:
    """A term to begin with: its label, what it is in the simplest words that it has, and its diagram."""
    view = central_term(service().store)
    if view is None:
        return None
    label, told, definition = (
        speaker.text({lang: values[0] for lang, values in view.texts.get(field, {}).items()})
        for field in ("prefLabel", "eli5", "definition")
    )
    picture = Markup(picture_for_page(view, speaker.languages))  # noqa: S704 - our own SVG, its texts escaped
    return {
        "slug": view.slug,
        "prefLabel": label,
        "told": told or definition,
        "picture": picture,
        "image": image_address(view.slug, speaker.languages.first),
        "related": view.neighbours.get("related"),
    }


def _term_set(speaker: Speaker, glossary: Glossary) -> Json:
    """The glossary in the words of schema.org, for search engines."""
    title = speaker.text(glossary.title)
    told = {
        "@context": "https://schema.org",
        "@type": "DefinedTermSet",
        "@id": public_url("/"),
        "url": public_url("/"),
        "name": title["value"] if title else "kgservice",
        "inLanguage": list(glossary.languages),
        "license": glossary.licence,
    }
    return {name: value for name, value in told.items() if value}


def letters_for(speaker: Speaker, letter: str) -> Json:
    """The index of all terms for a template: whole, or where there are many, the terms of one letter."""
    letters = alphabetical(service().store, speaker.languages)
    total = sum(len(one.terms) for one in letters)
    headings = [one.heading for one in letters]
    chosen = letter if letter in headings else next(iter(headings), "")
    shown = [
        {
            "heading": one.heading,
            "terms": [_labelled(speaker, t) for t in one.terms] if total <= AT_ONCE or one.heading == chosen else [],
        }
        for one in letters
    ]
    return {"letters": shown, "letter": chosen, "paged": total > AT_ONCE, "total": total}


def _labelled(speaker: Speaker, term: LabelledTerm) -> Json:
    return {"slug": term.slug, "prefLabel": speaker.text(term.label)}


@blueprint.get("/topics/<slug>", parameters=[SLUG_IN_PATH])
@blueprint.arguments(PageList, location="query", unknown=EXCLUDE)
@answers("getTopic", content("text/html"), problems=("not-found", "invalid"))
def get_topic(arguments: Arguments, slug: str) -> Response:
    """The terms of a topic, a page of them at a time."""
    variant = ("topic", slug, asked_languages(arguments.get("lang")), interface_language(), arguments["after"])
    return answer(None, variant, lambda: _topic(arguments, slug), vary=("Accept-Language",))


def _topic(arguments: Arguments, slug: str) -> Response:
    store = service().store
    glossary = store.glossary()
    speaker = Speaker(requested_languages(arguments.get("lang"), glossary))
    found = next((one for one in list_topics(store) if one.topic.slug == slug), None)
    if found is None:
        raise NotFound(f"there is no topic {slug!r}; topics are listed at /api/v1/topics")
    items, following = list_terms(store, after=arguments["after"], limit=100, only=Filter(topic=slug))
    return page(
        speaker,
        glossary,
        "topic.html",
        tags=list_languages(store),
        lang=speaker.languages.choose(glossary.languages),
        topic=representations.topic_item(speaker, found),
        items=[representations.item(speaker, one) for one in items],
        following=following,
    )


@blueprint.get("/sitemap.xml")
@blueprint.arguments(SiteMap, location="query", unknown=EXCLUDE)
@answers("getSitemap", content("application/xml"), problems=("not-found", "invalid"))
def get_sitemap(arguments: Arguments) -> Response:
    """The addresses of all pages in all their languages, for search engines; of a large glossary in parts."""
    return answer(None, ("sitemap", arguments["part"]), lambda: _sitemap(arguments["part"]))


def _sitemap(part: int) -> Response:
    store = service().store
    tags = list(list_languages(store))
    paths = ["/", "/paths", *(f"/topics/{one.topic.slug}" for one in list_topics(store))]
    pages = [(path, tags) for path in paths] + [(f"/terms/{t.slug}", sorted(t.label)) for t in labelled_terms(store)]
    addresses = [address for path, tags in pages for address in (path, *(f"{path}?lang={tag}" for tag in tags))]
    parts = -(-len(addresses) // SITEMAP_MAX)
    if part > parts:
        raise NotFound(f"the site map has {parts} parts; there is no part {part}")
    start = (part - 1) * SITEMAP_MAX if part else 0
    told = {"parts": parts} if parts > 1 and not part else {"addresses": addresses[start : start + SITEMAP_MAX]}
    text = render_template("sitemap.xml", url=public_url, **told)
    return Response(text, content_type="application/xml; charset=utf-8")


@blueprint.get("/robots.txt")
@answers("getRobots", content("text/plain"), kept=False)
def get_robots() -> Response:
    """Crawlers are welcome to the pages; queries and search are for people and programs."""
    lines = ("User-agent: *", "Disallow: /sparql", "Disallow: /search", f"Sitemap: {public_url('/sitemap.xml')}", "")
    return Response("\n".join(lines), content_type="text/plain; charset=utf-8")


@blueprint.get("/docs/problems/<name>", parameters=[choice_in_path("name", TYPES, "The problem type.")])
@answers("getProblem", content("text/html"), problems=("not-found",))
def get_problem(name: str) -> Response:
    """What a problem type means."""
    if name not in TYPES:
        raise NotFound(f"there is no problem type {name!r}")
    variant = ("problem", name, interface_language())
    return answer(None, variant, lambda: _problem(name), vary=("Accept-Language",))


def _problem(name: str) -> Response:
    glossary = service().store.glossary()
    title = Speaker(Languages((interface_language(),), glossary.languages)).text(glossary.title)
    return in_english(render_template("problem_type.html", problem=TYPES[name], glossary=title))
