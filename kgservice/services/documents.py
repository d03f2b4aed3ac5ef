"""Documents: the editing representation of a term as JSON, read into a term with all of its faults told at once.

What is wrong is told by field path (`prefLabel.ja`, `prerequisites.0`), and what can be read is read on, so that an
editor sees every fault of a document in one answer.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from kgservice.errors import Fault
from kgservice.model.glossary import Glossary
from kgservice.model.languages import canonical_tag
from kgservice.model.terms import EDGE_KINDS, FIELDS, Choice, Edge, Question, Source, Term, Texts, is_iri
from kgservice.model.texts import clean_text

Document = Mapping[str, Any]

TEXT_KEYS = {
    **{name: name for name, entry in FIELDS.items() if not entry.many},
    "altLabels": "altLabel",
    "hiddenLabels": "hiddenLabel",
    "abbreviations": "abbreviation",
}
"""The keys of texts, and the field that each is."""

EDGE_KEYS = {"prerequisites": "prerequisite", "related": "related", "broader": "broader"}
"""The keys of edges that an editor states. `narrower` follows from `broader`."""

OWNED_KEYS = frozenset(
    ("iri", "revision", "lang", "requiredBy", "narrower", "languages", "fallbacks", "created", "modified")
) | {"deprecated", "replacedBy", "links"}
"""Keys that the server owns: accepted, so that what was read can be sent back, and passed over."""

KEYS = (
    frozenset(("slug", "topics", "notations", "sources", "quiz", "exactMatch", "closeMatch", *TEXT_KEYS, *EDGE_KEYS))
    | OWNED_KEYS
)
"""All keys of a document."""

_RESERVED = re.compile(rf"({'|'.join((*EDGE_KINDS, 'edition'))})-")

_JSON_NAMES = {name: key for key, name in {**TEXT_KEYS, **EDGE_KEYS}.items()} | {"notation": "notations"}

_WORDS = {str: "a text", dict: "an object", list: "a list"}


def json_path(path: str) -> str:
    """The path of a model's field in the words of the JSON API: `altLabel.en` is `altLabels.en` there."""
    first, dot, rest = path.partition(".")
    return f"{_JSON_NAMES.get(first, first)}{dot}{rest}"


def named_terms(document: Document) -> set[str]:
    """Every slug and IRI by which a document names other terms."""
    entries = [entry for key in EDGE_KEYS for entry in _list(document.get(key))]
    return {name for entry in entries if (name := name_of(entry))}


def label_faults(before: Term | None, term: Term, glossary: Glossary) -> Iterator[Fault]:
    """What is wrong with an editor's labels beyond the rules for all. What was so before is no reason to refuse."""
    first, labels = glossary.languages[0], term.texts.get("prefLabel", {})
    if first not in labels:
        yield Fault(f"prefLabel.{first}", "is missing: the default language has to have a label")
    for key, name in TEXT_KEYS.items():
        for lang in term.texts.get(name, {}) if name in ("altLabel", "hiddenLabel") else ():
            repeated = _repeated(term, name, lang)
            if repeated and not (before and repeated <= _repeated(before, name, lang)):
                yield Fault(f"{key}.{lang}", f"repeats the preferred label {min(repeated)!r}; leave it out")


def _repeated(term: Term, name: str, lang: str) -> set[str]:
    """The values of a field that are the term's preferred label in that language, too."""
    return set(term.texts.get(name, {}).get(lang, ())) & set(term.texts.get("prefLabel", {}).get(lang, ()))


def term_path(path: str, term: Term) -> str:
    """The path of a term's fault in its document, where questions and sources are told by their number."""
    key, _, rest = path.partition(".")
    ids = [part.id for part in (term.quiz if key == "quiz" else term.sources if key == "sources" else ())]
    for number, id_ in enumerate(ids):
        if rest == id_ or rest.startswith(f"{id_}."):
            return f"{key}.{number}{rest.removeprefix(id_)}"
    return json_path(path)


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def name_of(entry: object) -> str | None:
    """The slug or IRI in a reference: a string, or an object (a Ref as it was read) that has one."""
    told = (entry.get("slug") or entry.get("iri")) if isinstance(entry, dict) else entry
    return told if isinstance(told, str) else None


def read_document(
    document: Document, blank: Term, terms: Mapping[str, str], topics: Iterable[str], glossary: Glossary
) -> tuple[Term, list[Fault]]:
    """The term that a document describes, and what is wrong with it.

    `blank` is the term as it is, or one with nothing but its identity; what documents do not show is taken from it.
    `terms` has the IRI of each slug and IRI that names a term, `topics` the slugs of the topics that the term is in.
    """
    reader = _Reader(blank, terms, glossary)
    return reader.read(document, sorted(topics)), reader.faults


