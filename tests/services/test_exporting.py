"""Exports: the same bytes from the same state, and imports of them that change nothing."""

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgservice.services.csv_cells import from_cell, from_value, to_cell, to_value
from kgservice.services.exporting import export
from kgservice.services.formats import EXPORTED
from kgservice.services.glossaries import make_glossary
from kgservice.services.importing import import_files
from kgservice.store.store import Store
from tests.conftest import BASE, read_back

VALUES = st.lists(st.text("a|\\'=\n", min_size=1, max_size=6), min_size=1, max_size=4)


def text_of(store: Store, format: str) -> str:
    return "".join(export(store, format)[1])


@pytest.mark.parametrize("format", ["nt", "ttl", "rdf", "jsonld"])
def test_rdf_comes_back_to_the_byte(either_store: Store, tmp_path: Path, format: str) -> None:
    make_glossary(tmp_path / "other", base=BASE, languages=either_store.glossary().languages, empty=True)
    path = tmp_path / f"glossary.{format}"
    told = text_of(either_store, format)
    path.write_text(told, encoding="utf-8")
    other = Store(tmp_path / "other")
    import_files(other, [path])
    assert text_of(other, format) == told
    assert text_of(other, "nt") == text_of(either_store, "nt")
    assert import_files(other, [path]).seq is None
    other.close()


def test_csv_of_terms_changes_nothing_and_comes_back_to_the_byte(either_store: Store, tmp_path: Path) -> None:
    path = tmp_path / "terms.csv"
    path.write_text(text_of(either_store, "csv"), encoding="utf-8", newline="")
    assert import_files(either_store, [path]).seq is None
    make_glossary(tmp_path / "other", base=BASE, languages=either_store.glossary().languages, empty=True)
    other = Store(tmp_path / "other")
    import_files(other, [path])
    assert text_of(other, "csv") == text_of(either_store, "csv")
    other.close()


def test_csv_of_edges_comes_back_to_the_byte(either_store: Store, tmp_path: Path) -> None:
    for name in ("csv", "csv-edges"):
        (tmp_path / f"{name}.csv").write_text(text_of(either_store, name), encoding="utf-8", newline="")
    make_glossary(tmp_path / "other", base=BASE, languages=either_store.glossary().languages, empty=True)
    other = Store(tmp_path / "other")
    import_files(other, [tmp_path / "csv.csv", tmp_path / "csv-edges.csv"])
    assert text_of(other, "csv-edges") == text_of(either_store, "csv-edges")
    assert import_files(other, [tmp_path / "csv-edges.csv"]).seq is None
    other.close()


def test_an_edited_csv_makes_a_draft_that_knows_its_source(store: Store, tmp_path: Path) -> None:
    rows = list(csv.reader(io.StringIO(text_of(store, "csv").removeprefix("\ufeff"), newline="")))
    column, row = rows[0].index("definition@ja"), next(row for row in rows if row[0] == "logic")
    row[column] = "正しい推論の学問。"
    path = tmp_path / "edited.csv"
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows(rows)
    report = import_files(store, [path], editor="mika")
    assert report.updated == ["logic"]
    from kgservice.services.terms import get_term

    view, _ = get_term(store, "logic")
    assert view.texts["definition"]["ja"] == ["正しい推論の学問。"]
    assert view.languages["ja"]["status"] == "draft"
    assert "definition" in read_back(store, view.iri).editions["ja"].digests


def test_columns_of_asked_languages_only(store: Store) -> None:
    header = "".join(export(store, "csv", languages=("ja", "de"))[1]).split("\r\n")[0]
    assert {name.partition("@")[2] for name in header.split(",")[1:]} == {"ja", "de"}


@given(VALUES)
def test_values_in_a_cell_come_back(values: list[str]) -> None:
    assert from_value(to_value(values, many=True), many=True) == values
    one = to_value(values, many=True)
    assert from_cell(to_cell(one)) == one
    assert not to_cell(one).startswith(("=", "+", "-", "@", "\t"))


@pytest.mark.parametrize("format", sorted(set(EXPORTED) - {"ttl", "nt", "rdf", "jsonld"}))
def test_every_other_format_is_the_same_twice(store: Store, format: str) -> None:
    assert text_of(store, format) == text_of(store, format) != ""
