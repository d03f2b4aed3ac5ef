"""Neighbourhoods: what is reached, by which kind, in which order; held against a plain search on random graphs."""

import random
import shutil
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kgservice.errors import Invalid, NotFound
from kgservice.model.terms import NEIGHBOUR_KINDS
from kgservice.model.views import Ref
from kgservice.rdf.vocabulary import KG, SKOS
from kgservice.services.neighbourhoods import LIMIT_DEFAULT, _search, around, neighbourhood
from kgservice.services.terms import get_term
from kgservice.store.queries import Queries, Query
from kgservice.store.store import Store
from tests.conftest import BASE, make_term, put_terms


def shown(store: Store, slug: str, **options: object) -> list[tuple[str, str, int]]:
    found = neighbourhood(store, slug, **options)  # type: ignore[arg-type]
    return [(node.slug, node.role, node.distance) for node in found.nodes]


def links(store: Store, slug: str, **options: object) -> list[tuple[str, str, str]]:
    found = neighbourhood(store, slug, **options)  # type: ignore[arg-type]
    slugs = {node.iri: node.slug for node in found.nodes}
    return [(slugs[one.source], slugs[one.target], one.kind) for one in found.links]


def test_the_seed_term_has_its_prerequisite_and_related_terms_in_order(store: Store) -> None:
    assert shown(store, "networking") == [
        ("networking", "centre", 0),
        ("logic", "prerequisite", 1),
        ("load-balancing", "requiredBy", 1),
        ("packet-switching", "requiredBy", 1),
        ("remote-procedure-call", "requiredBy", 1),
        ("network-security", "related", 1),
        ("distributed-systems", "related", 1),
        ("api", "related", 1),
    ]
    assert links(store, "networking") == [
        ("networking", "logic", "prerequisite"),
        ("load-balancing", "networking", "prerequisite"),
        ("packet-switching", "networking", "prerequisite"),
        ("remote-procedure-call", "networking", "prerequisite"),
        ("networking", "network-security", "related"),
        ("networking", "distributed-systems", "related"),
        ("networking", "api", "related"),
    ]


def test_no_other_term_of_the_seed_names_networking_as_related(store: Store) -> None:
    with store.read() as connection:
        rows = connection.exec_driver_sql(
            "SELECT term_iri FROM edge "
            "WHERE kind = 'related' AND position IS NOT NULL AND target_iri LIKE '%/networking'"
        )
        assert rows.fetchall() == []


def test_a_term_in_two_groups_stands_in_the_first_and_both_edges_are_told(empty_store: Store) -> None:
    put_terms(empty_store, make_term("a", prerequisite=["b"], related=["b"]), make_term("b"))
    assert shown(empty_store, "a") == [("a", "centre", 0), ("b", "prerequisite", 1)]
    assert links(empty_store, "a") == [("a", "b", "prerequisite"), ("a", "b", "related")]


def test_kinds_and_directions(empty_store: Store) -> None:
    put_terms(
        empty_store,
        make_term("a", prerequisite=["p"], related=["r"], broader=["u"]),
        make_term("n", broader=["a"]),
        make_term("q", prerequisite=["a"]),
        *[make_term(slug) for slug in ("p", "r", "u")],
    )
    assert shown(empty_store, "a", kinds=NEIGHBOUR_KINDS)[1:] == [
        ("p", "prerequisite", 1),
        ("q", "requiredBy", 1),
        ("r", "related", 1),
        ("u", "broader", 1),
        ("n", "narrower", 1),
    ]
    assert ("n", "a", "broader") in links(empty_store, "a", kinds=["narrower"])
    assert shown(empty_store, "a", kinds=["requiredBy"])[1:] == [("q", "requiredBy", 1)]


def test_the_limit_keeps_the_order_and_counts_what_is_left_out(empty_store: Store) -> None:
    others = [f"t-{number:02}" for number in range(12)]
    put_terms(empty_store, make_term("a", prerequisite=others[:8], related=others[8:]), *map(make_term, others))
    found = neighbourhood(empty_store, "a", limit=5)
    assert [node.slug for node in found.nodes[1:]] == others[:5]
    assert found.left_out == {"prerequisite": 3, "related": 4}


def test_a_term_that_has_been_read_tells_the_same(store: Store) -> None:
    others = [f"t-{number:02}" for number in range(24)]
    many = make_term("many", prerequisite=others[:5], related=[*others[3:], "logic"])
    put_terms(store, many, *map(make_term, others))
    for slug in ("many", "networking", "logic", "t-04", "operating-system"):
        view, _ = get_term(store, slug)
        for kinds in (NEIGHBOUR_KINDS, ("related", "requiredBy")):
            found = around(Ref(view.iri, slug, view.label, {}), view.neighbours, kinds)
            assert found == neighbourhood(store, slug, kinds=kinds) == _search(store, slug, 1, kinds, LIMIT_DEFAULT)


