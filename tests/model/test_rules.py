"""Rules between terms."""

from graphlib import CycleError, TopologicalSorter
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgservice.errors import Fault
from kgservice.model.rules import find_cycle, related_ancestors
from kgservice.model.terms import Choice, Edge, Edition, Question, Source, Term, term_faults
from tests.conftest import BASE, make_term

PAIRS = st.lists(st.tuples(st.sampled_from("abcdef"), st.sampled_from("abcdef")).filter(lambda p: p[0] != p[1]))


@given(PAIRS)
def test_a_cycle_is_told_along_the_pairs_and_only_where_there_is_one(pairs: list[tuple[str, str]]) -> None:
    cycle = find_cycle(pairs)
    graph: dict[str, list[str]] = {}
    for source, target in pairs:
        graph.setdefault(source, []).append(target)
    if cycle is None:
        TopologicalSorter(graph).prepare()
    else:
        assert cycle[0] == cycle[-1] and all(step in pairs for step in pairwise(cycle))
        with pytest.raises(CycleError):
            TopologicalSorter(graph).prepare()


def test_related_to_an_ancestor_at_any_distance_either_way() -> None:
    broader = [("c", "b"), ("b", "a"), ("a", "c")]  # a circle of broader does no harm
    assert related_ancestors([("x", "c"), ("c", "a"), ("a", "b")], broader[:2]) == [("c", "a"), ("a", "b")]
    assert related_ancestors([("x", "c")], broader) == []


def _faults(**changes: object) -> list[Fault]:
    term = make_term("a")
    values = {name: getattr(term, name) for name in Term.__slots__} | changes
    return term_faults(Term(**values))


def test_a_small_term_is_accepted() -> None:
    assert _faults() == []


@pytest.mark.parametrize(
    "changes",
    [
        {"slug": "A"},
        {"iri": "no iri"},
        {"texts": {}},
        {"texts": {"prefLabel": {"EN": ("a",)}}},
        {"texts": {"prefLabel": {"en": ("a", "b")}}},
        {"texts": {"prefLabel": {"en": ("a",)}, "title": {"en": ("a",)}}},
        {"texts": {"prefLabel": {"en": ("a",)}, "altLabel": {"en": ("b", "a")}}},
        {"texts": {"prefLabel": {"en": ("a",)}, "altLabel": {"en": ("X",)}, "abbreviation": {"en": ("X",)}}},
        {"edges": {"prerequisite": (Edge(f"{BASE}id/a"),)}},
        {"edges": {"requiredBy": (Edge(f"{BASE}id/b"),)}},
        {"edges": {"related": (Edge(f"{BASE}id/b"), Edge(f"{BASE}id/b"))}},
        {"edges": {"related": (Edge(f"{BASE}id/b", 2), Edge(f"{BASE}id/c", 1))}},
        {"quiz": (Question("q", {"en": "?"}, (Choice("a", {"en": "x"}),), "b", {}),)},
        {"quiz": (Question("q", {}, (Choice("a", {"en": "x"}),), "a", {}),)},
        {"sources": (Source("s", "T", url="javascript:alert(1)"),)},
        {"sources": (Source("s s", "T"),)},
        {"editions": {"en": Edition("perfect")}},
        {"editions": {"en": Edition("draft", digests={"definition": "x"})}},
        {"exact_match": ("b:c", "a:b")},
        {"created": "yesterday"},
        {"notations": ("b", "a")},
    ],
)
def test_each_fault_is_told(changes: dict[str, object]) -> None:
    assert _faults(**changes)


def test_all_faults_are_told_at_once() -> None:
    fields = {fault.field for fault in _faults(slug="A", texts={"eli5": {"en": (" x",)}}, created="x")}
    assert fields == {"slug", "prefLabel", "eli5.en", "created"}
