"""What the API says of terms, as plain dictionaries in the shapes of the HTTP contract."""

from collections.abc import Iterable, Mapping
from typing import Any

from flask import Response, jsonify

from kgservice.api.context import public_url
from kgservice.api.negotiation import EVERY, asked_languages
from kgservice.model.glossary import Glossary, Topic
from kgservice.model.languages import Languages, direction
from kgservice.model.learning_path import LearningPath, PathStep
from kgservice.model.neighbourhood import Neighbourhood
from kgservice.model.terms import Question, Texts
from kgservice.services.searching import Found, Hit
from kgservice.services.terms import missing_fields, stale_fields
from kgservice.store.reading import Ref, TermItem, TermView, TopicItem

Json = dict[str, Any]

TERM_FIELDS = (
    *("slug", "iri", "revision", "lang", "prefLabel", "reading", "altLabels", "hiddenLabels", "abbreviations"),
    *("definition", "fullDefinition", "eli5", "deepDive", "scopeNote", "example", "topics", "prerequisites"),
    *("requiredBy", "related", "broader", "narrower", "exactMatch", "closeMatch", "notations", "sources", "quiz"),
    *("languages", "fallbacks", "created", "modified", "deprecated", "replacedBy", "links"),
)
"""The keys of a whole term, in order."""

_TEXTS = ("prefLabel", "definition", "fullDefinition", "eli5", "deepDive", "scopeNote", "example")


class Speaker:
    """Writes texts in the languages of a request, and remembers which it used."""

    def __init__(self, languages: Languages) -> None:
        self.languages = languages
        self.used: dict[str, None] = {}

    def text(self, texts: Texts) -> Json | None:
        """The text that serves best, or None where no language has one."""
        picked = self.languages.pick(texts)
        if picked is None:
            return None
        return self._text(picked.value, picked.lang, fallback=picked.fallback)

    def several(self, texts: Mapping[str, tuple[str, ...]]) -> list[Json]:
        """All values in the language that serves best."""
        picked = self.languages.pick(texts)
        if picked is None:
            return []
        return [self._text(value, picked.lang, fallback=picked.fallback) for value in picked.value]

    def reading(self, readings: Mapping[str, tuple[str, ...]], label: Json | None) -> Json | None:
        """How the label that is shown is read: in its language or not at all."""
        lang = label["lang"] if label else ""
        return self.text({lang: readings[lang][0]}) if lang in readings else None

    @property
    def first(self) -> str:
        """The language that is asked for first."""
        return self.languages.first

    def _text(self, value: str, lang: str, *, fallback: bool) -> Json:
        self.used[lang] = None
        return {"value": value, "lang": lang, "dir": direction(lang), "fallback": fallback}

    def respond(self, body: Json) -> Response:
        """The body as JSON, with the languages that are in it."""
        response = jsonify(body)
        if self.used:
            response.headers["Content-Language"] = ", ".join(self.used)
        return response


class EveryLanguage(Speaker):
    """Writes language maps: the editing representation, `lang=*`."""

    first = "*"

    def text(self, texts: Texts) -> Json | None:
        """The texts by language, or None where there are none."""
        self.used |= dict.fromkeys(texts)
        return dict(texts) or None

    def several(self, texts: Mapping[str, tuple[str, ...]]) -> Any:
        """All values by language."""
        self.used |= dict.fromkeys(texts)
        return {lang: list(values) for lang, values in texts.items()}

    def reading(self, readings: Mapping[str, tuple[str, ...]], _label: Json | None) -> Json | None:
        """The readings by language."""
        return self.text(_single(readings))


def speaker_for(lang: str | None, glossary: Glossary) -> Speaker:
    """The one that writes texts as a request asks for them."""
    asked = asked_languages(lang)
    return (EveryLanguage if asked == EVERY else Speaker)(Languages(asked, glossary.languages))


def ref(speaker: Speaker, one: Ref) -> Json:
    """A term that is named, with the reason for the edge that led there if it has one."""
    shown = {"slug": one.slug, "iri": one.iri, "prefLabel": speaker.text(one.label)}
    if one.reason:
        shown["reason"] = speaker.text(one.reason)
    return shown


