r"""The canonical text of RDF terms: what the log, the mirror and every comparison hold.

A triple is three strings in N-Triples syntax. There is exactly one text for each RDF term: `\`, `"`, line feed and
carriage return are escaped, nothing else is, and language tags have their canonical case. Property tests hold this
writer against the parsers of rdflib and pyoxigraph.
"""

import re
from functools import lru_cache
from typing import NamedTuple

XSD = "http://www.w3.org/2001/XMLSchema#"

REMEMBERED = 16_384
"""Texts whose parts are remembered: a write reads those of its term several times."""

Triple = tuple[str, str, str]
"""Subject, predicate and object in canonical N-Triples text."""


class Literal(NamedTuple):
    """A literal's parts. `datatype` is None for plain and language-tagged strings."""

    value: str
    lang: str | None
    datatype: str | None


_LITERAL = re.compile(r'"((?:[^"\\]|\\.)*)"(?:@([A-Za-z0-9-]+)|\^\^<([^>]*)>)?\Z', re.DOTALL)
_LINE = re.compile(r"(<[^>]*>) (<[^>]*>) (<[^>]*>|\".*) \.\Z", re.DOTALL)
_ESCAPE = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r"})
_UNESCAPE = {"\\\\": "\\", '\\"': '"', "\\n": "\n", "\\r": "\r"}
_ESCAPED = re.compile(r"\\.")


def iri(value: str) -> str:
    """`http://example.org/a` as `<http://example.org/a>`."""
    return f"<{value}>"


@lru_cache(REMEMBERED)
def literal(value: str, lang: str | None = None, datatype: str | None = None) -> str:
    """A literal's canonical text."""
    quoted = f'"{value.translate(_ESCAPE)}"'
    if lang is not None:
        return f"{quoted}@{lang}"
    return quoted if datatype in (None, f"{XSD}string") else f"{quoted}^^<{datatype}>"


def is_iri(term: str) -> bool:
    """Whether the text is that of an IRI."""
    return term.startswith("<")


def iri_value(term: str) -> str:
    """The IRI in the text of one."""
    return term[1:-1]


@lru_cache(REMEMBERED)
def parse_literal(term: str) -> Literal | None:
    """The parts of a literal's canonical text; None for an IRI."""
    found = _LITERAL.match(term)
    if not found:
        return None
    quoted, lang, datatype = found.groups()
    return Literal(_ESCAPED.sub(lambda escape: _UNESCAPE[escape.group()], quoted), lang, datatype)


def line(triple: Triple) -> str:
    """The triple as a line of N-Triples, without the line end."""
    return f"{triple[0]} {triple[1]} {triple[2]} ."


@lru_cache(REMEMBERED)
def parse_line(text: str) -> Triple:
    """The triple of a line that `line` wrote."""
    found = _LINE.match(text)
    if not found:
        raise ValueError(f"not a canonical N-Triples line: {text[:200]!r}")
    subject, predicate, object_ = found.groups()
    return subject, predicate, object_
