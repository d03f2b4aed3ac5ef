"""Another base: everything moves, nothing is lost, and the way back leads to the same graph."""

import pytest
from click.testing import CliRunner

from kgservice.cli import main
from kgservice.services.exporting import export
from kgservice.services.importing import import_files
from kgservice.services.rebasing import rebase
from kgservice.services.terms import get_term
from kgservice.store.checking import check
from kgservice.store.store import Store
from tests.conftest import BASE, make_term, put_terms

NEW = "https://terms.example.org/"


def _lines(store: Store) -> str:
    return "".join(export(store, "nt")[1])


@pytest.mark.full
def test_there_and_back(store: Store) -> None:
    before, (view, _) = _lines(store), get_term(store, "logic")
    seq = rebase(store, NEW)
    assert seq == store.head().seq and rebase(store, NEW) is None
    assert BASE not in _lines(store)
    moved, glossary = get_term(store, "logic")
    assert (moved.iri, glossary.base, moved.created) == (f"{NEW}id/logic", NEW, view.created)
    assert len(moved.quiz) == len(view.quiz) and len(moved.topics) == len(view.topics)
    assert "logic" in store.slugs(), "its slug is no former one"
    rebase(store, BASE)
    assert _lines(store) == before
    assert check(store).findings == []


def test_concepts_of_others_keep_their_iris(empty_store: Store) -> None:
    store = empty_store
    path = store.data_dir / "foreign.csv"
    path.write_text("from,to,kind,reason@en\nfirst,second,related,why not\n", encoding="utf-8")
    turtle = store.data_dir / "foreign.ttl"
    turtle.write_text(
        "@prefix skos: <http://www.w3.org/2004/02/skos/core#> . @prefix x: <http://x.example/> . "
        'x:1 a skos:Concept ; skos:prefLabel "first"@en . x:2 a skos:Concept ; skos:prefLabel "second"@en .',
        encoding="utf-8",
    )
    import_files(store, [turtle])
    import_files(store, [path])
    rebase(store, NEW)
    assert get_term(store, "first")[0].iri == "http://x.example/1"
    assert get_term(store, "first")[0].neighbours["related"][0].reason == {"en": "why not"}
    assert f"<{NEW}id/first#" in _lines(store)
    assert check(store).findings == []


def test_by_command(empty_store: Store) -> None:
    store, run = empty_store, CliRunner().invoke
    put_terms(store, make_term("logic"))
    assert run(main, ["rebase", "no iri", "--data-dir", str(store.data_dir)]).exit_code == 1
    assert "change 3" in run(main, ["rebase", NEW, "--data-dir", str(store.data_dir)]).output
    looked = run(main, ["doctor", "--data-dir", str(store.data_dir)])
    assert looked.exit_code == 0 and "whole, 3 changes" in looked.output and "sandbox" in looked.output
    assert run(main, ["doctor", "--data-dir", str(store.data_dir / "no")]).exit_code == 1