def topic(speaker: Speaker, one: Topic) -> Json:
    """A topic that is named."""
    return {"slug": one.slug, "iri": one.iri, "prefLabel": speaker.text(one.label)}


def topic_item(speaker: Speaker, one: TopicItem) -> Json:
    """A topic in a list."""
    return {**topic(speaker, one.topic), "terms": one.terms}


def item(speaker: Speaker, one: TermItem) -> Json:
    """A term in a list."""
    texts = {"prefLabel": speaker.text(one.label), "definition": speaker.text(one.definition)}
    return {"slug": one.slug, "iri": one.iri, **texts}


def term(speaker: Speaker, view: TermView, glossary: Glossary) -> Json:
    """A whole term."""
    texts = {name: speaker.text(_single(view.texts.get(name, {}))) for name in _TEXTS}
    texts["reading"] = speaker.reading(view.texts.get("reading", {}), texts["prefLabel"])
    lists = {
        "altLabels": speaker.several(view.texts.get("altLabel", {})),
        "hiddenLabels": speaker.several(view.texts.get("hiddenLabel", {})),
        "abbreviations": speaker.several(view.texts.get("abbreviation", {})),
    }
    quiz = [_question(speaker, question) for question in view.quiz]
    neighbours = {
        name: [ref(speaker, one) for one in view.neighbours.get(kind, ())]
        for name, kind in (
            ("prerequisites", "prerequisite"),
            ("requiredBy", "requiredBy"),
            ("related", "related"),
            ("broader", "broader"),
            ("narrower", "narrower"),
        )
    }
    return {
        "slug": view.slug,
        "iri": view.iri,
        "revision": view.revision,
        "lang": speaker.first,
        "prefLabel": texts["prefLabel"],
        "reading": texts["reading"],
        **lists,
        **{name: texts[name] for name in _TEXTS[1:]},
        "topics": [topic(speaker, one) for one in view.topics],
        **neighbours,
        "exactMatch": list(view.exact_match),
        "closeMatch": list(view.close_match),
        "notations": list(view.notations),
        "sources": [{"title": s.title, "url": s.url, "identifier": s.identifier} for s in view.sources],
        "quiz": quiz,
        "languages": {tag: _language(view, tag) for tag in _tags(view, glossary)},
        "fallbacks": [name for name, shown in {**texts, **lists, "quiz": quiz}.items() if _has_fallback(shown)],
        "created": view.created,
        "modified": view.modified,
        "deprecated": view.deprecated,
        "replacedBy": ref(speaker, view.replaced_by) if view.replaced_by else None,
        "links": _links(view.slug),
    }


def _single(texts: Mapping[str, tuple[str, ...]]) -> Texts:
    return {lang: values[0] for lang, values in texts.items()}


def _question(speaker: Speaker, question: Question) -> Json:
    return {
        "id": question.id,
        "question": speaker.text(question.text),
        "choices": [{"id": choice.id, "text": speaker.text(choice.text)} for choice in question.choices],
        "answer": question.answer,
        "explanation": speaker.text(question.explanation),
    }


def _has_fallback(shown: Any) -> bool:
    """Whether any text in it is a fallback."""
    if isinstance(shown, dict):
        return shown.get("fallback") is True or any(map(_has_fallback, shown.values()))
    return isinstance(shown, list) and any(map(_has_fallback, shown))


def _tags(view: TermView, glossary: Glossary) -> Iterable[str]:
    """The glossary's languages in their order, then others that the term has."""
    held = {lang for by_language in view.texts.values() for lang in by_language} | view.editions.keys()
    return [*glossary.languages, *sorted(held.difference(glossary.languages))]


def _language(view: TermView, tag: str) -> Json:
    edition = view.editions.get(tag)
    status = edition.status if edition else None
    return {"status": status, "missing": missing_fields(view, tag), "stale": stale_fields(view, tag)}


def _links(slug: str) -> Json:
    return {
        "self": public_url(f"/api/v1/terms/{slug}"),
        "page": public_url(f"/terms/{slug}"),
        "neighbourhood": public_url(f"/api/v1/terms/{slug}/neighbourhood"),
        "diagram": public_url(f"/terms/{slug}/diagram.mmd"),
    }


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
