"""What other sites embed: the frame, the script, oEmbed, snippets, the page that explains them."""

import base64
import gzip
import hashlib
import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from flask.testing import FlaskClient
from markdown_it import MarkdownIt

from kgservice.api import snippets
from kgservice.store.store import Store
from tests.api.test_pages import parsed
from tests.conftest import PUBLIC, make_term, put_terms

RELEASED = "sha384-FUPZXt9UVWzG5e1LEmX9GZbL/MuuDykUyYBXQ3r8PpYCkdZBGbXyQA/72diFKUsd"
"""Of embed-1.js. Pages name it, so that the file cannot change once it is out: a change is embed-2.js."""


def test_the_embed_may_be_framed_runs_nothing_and_opens_links_in_the_window(client: FlaskClient) -> None:
    response = client.get("/embed/terms/networking?lang=ja")
    policy = response.headers["Content-Security-Policy"]
    assert "frame-ancestors *" in policy and "default-src 'none'" in policy and "script" not in policy
    assert "X-Frame-Options" not in response.headers and "Set-Cookie" not in response.headers
    assert "stale-while-revalidate" in response.headers["Cache-Control"]
    assert response.text.startswith("<!doctype html>") and '<html lang="ja" dir="ltr">' in response.text
    links = [attributes for tag, attributes in parsed(response.text).seen if tag == "a"]
    assert len(links) == 9  # one a box, and the way to the page
    assert all(a["target"] == "_top" and str(a["href"]).startswith(f"{PUBLIC}/") for a in links)
    assert not {tag for tag, _ in parsed(response.text).seen} & {"script", "form", "iframe", "img"}
    known = {"If-None-Match": response.headers["ETag"]}
    assert client.get("/embed/terms/networking?lang=ja", headers=known).status_code == 304
    assert client.get("/embed/terms/networking?theme=x").status_code == 422
    assert 'class="dark"' in client.get("/embed/terms/networking?theme=dark").text


def test_the_frame_of_a_term_that_is_not_there_says_so(client: FlaskClient) -> None:
    response = client.get("/embed/terms/nothing?lang=ja", headers={"Accept": "text/html"})
    assert response.status_code == 404 and response.mimetype == "image/svg+xml"
    assert "用語が見つかりません" in response.text and "nothing" in response.text
    assert "frame-ancestors *" in response.headers["Content-Security-Policy"]


def test_tooltips_are_a_file_to_fetch(client: FlaskClient) -> None:
    response = client.get("/abbreviations.txt?lang=ja")
    assert response.content_type == "text/plain; charset=utf-8" and response.headers["ETag"]
    assert any(line.startswith("*[キャッシュ]: 再び") for line in response.text.splitlines())
    assert client.get("/abbreviations.txt").headers["Vary"] == "Accept-Language"
    assert client.get("/abbreviations.txt?lang=e_n").status_code == 422
    assert f"{PUBLIC}/abbreviations.txt?lang=ja" in client.get("/docs/embed?lang=ja").text


def test_the_script_is_small_pinned_and_never_changes(client: FlaskClient) -> None:
    fixed, newest = client.get("/embed-1.js"), client.get("/embed.js")
    assert fixed.data == newest.data and len(gzip.compress(fixed.data)) < 5000
    assert "immutable" in fixed.headers["Cache-Control"] and "immutable" not in newest.headers["Cache-Control"]
    assert fixed.headers["Access-Control-Allow-Origin"] == "*" and fixed.mimetype == "text/javascript"
    digest = base64.b64encode(hashlib.sha384(fixed.data).digest()).decode()
    assert snippets.integrity() == f"sha384-{digest}" == RELEASED
    assert client.get("/embed-2.js").status_code == 404


def test_oembed(client: FlaskClient) -> None:
    response = client.get("/oembed", query_string={"url": f"{PUBLIC}/terms/networking?lang=ja", "format": "json"})
    body = response.json
    assert (
        body is not None and body["version"] == "1.0" and body["type"] == "rich" and body["title"] == "ネットワーキング"
    )
    assert f'src="{PUBLIC}/embed/terms/networking?lang=ja"' in body["html"]
    assert isinstance(body["width"], int) and isinstance(body["height"], int)
    small = client.get("/oembed", query_string={"url": f"{PUBLIC}/terms/logic", "maxwidth": 300, "maxheight": 200}).json
    assert small is not None and (small["width"], small["height"]) == (300, 200)


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"url": "https://other.example/terms/networking"}, 404),
        ({"url": f"{PUBLIC}.evil.example/terms/networking"}, 404),
        ({"url": f"{PUBLIC}/terms/nothing"}, 404),
        ({"url": f"{PUBLIC}/terms/../etc"}, 404),
        ({"url": f"{PUBLIC}/terms/networking", "format": "xml"}, 501),
        ({"url": f"{PUBLIC}/terms/networking?lang=%22%3E%3Cscript%3E"}, 422),
        ({"url": f"{PUBLIC}/terms/networking", "maxwidth": "wide"}, 422),
        ({}, 422),
        ({"url": "http://[::1"}, 404),
    ],
)
def test_oembed_refuses(client: FlaskClient, query: dict[str, str], status: int) -> None:
    response = client.get("/oembed", query_string=query)
    assert response.status_code == status and response.mimetype == "application/problem+json"


