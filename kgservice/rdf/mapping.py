"""Term ↔ triples, both ways from the tables at the top.

`term_triples` writes exactly the triples that the model knows of a term; `read_term` reads them back. What else a
graph says of a term's subjects is unknown to the model: `triples - term_triples(read_term(…))`. That is kept, too.
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from kgservice.model.glossary import Glossary, Topic
from kgservice.model.slugs import is_slug
from kgservice.model.terms import Choice, Edge, Edition, Question, Source, Term, Texts, edge_order, is_date
from kgservice.rdf.ntriples import Triple, iri, iri_value, is_iri, literal, parse_literal
from kgservice.rdf.vocabulary import DCTERMS, KG, OWL, PROV, RDF, SCHEMA, SKOS, XSD

TYPE = iri(f"{RDF}type")

TEXT_PREDICATES = {
    "prefLabel": iri(f"{SKOS}prefLabel"),
    "reading": iri(f"{KG}reading"),
    "altLabel": iri(f"{SKOS}altLabel"),
    "hiddenLabel": iri(f"{SKOS}hiddenLabel"),
    "abbreviation": iri(f"{KG}abbreviation"),
    "definition": iri(f"{SKOS}definition"),
    "fullDefinition": iri(f"{KG}fullDefinition"),
    "eli5": iri(f"{KG}eli5"),
    "deepDive": iri(f"{KG}deepDive"),
    "scopeNote": iri(f"{SKOS}scopeNote"),
    "example": iri(f"{SKOS}example"),
}

EDGE_PREDICATES = {
    "prerequisite": iri(f"{KG}prerequisite"),
    "related": iri(f"{SKOS}related"),
    "broader": iri(f"{SKOS}broader"),
    "narrower": iri(f"{SKOS}narrower"),
}

INVERSES = {"related": "related", "broader": "narrower", "narrower": "broader"}
"""The kinds whose inverse triple always stands in the graph too."""

STATUS_IRIS = {
    "draft": iri(f"{KG}draft"),
    "machine-translated": iri(f"{KG}machineTranslated"),
    "human-translated": iri(f"{KG}humanTranslated"),
    "reviewed": iri(f"{KG}reviewed"),
}


class Value(NamedTuple):
    """How an attribute that is no language map is written: its predicate, and the two directions of one value."""

    predicate: str
    write: Callable[[Any], str]
    read: Callable[[str], Any]
    many: bool = False


def _read_string(term: str) -> str | None:
    parsed = parse_literal(term)
    return parsed.value if parsed and parsed.lang is None and parsed.datatype is None else None


def _read_iri(term: str) -> str | None:
    return iri_value(term) if is_iri(term) else None


def _read_datatype(*datatypes: str) -> Callable[[str], str | None]:
    def read(term: str) -> str | None:
        parsed = parse_literal(term)
        return parsed.value if parsed and parsed.datatype in datatypes else None

    return read


@lru_cache
def _read_position(term: str) -> int | None:
    digits = _read_datatype(f"{XSD}integer")(term)
    return int(digits) if digits and re.fullmatch("[1-9][0-9]{0,8}", digits) else None


def _write_date(value: str) -> str:
    return literal(value, datatype=f"{XSD}dateTime" if "T" in value else f"{XSD}date")


def _read_date(term: str) -> str | None:
    value = _read_datatype(f"{XSD}dateTime", f"{XSD}date")(term)
    return value if value is not None and is_date(value) and _write_date(value) == term else None


TRUE = literal("true", datatype=f"{XSD}boolean")

SLUG = Value(iri(f"{KG}slug"), literal, _read_string)
POSITION = Value(iri(f"{KG}position"), lambda n: literal(str(n), datatype=f"{XSD}integer"), _read_position)

TERM_VALUES = {
    "slug": SLUG,
    "exact_match": Value(iri(f"{SKOS}exactMatch"), iri, _read_iri, many=True),
    "close_match": Value(iri(f"{SKOS}closeMatch"), iri, _read_iri, many=True),
    "notations": Value(iri(f"{SKOS}notation"), literal, _read_string, many=True),
    "created": Value(iri(f"{DCTERMS}created"), _write_date, _read_date),
    "modified": Value(iri(f"{DCTERMS}modified"), _write_date, _read_date),
    "deprecated": Value(iri(f"{OWL}deprecated"), lambda _: TRUE, lambda term: term == TRUE or None),
    "replaced_by": Value(iri(f"{DCTERMS}isReplacedBy"), iri, _read_iri),
}

SOURCE_VALUES = {
    "title": Value(iri(f"{DCTERMS}title"), literal, _read_string),
    "url": Value(iri(f"{SCHEMA}url"), iri, _read_iri),
    "identifier": Value(iri(f"{DCTERMS}identifier"), literal, _read_string),
}

EDITION_VALUES = {
    "status": Value(iri(f"{KG}status"), STATUS_IRIS.__getitem__, {v: k for k, v in STATUS_IRIS.items()}.get),
    "licence": Value(iri(f"{DCTERMS}license"), iri, _read_iri),
    "credit": Value(iri(f"{SCHEMA}creditText"), literal, _read_string),
}

IN_SCHEME = iri(f"{SKOS}inScheme")
TERM_TYPES = (iri(f"{KG}Term"), iri(f"{SKOS}Concept"))
GLOSSARY_TYPES = (iri(f"{KG}Glossary"), iri(f"{SKOS}ConceptScheme"))
COLLECTION = iri(f"{SKOS}Collection")
MEMBER = iri(f"{SKOS}member")
LANGUAGES = Value(iri(f"{KG}languages"), literal, _read_string)
TITLE = iri(f"{DCTERMS}title")
LICENCE = EDITION_VALUES["licence"]

EDGE = iri(f"{KG}edge")
EDGE_KIND = iri(f"{KG}edgeKind")
TARGET = iri(f"{KG}target")
REASON = iri(f"{KG}reason")
QUESTION = iri(f"{KG}question")
CHOICE = iri(f"{KG}choice")
ANSWER = iri(f"{KG}answer")
EXPLANATION = iri(f"{KG}explanation")
TEXT = iri(f"{SCHEMA}text")
SOURCE = iri(f"{DCTERMS}source")
EDITION = iri(f"{KG}edition")
LANGUAGE = Value(iri(f"{DCTERMS}language"), literal, _read_string)
DERIVED_FROM = iri(f"{PROV}wasDerivedFrom")
DIGEST = Value(iri(f"{KG}sourceDigest"), literal, _read_string, many=True)

PART_PREDICATES = {
    EDGE: iri(f"{KG}Edge"),
    QUESTION: iri(f"{KG}Question"),
    CHOICE: iri(f"{KG}Choice"),
    SOURCE: iri(f"{KG}Source"),
    EDITION: iri(f"{KG}Edition"),
}
"""What leads from a term to its own resources, and on from a question to its choices, with the class at its end."""

REPLACED = frozenset(
    {
        *TEXT_PREDICATES.values(),
        *(value.predicate for value in TERM_VALUES.values() if value.write is not iri or not value.many),
        *(value.predicate for table in (SOURCE_VALUES, EDITION_VALUES) for value in table.values()),
        *(value.predicate for value in (POSITION, LANGUAGE, DIGEST, LANGUAGES)),
        *(TITLE, REASON, TEXT, EXPLANATION, ANSWER, EDGE_KIND, TARGET, DERIVED_FROM),
    }
)
"""Predicates of which an import replaces what the graph has for the same subject and language. Others only gain."""


Said = Mapping[str, list[str]]
"""What is said of one subject, by predicate: the objects, sorted."""

Statements = Mapping[str, Said]
"""What is said of each subject."""


def said(triples: Iterable[Triple]) -> Said:
    """The triples of one subject in the form that the readers take."""
    grouped: dict[str, list[str]] = {}
    for _, predicate, object_ in sorted(triples):
        grouped.setdefault(predicate, []).append(object_)
    return grouped


def by_subject(triples: Iterable[Triple]) -> Statements:
    """The triples of several subjects in that form."""
    grouped: dict[str, dict[str, list[str]]] = {}
    for subject, predicate, object_ in sorted(triples):
        grouped.setdefault(subject, {}).setdefault(predicate, []).append(object_)
    return grouped


# --- writing ---------------------------------------------------------------------------------------------------------


def edge_id(base: str, kind: str, target: str) -> str:
    """The fragment of an edge's own resource: the kind and the target's name, or a digest of a foreign IRI."""
    local = target.removeprefix(f"{base}id/")
    if local == target or not is_slug(local):
        local = f"-{hashlib.sha256(target.encode()).hexdigest()[:16]}"  # two hyphens: no slug ends up there
    return f"{kind}-{local}"


def _values(subject: str, table: Mapping[str, Value], record: object) -> Iterator[Triple]:
    for name, value in table.items():
        held = getattr(record, name)
        for one in held if value.many else (held,):
            if one is not None and one is not False:
                yield subject, value.predicate, value.write(one)


def _texts(subject: str, predicate: str, texts: Texts) -> Iterator[Triple]:
    return ((subject, predicate, literal(value, lang)) for lang, value in texts.items())


def term_triples(term: Term, glossary: Glossary) -> set[Triple]:
    """All triples that the model knows of the term: those of the term and of its own resources."""
    subject = iri(term.iri)
    triples: set[Triple] = {(subject, TYPE, type_) for type_ in TERM_TYPES}
    triples.add((subject, IN_SCHEME, iri(glossary.iri)))
    triples.update(_values(subject, TERM_VALUES, term))
    for name, by_language in term.texts.items():
        for lang, values in by_language.items():
            triples.update((subject, TEXT_PREDICATES[name], literal(value, lang)) for value in values)
            if name == "abbreviation":
                triples.update((subject, TEXT_PREDICATES["altLabel"], literal(value, lang)) for value in values)
    for kind, edges in term.edges.items():
        for edge in edges:
            triples.update(edge_triples(term, kind, edge, glossary.base))
    for position, question in enumerate(term.quiz, 1):
        triples.update(_question_triples(term.home, subject, position, question))
    for position, source in enumerate(term.sources, 1):
        part = iri(f"{term.home}#{source.id}")
        triples.update(_part(subject, SOURCE, part, position))
        triples.update(_values(part, SOURCE_VALUES, source))
    for lang, edition in term.editions.items():
        triples.update(edition_triples(term.home, term.iri, lang, edition))
    return triples


def _part(subject: str, predicate: str, part: str, position: int | None) -> Iterator[Triple]:
    yield subject, predicate, part
    yield part, TYPE, PART_PREDICATES[predicate]
    if position is not None:
        yield part, POSITION.predicate, POSITION.write(position)


def edge_triples(term: Term, kind: str, edge: Edge, base: str) -> Iterator[Triple]:
    """The plain triple of an edge and, where it has a position or a reason, its own resource."""
    yield iri(term.iri), EDGE_PREDICATES[kind], iri(edge.target)
    if edge.position is not None or edge.reason:
        part = iri(f"{term.home}#{edge_id(base, kind, edge.target)}")
        yield from _part(iri(term.iri), EDGE, part, edge.position)
        yield part, EDGE_KIND, EDGE_PREDICATES[kind]
        yield part, TARGET, iri(edge.target)
        yield from _texts(part, REASON, edge.reason)


def _question_triples(home: str, subject: str, position: int, question: Question) -> Iterator[Triple]:
    part = iri(f"{home}#{question.id}")
    yield from _part(subject, QUESTION, part, position)
    yield from _texts(part, TEXT, question.text)
    yield from _texts(part, EXPLANATION, question.explanation)
    yield part, ANSWER, iri(f"{home}#{question.answer}")
    for place, choice in enumerate(question.choices, 1):
        one = iri(f"{home}#{choice.id}")
        yield from _part(part, CHOICE, one, place)
        yield from _texts(one, TEXT, choice.text)


def edition_triples(home: str, term_iri: str, lang: str, edition: Edition) -> Iterator[Triple]:
    """The triples of an edition, that which leads to it included."""
    subject = iri(term_iri)
    part = iri(f"{home}#edition-{lang}")
    yield from _part(subject, EDITION, part, None)
    yield part, LANGUAGE.predicate, LANGUAGE.write(lang)
    yield from _values(part, EDITION_VALUES, edition)
    if edition.derived_from is not None:
        yield part, DERIVED_FROM, iri(f"{home}#edition-{edition.derived_from}")
    for name, digest in edition.digests.items():
        yield part, DIGEST.predicate, DIGEST.write(f"{name} {digest}")


def glossary_triples(glossary: Glossary) -> set[Triple]:
    """All triples that the model knows of the glossary itself."""
    subject = iri(glossary.iri)
    triples: set[Triple] = {(subject, TYPE, type_) for type_ in GLOSSARY_TYPES}
    triples.add((subject, LANGUAGES.predicate, LANGUAGES.write(" ".join(glossary.languages))))
    triples.update(_texts(subject, TITLE, glossary.title))
    if glossary.licence is not None:
        triples.add((subject, LICENCE.predicate, LICENCE.write(glossary.licence)))
    return triples


# --- reading ---------------------------------------------------------------------------------------------------------


def _read_values(said: Said, table: Mapping[str, Value]) -> dict[str, Any]:
    record: dict[str, Any] = {}
    for name, value in table.items():
        found = [read for o in said.get(value.predicate, ()) if (read := value.read(o)) is not None]
        record[name] = tuple(sorted(found)) if value.many else min(found, default=None)
    return record


def _tagged(objects: Iterable[str]) -> list[tuple[str, str]]:
    """The language and the value of each tagged literal among the objects, sorted."""
    return sorted([(one.lang, one.value) for one in map(parse_literal, objects) if one and one.lang is not None])


def _read_multi(objects: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """The values per language, sorted."""
    by_language: dict[str, list[str]] = {}
    for lang, value in _tagged(objects):
        by_language.setdefault(lang, []).append(value)
    return {lang: tuple(values) for lang, values in by_language.items()}


def _read_texts(said: Said, predicate: str) -> dict[str, str]:
    """One text per language: where the graph has several, the first in code point order; the rest stay unknown."""
    texts: dict[str, str] = {}
    for lang, value in _tagged(said.get(predicate, ())):
        texts.setdefault(lang, value)
    return texts


class _Reader:
    """Reads one term out of statements; knows its home, so that ids and fragments translate."""

    def __init__(self, subject: str, home: str, base: str, statements: Statements) -> None:
        self.said = statements[subject]
        self.home = home
        self.base = base
        self.statements = statements

    def part_ids(self, said: Said, predicate: str) -> list[str]:
        """The ids of the parts that a subject has by a predicate, by position, then id. Parts elsewhere are unknown."""
        ids = [i for i in self.fragments(said, predicate) if self.part(i)]
        return sorted(ids, key=lambda i: (self.position(i) or float("inf"), i))

    def fragments(self, said: Said, predicate: str) -> list[str]:
        prefix = f"<{self.home}#"
        return [one[len(prefix) : -1] for one in said.get(predicate, ()) if one.startswith(prefix)]

    def part(self, id_: str) -> Said:
        return self.statements.get(f"<{self.home}#{id_}>", {})

    def position(self, id_: str) -> int | None:
        return min(filter(None, map(_read_position, self.part(id_).get(POSITION.predicate, ()))), default=None)

    def texts(self) -> dict[str, dict[str, tuple[str, ...]]]:
        texts = {name: _read_multi(self.said.get(predicate, ())) for name, predicate in TEXT_PREDICATES.items()}
        short = texts["abbreviation"]
        others = {lang: tuple(v for v in vs if v not in short.get(lang, ())) for lang, vs in texts["altLabel"].items()}
        texts["altLabel"] = {lang: values for lang, values in others.items() if values}
        for name, by_language in texts.items():
            if name not in ("altLabel", "hiddenLabel", "abbreviation"):
                texts[name] = {lang: values[:1] for lang, values in by_language.items()}
        return {name: by_language for name, by_language in texts.items() if by_language}

    def edges(self) -> dict[str, tuple[Edge, ...]]:
        found = {kind: self._edges_of(kind, predicate) for kind, predicate in EDGE_PREDICATES.items()}
        return {kind: edges for kind, edges in found.items() if edges}

    def _edges_of(self, kind: str, predicate: str) -> tuple[Edge, ...]:
        edges = []
        for target in filter(is_iri, self.said.get(predicate, ())):
            id_ = edge_id(self.base, kind, iri_value(target))
            edges.append(Edge(iri_value(target), self.position(id_), _read_texts(self.part(id_), REASON)))
        return tuple(sorted(edges, key=edge_order))

    def quiz(self) -> tuple[Question, ...]:
        return tuple(filter(None, map(self._question, self.part_ids(self.said, QUESTION))))

    def _question(self, id_: str) -> Question | None:
        said = self.part(id_)
        choices = tuple(Choice(i, _read_texts(self.part(i), TEXT)) for i in self.part_ids(said, CHOICE))
        answers = self.part_ids(said, ANSWER)
        if len(answers) != 1 or answers[0] not in {choice.id for choice in choices}:
            return None
        return Question(id_, _read_texts(said, TEXT), choices, answers[0], _read_texts(said, EXPLANATION))

    def sources(self) -> tuple[Source, ...]:
        ids = self.part_ids(self.said, SOURCE)
        found = [(i, _read_values(self.part(i), SOURCE_VALUES)) for i in ids]
        return tuple(Source(i, **values) for i, values in found if values["title"] is not None)

    def editions(self) -> dict[str, Edition]:
        editions = {}
        for id_ in self.part_ids(self.said, EDITION):
            said, lang = self.part(id_), id_.removeprefix("edition-")
            values = _read_values(said, EDITION_VALUES)
            sources = self.fragments(said, DERIVED_FROM)
            digests = dict(d.split(" ") for d in _read_values(said, {"d": DIGEST})["d"] if d.count(" ") == 1)
            if values["status"] is not None:
                source = sources[0].removeprefix("edition-") if sources else None
                editions[lang] = Edition(derived_from=source, digests=digests, **values)
        return editions


def is_term(said: Said) -> bool:
    """Whether a subject of which this is said is a term."""
    return TERM_TYPES[0] in said.get(TYPE, ()) and bool(said.get(SLUG.predicate))


_READ_FROM: Mapping[str, Iterable[str]] = {
    "texts": TEXT_PREDICATES.values(),
    "edges": EDGE_PREDICATES.values(),
    "quiz": (QUESTION,),
    "sources": (SOURCE,),
    "editions": (EDITION,),
}
"""What a term's attributes are read from: these properties of its own subject, and its own resources."""


