"""The mirror after many changes has the rows that one change to the same graph would have made."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Table, select

from kgservice.model.terms import Edition, Term
from kgservice.store import tables
from kgservice.store.log import from_lines
from kgservice.store.mirror import all_lines
from kgservice.store.store import Store
from tests.conftest import make_term, put_terms

WORDS = st.sampled_from(["store", "quick store", "Cache", "キャッシュ", "e-mail"])
STATES = st.builds(
    lambda slug, labels, others, definition, deprecated, needs, status: replace(
        make_term(slug, prerequisite=sorted(needs - {slug})[:1]),
        texts={
            "prefLabel": {lang: (label,) for lang, label in sorted({"en": slug, **labels}.items())},
            **({"altLabel": {"en": tuple(sorted(others))}} if others else {}),
            **({"definition": {"en": (definition,)}} if definition else {}),
        },
        deprecated=deprecated,
        editions={"en": Edition(status)} if status else {},
    ),
    st.sampled_from("abc"),
    st.dictionaries(st.sampled_from(["en", "ja", "de"]), WORDS, max_size=2),
    st.sets(WORDS, max_size=3),
    st.none() | WORDS,
    st.booleans(),
    st.sets(st.sampled_from("de"), max_size=1),
    st.none() | st.sampled_from(["draft", "reviewed"]),
)
OF_TIME = {"revision", "touched", "created", "modified"}
"""Columns that tell when a row was written."""


def rows(store: Store, table: Table) -> set[str]:
    columns = [column for column in table.columns if column.name not in OF_TIME]
    with store.read() as connection:
        return {repr(tuple(row)) for row in connection.execute(select(*columns))}


@settings(max_examples=8)
@given(changes=st.lists(st.lists(STATES, min_size=1, max_size=3, unique_by=lambda term: term.slug), max_size=5))
def test_rows_after_many_changes_are_those_of_one(
    empty_dir: Path, tmp_path_factory: pytest.TempPathFactory, changes: list[list[Term]]
) -> None:
    folder = tmp_path_factory.mktemp("rows")
    many, one = (Store(Path(shutil.copytree(empty_dir, folder / name))) for name in ("many", "one"))
    put_terms(many, *map(make_term, "abcde"))
    for terms in changes:
        with many.write("test", "a change") as change:
            graph = change.terms([term.iri for term in terms])
        if any(graph.get(term.iri) != term for term in terms):
            put_terms(many, *terms)
    with many.read() as connection:
        triples = {triple for block in all_lines(connection) for triple in from_lines(block)}
    with one.write("test", "all at once") as change:
        there = {t for held in change.triples({triple[0][1:-1] for triple in triples}).values() for t in held}
        change.stage(there - triples, triples - there)
    for table in (tables.resource, tables.term, tables.text, tables.edge, tables.edition):
        assert rows(many, table) == rows(one, table), table.name
    for table in (tables.search_term, tables.search_key, tables.search_text):
        assert rows(many, table) == rows(one, table), table.name
    for store in (many, one):
        store.close()
