"""The canonical text of triples, held against the parsers of two libraries."""

import pyoxigraph as ox
import pytest
from hypothesis import given
from rdflib import Graph, Literal, URIRef

from kgservice.rdf.ntriples import iri, line, literal, parse_line, parse_literal
from tests.rdf.strategies import TAGS, texts

SUBJECT, PREDICATE = iri("http://example.org/s"), iri("http://example.org/p")


@given(texts(), TAGS)
def test_pyoxigraph_reads_what_is_written(value: str, tag: str) -> None:
    text = line((SUBJECT, PREDICATE, literal(value, tag)))
    (quad,) = ox.parse(text, format=ox.RdfFormat.N_TRIPLES)
    assert isinstance(quad.object, ox.Literal)
    assert (quad.object.value, quad.object.language) == (value, tag.lower())


@given(texts(), TAGS)
def test_rdflib_reads_what_is_written(value: str, tag: str) -> None:
    graph = Graph().parse(data=line((SUBJECT, PREDICATE, literal(value, tag))), format="nt")
    (found,) = graph.objects(URIRef("http://example.org/s"))
    assert isinstance(found, Literal) and (str(found), found.language) == (value, tag)


@given(texts(), TAGS)
def test_our_own_reader_is_exact(value: str, tag: str) -> None:
    for object_ in (literal(value, tag), literal(value), literal(value, datatype="http://example.org/d")):
        triple = (SUBJECT, PREDICATE, object_)
        assert "\n" not in line(triple) and parse_line(line(triple)) == triple
        parsed = parse_literal(object_)
        assert parsed is not None and parsed.value == value
    assert parse_literal(literal(value, tag)) == (value, tag, None)
    assert parse_literal(literal(value, datatype="http://example.org/d")) == (value, None, "http://example.org/d")


def test_a_string_has_one_text() -> None:
    assert literal("a", datatype="http://www.w3.org/2001/XMLSchema#string") == literal("a") == '"a"'
    assert parse_literal(SUBJECT) is None


@pytest.mark.parametrize("text", ["", "<a> <b> <c>", "_:a <b> <c> .", '<a> "b" <c> .'])
def test_other_lines_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a canonical"):
        parse_line(text)
