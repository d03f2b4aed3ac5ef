"""What is said of a term to a reader: plain dictionaries in the shapes of the HTTP contract."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from kgservice.model.editions import LanguageState, missing_fields
from kgservice.model.glossary import Glossary, Topic
from kgservice.model.languages import Languages
from kgservice.model.terms import Question, Texts
from kgservice.model.views import Ref, Spoken, TermView

Json = dict[str, Any]

Values = Mapping[str, Sequence[str]]
"""The values of a field by language."""


class Speaker:
    """Writes texts in the languages of a request, and remembers which it used."""

    def __init__(self, languages: Languages) -> None:
        self.languages = languages
        self.used: dict[str, None] = {}

    def text(self, texts: Texts) -> Json | None:
        """The text that serves best, or None where no language has one."""
        choice = self.languages.choice(texts)
        if choice is None:
            return None
        lang, direction, fallback = choice
        self.used[lang] = None
        return {"value": texts[lang], "lang": lang, "dir": direction, "fallback": fallback}

    def one(self, texts: Values) -> Json | None:
        """The same of a field with one value in each language."""
        choice = self.languages.choice(texts)
        if choice is None:
            return None
        lang, direction, fallback = choice
        self.used[lang] = None
        return {"value": texts[lang][0], "lang": lang, "dir": direction, "fallback": fallback}

    def several(self, texts: Values) -> Any:
        """All values in the language that serves best."""
        choice = self.languages.choice(texts)
        if choice is None:
            return []
        lang, direction, fallback = choice
        self.used[lang] = None
        return [{"value": value, "lang": lang, "dir": direction, "fallback": fallback} for value in texts[lang]]

    def readings(self, readings: Values, labels: Values) -> Values:
        """How the label that is shown is read: in its language or not at all."""
        label = self.languages.choice(labels)
        return {label.lang: readings[label.lang]} if label and label.lang in readings else {}

    def falls_back(self, texts: Mapping[str, object]) -> bool:
        """Whether what is shown of them is in another language than the first asked for."""
        choice = self.languages.choice(texts)
        return choice is not None and choice.fallback

    @property
    def first(self) -> str:
        """The language that is asked for first."""
        return self.languages.first


class EveryLanguage(Speaker):
    """Writes language maps: the editing representation, `lang=*`."""

    first = "*"

    def text(self, texts: Texts) -> Json | None:
        """The texts by language, or None where there are none."""
        self.used |= dict.fromkeys(texts)
        return dict(texts) or None

    def one(self, texts: Values) -> Json | None:
        """The same of a field with one value in each language."""
        return self.text({lang: values[0] for lang, values in texts.items()})

    def several(self, texts: Values) -> Any:
        """All values by language."""
        self.used |= dict.fromkeys(texts)
        return {lang: list(values) for lang, values in texts.items()}

    def readings(self, readings: Values, _labels: Values) -> Values:
        """All of them."""
        return readings

    def falls_back(self, _texts: Mapping[str, object]) -> bool:
        """Never: nothing is chosen."""
        return False


def ref(speaker: Speaker, one: Ref) -> Json:
    """A term that is named, with the reason for the edge that led there if it has one."""
    shown = {"slug": one.slug, "iri": one.iri, "prefLabel": speaker.text(one.label)}
    if one.reason:
        shown["reason"] = speaker.text(one.reason)
    return shown


def topic(speaker: Speaker, one: Topic) -> Json:
    """A topic that is named."""
    return {"slug": one.slug, "iri": one.iri, "prefLabel": speaker.text(one.label)}


Tell = Callable[[Speaker, TermView, Glossary], Any]
"""How one field of a term is told."""

TellBeside = Callable[[Speaker, TermView | Spoken], Any]
"""How a field of what is named with a term is told."""


def _same(name: str) -> Tell:
    return lambda _speaker, view, _glossary: getattr(view, name)


def _one(name: str) -> Tell:
    return lambda speaker, view, _glossary: speaker.one(view.texts.get(name, {}))


def _several(name: str) -> Tell:
    return lambda speaker, view, _glossary: speaker.several(view.texts.get(name, {}))


def _refs(kind: str) -> TellBeside:
    return lambda speaker, view: [ref(speaker, one) for one in view.neighbours.get(kind, ())]


def _reading(speaker: Speaker, view: TermView, _glossary: Glossary) -> Json | None:
    return speaker.one(_readings(speaker, view))


def _readings(speaker: Speaker, view: TermView) -> Values:
    return speaker.readings(view.texts.get("reading", {}), view.texts.get("prefLabel", {}))


def _topics(speaker: Speaker, view: TermView | Spoken) -> list[Json]:
    return [topic(speaker, one) for one in view.topics]


def _sources(_speaker: Speaker, view: TermView, _glossary: Glossary) -> list[Json]:
    return [{"title": s.title, "url": s.url, "identifier": s.identifier} for s in view.sources]


def _quiz(speaker: Speaker, view: TermView, _glossary: Glossary) -> list[Json]:
    return [_question(speaker, question) for question in view.quiz]


def _question(speaker: Speaker, question: Question) -> Json:
    return {
        "id": question.id,
        "question": speaker.text(question.text),
        "choices": [{"id": choice.id, "text": speaker.text(choice.text)} for choice in question.choices],
        "answer": question.answer,
        "explanation": speaker.text(question.explanation),
    }


def _languages(_speaker: Speaker, view: TermView, glossary: Glossary) -> Mapping[str, LanguageState]:
    """The states of the glossary's languages in their order, then of others that the term has."""
    own = {tag: view.languages.get(tag) or _lacking(view, tag) for tag in glossary.languages}
    return {**own, **view.languages}


