"""Editions: what an edit makes of them, what a review does, and when a translation is stale."""

from dataclasses import replace

import pytest

from kgservice.errors import Fault
from kgservice.model.editions import NEXT, edited, stale_fields, with_status
from kgservice.model.terms import STATUSES, Edition, Term


def term(**texts: dict[str, str]) -> Term:
    held = {name: {lang: (value,) for lang, value in by.items()} for name, by in texts.items()}
    return Term(iri="http://x/id/a", slug="a", home="http://x/id/a", texts=held)


EN = term(prefLabel={"en": "cache"}, definition={"en": "A store."})
BOTH = term(prefLabel={"en": "cache", "ja": "キャッシュ"}, definition={"en": "A store.", "ja": "倉庫"})


def test_new_texts_are_drafts_and_translations_know_their_source() -> None:
    editions = edited(None, BOTH, "en")
    assert editions["en"] == Edition("draft")
    assert (editions["ja"].status, editions["ja"].derived_from) == ("draft", "en")
    assert editions["ja"].digests.keys() == {"prefLabel", "definition"}


def test_an_edit_of_the_source_makes_only_what_was_made_from_it_stale() -> None:
    held = replace(BOTH, editions=edited(None, BOTH, "en"))
    later = term(prefLabel={"en": "cache", "ja": "キャッシュ"}, definition={"en": "A fast store.", "ja": "倉庫"})
    editions = edited(held, later, "en")
    assert stale_fields(later.texts, (), editions["ja"]) == ["definition"]
    assert editions["ja"] == held.editions["ja"], "only the language that was edited is a draft again"
    assert stale_fields(later.texts, (), editions["en"]) == []


def test_an_edit_takes_a_reviewed_edition_back_to_draft() -> None:
    held = replace(BOTH, editions={**edited(None, BOTH, "en"), "ja": Edition("reviewed", "en", credit="Mika")})
    later = term(prefLabel={"en": "cache", "ja": "キャッシュメモリー"}, definition={"en": "A store.", "ja": "倉庫"})
    ja = edited(held, later, "en")["ja"]
    assert (ja.status, ja.credit) == ("draft", "Mika")


def test_a_review_says_that_the_translation_fits_its_source_as_it_is_now() -> None:
    held = replace(BOTH, editions=edited(None, BOTH, "en"))
    later = replace(held, texts={**held.texts, "definition": {"en": ("A fast store.",), "ja": ("倉庫",)}})
    reviewed = with_status(later, "ja", "reviewed", "en")
    assert isinstance(reviewed, Edition)
    assert stale_fields(later.texts, (), later.editions["ja"]) == ["definition"]
    assert stale_fields(later.texts, (), reviewed) == []


def test_a_language_that_is_gone_has_no_edition() -> None:
    assert "ja" not in edited(replace(BOTH, editions=edited(None, BOTH, "en")), EN, "en")


@pytest.mark.parametrize("held", [None, *STATUSES])
@pytest.mark.parametrize("status", STATUSES)
def test_the_ways_between_statuses(held: str | None, status: str) -> None:
    before = replace(BOTH, editions={"ja": Edition(held)} if held else {})
    made = with_status(before, "ja", status, "en")
    assert isinstance(made, Edition) == (status in NEXT[held])
    if (held, status) == ("machine-translated", "reviewed"):
        assert isinstance(made, Fault) and "human-translated" in made.message
