"""Term ↔ triples is exact for whatever the model accepts."""

from dataclasses import replace
from random import Random

import pyoxigraph as ox
from hypothesis import given, settings
from hypothesis import strategies as st

from kgservice.model.glossary import Glossary
from kgservice.model.terms import Edge, Term, term_faults
from kgservice.rdf.mapping import (
    SLUG,
    TEXT_PREDICATES,
    TYPE,
    by_subject,
    glossary_triples,
    is_glossary,
    is_term,
    read_glossary,
    read_term,
    term_triples,
)
from kgservice.rdf.ntriples import iri, line, literal
from kgservice.store.query_process import canonical_triple
from tests.conftest import BASE, make_term
from tests.rdf.strategies import terms

GLOSSARY = Glossary(BASE, ("en", "zh-Hant"), {"en": "Terms", "ja": "用語"}, "http://example.org/licence")


@settings(max_examples=25)
@given(terms())
def test_a_term_comes_back_from_its_triples_as_it_was(term: Term) -> None:
    assert term_faults(term) == []
    statements = by_subject(term_triples(term, GLOSSARY))
    assert is_term(statements[iri(term.iri)])
    assert read_term(term.iri, term.home, BASE, statements) == term


@settings(max_examples=40)
@given(terms(), terms(), st.randoms(use_true_random=False))
def test_a_changed_term_is_read_the_same_with_what_is_known_of_it(term: Term, other: Term, random: Random) -> None:
    """Whatever triples of the term and its parts go, and whatever others come."""
    before = sorted(term_triples(term, GLOSSARY))
    other = replace(other, iri=term.iri, home=term.home, slug=term.slug)
    coming = sorted(term_triples(other, GLOSSARY).difference(before))
    gone = {t for t in random.sample(before, min(3, len(before))) if t[1] not in (TYPE, SLUG.predicate)}
    after = by_subject({*before, *random.sample(coming, min(3, len(coming)))} - gone)
    was = by_subject(before)
    now = {subject: was[subject] if said == was.get(subject) else said for subject, said in after.items()}
    known = read_term(term.iri, term.home, BASE, was)
    assert read_term(term.iri, term.home, BASE, now, (known, was)) == read_term(term.iri, term.home, BASE, after)


@settings(max_examples=20)
@given(terms())
def test_the_engine_stores_the_triples_as_they_are(term: Term) -> None:
    """Nothing that the mapping writes is rewritten by the engine, but for the case of language tags."""
    triples = term_triples(term, GLOSSARY)
    store = ox.Store()
    store.extend(ox.parse("\n".join(map(line, triples)), format=ox.RdfFormat.N_TRIPLES))
    assert {line(canonical_triple(quad)).lower() for quad in store} == {line(triple).lower() for triple in triples}


def test_what_the_model_does_not_know_is_left_over_and_changes_nothing() -> None:
    term = make_term("a", related=["b"])
    known = term_triples(term, GLOSSARY)
    subject = iri(term.iri)
    unknown = {
        (subject, iri("http://example.org/p"), literal("x")),
        (subject, TEXT_PREDICATES["definition"], literal("untagged")),
        (subject, TEXT_PREDICATES["prefLabel"], literal("z second", "en")),
        (subject, iri("http://www.w3.org/2004/02/skos/core#notation"), literal("1", datatype="http://example.org/d")),
    }
    read = read_term(term.iri, term.home, BASE, by_subject(known | unknown))
    assert read == term
    assert (known | unknown) - term_triples(read, GLOSSARY) == unknown


def test_an_abbreviation_is_an_altlabel_in_rdf_only() -> None:
    term = make_term("a")
    texts = {**term.texts, "abbreviation": {"en": ("X",)}}
    triples = term_triples(Term(term.iri, "a", term.home, texts), GLOSSARY)
    assert (iri(term.iri), TEXT_PREDICATES["altLabel"], literal("X", "en")) in triples
    assert "altLabel" not in read_term(term.iri, term.home, BASE, by_subject(triples)).texts


def test_edges_without_a_position_come_last() -> None:
    edges = (Edge(f"{BASE}id/z", 1), Edge(f"{BASE}id/y", 2), Edge(f"{BASE}id/b"), Edge("http://example.org/c"))
    term = make_term("a")
    triples = term_triples(Term(term.iri, "a", term.home, term.texts, {"related": edges}), GLOSSARY)
    read = read_term(term.iri, term.home, BASE, by_subject(triples)).edges["related"]
    assert [edge.target for edge in read] == [f"{BASE}id/z", f"{BASE}id/y", "http://example.org/c", f"{BASE}id/b"]


def test_the_glossary_comes_back_as_it_was() -> None:
    said = by_subject(glossary_triples(GLOSSARY))[iri(GLOSSARY.iri)]
    assert is_glossary(said) and read_glossary(GLOSSARY.iri, said) == GLOSSARY