def _lacking(view: TermView, tag: str) -> LanguageState:
    return {"status": None, "missing": missing_fields(view.texts, view.quiz, tag), "stale": []}


def _fallbacks(speaker: Speaker, view: TermView, _glossary: Glossary) -> list[str]:
    """The fields that are shown in another language than the first asked for."""
    shown = {name: view.texts.get(field, {}) for name, field in _CHOSEN.items()}
    shown["reading"] = _readings(speaker, view)
    names = [name for name, texts in shown.items() if speaker.falls_back(texts)]
    quiz = [text for q in view.quiz for text in (q.text, q.explanation, *[choice.text for choice in q.choices])]
    alike = {tuple(text): text for text in quiz}.values()  # most are in the same languages
    return [*names, "quiz"] if any(map(speaker.falls_back, alike)) else names


_CHOSEN = {
    **{name: name for name in ("prefLabel", "definition", "fullDefinition", "eli5", "deepDive", "scopeNote")},
    "example": "example",
    "reading": "reading",
    "altLabels": "altLabel",
    "hiddenLabels": "hiddenLabel",
    "abbreviations": "abbreviation",
}
"""The keys whose texts are chosen by language, and the fields that they show."""


def _replaced_by(speaker: Speaker, view: TermView | Spoken) -> Json | None:
    return ref(speaker, view.replaced_by) if view.replaced_by else None


BEFORE: Mapping[str, Tell] = {
    "slug": _same("slug"),
    "iri": _same("iri"),
    "revision": _same("revision"),
    "lang": lambda speaker, _view, _glossary: speaker.first,
    "prefLabel": _one("prefLabel"),
    "reading": _reading,
    "altLabels": _several("altLabel"),
    "hiddenLabels": _several("hiddenLabel"),
    "abbreviations": _several("abbreviation"),
    **{name: _one(name) for name in ("definition", "fullDefinition", "eli5", "deepDive", "scopeNote", "example")},
}
"""The term's own fields that come before those of what is named with it, in order."""

BESIDE: Mapping[str, TellBeside] = {
    "topics": _topics,
    "prerequisites": _refs("prerequisite"),
    **{kind: _refs(kind) for kind in ("requiredBy", "related", "broader", "narrower")},
}
"""What is named with it, and changes with others."""

AFTER: Mapping[str, Tell] = {
    "exactMatch": _same("exact_match"),
    "closeMatch": _same("close_match"),
    "notations": _same("notations"),
    "sources": _sources,
    "quiz": _quiz,
    "languages": _languages,
    "fallbacks": _fallbacks,
    **{name: _same(name) for name in ("created", "modified", "deprecated")},
}
"""Its own fields after that."""

LAST: Mapping[str, TellBeside] = {"replacedBy": _replaced_by}
"""One more of these."""
