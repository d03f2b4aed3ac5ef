"""The interface's own words: every catalogue has all of them and no others, and each page speaks one language."""

from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from flask.testing import FlaskClient

from kgservice.api import pages
from kgservice.api.interface import INTERFACE, LOCALES, words_in
from kgservice.diagrams.words import ENGLISH
from kgservice.store.store import Store
from tests.conftest import PUBLIC, make_term, put_terms

TEMPLATES = LOCALES.parent / "templates"


def _used() -> set[tuple[str, ...]]:
    """The texts that templates translate, each with its plural if it has one, and those of pictures."""
    found = extract_from_dir(
        TEMPLATES,
        [("**.html", "jinja2")],
        {"**.html": {"extensions": "jinja2.ext.i18n"}},
        keywords={"_": None, "ngettext": (1, 2)},
    )
    return {one[2] if isinstance(one[2], tuple) else (one[2],) for one in found} | {(text,) for text in ENGLISH[1:]}


@pytest.mark.parametrize("path", sorted(LOCALES.glob("*.po")), ids=lambda path: path.stem)
def test_a_catalogue_has_every_text_and_no_other(path: Path) -> None:
    with path.open("rb") as file:
        catalogue = read_po(file, locale=path.stem)
    told = {m.id if isinstance(m.id, tuple) else (m.id,): m for m in catalogue if m.id}
    assert set(told) == _used()
    for ids, message in told.items():
        texts = message.string if isinstance(message.string, tuple) else (message.string,)
        assert all(texts), ids
        assert not list(message.check(catalogue)), ids


def test_the_interface_has_its_own_language(client: FlaskClient) -> None:
    assert INTERFACE == ("en", "ja")
    page = client.get("/terms/networking?lang=en&ui=ja").text
    assert '<html lang="en" dir="ltr">' in page and '<h2 lang="ja" dir="ltr">やさしい説明</h2>' in page
    page = client.get("/terms/networking?lang=ja", headers={"Accept-Language": "en"}).text
    assert '<html lang="ja" dir="ltr">' in page and '<h2 lang="en" dir="ltr">Explained simply</h2>' in page
    assert "やさしい説明" in client.get("/terms/networking", headers={"Accept-Language": "ja"}).text


def test_what_a_reader_gets_wrong_is_told_in_their_language(client: FlaskClient) -> None:
    html = {"Accept": "text/html"}
    page = client.get("/terms/netwrking?ui=ja", headers=html)
    assert page.status_code == 404 and "もしかして" in page.text and 'href="/terms/networking?ui=ja"' in page.text
    assert client.get("/terms/zzzzzz", headers=html).status_code == 404
    page = client.get("/terms/networking?lang=e_n&ui=ja", headers=html)
    assert page.status_code == 422 and "読み取れない" in page.text
    assert 'href="/?ui=ja"' in page.text and "lang=e_n" not in page.text.partition("<main")[2].partition("</main>")[0]
    page = client.get("/terms/networking?lang=tlh")
    assert page.status_code == 200 and "This glossary has nothing in tlh; you see it in English." in page.text


def test_pictures_speak_their_language() -> None:
    assert words_in() == words_in("") == words_in("en-GB") == ENGLISH
    assert words_in("tlh", "ja-JP").more.format(3) == "+3 件"
    assert words_in("ar").more.format(3) == "+3 …" and words_in("ar").not_found == ENGLISH.not_found


@pytest.mark.parametrize("query", ["x" * 10_000, "%00%01%1b%7f", "%E2%80%AE%F3%A0%80%81", "   ", ""])
def test_an_odd_search_is_answered_politely(client: FlaskClient, query: str) -> None:
    assert client.get(f"/search?q={query}").status_code == 200
    assert client.get(f"/paths?q={query}").status_code == 200


def _locations(client: FlaskClient, address: str) -> list[str | None]:
    return [one.text for one in ET.fromstring(client.get(address.removeprefix(PUBLIC)).data).iterfind("{*}*/{*}loc")]


def test_a_site_map_has_all_pages_in_parts_that_hold_them(
    empty_store: Store, client_of: Callable[[Store], FlaskClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    put_terms(empty_store, *(make_term(f"t{n}") for n in range(8)))
    client = client_of(empty_store)
    whole = _locations(client, "/sitemap.xml")
    paths = ("/", "/paths", *(f"/terms/t{n}" for n in range(8)))
    assert [one for one in whole if one and "?" not in one] == [f"{PUBLIC}{path}" for path in paths]
    assert f"{PUBLIC}/terms/t7?lang=en" in whole and len(whole) == len(set(whole))
    monkeypatch.setattr(pages, "SITEMAP_MAX", len(whole) // 3 + 1)
    client.application.extensions["kgservice.ready"].forget()
    parts = _locations(client, "/sitemap.xml")
    assert len(parts) == 3
    assert [one for part in parts for one in _locations(client, str(part))] == whole
    assert client.get("/sitemap.xml?part=4").status_code == 404
