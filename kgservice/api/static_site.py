"""The embeds as files for any static host: the service's own answers, asked for one by one and written down.

embed-1.js, embed.js, diagram.css, static/embed.css, index.html
terms.json, terms.ja.json              what <kg-term> asks for, in the glossary's first language and in each
abbreviations.txt, abbreviations.ja.txt   tooltips for MkDocs
terms/cache/index.html, index.ja.html  what a frame shows
terms/cache/diagram.auto.svg, diagram.ja.dark.svg, …   each theme, in the first language and in each
terms/cache/diagram.svg                diagram.auto.svg under its plain name
"""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from flask import Flask, render_template
from flask.testing import FlaskClient

from kgservice.api import snippets
from kgservice.api.context import service
from kgservice.diagrams.themes import THEMES
from kgservice.errors import Unusable
from kgservice.model.glossary import Glossary
from kgservice.model.languages import Languages, direction
from kgservice.model.speaking import Json, Speaker

_LINK_BELOW = re.compile(r'href="[^"]*"(?= target="_top" rel="noopener")')
"""Leads from a term in a frame to its page. Among files that is the same page: there it leads to the list of all."""


def write_site(app: Flask, folder: Path, progress: Callable[[str], None]) -> int:
    """Write the files; how many there are. The folder must be empty or not there; `Unusable` if it holds anything."""
    if folder.exists() and any(folder.iterdir()):
        raise Unusable(f"{folder} is not empty; choose another folder or remove it")
    count = 0
    for name, content in _files(app, progress):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        count += 1
    return count


def _files(app: Flask, progress: Callable[[str], None]) -> Iterator[tuple[str, bytes]]:
    client = app.test_client()
    with app.test_request_context():
        glossary = service().store.glossary()
    tags = glossary.languages
    for name in (f"embed-{snippets.VERSION}.js", "embed.js", "diagram.css", "static/embed.css"):
        yield name, _get(client, f"/{name}")
    items = _items(client, tags[0])
    for tag in ("", *tags):
        listed = _items(client, tag or tags[0])
        yield f"terms{_suffix(tag)}.json", json.dumps({"items": listed}, ensure_ascii=False).encode()
        yield f"abbreviations{_suffix(tag)}.txt", _get(client, f"/abbreviations.txt?lang={tag or tags[0]}")
    yield "index.html", _index(app, glossary, items)
    for item in items:
        progress(item["slug"])
        yield from _term_files(client, item["slug"], tags)


def _term_files(client: FlaskClient, slug: str, tags: tuple[str, ...]) -> Iterator[tuple[str, bytes]]:
    for tag in ("", *tags):
        lang = tag or tags[0]
        page = _get(client, f"/embed/terms/{slug}?lang={lang}").decode()
        page = page.replace('href="/static/', 'href="../../static/').replace(
            'href="/diagram.css', 'href="../../diagram.css'
        )
        page = _LINK_BELOW.sub('href="../../"', page)
        yield f"terms/{slug}/index{_suffix(tag)}.html", page.replace(f"?lang={lang}", "").encode()
        for theme in THEMES:
            drawn = _get(client, f"/terms/{slug}/diagram.svg?lang={lang}&theme={theme}")
            yield f"terms/{slug}/diagram{_suffix(tag)}.{theme}.svg", drawn
            if not tag and theme == "auto":
                yield f"terms/{slug}/diagram.svg", drawn


def _suffix(tag: str) -> str:
    return f".{tag}" if tag else ""


def _items(client: FlaskClient, lang: str) -> list[Json]:
    items: list[Json] = []
    after: str | None = ""
    while after is not None:
        query = f"&after={after}" if after else ""
        listed = json.loads(_get(client, f"/api/v1/terms?limit=200&lang={lang}{query}"))
        items += listed["items"]
        after = listed["next"]
    return items


def _index(app: Flask, glossary: Glossary, items: list[Json]) -> bytes:
    """A list of the terms, and how to embed them from here."""
    title = Speaker(Languages((), glossary.languages)).text(glossary.title)
    lang = title["lang"] if title else "en"
    with app.test_request_context():
        tag = snippets.script_tag().replace("<script ", "<script data-static ")
        return render_template(
            "site.html",
            title=title["value"] if title else "Glossary",
            lang=lang,
            dir=direction(lang),
            items=items,
            script=tag,
            version=snippets.VERSION,
        ).encode()


def _get(client: FlaskClient, path: str) -> bytes:
    with client.get(path) as response:
        if response.status_code != 200:
            raise Unusable(f"{path} cannot be exported: {response.status_code} {response.get_data(as_text=True)[:200]}")
        return bytes(response.data)
