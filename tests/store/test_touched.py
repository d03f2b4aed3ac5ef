"""`touched`: the last change to anything that is shown with a term. Caches and ETags rest on it."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import select

from kgservice.model.terms import Term
from kgservice.rdf.mapping import LANGUAGES, TEXT_PREDICATES
from kgservice.rdf.ntriples import iri, literal
from kgservice.store import tables
from kgservice.store.store import Store
from tests.conftest import BASE, make_term, put_terms


def touched(store: Store) -> dict[str, int]:
    with store.read() as connection:
        return {row.slug: row.touched for row in connection.execute(select(tables.term.c.slug, tables.term.c.touched))}


@pytest.fixture
def small(empty_store: Store) -> Store:
    put_terms(empty_store, make_term("a", prerequisite=["b"], related=["c"]), *map(make_term, "bcdefg"))
    put_terms(empty_store, replace(make_term("g"), deprecated=True, replaced_by=f"{BASE}id/f"))
    return empty_store


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda: make_term("b", label="B"), {"b", "a"}),  # a neighbour's new label
        (lambda: make_term("c", label="C"), {"c", "a"}),
        (lambda: make_term("a", related=["c"]), {"a", "b", "c"}),  # b is no longer shown with a, nor a with b
        (lambda: make_term("d", prerequisite=["e"]), {"d", "e"}),  # e shows a new requiredBy
        (lambda: make_term("f", label="F"), {"f", "g"}),  # what replaces g has a new label
        (lambda: make_term("e", label="E"), {"e"}),
    ],
)
def test_what_a_change_touches(small: Store, change: Callable[[], Term], expected: set[str]) -> None:
    before = touched(small)
    seq = put_terms(small, change())
    after = touched(small)
    assert {slug for slug in after if after[slug] == seq} == expected
    assert all(after[slug] == before[slug] for slug in after.keys() - expected)


def test_a_topic_touches_its_members_and_the_glossary_all_terms(store: Store) -> None:
    topic = iri(f"{BASE}topics/foundations")
    with store.read() as connection:
        query = select(tables.term.c.slug).join(tables.member, tables.member.c.term_iri == tables.term.c.iri)
        members = set(connection.execute(query.where(tables.member.c.topic_iri == topic[1:-1])).scalars())
    with store.write("test", "a topic's label") as change:
        label = TEXT_PREDICATES["prefLabel"]
        (old,) = [t for t in change.triples([topic[1:-1]])[topic[1:-1]] if t[1] == label and t[2].endswith("@en")]
        change.stage({old}, {(topic, label, literal("New", "en"))})
    assert members and {slug for slug, seq in touched(store).items() if seq == change.seq} == members
    with store.write("test", "languages") as change:
        subject, languages = iri(f"{BASE}glossary"), " ".join(store.glossary().languages)
        change.stage(
            {(subject, LANGUAGES.predicate, literal(languages))}, {(subject, LANGUAGES.predicate, literal("ja en"))}
        )
    assert set(touched(store).values()) == {change.seq}
