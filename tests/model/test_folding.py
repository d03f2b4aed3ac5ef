"""Folding: what a reader takes for the same word has the same key."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgservice.model.folding import (
    INSIDE,
    KEY_MAX,
    START,
    WORD,
    entries,
    excerpt_parts,
    fold,
    fold_with_places,
    grams,
    near_keys,
    runs,
)


@pytest.mark.parametrize(
    "alike",
    [
        ("café", "CAFE", "Café", "ｃａｆé"),
        ("Straße", "strasse", "STRASSE"),
        ("Ärger", "arger"),
        ("İstanbul", "istanbul", "ISTANBUL"),
        ("Łódź", "lodz"),
        ("Ελλάδα", "ελλαδα", "ΕΛΛΆΔΑ"),
        ("ёлка", "елка", "ЁЛКА"),
        ("ネットワーク", "ねっとわーく", "ﾈｯﾄﾜｰｸ"),
        ("サーバー", "サーバ", "さーば", "ｻｰﾊﾞｰ"),
        ("ロード・バランシング", "ロードバランシング", "ロード バランシング"),
        ("شَبَكَة", "شبكة", "شبكه"),
        ("أساس", "اساس"),
        ("שָׁלוֹם", "שלום"),
        ("AI 基础设施", "ＡＩ基础设施"),
        ("load-balancing", "Load  Balancing"),
        ("로드 밸런싱", "로드밸런싱"),
        ("١٢٣", "123", "１２３"),
    ],
)
def test_what_reads_alike_has_one_key(alike: tuple[str, ...]) -> None:
    assert len({fold(value) for value in alike}) == 1


@pytest.mark.parametrize("values", [("か", "が"), ("C", "C++", "C#"), ("हिन्दी", "हन्द"), ("キー", "キ"), ("ไม่", "ไม")])
def test_what_reads_otherwise_has_another(values: tuple[str, ...]) -> None:
    assert len({fold(value) for value in values}) == len(values)


@pytest.mark.parametrize("value", ['"', "*", "\x00\x1f", "—", "", "  ", "\u200d", "\ud800"])
def test_what_has_nothing_to_find_has_an_empty_key(value: str) -> None:
    assert fold(value) == ""


@given(st.text())
def test_folding_again_changes_nothing_and_places_are_true(value: str) -> None:
    value = unicodedata.normalize("NFC", value)
    key, starts, ends = fold_with_places(value)
    assert key == fold(value) and len(starts) == len(ends) == len(key)
    assert fold(key) == key
    assert all(0 <= start < end <= len(value) for start, end in zip(starts, ends, strict=True))
    assert list(starts) == sorted(starts)


def test_a_label_is_entered_at_its_start_its_words_and_inside_them() -> None:
    found = entries("Virtual memory", "en")
    assert (found["virtual memory"], found["memory"], found["tual memory"]) == (START, WORD, INSIDE)
    assert "ry" not in found and found["ory"] == INSIDE
    assert entries("分散計算", "ja") == {"分散計算": START, "散計算": WORD, "計算": WORD, "算": WORD}


def test_other_spellings_enter_too() -> None:
    assert entries("Schlüssel", "de")["schluessel"] == START and "schluessel" not in entries("Schlüssel", "fr")
    assert entries("e-mail", "en")["email"] == START
    assert entries("サーバー", "ja")["ばー"] == WORD
    assert entries("الذاكرة", "ar")["ذاكره"] == START


def test_a_long_label_has_short_keys() -> None:
    assert max(map(len, entries("ab " * 160, "en"))) == KEY_MAX


def test_a_script_without_spaces_is_indexed_in_bigrams() -> None:
    assert [grams(run) for run in runs("AI基础设施 x")] == [["ai"], ["基础", "础设", "设施", "施"], ["x"]]


@pytest.mark.parametrize("typed", ["netwrok", "netwok", "nettwork", "netvork", "metwork"])
def test_one_slip_is_forgiven(typed: str) -> None:
    assert "network" in near_keys(typed)


def test_short_words_have_to_be_right() -> None:
    assert near_keys("ceche") >= {"cache"} and "gate" not in near_keys("gete")


def test_parts_make_the_text_and_mark_what_matched() -> None:
    assert excerpt_parts("Café au lait", ["cafe"], 500) == [("Café", True), (" au lait", False)]
    assert excerpt_parts("ﾈｯﾄﾜｰｸ", ["わーく"], 500) == [("ﾈｯﾄ", False), ("ﾜｰｸ", True)]
    assert excerpt_parts("network and subnet", ["net"], 500)[:2] == [("net", True), ("work and subnet", False)]


@given(st.text(max_size=400), st.text(max_size=8), st.integers(10, 100))
def test_an_excerpt_is_a_stretch_of_the_text(value: str, query: str, most: int) -> None:
    parts = excerpt_parts(value, [fold(query)], most)
    text = "".join(part for part, _ in parts)
    inner = text.removeprefix("…").removesuffix("…") if len(value) > most else text
    assert inner in value and all(part for part, _ in parts)
