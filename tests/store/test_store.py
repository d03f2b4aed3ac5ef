"""The one path of every write: log and mirror together, or nothing; rules; rebuilding."""

import shutil
import threading
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from kgservice.errors import Invalid, Unusable
from kgservice.model.terms import Term
from kgservice.rdf.mapping import TEXT_PREDICATES
from kgservice.rdf.ntriples import iri, literal
from kgservice.store import log, tables
from kgservice.store.checking import _fold_findings, _mirror_findings
from kgservice.store.reading import term_view
from kgservice.store.store import Store
from tests.conftest import BASE, make_term, put_terms, read_back


@pytest.fixture(scope="session")
def seed_dir(few_dir: Path) -> Path:
    return few_dir


def _findings(store: Store) -> list[str]:
    with store.read() as connection:
        return [*log.faults(connection), *_fold_findings(connection), *_mirror_findings(connection)]


def _dump(store: Store) -> dict[str, list[str]]:
    with store.read() as connection:
        return {table.name: sorted(map(repr, connection.execute(select(table)))) for table in tables.MIRROR}


def test_a_written_term_is_read_back_and_logged(empty_store: Store) -> None:
    term = make_term("a", label="A")
    seq = put_terms(empty_store, term, note="the first")
    assert read_back(empty_store, term.iri) == term
    with empty_store.read() as connection:
        row = list(log.changesets(connection))[-1]
        view = term_view(connection, "a")
    assert (row.seq, row.editor, row.note, row.removed) == (seq, "test", "the first", "")
    assert view is not None and view.revision == seq and view.created == row.time == view.modified
    assert _findings(empty_store) == []


def test_nothing_staged_is_nothing_written(store: Store) -> None:
    before = store.head()
    with store.write("test", "nothing") as change:
        pass
    assert change.seq is None and store.head() == before


def test_a_dry_run_checks_everything_and_keeps_nothing(store: Store) -> None:
    before, rows = store.head(), _dump(store)
    with store.write("test", "try", dry_run=True) as change:
        change.stage(set(), {(iri("http://example.org/s"), iri("http://example.org/p"), literal("x"))})
    assert change.seq == before.seq + 1
    assert (store.head(), _dump(store)) == (before, rows)


def test_an_error_inside_the_block_keeps_nothing(store: Store) -> None:
    before, rows = store.head(), _dump(store)
    with pytest.raises(RuntimeError), store.write("test", "fails") as change:
        change.stage(set(), {(iri("http://example.org/s"), iri("http://example.org/p"), literal("x"))})
        raise RuntimeError
    assert (store.head(), _dump(store)) == (before, rows)


def test_a_change_that_is_not_effective_is_refused(store: Store) -> None:
    there = (iri(f"{BASE}id/logic"), TEXT_PREDICATES["prefLabel"], literal("logic", "en"))
    absent = (iri(f"{BASE}id/logic"), TEXT_PREDICATES["prefLabel"], literal("nonsense", "en"))
    for removed, added in ((set(), {there}), ({absent}, set())):
        with pytest.raises(ValueError, match="not effective"), store.write("test", "x") as change:
            change.stage(removed, added)


@pytest.mark.parametrize(
    ("terms", "told"),
    [
        ([make_term("a", prerequisite=["b"])], "a: prerequisite: points to <http://localhost:8000/id/b>"),
        (
            [
                make_term("a", prerequisite=["b"]),
                make_term("b", prerequisite=["c"]),
                make_term("c", prerequisite=["a"]),
            ],
            "these terms require each other in a circle: ",
        ),
        (
            [make_term("a", broader=["b"], related=["c"]), make_term("b", broader=["c"]), make_term("c")],
            "a and c cannot be related: one is an ancestor of the other",
        ),
        (
            [Term("http://example.org/1", "logic", f"{BASE}id/logic-2", make_term("x").texts)],
            "'logic' is the slug of both",
        ),
        (
            [
                Term("http://example.org/1", "one", f"{BASE}id/one", make_term("x").texts),
                Term(f"{BASE}id/one", "other", f"{BASE}id/one", make_term("x").texts),
            ],
            "would both have their own resources under",
        ),
        ([make_term("a", label=" a")], "a: prefLabel.en: has white space around it"),
    ],
)
def test_rules_are_kept_and_told(store: Store, terms: list[Term], told: str) -> None:
    before, rows = store.head(), _dump(store)
    with pytest.raises(Invalid) as caught:
        put_terms(store, *terms)
    assert told in str(caught.value)
    assert (store.head(), _dump(store)) == (before, rows)