def test_the_term_page_leads_to_oembed_and_its_picture(client: FlaskClient) -> None:
    page = parsed(client.get("/terms/networking?lang=ja").text)
    (link,) = [a["href"] for tag, a in page.seen if tag == "link" and a.get("type") == "application/json+oembed"]
    assert link is not None and link.startswith(f"{PUBLIC}/oembed?url=")
    answer = client.get(link.removeprefix(PUBLIC)).json
    assert answer is not None and "embed/terms/networking?lang=ja" in answer["html"]
    properties = {a.get("property"): a["content"] for tag, a in page.seen if tag == "meta" and "property" in a}
    image = properties.get("og:image")
    if image:
        assert client.get(str(image).removeprefix(PUBLIC)).mimetype == "image/png"
    assert properties["og:title"] == "ネットワーキング"


GITHUB = {"a": {"href"}, "picture": set(), "source": {"media", "srcset"}, "p": set()}
GITHUB["img"] = {"src", "alt", "width", "height", "loading"}
"""What GitHub leaves of HTML in Markdown, as far as snippets have it."""


def test_the_markdown_snippet_needs_only_what_github_leaves(client: FlaskClient) -> None:
    text = client.get("/terms/networking/diagram.md?lang=ja,en").text
    seen = parsed(MarkdownIt("commonmark").render(text)).seen
    for tag, attributes in seen:
        assert attributes.keys() <= GITHUB[tag]
    sources = [a["srcset"] for tag, a in seen if tag == "source"] + [a["src"] for tag, a in seen if tag == "img"]
    assert [re.search(r"theme=(\w+)", str(one)).group(1) for one in sources] == ["dark", "light"]  # type: ignore[union-attr]
    for one in sources:
        assert client.get(str(one).removeprefix(PUBLIC)).mimetype == "image/svg+xml"
    plain = client.get("/terms/networking/diagram.md?theme=neutral&lang=en").text
    assert plain.startswith(f"[![networking]({PUBLIC}/terms/networking/diagram.svg?") and "<" not in plain


def test_the_html_snippet_needs_no_script(client: FlaskClient) -> None:
    seen = parsed(client.get("/terms/networking/diagram.html?lang=ja").text).seen
    assert {tag for tag, _ in seen} == {"figure", "a", "picture", "source", "img", "figcaption"}
    assert all("style" not in attributes for _, attributes in seen)


def test_hostile_titles_stay_texts_in_every_snippet(
    empty_store: Store, client_of: Callable[[Store], FlaskClient]
) -> None:
    hostile = '"><script>alert(1)</script>](javascript:alert(1))'
    texts = {"prefLabel": {"en": (hostile,)}, "definition": {"en": (hostile,)}}
    put_terms(empty_store, replace(make_term("net"), texts=texts))
    client = client_of(empty_store)
    for path in ("/embed/terms/net", "/terms/net/diagram.html", "/docs/embed?term=net", "/terms/net/diagram.md"):
        text = client.get(path).text
        html = MarkdownIt("commonmark").render(text) if path.endswith(".md") else text
        seen = parsed(html).seen
        assert not [
            a for tag, a in seen if tag == "script" and not str(a.get("src")).startswith(("/embed-", "/static/"))
        ]
        assert not [a for _, a in seen if str(a.get("href")).startswith("javascript:")]


def test_the_page_that_explains(client: FlaskClient) -> None:
    response = client.get("/docs/embed?term=cache&lang=ja,en")
    assert "frame-ancestors 'none'" in response.headers["Content-Security-Policy"]
    assert "script-src 'self'" in response.headers["Content-Security-Policy"]
    parsed(response.text)
    assert response.text.count('<div class="copied">') >= 8
    assert snippets.integrity() in response.text and f"{PUBLIC}/embed-1.js" in response.text
    assert "キャッシュ" in response.text
    assert client.get("/docs/embed?term=nothing").status_code == 404
    assert client.get("/docs/embed?term=No!").status_code == 422


def test_there_is_nothing_to_embed_in_an_empty_glossary(
    empty_store: Store, client_of: Callable[[Store], FlaskClient]
) -> None:
    assert "no terms here" in client_of(empty_store).get("/docs/embed").text
