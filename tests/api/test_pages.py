"""Diagrams, pages, health: what people and other sites see."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from kgservice.api.problems import TYPES
from kgservice.api.ready import FRESH
from kgservice.store.store import Store
from tests.conftest import PUBLIC, SEED_TERMS, make_term, put_terms


class _Tags(HTMLParser):
    """Collects the tags, and fails on one that is not closed in its place."""

    VOID = frozenset(("meta", "link", "br", "hr", "img", "input", "source"))

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def parsed(html: str) -> _Tags:
    tags = _Tags()
    tags.feed(html)
    assert tags.open == []
    return tags


def test_the_term_page_is_whole_and_marks_languages(client: FlaskClient) -> None:
    for slug in ("networking", "logic", "model-serving"):
        for lang in ("en", "ja"):
            response = client.get(f"/terms/{slug}?lang={lang}")
            assert response.status_code == 200 and response.mimetype == "text/html"
            tags = parsed(response.text)
            assert ("html", {"lang": lang, "dir": "ltr"}) in tags.seen
            assert response.headers["Content-Language"] == lang
            address = f"{PUBLIC}/terms/{slug}.json?lang={lang}"
            assert f'<{address}>; rel="alternate"; type="application/json"' in response.headers.getlist("Link")
            link = {"rel": "alternate", "type": "application/json", "href": address}
            assert ("link", link) in tags.seen
            assert response.text.count("<fieldset") == 3 and ">1 / 3<" in response.text


def test_a_fallback_has_its_own_language_and_says_so(
    empty_store: Store, client_of: Callable[[Store], FlaskClient]
) -> None:
    texts = {"prefLabel": {"ja": ("網",)}, "definition": {"ar": ("شبكة",)}, "deepDive": {"en": ("**Deep**",)}}
    put_terms(empty_store, replace(make_term("net"), texts=texts))
    page = client_of(empty_store).get("/terms/net?lang=ja").text
    assert '<p lang="ar" dir="rtl">شبكة <small class="fallback"' in page
    assert "<strong>Deep</strong>" in page
    assert re.search(r'<h2[^>]*>[^<]+ <small class="fallback"[^>]*>English</small></h2>', page)


@pytest.mark.parametrize(
    ("path", "title"),
    [
        ("/", "AI infrastructure essentials"),
        ("/terms/tcp", "Transmission Control Protocol"),
        ("/topics/networking", "Networking"),
        ("/paths", "Learning paths"),
        ("/paths/tcp", "Learning path: Transmission Control Protocol"),
    ],
)
def test_a_page_that_is_shared_says_what_it_is(client: FlaskClient, path: str, title: str) -> None:
    seen = parsed(client.get(path).text).seen
    told = {tag["property"]: tag["content"] for name, tag in seen if name == "meta" and "property" in tag}
    assert told["og:title"] == title and told["og:url"] == f"{PUBLIC}{path}" and told["og:description"]
    assert told["og:site_name"] == "AI infrastructure essentials" and told["og:locale"] == "en"


PAYLOADS = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "[x](javascript:alert(1))",
    "![x](data:text/html;base64,PHNjcmlwdD4=)",
    "<svg/onload=alert(1)>",
    "{{ 7 * 7 }}",
]


def test_other_names_are_those_of_the_language_shown_and_abbreviations_of_any(client: FlaskClient) -> None:
    def names(path: str) -> list[str]:
        listed = client.get(path).text.partition('<ul class="labels"')[2].partition("</ul>")[0]
        return re.findall(r"<li><span[^>]*>(.*?)</span>", listed)

    assert names("/terms/cpu?lang=en") == ["CPU", "processor"]
    assert names("/terms/cpu?lang=de") == ["CPU", "Hauptprozessor"]  # of Prozessor, the abbreviation says which
    assert names("/terms/cpu?lang=ja") == ["プロセッサー", "中央処理装置"]  # whose label is CPU
    assert names("/terms/gpu?lang=ar") == ["GPU"]


def test_a_term_page_reads_what_the_term_is_and_nothing_twice(client: FlaskClient, statements: list[str]) -> None:
    for slug in ("networking", "logic", "distributed-systems"):
        statements.clear()
        assert client.get(f"/terms/{slug}?lang=ja&not=kept").status_code == 200
        assert len(statements) == 2, statements


@pytest.mark.parametrize("payload", PAYLOADS)
def test_texts_stay_texts(empty_store: Store, client_of: Callable[[Store], FlaskClient], payload: str) -> None:
    texts = {
        name: {"en": (payload,)}
        for name in ("prefLabel", "definition", "fullDefinition", "eli5", "deepDive", "example")
    }
    put_terms(empty_store, replace(make_term("net"), texts=texts))
    client = client_of(empty_store)
    for path in ("/terms/net", "/"):
        tags = parsed(client.get(path).text)
        assert not {tag for tag, _ in tags.seen if tag not in ("script", "iframe")} & {"object", "embed", "base"}
        pictures = {attributes.get("class") for tag, attributes in tags.seen if tag == "svg"}
        assert "sign" in pictures <= {"kg-diagram kg-auto", "sign"}
        assert all((attributes["src"] or "").startswith("/embed/") for tag, attributes in tags.seen if tag == "iframe")
        for tag, attributes in tags.seen:
            source = attributes.get("src") or ""
            assert tag != "script" or source.startswith("/static/") or attributes["type"] == "application/ld+json"
            assert not any(name.startswith("on") for name in attributes)
            assert not str(attributes.get("href") or attributes.get("src") or "").startswith(("javascript:", "data:"))
            assert tag != "img" or attributes["src"] not in ("x",)


def test_pages_have_a_strict_policy(client: FlaskClient) -> None:
    for path in ("/", "/terms/logic"):
        response = client.get(path)
        assert "default-src 'none'" in response.headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in response.headers["Content-Security-Policy"]
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert "Set-Cookie" not in response.headers
        assert not [tag for tag, attributes in parsed(response.text).seen if tag == "style" or "style" in attributes]


def test_home_lists_the_terms(client: FlaskClient) -> None:
    page = client.get("/?lang=ja").text
    parsed(page)
    assert "ネットワーキング" in page and all(f'href="/terms/{slug}?lang=ja"' in page for slug in SEED_TERMS)


def test_an_unknown_term_is_a_page_for_people_and_a_problem_for_programs(client: FlaskClient) -> None:
    page = client.get("/terms/nothing", headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
    assert page.status_code == 404 and page.mimetype == "text/html" and "nothing" in page.text
    parsed(page.text)
    assert client.get("/terms/nothing", headers={"Accept": "application/json"}).mimetype == "application/problem+json"


def test_each_problem_type_has_a_page(client: FlaskClient) -> None:
    for name in TYPES:
        response = client.get(f"/docs/problems/{name}")
        assert response.status_code == 200 and TYPES[name].title in response.text
        assert response.headers["Cache-Control"] == FRESH and response.headers["Vary"] == "Accept-Language"
        tag = response.headers["ETag"]
        assert client.get(f"/docs/problems/{name}", headers={"If-None-Match": tag}).status_code == 304
        other = client.get(f"/docs/problems/{name}", headers={"Accept-Language": "ja"})
        assert other.headers["ETag"] != tag and other.headers["Content-Language"] == "ja, en"
        assert response.headers["Content-Language"] == "en"
    missing = client.get("/docs/problems/nothing", headers={"Accept": "text/html", "Accept-Language": "ja"})
    assert missing.status_code == 404 and missing.headers["Content-Language"] == "ja, en"
    assert {"Accept", "Accept-Language"} <= set(missing.vary)


def test_health(client: FlaskClient) -> None:
    assert client.get("/health/live").json == {"status": "live"}
    assert client.get("/health/ready").json == {"status": "ready", "seq": 2, "sparql": {"status": "on"}}


def test_health_says_that_sparql_is_off_and_all_else_goes_on(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app.extensions["kgservice"].queries, "off", "the sandbox does not hold here")
    client = app.test_client()
    ready = client.get("/health/ready")
    assert ready.status_code == 200
    assert ready.json is not None and ready.json["sparql"] == {
        "status": "off",
        "reason": "the sandbox does not hold here",
    }
    refused = client.get("/sparql?query=ASK{}")
    assert refused.status_code == 503 and "does not hold" in refused.get_json(force=True)["detail"]
    assert refused.headers["Retry-After"] == "60"
    assert client.get("/terms/logic/diagram.mmd").status_code == 200


@pytest.mark.parametrize(
    ("piece", "shown"),
    [
        ("**eviction policy**, a *leader*", "eviction policy, a leader"),
        ("O(*n* log *n*) is `code`, not 5 * 4 or a*b", "O(n log n) is code, not 5 * 4 or a*b"),
        ("これは*過程*と*考える", "これは過程と考える"),
        ("the *", "the "),
        ("* and *more", " and more"),
        ("## Heading\n- one\n> two - three", "Heading\none\ntwo - three"),
    ],
)
def test_an_excerpt_shows_no_signs_of_markdown(app: Flask, piece: str, shown: str) -> None:
    assert app.jinja_env.filters["unmarked"](piece) == shown


@pytest.mark.parametrize(
    "path",
    [
        "/terms/%00%01",
        "/n%1bwhere",
        "/terms/a%1b?lang=%00",
        "/search?q=%00%1b",
        "/paths?q=a%00%E2%80%AE",
        "/?letter=%00",
    ],
)
def test_no_page_repeats_control_characters(client: FlaskClient, path: str) -> None:
    page = client.get(path, headers={"Accept": "text/html"})
    assert page.status_code in (200, 404, 422) and page.mimetype == "text/html"
    assert not re.search("[\x00-\x08\x0b-\x1f\u202e]", page.text)


def test_a_search_of_ten_thousand_characters_is_answered(client: FlaskClient) -> None:
    page = client.get("/search?q=" + "a" * 10_000)
    assert page.status_code == 200 and "Nothing here has that in it." in page.text
    assert client.get("/search?q=" + "a" * 10_001, headers={"Accept": "text/html"}).status_code == 422


def test_search_engines_are_told_the_language_that_is_shown(client: FlaskClient) -> None:
    def told(path: str) -> tuple[Any, str, set[str]]:
        head = client.get(path).text.partition("</head>")[0]
        linked = json.loads(head.partition('application/ld+json">')[2].partition("</script>")[0])
        (canonical,) = re.findall('rel="canonical" href="(.*?)"', head)
        return linked, canonical, set(re.findall('hreflang="(.*?)" href="http', head))

    linked, canonical, languages = told("/terms/cpu?lang=de")
    assert linked["@type"] == "DefinedTerm" and linked["inLanguage"] == "de" and linked["name"] == "Prozessor"
    assert linked["alternateName"] == ["CPU", "Hauptprozessor"] and linked["url"] == f"{PUBLIC}/terms/cpu"
    assert linked["inDefinedTermSet"] == told("/")[0]["@id"] == f"{PUBLIC}/"
    assert canonical == f"{PUBLIC}/terms/cpu?lang=de" and languages == {
        "en",
        "ja",
        "zh-Hans",
        "de",
        "es",
        "fr",
        "ar",
        "x-default",
    }
    assert told("/terms/cpu")[1] == f"{PUBLIC}/terms/cpu"
    for asked in ("tlh", "tlh,en", "en-GB"):  # what is shown in one language has one address
        assert told(f"/terms/cpu?lang={asked}")[1] == f"{PUBLIC}/terms/cpu?lang=en", asked


def test_a_description_in_another_language_is_not_told_as_one_of_this(
    empty_store: Store, client_of: Callable[[Store], FlaskClient]
) -> None:
    texts = {"prefLabel": {"ja": ("網",)}, "definition": {"en": ("A net",)}}
    put_terms(empty_store, replace(make_term("net"), texts=texts))
    assert '"description": ' not in client_of(empty_store).get("/terms/net?lang=ja").text
