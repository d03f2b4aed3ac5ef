"""The one resolver: which language serves a reader, and whether it is a fallback."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kgservice.model.language_names import own_name
from kgservice.model.languages import TAG, TAG_MAX, Languages, canonical_tag, direction, lookup_chain

AVAILABLE = ("en", "ja", "zh", "zh-Hant", "pt-BR", "fr", "sr-Latn", "ar", "nb")


@pytest.mark.parametrize(
    ("asked", "served"),
    [
        ("ja", "ja"),
        ("ja-JP", "ja"),
        ("zh-Hant-TW", "zh-Hant"),
        ("zh-TW", "zh-Hant"),
        ("zh-HK", "zh-Hant"),
        ("zh-CN", "zh"),
        ("zh-cmn-Hant", "zh-Hant"),
        ("fr-FR", "fr"),
        ("pt-PT", "pt-BR"),
        ("sr-Latn-RS", "sr-Latn"),
        ("iw", "en"),
        ("xx", "en"),
        ("en-x-home", "en"),
    ],
)
def test_the_tag_that_serves_a_reader(asked: str, served: str) -> None:
    tag = canonical_tag(asked)
    assert tag is not None
    assert Languages((tag,), ("en",)).choose(AVAILABLE) == served


@pytest.mark.parametrize(
    ("asked", "available", "served"),
    [
        ("zh", ("en", "zh-Hans"), "zh-Hans"),
        ("zh-CN", ("en", "zh-Hant", "zh-Hans"), "zh-Hans"),
        ("zh-TW", ("en", "zh-Hans"), "en"),
        ("zh-Hant", ("en", "zh"), "zh"),
        ("sr", ("en", "sr-Cyrl"), "sr-Cyrl"),
    ],
)
def test_script_decides_where_only_the_language_is_named(asked: str, available: tuple[str, ...], served: str) -> None:
    assert Languages((asked,), ("en",)).choose(available) == served


def test_the_list_asked_for_goes_before_the_order_of_the_glossary() -> None:
    languages = Languages(("de", "fr"), ("en", "ja"))
    assert languages.choose(("ja", "en", "fr")) == "fr"
    assert languages.choose(("ja", "en")) == "en"
    assert languages.choose(("ko", "ja")) == "ja"
    assert languages.choose(("ko", "it")) == "it"  # none is wanted: by the alphabet, never by chance
    assert languages.choose(()) is None


def test_a_text_in_another_language_than_the_first_says_that_it_is_a_fallback() -> None:
    languages = Languages(("ja-JP", "en"), ("en",))
    picked = languages.pick({"ja": "論理"})
    assert picked is not None and (picked.lang, picked.fallback) == ("ja", False)
    picked = languages.pick({"en": "logic"})
    assert picked is not None and (picked.lang, picked.fallback) == ("en", True)


def test_traditional_chinese_answered_in_the_simplified_script_is_a_fallback() -> None:
    picked = Languages(("zh-Hant",), ("en",)).pick({"zh": "逻辑"})
    assert picked is not None and picked.fallback


def test_nothing_asked_for_means_the_first_language_of_the_glossary() -> None:
    picked = Languages((), ("ja", "en")).pick({"en": "logic"})
    assert picked is not None and picked.fallback


@pytest.mark.parametrize("tag", ["", "e", "en_US", "a" * 40, "x" * 300, "en--us", "日本", "en-", "en-abcdefghi", "*"])
def test_malformed_tags_are_none(tag: str) -> None:
    assert canonical_tag(tag) is None


def test_canonical_case_and_old_tags() -> None:
    assert canonical_tag("ZH-hant-tw") == "zh-Hant-TW"
    assert canonical_tag("iw") == "he"
    assert lookup_chain("zh-TW") == ("zh-TW", "zh-Hant-TW", "zh-Hant", "zh")


@pytest.mark.parametrize("tag", ["ar", "he", "fa", "ur", "ckb", "pa-PK", "az-IR", "dv", "yi", "ug"])
def test_right_to_left(tag: str) -> None:
    assert direction(tag) == "rtl"


def test_left_to_right_and_names() -> None:
    assert {direction(tag) for tag in ("en", "ja", "ku", "zh-Hant", "xx")} == {"ltr"}
    assert own_name("ja") == "日本語"
    assert own_name("de-AT") == "Deutsch (de-AT)"
    assert own_name("xx") == "xx"


def test_a_tag_of_which_the_library_makes_a_malformed_one_stays_in_lower_case() -> None:
    assert canonical_tag("mo-Mul-001") == "mo-mul-001"


@given(st.from_regex(TAG, fullmatch=True).filter(lambda tag: len(tag) <= TAG_MAX))
@example("mo-mul-001")
@example("in-art-001")
@example("sr-art-419")
@example("sH-1T9k-EPFK3x-5JMf-c0JMYPI-x-psF")  # its canonical form is longer than a tag may be
def test_every_well_formed_tag_is_accepted_and_can_be_looked_up(tag: str) -> None:
    canonical = canonical_tag(tag)
    assert canonical is not None and canonical_tag(canonical) == canonical
    assert Languages((canonical,), ("en",)).choose(AVAILABLE) and direction(canonical) and own_name(canonical)
