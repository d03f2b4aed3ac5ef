"""The seed glossary as a whole: complete, connected, without circles, with a fair quiz. Each figure is computed."""

from collections import Counter, defaultdict
from functools import cache

import pytest

from kgservice.config import packaged
from kgservice.services.seeds import file_terms, read_seed, seed_faults, seed_glossary
from tests.conftest import BASE, SEED_TERMS
from tests.seed.rules import FULL, coverage, letter, own_sentences, right_is_longest, right_is_shortest, term_rules

FOLDER = packaged("seed_data")
FILES = read_seed([FOLDER / "glossary.ttl", *sorted((FOLDER / "terms").glob("*.ttl"))], BASE)
GLOSSARY = seed_glossary(FILES, BASE)
TERMS = {term.slug: term for file in FILES for term in file_terms(file)}


def linked(kind: str) -> dict[str, list[str]]:
    """The slugs that each term leads to by an edge of that kind."""
    return {slug: [edge.target.rpartition("/")[2] for edge in term.edges.get(kind, ())] for slug, term in TERMS.items()}


def test_the_files_have_no_fault_and_each_is_named_after_its_term() -> None:
    assert seed_faults(FILES, GLOSSARY) == []
    assert sorted(TERMS) == SEED_TERMS


@pytest.mark.parametrize("slug", SEED_TERMS)
def test_each_term_keeps_the_rules(slug: str) -> None:
    assert term_rules(TERMS[slug], GLOSSARY.languages) == []


def test_there_are_eighty_terms_each_in_a_topic_in_every_language() -> None:
    assert len(TERMS) >= 80
    topics = FILES[0].triples
    assert {slug for slug in TERMS if any(o == f"<{BASE}id/{slug}>" for _, _, o in topics)} == set(TERMS)
    count, found = len(TERMS), coverage(TERMS.values(), GLOSSARY.languages)
    short = {key: n for key, n in found.items() if key[1] in ("prefLabel", "definition") and n < count}
    short |= {key: n for key, n in found.items() if key[0] in FULL and n < count and key != ("en", "reading")}
    assert {key: n for key, n in short.items() if key[1] != "altLabel"} == {}


def test_no_circle_and_a_chain_of_eight() -> None:
    needs = linked("prerequisite")

    @cache
    def chain(slug: str) -> int:
        return 1 + max(map(chain, needs[slug]), default=0)  # a circle would not end: seed_faults tells it first

    assert max(map(chain, needs)) >= 8


def test_most_terms_have_two_related_and_none_stands_alone() -> None:
    related: dict[str, set[str]] = defaultdict(set)
    for slug, others in linked("related").items():
        for other in others:
            related[slug].add(other)
            related[other].add(slug)
    assert sum(len(related[slug]) >= 2 for slug in TERMS) >= 0.8 * len(TERMS)
    joined = {slug for kind in ("prerequisite", "related", "broader") for slug, to in linked(kind).items() if to}
    joined |= {to for kind in ("prerequisite", "related", "broader") for tos in linked(kind).values() for to in tos}
    assert set(TERMS) - joined == set()


def test_networking_keeps_its_edges() -> None:
    assert linked("prerequisite")["networking"] == ["logic"]
    assert linked("related")["networking"] == ["network-security", "distributed-systems", "api"]
    assert [slug for slug, to in linked("related").items() if "networking" in to] == []
    requiring = {slug for slug, to in linked("prerequisite").items() if "networking" in to}
    assert requiring and not requiring & {"network-security", "distributed-systems", "api"}  # drawn as related


def test_neither_place_nor_length_gives_the_right_choice_away() -> None:
    questions = [question for term in TERMS.values() for question in term.quiz]
    places = Counter(map(letter, questions))
    assert all(0.21 <= places[one] / len(questions) <= 0.29 for one in "abcd"), places
    for lang in FULL:
        for standing_out in (right_is_longest, right_is_shortest):
            count = sum(standing_out(question, lang) for question in questions)
            assert count <= 0.4 * len(questions), (lang, standing_out.__name__, count, len(questions))


def test_no_two_terms_share_a_sentence() -> None:
    seen: dict[tuple[str, str], list[str]] = defaultdict(list)
    for slug, term in TERMS.items():
        for key in own_sentences(term):
            seen[key].append(slug)
    assert {key: slugs for key, slugs in seen.items() if len(slugs) > 1} == {}
