"""What import files say, whatever their format: one batch of triples, with what was left out and why."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kgservice.model.glossary import Glossary
from kgservice.model.terms import FIELDS, Edge, Term
from kgservice.model.texts import clean_label, clean_text
from kgservice.rdf.mapping import SLUG, TERM_TYPES, TEXT_PREDICATES, TYPE, edge_triples
from kgservice.rdf.ntriples import Triple, iri, literal


@dataclass(frozen=True, slots=True)
class Problem:
    """What the reader of a report should know: `error` and `warning` tell of what was left out or read otherwise."""

    severity: str
    where: str
    message: str


@dataclass(frozen=True, slots=True)
class Loaded:
    """A file as it was read, before it is known what the glossary has: its content is what its format's module reads.

    For RDF that is lines of canonical N-Triples.
    """

    path: Path
    format: str
    content: Any
    problems: Sequence[Problem] = ()


@dataclass
class Report:
    """What an import did: slugs of terms by outcome, problems, and the sequence of its change, if there was one."""

    created: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    seq: int | None = None


@dataclass
class Batch:
    """What files say: triples, where each subject stands in them, and problems.

    `known` tells the IRI of each slug that the glossary has, since records of editors name terms by slug, and `topics`
    that of each topic's slug; `held` reads terms that are there.
    """

    glossary: Glossary
    known: Mapping[str, str] = field(default_factory=dict)
    topics: Mapping[str, str] = field(default_factory=dict)
    held: Callable[[Collection[str]], Mapping[str, Term]] = field(default=lambda _: {})
    triples: set[Triple] = field(default_factory=set)
    where: dict[str, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    """The names of the files, in order."""
    by_editors: bool = False
    """Whether a file is in a format of editors, where a text in a new language begins an edition."""

    def term_iri(self, slug: str) -> str:
        """The IRI of the term with that slug, here or made here."""
        return self.known.get(slug) or self.glossary.term_iri(slug)

    def report(self, severity: str, where: str, message: str) -> None:
        """Note a problem."""
        self.problems.append(Problem(severity, where, message))

    def problems_in_order(self) -> list[Problem]:
        """By file and line (or record), after what is told of a file as a whole; at the end what has no such place."""
        return sorted(self.problems, key=lambda problem: self._order(problem.where))

    def _order(self, where: str) -> tuple[int, bool, int]:
        for number, name in enumerate(self.files):
            if where == name:
                return number, False, 0
            if found := re.match(r": (topic|line|record) ([0-9]+)", where.removeprefix(name)):
                return number, found[1] != "topic", int(found[2])
        return len(self.files), False, 0

    def add_term(self, slug: str, texts: Mapping[str, Mapping[str, list[str]]], where: str) -> str:
        """Add a term by its slug and texts (field, language, values); returns its IRI."""
        term = self.term_iri(slug)
        subject = iri(term)
        self.where[term] = where
        self.triples |= {(subject, TYPE, type_) for type_ in TERM_TYPES}
        self.triples.add((subject, SLUG.predicate, SLUG.write(slug)))
        for name, by_language in texts.items():
            for lang, values in by_language.items():
                self.triples |= {(subject, TEXT_PREDICATES[name], literal(value, lang)) for value in values}
        return term

    def add_edge(self, source: str, kind: str, edge: Edge) -> None:
        """Add an edge from a term that was made here or will be."""
        term = Term(iri=source, slug="", home=source, texts={})
        self.triples |= set(edge_triples(term, kind, edge, self.glossary.base))


def clean(name: str, value: str) -> str:
    """The value of a field as the glossary keeps it."""
    return clean_label(value) if FIELDS[name].label else clean_text(value)
