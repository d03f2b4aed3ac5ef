"""What the API says of terms, as plain dictionaries in the shapes of the HTTP contract."""

from collections.abc import Collection, Iterable, Mapping

import orjson
from flask import Response

from kgservice.api.negotiation import EVERY, asked_languages
from kgservice.api.ready import Rendering, response_of
from kgservice.model.glossary import Glossary
from kgservice.model.languages import Languages, direction
from kgservice.model.learning_path import LearningPath, PathStep
from kgservice.model.neighbourhood import Neighbourhood
from kgservice.model.speaking import AFTER, BEFORE, BESIDE, LAST, EveryLanguage, Json, Speaker, Tell, TellBeside, topic
from kgservice.model.views import Spoken, TermView
from kgservice.services.searching import Found, Hit
from kgservice.store.reading import TermItem, TopicItem


def render(speaker: Speaker, body: Json) -> Rendering:
    """The body as JSON, with the languages that are in it."""
    return _rendering(orjson.dumps(body, option=orjson.OPT_APPEND_NEWLINE), speaker.used)


def respond(speaker: Speaker, body: Json) -> Response:
    """The same as an answer of Flask's."""
    return response_of(render(speaker, body))


def _rendering(body: bytes, used: Iterable[str]) -> Rendering:
    told = ", ".join(used)
    return Rendering(body, "application/json", (("Content-Language", told),) if told else ())


def speaker_for(lang: str | None, glossary: Glossary) -> Speaker:
    """The one that writes texts as a request asks for them."""
    return speaker_of(asked_languages(lang), glossary)


def speaker_of(asked: tuple[str, ...], glossary: Glossary) -> Speaker:
    """The one that writes texts in the languages that are asked for."""
    return (EveryLanguage if asked == EVERY else Speaker)(Languages(asked, glossary.languages))


def topic_item(speaker: Speaker, one: TopicItem) -> Json:
    """A topic in a list."""
    return {**topic(speaker, one.topic), "terms": one.terms}


def item(speaker: Speaker, one: TermItem) -> Json:
    """A term in a list."""
    texts = {"prefLabel": speaker.text(one.label), "definition": speaker.text(one.definition)}
    return {"slug": one.slug, "iri": one.iri, **texts}


def term(speaker: Speaker, view: TermView, glossary: Glossary, home: str, names: Collection[str] = ()) -> Json:
    """A whole term, or only some of its fields; `home` is the address of the service."""
    told = {name: tell(speaker, view, glossary) for name, tell in _FIELDS.items() if not names or name in names}
    return told if names and "links" not in names else {**told, "links": _links(view.slug, home)}


def spoken(speaker: Speaker, said: Spoken, slug: str, home: str) -> Rendering:
    """A whole term whose own part is ready: what is named with it is put into its place."""
    beside = {name: tell(speaker, said) for name, tell in BESIDE.items()}
    last = {**{name: tell(speaker, said) for name, tell in LAST.items()}, "links": _links(slug, home)}
    parts = (said.before[:-1], orjson.dumps(beside)[1:-1], said.after[1:-1], orjson.dumps(last)[1:] + b"\n")
    return _rendering(b",".join(parts), dict.fromkeys((*said.used, *speaker.used)))


def _links(slug: str, home: str) -> Json:
    data, page = f"{home}/api/v1/terms/{slug}", f"{home}/terms/{slug}"
    return {"self": data, "page": page, "neighbourhood": f"{data}/neighbourhood", "diagram": f"{page}/diagram.mmd"}


def _beside(tell: TellBeside) -> Tell:
    return lambda speaker, view, _glossary: tell(speaker, view)


_FIELDS: Mapping[str, Tell] = {
    **BEFORE,
    **{name: _beside(tell) for name, tell in BESIDE.items()},
    **AFTER,
    **{name: _beside(tell) for name, tell in LAST.items()},
}

TERM_FIELDS = (*_FIELDS, "links")
"""The keys of a whole term, in order."""


def neighbourhood(speaker: Speaker, found: Neighbourhood) -> Json:
    """A neighbourhood as nodes and edges; an edge runs as its RDF statement does, from subject to object."""
    slugs = {node.iri: node.slug for node in found.nodes}
    nodes = [
        {
            "slug": node.slug,
            "iri": node.iri,
            "prefLabel": speaker.text(node.label),
            "role": node.role,
            "distance": node.distance,
        }
        for node in found.nodes
    ]
    return {
        "centre": found.centre.slug,
        "nodes": nodes,
        "edges": [{"from": slugs[one.source], "to": slugs[one.target], "kind": one.kind} for one in found.links],
        "truncated": bool(found.left_out),
    }


def found_terms(speaker: Speaker, found: Found) -> Json:
    """The terms that a query found, best first."""
    return {"items": [_hit(speaker, one) for one in found.hits], "next": None, "truncated": found.truncated}


def _hit(speaker: Speaker, one: Hit) -> Json:
    """A term and where it was found. `value` is what its parts make together."""
    speaker.used[one.lang] = None
    match = {
        "field": one.field,
        "lang": one.lang,
        "dir": direction(one.lang),
        "value": "".join(text for text, _ in one.parts),
        "parts": [{"text": text, "hit": hit} for text, hit in one.parts],
    }
    return {"slug": one.slug, "iri": one.iri, "prefLabel": speaker.text(one.label), "match": match}


def step(speaker: Speaker, one: PathStep) -> Json:
    """A term to learn, and what it requires."""
    return {"slug": one.slug, "iri": one.iri, "prefLabel": speaker.text(one.label), "requires": list(one.requires)}


def learning_path(speaker: Speaker, path: LearningPath) -> Json:
    """A learning path; its edges run as those of a neighbourhood do, from a step to what it requires."""
    edges = [
        {"from": one.source, "to": one.target, "kind": "prerequisite", "reason": speaker.text(one.reason)}
        for one in path.edges
    ]
    return {
        "to": list(path.goals),
        "known": list(path.known),
        "steps": [step(speaker, one) for one in path.steps],
        "edges": edges,
        "remaining": len(path.steps),
        "needed": path.needed,
    }
