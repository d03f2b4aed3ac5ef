"""Abbreviations for MkDocs: every label once, in one language, what cannot be one told."""

from dataclasses import replace

from kgservice.model.languages import Languages
from kgservice.model.terms import Term
from kgservice.services.tooltips import tooltips
from kgservice.store.store import Store
from tests.conftest import make_term, put_terms


def test_each_label_has_the_definition_on_one_line(store: Store) -> None:
    made = tooltips(store, Languages(("ja",), ("en", "ja")))
    lines = made.text.splitlines()
    assert made.labels == len(lines) and lines == sorted(lines)
    (line,) = [line for line in lines if line.startswith("*[ネットワーキング]: ")]
    assert "コンピューター" in line
    english = tooltips(store, Languages((), ("en", "ja"))).text
    assert "*[load balancing]: " in english and "*[LB]: " in english


def test_what_cannot_be_an_abbreviation_is_told(empty_store: Store) -> None:
    def term(slug: str, label: str, **texts: str) -> Term:
        made = {"prefLabel": {"en": (label,)}, **{name: {"en": (text,)} for name, text in texts.items()}}
        return replace(make_term(slug), texts=made)

    put_terms(
        empty_store,
        term("a", "same", definition="one\n\ntwo"),
        term("b", "same", definition="another"),
        term("c", "array[0]", definition="an element"),
        term("d", "nothing is said"),
    )
    made = tooltips(empty_store, Languages((), ("en",)))
    assert made.text == "*[same]: one two\n"
    assert made.left_out == [
        "b: 'same' is a label of a, too",
        "c: 'array[0]' has a sign that an abbreviation cannot have",
        "d: has no definition",
    ]
