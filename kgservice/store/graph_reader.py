"""The graph in one state of the database: what is said of subjects and terms, read once however often it is asked."""

from collections.abc import Iterable, Mapping
from functools import cached_property

from sqlalchemy import Connection, select

from kgservice.model.glossary import Glossary
from kgservice.model.terms import Term
from kgservice.rdf import mapping
from kgservice.rdf.mapping import Said, Statements
from kgservice.rdf.ntriples import Triple, iri
from kgservice.store import tables
from kgservice.store.direct import Reader
from kgservice.store.log import from_lines
from kgservice.store.rows import among, fetch, rows_in

Resources = Mapping[str, frozenset[Triple]]
"""Triples by the IRI of their subject."""

_GLOSSARY = select(*tables.glossary.columns)
_RESOURCES = select(tables.resource.c.iri, tables.resource.c.triples).where(among(tables.resource.c.iri))
_OF_TERMS = select(tables.resource).where(among(tables.resource.c.term_iri))


def read_glossary(reader: Reader) -> Glossary | None:
    """The glossary of the data directory; None before its first change."""
    for iri_, languages, title, licence in fetch(reader, _GLOSSARY):
        return Glossary(iri_.removesuffix("glossary"), tuple(languages.split()), title, licence)
    return None


class GraphReader:
    """Reads the graph in one transaction, up to its first write."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._resources: dict[str, frozenset[Triple] | None] = {}  # None: the graph says nothing of it
        self._parts: dict[str, dict[str, frozenset[Triple]]] = {}
        self._said: dict[str, Said] = {}
        self._terms: dict[str, Term | None] = {}

    @cached_property
    def glossary(self) -> Glossary | None:
        """The glossary of the data directory; None before its first change."""
        return read_glossary(self.connection)

    def resources(self, subjects: Iterable[str]) -> Resources:
        """What is said of each subject. One that the graph does not know is absent."""
        asked = set(subjects)
        self._read(asked - self._resources.keys())
        return {subject: held for subject in asked if (held := self._resources[subject]) is not None}

    def of_terms(self, terms: Iterable[str]) -> Mapping[str, Resources]:
        """What is said of each term and its own resources."""
        asked = set(terms)
        self._read_terms(asked - self._parts.keys())
        return {term: self._parts[term] for term in asked}

    def term_triples(self, terms: Iterable[str]) -> dict[str, set[Triple]]:
        """What is said of each term and its own resources, together."""
        return {term: set().union(*parts.values()) for term, parts in self.of_terms(terms).items()}

    def term(self, term: str, home: str) -> Term | None:
        """A term with its own resources under a home; None if what is said of it makes none."""
        if term not in self._terms:
            statements = self.statements([term])[term]
            known = self.glossary if mapping.is_term(statements.get(iri(term), {})) else None
            self._terms[term] = mapping.read_term(term, home, known.base, statements) if known else None
        return self._terms[term]

    def statements(self, terms: Iterable[str]) -> dict[str, Statements]:
        """What is said of each term and its own resources, in the form that the readers of triples take."""
        return {
            term: {iri(subject): self._said_of(subject, held) for subject, held in parts.items()}
            for term, parts in self.of_terms(terms).items()
        }

    def _said_of(self, subject: str, triples: Iterable[Triple]) -> Said:
        if subject not in self._said:
            self._said[subject] = mapping.said(triples)
        return self._said[subject]

    def _read(self, subjects: set[str]) -> None:
        self._resources.update(dict.fromkeys(subjects))
        for row in rows_in(self.connection, _RESOURCES, subjects):
            self._resources[row.iri] = from_lines(row.triples)

    def _read_terms(self, terms: set[str]) -> None:
        self._parts.update({term: {} for term in terms})
        for row in rows_in(self.connection, _OF_TERMS, terms):
            held = from_lines(row.triples)
            self._resources[row.iri] = self._parts[row.term_iri][row.iri] = held