def read_term(
    term_iri: str, home: str, base: str, statements: Statements, known: tuple[Term, Statements] | None = None
) -> Term:
    """The term as the statements of its own subjects tell it; `is_term` holds for it.

    `known` is the term under the same home and base as other statements told it: what the same ones tell (the same
    objects, where nothing changed) is not read again.
    """
    reader = _Reader(iri(term_iri), home, base, statements)
    values = _read_values(reader.said, TERM_VALUES)
    values["deprecated"] = bool(values["deprecated"])
    same = {name: getattr(known[0], name) for name in _unchanged(iri(term_iri), statements, known[1])} if known else {}
    read = {name: getattr(reader, name)() for name in _READ_FROM if name not in same}
    return Term(iri=term_iri, home=home, **same, **read, **values)


def _unchanged(subject: str, statements: Statements, before: Statements) -> set[str]:
    """The attributes of a term that two states of its statements tell alike."""
    now, was = statements[subject], before.get(subject, {})
    differ = {one for one in {*statements, *before} - {subject} if statements.get(one) is not before.get(one)}
    questions = now.get(QUESTION, ())
    below = (part for one in questions for p in (CHOICE, ANSWER) for part in statements.get(one, {}).get(p, ()))
    parts: dict[str, Iterable[str]] = {
        "texts": (),
        "edges": differ,  # their resources are known by name, whatever leads to them
        "quiz": {*questions, *below},
        "sources": now.get(SOURCE, ()),
        "editions": now.get(EDITION, ()),
    }
    return {
        name
        for name, predicates in _READ_FROM.items()
        if differ.isdisjoint(parts[name]) and all(now.get(one) == was.get(one) for one in predicates)
    }


def is_topic(said: Said) -> bool:
    """Whether a subject of which this is said is a topic."""
    return COLLECTION in said.get(TYPE, ()) and bool(said.get(SLUG.predicate))


def read_topic(topic_iri: str, said: Said) -> Topic:
    """The topic as the statements of its subject tell it; `is_topic` holds for it."""
    members = tuple(iri_value(member) for member in said.get(MEMBER, ()) if is_iri(member))
    slug = _read_values(said, {"slug": SLUG})["slug"]
    return Topic(topic_iri, slug, _read_texts(said, TEXT_PREDICATES["prefLabel"]), members)


def is_glossary(said: Said) -> bool:
    """Whether a subject of which this is said is the glossary."""
    return GLOSSARY_TYPES[0] in said.get(TYPE, ()) and bool(said.get(LANGUAGES.predicate))


def read_glossary(glossary_iri: str, said: Said) -> Glossary:
    """The glossary as the statements of its subject tell it; `is_glossary` holds for it."""
    values = _read_values(said, {"languages": LANGUAGES, "licence": LICENCE})
    languages = tuple(values["languages"].split())
    return Glossary(glossary_iri.removesuffix("glossary"), languages, _read_texts(said, TITLE), values["licence"])
