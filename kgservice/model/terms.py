"""A term and its parts. All values are immutable; maps by language have canonical tags as keys."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from kgservice.errors import Fault
from kgservice.model.languages import canonical_tag
from kgservice.model.slugs import is_slug, not_a_slug
from kgservice.model.texts import text_fault

Texts = Mapping[str, str]
"""One text per language tag."""


@dataclass(frozen=True, slots=True)
class Field:
    """A text field of a term. A label is one line; `many` allows several values in one language."""

    name: str
    label: bool = False
    many: bool = False


FIELDS: Mapping[str, Field] = {
    entry.name: entry
    for entry in (
        Field("prefLabel", label=True),
        Field("reading", label=True),
        Field("altLabel", label=True, many=True),
        Field("hiddenLabel", label=True, many=True),
        Field("abbreviation", label=True, many=True),
        Field("definition"),
        Field("fullDefinition"),
        Field("eli5"),
        Field("deepDive"),
        Field("scopeNote"),
        Field("example"),
    )
}

EDGE_KINDS = ("prerequisite", "related", "broader", "narrower")
"""The kinds of edge that a term states itself."""

NEIGHBOUR_KINDS = ("prerequisite", "requiredBy", "related", "broader", "narrower")
"""The kinds by which a neighbour is reached, in the order in which they are shown."""

STATUSES = ("draft", "machine-translated", "human-translated", "reviewed")

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*\Z")
_IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20<>\"{}|^`\\]*\Z")
_DATE = re.compile(r"-?\d{4,}-\d\d-\d\d(T\d\d:\d\d:\d\d(\.\d*[1-9])?(Z|[+-]\d\d:\d\d)?)?\Z")


def is_iri(value: str) -> bool:
    """Whether the value is an absolute IRI that RDF syntaxes can write."""
    return _IRI.match(value) is not None


def is_web_address(value: str) -> bool:
    """Whether the value is an http(s) IRI, the only kind that is ever made a link."""
    return is_iri(value) and value.lower().startswith(("http://", "https://"))


@dataclass(frozen=True, slots=True)
class Edge:
    """A link to another term: its IRI, its place in the author's list (from 1) and the reason, where given."""

    target: str
    position: int | None = None
    reason: Texts = field(default_factory=dict)


class Choice(NamedTuple):
    """One answer that a question offers."""

    id: str
    text: Texts


class Question(NamedTuple):
    """A quiz question: the structure is the same in all languages, only the texts differ. `answer` is a choice's id."""

    id: str
    text: Texts
    choices: tuple[Choice, ...]
    answer: str
    explanation: Texts


class Source(NamedTuple):
    """A work that a term rests on."""

    id: str
    title: str
    url: str | None = None
    identifier: str | None = None


@dataclass(frozen=True, slots=True)
class Edition:
    """The state of a term in one language.

    `digests` has, per field, the digest of the source text that a translation was made from.
    """

    status: str
    derived_from: str | None = None
    licence: str | None = None
    credit: str | None = None
    digests: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Term:
    """All that the model knows of a term.

    `home` is the IRI under which its own resources have fragments: its own IRI if it was made here. `texts` maps a
    field's name and a language to values, sorted; `edges` maps a kind to edges sorted by position, then IRI.
    """

    iri: str
    slug: str
    home: str
    texts: Mapping[str, Mapping[str, tuple[str, ...]]]
    edges: Mapping[str, tuple[Edge, ...]] = field(default_factory=dict)
    quiz: tuple[Question, ...] = ()
    sources: tuple[Source, ...] = ()
    editions: Mapping[str, Edition] = field(default_factory=dict)
    exact_match: tuple[str, ...] = ()
    close_match: tuple[str, ...] = ()
    notations: tuple[str, ...] = ()
    created: str | None = None
    modified: str | None = None
    deprecated: bool = False
    replaced_by: str | None = None

    def languages(self) -> list[str]:
        """Every language that the term has a field in, sorted."""
        return sorted({lang for by_language in self.texts.values() for lang in by_language})


def term_faults(term: Term, before: Term | None = None) -> list[Fault]:
    """Everything that keeps the term from being accepted, as far as it can be told from the term alone.

    Where it was accepted as `before`, only what differs is looked at.
    """
    return [
        fault
        for check, names in _CHECKS.items()
        if before is None or any(getattr(term, name) != getattr(before, name) for name in names)
        for fault in check(term)
    ]


def _identity_faults(term: Term) -> Iterator[Fault]:
    if not is_slug(term.slug):
        yield Fault("slug", not_a_slug(term.slug))
    for name, value in (("iri", term.iri), ("home", term.home)):
        if not is_iri(value):
            yield Fault(name, f"{value!r} is not an absolute IRI")
    if not term.texts.get("prefLabel"):
        yield Fault("prefLabel", "is missing: a term has a label in at least one language")


def _text_faults(term: Term) -> Iterator[Fault]:
    for name, by_language in term.texts.items():
        if name not in FIELDS:
            yield Fault(name, "is not a text field of a term")
            continue
        for lang, values in by_language.items():
            yield from _values_faults(FIELDS[name], lang, values)
    abbreviations = term.texts.get("abbreviation", {})
    for lang, values in term.texts.get("altLabel", {}).items():
        if set(values) & set(abbreviations.get(lang, ())):
            yield Fault(f"altLabel.{lang}", "repeats an abbreviation, which is an alternative label already")


def _values_faults(entry: Field, lang: str, values: tuple[str, ...]) -> Iterator[Fault]:
    path = f"{entry.name}.{lang}"
    if canonical_tag(lang) != lang:
        yield Fault(path, f"{lang!r} is not a canonical language tag")
    if not values or list(values) != sorted(set(values)):
        yield Fault(path, "has no value, or has values that are not sorted and distinct")
    if len(values) > 1 and not entry.many:
        yield Fault(path, f"has {len(values)} values; one per language is allowed")
    yield from (Fault(path, fault) for value in values if (fault := text_fault(value, label=entry.label)))