class _Reader:
    """Reads one document, noting faults on the way."""

    def __init__(self, blank: Term, terms: Mapping[str, str], glossary: Glossary) -> None:
        self.blank = blank
        self.terms = terms
        self.glossary = glossary
        self.faults: list[Fault] = []

    def fault(self, path: str, message: str) -> None:
        self.faults.append(Fault(path, message))

    def read(self, document: Document, topics: list[str]) -> Term:
        for key in sorted(document.keys() - KEYS, key=str):
            self.fault(key[:100], "is not a key of a term")
        if document.get("slug", self.blank.slug) != self.blank.slug:
            self.fault("slug", f"is not the slug in the address, {self.blank.slug!r}; POST to …/rename changes it")
        self._topics(document.get("topics"), topics)
        texts = {name: found for key, name in TEXT_KEYS.items() if (found := self._field(key, document.get(key)))}
        stated = {kind: self._edges(key, kind, document.get(key)) for key, kind in EDGE_KEYS.items()}
        edges = {kind: found for kind, found in stated.items() if found}
        if "narrower" in self.blank.edges:
            edges["narrower"] = self.blank.edges["narrower"]
        return replace(
            self.blank,
            texts=texts,
            edges=edges,
            quiz=self._quiz(document.get("quiz")),
            sources=self._sources(document.get("sources")),
            notations=tuple(sorted({clean_text(one) for one in self._strings("notations", document.get("notations"))})),
            exact_match=self._iris("exactMatch", document.get("exactMatch")),
            close_match=self._iris("closeMatch", document.get("closeMatch")),
        )

    def _topics(self, value: object, topics: list[str]) -> None:
        if value is not None and sorted(filter(None, map(name_of, self.is_a(list, "topics", value)))) != topics:
            told = ", ".join(topics) or "none"
            self.fault("topics", f"are not the term's topics ({told}); topics change by import")

    def is_a(self, type_: Any, path: str, value: object) -> Any:
        """The value if it is of a type of JSON, else a fault and an empty one."""
        if isinstance(value, type_):
            return value
        self.fault(path, f"is not {_WORDS[type_]}")
        return type_()

    # --- texts -------------------------------------------------------------------------------------------------------

    def _field(self, key: str, value: object) -> dict[str, tuple[str, ...]]:
        many = FIELDS[TEXT_KEYS[key]].many
        found = self._by_language(key, value, self._several if many else self._one)
        return {lang: values for lang, values in found.items() if values}

    def _by_language(self, path: str, value: object, read: Callable[[str, Any], Any]) -> dict[str, Any]:
        """A language map, its tags canonical. `null` is the same as an absent one."""
        found: dict[str, Any] = {}
        for tag, entry in ({} if value is None else self.is_a(dict, path, value)).items():
            canonical = canonical_tag(tag)
            where = f"{path}.{tag[:100]}"
            if canonical is None:
                self.fault(where, f"{tag[:100]!r} is not a language tag, such as en or zh-Hant")
            elif canonical in found:
                self.fault(where, f"is the same language as {canonical}, which is there already")
            elif entry is not None:
                found[canonical] = read(where, entry)
        return dict(sorted(found.items()))

    def _one(self, path: str, value: Any) -> tuple[str, ...]:
        return (clean_text(value),) if self._is(str, path, value) else ()

    def _several(self, path: str, value: object) -> tuple[str, ...]:
        return tuple(sorted({clean_text(one) for one in self._strings(path, value)}))

    def _is(self, type_: Any, path: str, value: object) -> bool:
        before = len(self.faults)
        self.is_a(type_, path, value)
        return len(self.faults) == before

    def _strings(self, path: str, value: object) -> list[str]:
        entries = [] if value is None else self.is_a(list, path, value)
        return [one for i, one in enumerate(entries) if self._is(str, f"{path}.{i}", one)]

    def _texts(self, path: str, value: object) -> Texts:
        found = self._by_language(path, value, self._one)
        return {lang: values[0] for lang, values in found.items() if values}

    def _string(self, path: str, value: Any) -> str | None:
        return clean_text(value) if value is not None and self._is(str, path, value) else None

    def _iris(self, key: str, value: object) -> tuple[str, ...]:
        found = {one: i for i, one in enumerate(self._strings(key, value))}
        for one, i in found.items():
            if not is_iri(one):
                self.fault(f"{key}.{i}", f"{one[:200]!r} is not an absolute IRI")
        return tuple(sorted(filter(is_iri, found)))

    # --- edges -------------------------------------------------------------------------------------------------------

    def _edges(self, key: str, kind: str, value: object) -> tuple[Edge, ...]:
        """The edges in the author's order. Where the order is as it was, positions stay as they were."""
        found: dict[str, Texts] = {}
        for i, entry in enumerate([] if value is None else self.is_a(list, key, value)):
            target = self._target(f"{key}.{i}", entry)
            if target in found:
                self.fault(f"{key}.{i}", f"names {name_of(entry)!r} twice")
            elif target:
                reason = entry.get("reason") if isinstance(entry, dict) else None
                found[target] = self._texts(f"{key}.{i}.reason", reason)
        held = {edge.target: edge.position for edge in self.blank.edges.get(kind, ())}
        kept = set(found) == set(held) and self._shown_order(found, held)
        return tuple(
            sorted(
                (
                    Edge(target, held[target] if kept else i, reason)
                    for i, (target, reason) in enumerate(found.items(), 1)
                ),
                key=lambda edge: (edge.position is None, edge.position or 0, edge.target),
            )
        )

    def _shown_order(self, found: Iterable[str], held: Mapping[str, int | None]) -> bool:
        """Whether a list names its terms in the order in which they are shown: by position, those without last."""
        places = [held[target] for target in found]
        numbered = [place for place in places if place is not None]
        return numbered == sorted(numbered) and None not in places[: len(numbered)]

    def _target(self, path: str, entry: object) -> str | None:
        name = name_of(entry)
        if name is None:
            self.fault(path, "is neither a slug, nor an IRI, nor an object with one of them")
            return None
        target = self.terms.get(name)
        if target is None:
            self.fault(path, f"{name[:200]!r} is no term of this glossary")
        elif target == self.blank.iri:
            self.fault(path, "leads to the term itself")
            return None
        return target

    # --- quiz and sources --------------------------------------------------------------------------------------------

    def _quiz(self, value: object) -> tuple[Question, ...]:
        entries = [] if value is None else self.is_a(list, "quiz", value)
        return tuple(
            self._question(f"quiz.{i}", i + 1, entry)
            for i, entry in enumerate(entries)
            if self._is(dict, f"quiz.{i}", entry)
        )

    def _question(self, path: str, number: int, entry: Document) -> Question:
        self._only(path, entry, {"id", "question", "choices", "answer", "explanation"})
        id_ = self._id(path, entry, f"question-{number}")
        choices = entry.get("choices")
        held = tuple(
            self._choice(f"{path}.choices.{i}", f"{id_}-choice-{i + 1}", one)
            for i, one in enumerate([] if choices is None else self.is_a(list, f"{path}.choices", choices))
            if self._is(dict, f"{path}.choices.{i}", one)
        )
        if len(held) < 2:
            self.fault(f"{path}.choices", "are fewer than two")
        return Question(
            id=id_,
            text=self._texts(f"{path}.question", entry.get("question")),
            choices=held,
            answer=self._string(f"{path}.answer", entry.get("answer")) or "",
            explanation=self._texts(f"{path}.explanation", entry.get("explanation")),
        )

    def _choice(self, path: str, default: str, entry: Document) -> Choice:
        self._only(path, entry, {"id", "text"})
        return Choice(self._id(path, entry, default), self._texts(f"{path}.text", entry.get("text")))

    def _id(self, path: str, entry: Document, default: str) -> str:
        id_ = self._string(f"{path}.id", entry.get("id")) or default
        if _RESERVED.match(id_):
            self.fault(f"{path}.id", f"{id_[:100]!r} begins as the ids of edges and editions do")
        return id_

    def _only(self, path: str, entry: Document, keys: set[str]) -> None:
        for key in sorted(entry.keys() - keys):
            self.fault(f"{path}.{key[:100]}", f"is not one of {', '.join(sorted(keys))}")

    def _sources(self, value: object) -> tuple[Source, ...]:
        """The sources in the author's order. One that says what it said keeps its id."""
        entries = [] if value is None else self.is_a(list, "sources", value)
        told = [
            self._source(f"sources.{i}", one) for i, one in enumerate(entries) if self._is(dict, f"sources.{i}", one)
        ]
        waiting = list(self.blank.sources)
        taken = {source.id for source in waiting} | {question.id for question in self.blank.quiz}
        found = []
        for one in told:
            same = next((source for source in waiting if source._replace(id="") == one), None)
            if same:
                waiting.remove(same)
            else:
                number = next(n for n in range(1, 10_000) if f"source-{n}" not in taken)
                same = one._replace(id=f"source-{number}")
                taken.add(same.id)
            found.append(same)
        return tuple(found)

    def _source(self, path: str, entry: Document) -> Source:
        self._only(path, entry, {"title", "url", "identifier"})
        told = {name: self._string(f"{path}.{name}", entry.get(name)) for name in ("title", "url", "identifier")}
        if not told["title"]:
            self.fault(f"{path}.title", "is missing: a source has a title")
        return Source("", told["title"] or "", told["url"], told["identifier"])
