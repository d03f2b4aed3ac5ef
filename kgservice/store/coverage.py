"""What the terms in use have in one language, read in a constant number of statements."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, and_, func, select

from kgservice.model.terms import Edition, Question
from kgservice.store import tables
from kgservice.store.reading import read_question


@dataclass(slots=True)
class Row:
    """A term in use. `fields` maps each field that it has in any language to whether it has it in this one; `needed`
    counts the terms in use that require it."""

    slug: str
    quiz: tuple[Question, ...]
    edition: Edition | None = None
    source: dict[str, dict[str, tuple[str, ...]]] = field(default_factory=dict)
    fields: dict[str, bool] = field(default_factory=dict)
    needed: int = 0


def rows(connection: Connection, lang: str, names: Collection[str]) -> dict[str, Row]:
    """The terms in use by IRI: which of these fields each has, its edition in the language, and that one's source."""
    term, text, edge = tables.term, tables.text, tables.edge
    in_use = select(term.c.iri, term.c.slug, term.c.quiz).where(term.c.deprecated.is_(False))
    found = {
        row.iri: Row(row.slug, tuple(read_question(one) for one in row.quiz)) for row in connection.execute(in_use)
    }
    has = select(text.c.term_iri, text.c.field, func.max(text.c.lang == lang)).where(text.c.field.in_(names))
    for iri, name, here in connection.execute(has.group_by(text.c.term_iri, text.c.field)):
        if iri in found:
            found[iri].fields[name] = bool(here)
    _add_editions(connection, lang, found)
    requiring = select(edge.c.term_iri, edge.c.target_iri).where(edge.c.kind == "prerequisite")
    for source, target in connection.execute(requiring):
        if source in found and target in found:
            found[target].needed += 1
    return found


def _add_editions(connection: Connection, lang: str, found: dict[str, Row]) -> None:
    text, edition = tables.text, tables.edition
    for row in connection.execute(select(edition).where(edition.c.lang == lang)):
        if row.term_iri in found:
            found[row.term_iri].edition = Edition(row.status, row.derived_from, row.licence, row.credit, row.digests)
    source = and_(edition.c.term_iri == text.c.term_iri, edition.c.derived_from == text.c.lang, edition.c.lang == lang)
    query: Any = select(text).join(edition, source).order_by(text.c.term_iri, text.c.field, text.c.place)
    for row in connection.execute(query):
        if row.term_iri in found:
            texts = found[row.term_iri].source.setdefault(row.field, {})
            texts[row.lang] = (*texts.get(row.lang, ()), row.value)
