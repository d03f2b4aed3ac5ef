"""A running service over the seed glossary and a term that has everything, in three languages, and Chromium."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from kgservice.model.terms import Choice, Edge, Edition, Question, Source, Term
from kgservice.store.store import Store
from tests.browser import chromium
from tests.conftest import BASE, make_term, put_terms
from tests.test_serve import Served, serving

OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking"]

WORDS = {"en": "overlay network", "ja": "重ね網", "ar": "شبكة تراكب"}

PAGES = (
    *(
        "/",
        "/terms/overlay",
        "/terms/networking",
        "/terms/long",
        "/paths/long",
        "/topics/networking",
        "/search?q=net",
        "/search?q=zzzzqq",
    ),
    *("/paths", "/paths?known=logic", "/paths/overlay", "/paths/overlay?known=logic", "/paths/logic"),
    *(
        "/terms/overlaz",
        "/topics/networking?depth=x&lang=tlh",
        "/terms/overlay/history",
        "/docs/problems/invalid",
        "/search?lang=e_n",
    ),
    *("/embed/terms/overlay", "/docs/embed?term=overlay", "/sparql"),
)
"""Every kind of page. Of those for people, the API reference alone is left out: its page is Swagger UI's own."""


def whole_term() -> Term:
    """A term with a text in every field, in English, Japanese and Arabic."""

    def told(field: str) -> dict[str, tuple[str, ...]]:
        return {lang: (f"{word} · {field}",) for lang, word in WORDS.items()}

    fields = ("altLabel", "abbreviation", "definition", "eli5", "deepDive", "scopeNote", "example", "fullDefinition")
    texts: dict[str, Any] = {field: told(field) for field in fields}
    texts["prefLabel"] = {lang: (word,) for lang, word in WORDS.items()}
    texts["reading"] = {"ja": ("かさねあみ",)}
    texts["fullDefinition"] = {
        lang: (f"**{word}**, *x*:\n\n- `a`\n- [b](https://example.org/)\n\n# {word}\n\n> c\n\n```\nd\n```",)
        for lang, word in WORDS.items()
    }
    choices = tuple(Choice(f"q1-{n}", {lang: f"{word} {n}" for lang, word in WORDS.items()}) for n in ("a", "b"))
    quiz = tuple(
        Question(f"q{n}", WORDS, tuple(Choice(c.id.replace("q1", f"q{n}"), c.text) for c in choices), f"q{n}-a", WORDS)
        for n in (1, 2, 3)
    )
    edges = {
        "prerequisite": (Edge(f"{BASE}id/networking", 1, WORDS), Edge(f"{BASE}id/cryptography", 2)),
        "related": (Edge(f"{BASE}id/network-security", 1),),
    }
    made = make_term("overlay")
    return replace(
        made,
        texts=texts,
        edges=edges,
        quiz=quiz,
        sources=(Source("s1", "A source", "https://example.org/a", "ISBN 1"), Source("s2", "Another", None, None)),
        editions={lang: Edition("machine-translated" if lang != "en" else "reviewed") for lang in WORDS},
    )


def long_term() -> Term:
    """A term whose texts have nowhere to break: the layout has to hold them at every width."""
    word = "Donaudampfschifffahrtsgesellschaftskapitänsmützenknopfloch"
    address = "https://example.org/" + "and/on" * 30
    fields: dict[str, Any] = {"prefLabel": word, "altLabel": word * 2, "definition": address, "eli5": address}
    made = replace(make_term("long"), texts={field: {"de": (text,)} for field, text in fields.items()})
    edges = {"prerequisite": (Edge(f"{BASE}id/overlay", 1, {"de": address}),)}
    texts = {**made.texts, "fullDefinition": {"de": (f"# {word}\n\n`{address}` {address}\n\n```\n{address}\n```",)}}
    return replace(made, texts=texts, edges=edges, sources=(Source("s", address, address, word),))


@pytest.fixture(scope="session")
def pages_dir(seed_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The seed glossary, the term that has everything, and one that has long words."""
    folder = Path(shutil.copytree(seed_dir, tmp_path_factory.mktemp("pages") / "data"))
    store = Store(folder)
    put_terms(store, whole_term(), long_term())
    store.close()
    return folder


@pytest.fixture(scope="session")
def served(pages_dir: Path) -> Iterator[Served]:
    with serving(pages_dir) as running:
        yield running


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium(), args=OPTIONS)
        yield started
        started.close()


Opened = Callable[..., BrowserContext]


@pytest.fixture
def opened(browser: Browser, served: Served) -> Iterator[Opened]:
    """Makes a window of one's own on the service; every message on its console fails the test."""
    contexts: list[BrowserContext] = []
    told: list[str] = []

    def make(**options: Any) -> BrowserContext:
        context = browser.new_context(base_url=served.url, **{"locale": "en", **options})
        context.on("console", lambda message: told.append(f"{message.type}: {message.text}"))
        context.on("weberror", lambda error: told.append(str(error.error)))
        contexts.append(context)
        return context

    yield make
    for context in contexts:
        context.close()
    expected = "Failed to load resource: the server responded with a status of 4"  # pages that say so are pages, too
    assert [one for one in told if expected not in one] == []