def test_an_unknown_term(store: Store) -> None:
    with pytest.raises(NotFound, match="'nothing'"):
        neighbourhood(store, "nothing")


_SLUGS = "abcdefg"
_EDGES = st.sets(st.sampled_from([(x, y) for x, y in combinations(_SLUGS, 2)]), max_size=10)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    needs=_EDGES,
    related=_EDGES,
    broader=_EDGES,
    depth=st.integers(1, 3),
    kinds=st.sets(st.sampled_from(NEIGHBOUR_KINDS), min_size=1),
)
def test_distances_and_edges_are_those_of_a_plain_search(
    needs: set[tuple[str, str]],
    related: set[tuple[str, str]],
    broader: set[tuple[str, str]],
    depth: int,
    kinds: set[str],
    empty_dir: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    store = Store(Path(shutil.copytree(empty_dir, tmp_path_factory.mktemp("around") / "data")))

    def of(pairs: set[tuple[str, str]], slug: str) -> list[str]:
        return sorted(other for one, other in pairs if one == slug)

    try:
        put_terms(
            store,
            *[make_term(s, prerequisite=of(needs, s), related=of(related, s), broader=of(broader, s)) for s in _SLUGS],
        )
    except Invalid:  # S27
        store.close()
        return
    stated = {
        "prerequisite": needs,
        "requiredBy": {(b, a) for a, b in needs},
        "related": related | {(b, a) for a, b in related},
        "broader": broader,
        "narrower": {(b, a) for a, b in broader},
    }
    steps = {pair for kind in kinds for pair in stated[kind]}
    distance, frontier = {"d": 0}, {"d"}
    for step in range(1, depth + 1):
        frontier = {other for one, other in steps if one in frontier and other not in distance}
        distance |= dict.fromkeys(frontier, step)
    assert {slug: far for slug, _, far in shown(store, "d", depth=depth, kinds=sorted(kinds))} == distance
    inner = {slug for slug, far in distance.items() if far < depth}
    expected = set()
    for kind in kinds:
        for one, other in stated[kind]:
            if one in inner:
                pair = (other, one) if kind in ("requiredBy", "narrower") else (one, other)
                name = {"requiredBy": "prerequisite", "narrower": "broader"}.get(kind, kind)
                expected.add((frozenset(pair) if name == "related" else pair, name))
    found = {
        (frozenset((a, b)) if k == "related" else (a, b), k)
        for a, b, k in links(store, "d", depth=depth, kinds=sorted(kinds))
    }
    assert found == expected
    store.close()


_HOP = {
    "prerequisite": "kg:prerequisite",
    "requiredBy": "^kg:prerequisite",
    "related": "skos:related",
    "broader": "skos:broader",
    "narrower": "skos:narrower",
}


def test_sql_and_sparql_tell_the_same_of_random_graphs(store: Store, queries: Queries) -> None:
    """The mirror is held against the graph, with another language and another engine."""
    chance = random.Random(20261123)
    slugs = [f"r-{letter}" for letter in "abcdefghij"]
    put_terms(store, *map(make_term, slugs))
    prefixes = f"PREFIX kg: <{KG}> PREFIX skos: <{SKOS}>"
    compared = 0
    for _ in range(25):
        one, *others = chance.sample(slugs, 4)
        chosen = [names if chance.random() < 0.7 else [] for names in (others[:1], others[1:2], others[2:])]
        try:
            put_terms(store, make_term(one, prerequisite=chosen[0], related=chosen[1], broader=chosen[2]))
        except (Invalid, AssertionError):  # refused by a rule, or nothing to change
            continue
        centre, depth = chance.choice(slugs), chance.choice((1, 2, 3))
        asked = chance.sample(NEIGHBOUR_KINDS, 3)
        hop = f"({'|'.join(_HOP[kind] for kind in asked)})"
        steps = "/".join([f"{hop}?"] * depth)
        text = f"{prefixes} SELECT DISTINCT ?slug {{ <{BASE}id/{centre}> {steps} / kg:slug ?slug }} ORDER BY ?slug"
        body = queries.run(Query(text, "http://localhost/", results="csv")).read()
        found = sorted(slug for slug, _, _ in shown(store, centre, depth=depth, kinds=asked))
        assert found == body.decode().split()[1:], (centre, depth, asked)
        compared += len(found)
    assert compared > 40
