"""Texts and slugs that the model accepts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgservice.model.slugs import is_slug, slugify
from kgservice.model.texts import clean_label, clean_text, text_fault


@pytest.mark.parametrize("character", ["\x00", "\x07", "\x0b", "\x1b", "\x7f", "\x85", "\ud800", "\uffff"])
def test_control_characters_are_refused_in_every_text(character: str) -> None:
    assert text_fault(f"a{character}b", label=False)


@pytest.mark.parametrize("character", ["\u202e", "\u2066", "\n", "\t", "\u2028"])
def test_labels_refuse_bidi_controls_and_line_breaks_as_well(character: str) -> None:
    assert text_fault(f"a{character}b", label=True)
    assert not text_fault(f"a{character}b", label=False)


def test_other_faults() -> None:
    assert text_fault("", label=False) == "is empty"
    assert text_fault(" a", label=False)
    assert text_fault("e\u0301", label=False) == "is not in Unicode normal form C"
    assert text_fault("a" * 501, label=True)
    assert not text_fault("a" * 500, label=True)


@given(st.text(alphabet=st.characters(exclude_categories=("Cs", "Cc", "Cn"))))
def test_cleaned_text_is_accepted_unless_it_is_empty(value: str) -> None:
    assert not clean_text(value) or text_fault(clean_text(value), label=False) is None
    assert clean_text(clean_text(value)) == clean_text(value)


def test_cleaning_mends_line_ends_and_labels() -> None:
    assert clean_text(" a\r\nb\rc ") == "a\nb\nc"
    assert clean_label("a\nb  c") == "a b  c"


@pytest.mark.parametrize(
    ("value", "slug"),
    [
        ("Hash table", "hash-table"),
        ("C#", "c"),
        ("Straße & Café", "strasse-cafe"),
        ("68_95_997_rule", "68-95-997-rule"),
        ("日本語", ""),
        ("x" * 200, "x" * 100),
    ],
)
def test_the_nearest_slug(value: str, slug: str) -> None:
    assert slugify(value) == slug


@pytest.mark.parametrize("value", ["", "A", "a--b", "-a", "a-", "a_b", "a.b", "а", "a\n", "a" * 101, "a/b", "é"])
def test_what_is_no_slug(value: str) -> None:
    assert not is_slug(value)


@given(st.text())
def test_whatever_slugify_gives_is_a_slug_or_empty(value: str) -> None:
    assert slugify(value) == "" or is_slug(slugify(value))
