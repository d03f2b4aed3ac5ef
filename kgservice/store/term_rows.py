"""The rows of terms in the mirror: as a pure function of a term, so that a change writes the rows that differ."""

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from sqlalchemy import Connection

from kgservice.model.editions import language_states
from kgservice.model.terms import Edition, Question, Term
from kgservice.store import tables
from kgservice.store.rows import write_difference
from kgservice.store.statements import Values

Rewritten = tuple[Term | None, Term | None]
"""A term before a change, None if its rows are not there (any more), and after it, None if it is gone."""

_EDITION = tuple(entry.name for entry in fields(Edition))


def write(connection: Connection, terms: list[Rewritten], created: dict[str, str], seq: int, time: str) -> list[Values]:
    """Make the rows of terms what they are after a change. `created` has the times of those that were there before.

    Rows of terms that are gone went with the terms. Returns the rows that the terms have in their own table.
    """
    kept = [(was, now) for was, now in terms if now]
    own = [_term_row(now, seq, created.get(now.iri, time), time) for _, now in kept]
    write_difference(connection, tables.term, ({"iri": was.iri} for was, _ in kept if was), own)
    for table, rows, part in (
        (tables.text, text_rows, "texts"),
        (tables.edge, _edge_rows, "edges"),
        (tables.edition, _edition_rows, "editions"),
    ):
        differ = [(was, now) for was, now in kept if was is None or getattr(was, part) != getattr(now, part)]
        before = (row for was, now in differ if was for row in rows(was, now))
        write_difference(connection, table, before, (row for was, now in differ for row in rows(now, was)))
    return own


def _term_row(term: Term, seq: int, created: str, time: str) -> Values:
    return {
        "iri": term.iri,
        "slug": term.slug,
        "home": term.home,
        "revision": seq,
        "touched": seq,
        "created": term.created or created,
        "modified": term.modified or time,
        "deprecated": term.deprecated,
        "replaced_by": term.replaced_by,
        "exact_match": list(term.exact_match),
        "close_match": list(term.close_match),
        "notations": list(term.notations),
        "sources": [source._asdict() for source in term.sources],
        "quiz": [_question(question) for question in term.quiz],
        "label": label_row(term),
        "texts": {name: dict(sorted(by_language.items())) for name, by_language in sorted(term.texts.items())},
        "languages": language_states(term),
    }


def label_row(term: Term) -> dict[str, str]:
    """The label by language, as rows have it."""
    return {lang: values[0] for lang, values in sorted(term.texts.get("prefLabel", {}).items())}


def _question(question: Question) -> Values:
    return {**question._asdict(), "choices": [choice._asdict() for choice in question.choices]}


def text_rows(term: Term, other: Term | None = None) -> Iterator[dict[str, Any]]:
    """A row for each text; with another state of the term, of the fields alone in which they differ."""
    for name, by_language in term.texts.items():
        if other and other.texts.get(name) == by_language:
            continue
        for lang, values in by_language.items():
            for place, value in enumerate(values):
                yield {"term_iri": term.iri, "field": name, "lang": lang, "place": place, "value": value}


def _edge_rows(term: Term, _other: Term | None) -> Iterator[dict[str, Any]]:
    for kind, edges in term.edges.items():
        for edge in edges:
            row = {"term_iri": term.iri, "kind": kind, "target_iri": edge.target}
            yield {**row, "position": edge.position, "reason": dict(edge.reason)}


def _edition_rows(term: Term, _other: Term | None) -> Iterator[dict[str, Any]]:
    for lang, edition in term.editions.items():
        yield {"term_iri": term.iri, "lang": lang, **{name: getattr(edition, name) for name in _EDITION}}