def test_a_circle_is_told_in_its_own_order(store: Store) -> None:
    with pytest.raises(Invalid, match="circle") as caught:
        put_terms(store, make_term("a", prerequisite=["b"]), make_term("b", prerequisite=["a"]))
    told = str(caught.value).partition("circle: ")[2].split(" → ")
    assert told in (["a", "b", "a"], ["b", "a", "b"])


def test_a_term_that_others_point_to_cannot_go(store: Store) -> None:
    with pytest.raises(Invalid, match="take that edge out first"), store.write("test", "remove") as change:
        triples = change.term_triples([f"{BASE}id/logic"])[f"{BASE}id/logic"]
        change.stage(triples, set())


def test_related_counts_as_a_change_of_both_ends(empty_store: Store) -> None:
    put_terms(empty_store, make_term("a"), make_term("b"), make_term("c"))
    seq = put_terms(empty_store, make_term("a", related=["b"]))
    with empty_store.read() as connection:
        views = [term_view(connection, slug) for slug in "abc"]
    assert [view.revision == seq for view in views if view] == [True, True, False]


def test_a_neighbour_of_an_imported_term_lives_under_the_home_of_its_own(empty_store: Store) -> None:
    term = Term(
        "http://example.org/x", "x", f"{BASE}id/x", make_term("x").texts, make_term("x", prerequisite=["a"]).edges
    )
    put_terms(empty_store, make_term("a"), term)
    assert read_back(empty_store, term.iri) == term
    with empty_store.read() as connection:
        owners = {r.iri: r.term_iri for r in connection.execute(select(tables.resource))}
    assert owners[f"{BASE}id/x#prerequisite-a"] == term.iri


def test_the_sequence_has_no_gap_when_two_threads_write(empty_store: Store) -> None:
    def write(name: str) -> None:
        for number in range(10):
            put_terms(empty_store, make_term(f"{name}-{number}"))

    threads = [threading.Thread(target=write, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with empty_store.read() as connection:
        assert [row.seq for row in log.changesets(connection)] == list(range(1, 42))
    assert _findings(empty_store) == []


_STEP = st.tuples(
    st.sampled_from("abcdef"),
    st.sampled_from("uvw"),
    st.sets(st.sampled_from("abcdef")),
    st.sets(st.sampled_from("abcdef")),
)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(_STEP, max_size=12))
def test_the_mirror_is_the_fold_of_the_log_after_any_writes(
    steps: list[tuple[str, str, set[str], set[str]]], empty_dir: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    store = Store(Path(shutil.copytree(empty_dir, tmp_path_factory.mktemp("fold") / "data")))
    for slug, label, prerequisites, related in steps:
        try:
            put_terms(store, make_term(slug, label=label, prerequisite=sorted(prerequisites), related=sorted(related)))
        except (Invalid, AssertionError):  # refused by a rule, or nothing to change
            continue
    assert _findings(store) == []
    before = _dump(store)
    assert store.rebuild() == store.head().seq
    assert _dump(store) == before
    store.close()


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (
            lambda: update(tables.text).where(tables.text.c.field == "eli5").values(value="x"),
            "mirror: text lacks the row",
        ),
        (lambda: tables.edge.delete(), "mirror: edge lacks the row"),
        (lambda: update(tables.resource).values(triples=""), "mirror: lacks the triple"),
        (lambda: update(tables.changeset).where(tables.changeset.c.seq == 2).values(note="x"), "log: change 2"),
        (lambda: tables.changeset.delete().where(tables.changeset.c.seq == 1), "log: change 2"),
    ],
)
def test_a_check_finds_what_was_spoilt(store: Store, spoil: object, told: str) -> None:
    with store._engine.connect().execution_options(write=True) as connection, connection.begin():
        connection.execute(spoil())  # type: ignore[operator]
    with store.read() as connection:
        found = [*log.faults(connection), *_fold_findings(connection)]
        if not told.startswith("log"):
            found += _mirror_findings(connection)
    assert any(finding.startswith(told) for finding in found)


def test_an_altered_log_is_not_rebuilt_from(store: Store) -> None:
    with store._engine.connect().execution_options(write=True) as connection, connection.begin():
        connection.execute(update(tables.changeset).where(tables.changeset.c.seq == 2).values(note="x"))
    with pytest.raises(Unusable, match="log: change 2"):
        store.rebuild()


def test_rebuild_mends_the_mirror(store: Store) -> None:
    before = _dump(store)
    with store._engine.connect().execution_options(write=True) as connection, connection.begin():
        connection.execute(tables.term.delete())
        connection.execute(update(tables.resource).values(triples=""))
    assert _dump(store) != before
    store.rebuild()
    assert _dump(store) == before and _findings(store) == []


def test_a_directory_without_a_glossary_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(Unusable, match="kgservice init"):
        Store(tmp_path)