def _language_map_faults(path: str, texts: Texts) -> Iterator[Fault]:
    for lang, value in texts.items():
        if canonical_tag(lang) != lang:
            yield Fault(f"{path}.{lang}", f"{lang!r} is not a canonical language tag")
        fault = text_fault(value, label=False)
        if fault:
            yield Fault(f"{path}.{lang}", fault)


def _edge_faults(term: Term) -> Iterator[Fault]:
    for kind, edges in term.edges.items():
        if kind not in EDGE_KINDS:
            yield Fault(kind, "is not a kind of edge that a term states")
        if len({edge.target for edge in edges}) < len(edges):
            yield Fault(kind, "names a term twice")
        if list(edges) != sorted(edges, key=edge_order):
            yield Fault(kind, "is not sorted by position, then IRI")
        for edge in edges:
            if edge.target == term.iri:
                yield Fault(kind, "points to the term itself")
            if not is_iri(edge.target) or (edge.position is not None and edge.position < 1):
                yield Fault(kind, f"has an edge to {edge.target!r} at position {edge.position}, which cannot be")
            yield from _language_map_faults(f"{kind}.reason", edge.reason)


def edge_order(edge: Edge) -> tuple[float, str]:
    """The key that sorts edges: by position, those without one last, then by IRI."""
    return (float("inf") if edge.position is None else edge.position, edge.target)


def _quiz_faults(term: Term) -> Iterator[Fault]:
    ids = [question.id for question in term.quiz] + [choice.id for q in term.quiz for choice in q.choices]
    ids += [source.id for source in term.sources]
    if len(set(ids)) < len(ids):
        yield Fault("quiz", "two questions, choices or sources have the same id")
    yield from (
        Fault("quiz", f"{one!r} is not an id: letters, digits, '.', '_', '-'") for one in ids if not _ID.match(one)
    )
    for question in term.quiz:
        path = f"quiz.{question.id}"
        if [choice.id for choice in question.choices].count(question.answer) != 1:
            yield Fault(path, "has not exactly one right choice among its choices")
        yield from _language_map_faults(path, question.text)
        yield from _language_map_faults(f"{path}.explanation", question.explanation)
        for choice in question.choices:
            yield from _language_map_faults(f"{path}.{choice.id}", choice.text)
        if not question.text or not all(choice.text for choice in question.choices):
            yield Fault(path, "has no text, or a choice without one")


def is_date(value: str) -> bool:
    """Whether the value is an xsd:date or xsd:dateTime in the form that the engine keeps."""
    return _DATE.match(value) is not None


def _source_faults(term: Term) -> Iterator[Fault]:
    for source in term.sources:
        for name, value in (("title", source.title), ("identifier", source.identifier)):
            fault = None if value is None else text_fault(value, label=True)
            if fault:
                yield Fault(f"sources.{source.id}.{name}", fault)
        if source.url is not None and not is_web_address(source.url):
            yield Fault(f"sources.{source.id}.url", f"{source.url!r} is not an http or https address")


def _other_faults(term: Term) -> Iterator[Fault]:
    for lang, edition in term.editions.items():
        yield from _edition_faults(f"editions.{lang}", lang, edition)
    for name, iris in (("exactMatch", term.exact_match), ("closeMatch", term.close_match)):
        if list(iris) != sorted(set(iris)) or not all(map(is_iri, iris)):
            yield Fault(name, "is not a sorted list of distinct absolute IRIs")
    if list(term.notations) != sorted(set(term.notations)) or any(text_fault(n, label=True) for n in term.notations):
        yield Fault("notation", "is not a sorted list of distinct one-line texts")
    for name, date in (("created", term.created), ("modified", term.modified)):
        if date is not None and not is_date(date):
            yield Fault(name, f"{date!r} is not an xsd:date or xsd:dateTime")
    if term.replaced_by is not None and not is_iri(term.replaced_by):
        yield Fault("replacedBy", f"{term.replaced_by!r} is not an absolute IRI")


_CHECKS: Mapping[Callable[[Term], Iterator[Fault]], tuple[str, ...]] = {
    _identity_faults: ("slug", "iri", "home", "texts"),
    _text_faults: ("texts",),
    _edge_faults: ("iri", "edges"),
    _quiz_faults: ("quiz", "sources"),
    _source_faults: ("sources",),
    _other_faults: (
        *("editions", "exact_match", "close_match", "notations"),
        *("created", "modified", "replaced_by"),
    ),
}
"""What finds the faults of a term, and the attributes that each looks at."""


def _edition_faults(path: str, lang: str, edition: Edition) -> Iterator[Fault]:
    if edition.status not in STATUSES:
        yield Fault(path, f"{edition.status!r} is not one of {', '.join(STATUSES)}")
    if any(canonical_tag(tag) != tag for tag in (lang, edition.derived_from or lang)):
        yield Fault(path, "names a language by a tag that is not canonical")
    if edition.licence is not None and not is_iri(edition.licence):
        yield Fault(f"{path}.licence", f"{edition.licence!r} is not an absolute IRI")
    if edition.credit is not None and (fault := text_fault(edition.credit, label=True)):
        yield Fault(f"{path}.credit", fault)
    names = {*FIELDS, "quiz"}
    if any(name not in names or not re.fullmatch("[0-9a-f]{16}", digest) for name, digest in edition.digests.items()):
        yield Fault(f"{path}.digests", "has a field that is not a text field, or a digest that is not 16 hex digits")
