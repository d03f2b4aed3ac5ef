"""Texts stay texts: a hundred payloads in every text field, on every page; no script of theirs runs.

The browser is told to pass over the policy of the pages, so that it is the pages alone that hold.
"""

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Dialog, Page

from kgservice.model.terms import FIELDS, Choice, Edge, Edition, Question, Source, Term
from kgservice.rdf.mapping import COLLECTION, MEMBER, SLUG
from kgservice.rdf.ntriples import Triple, iri, literal
from kgservice.services.glossaries import make_glossary
from kgservice.store.store import Store
from tests.conftest import BASE, make_term, put_terms
from tests.pages.payloads import PAYLOADS
from tests.test_serve import Served, serving

TYPE = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"
PREF_LABEL = "<http://www.w3.org/2004/02/skos/core#prefLabel>"

PAGES = (
    *("/terms/t{n}", "/terms/t{n}/history", "/paths/t{n}", "/paths/u{n}?known=t{n}", "/topics/topic-{n}"),
    *(
        "/search?q={text}",
        "/paths?q={text}",
        "/terms/{text}",
        "/?letter={text}",
        *("/embed/terms/t{n}", "/docs/embed?term=t{n}", "/sparql?query={text}", "/terms/t{n}?answer-q={text}&x={text}"),
    ),
    *("/paths/t{n}?known={text}", "/search?lang={text}", "/docs/problems/{text}", "/terms/t{n}?ui={text}&lang=en,ja"),
)


def _terms(number: int, payload: str) -> tuple[Term, Term]:
    """A term with the payload in every text that a term has, and one that requires it for that reason."""
    choices = (Choice("a", {"en": payload}), Choice("b", {"en": payload}))
    made = replace(
        make_term(f"t{number}"),
        texts={name: {"en": (payload,)} for name in FIELDS if name != "abbreviation"},
        quiz=(Question("q", {"en": payload}, choices, "a", {"en": payload}),),
        sources=(Source("s", payload, "https://example.org/?" + quote(payload), payload),),
        editions={"en": Edition("draft", credit=payload)},
        notations=(payload,),
    )
    other = replace(make_term(f"u{number}"), texts={name: {"en": (payload,)} for name in ("prefLabel", "abbreviation")})
    return made, replace(other, edges={"prerequisite": (Edge(made.iri, 1, {"en": payload}),)})


def _topic(number: int, payload: str) -> set[Triple]:
    subject = iri(f"{BASE}id/topic-{number}")
    said = {TYPE: COLLECTION, SLUG.predicate: literal(f"topic-{number}"), PREF_LABEL: literal(payload, "en")}
    members = {(subject, MEMBER, iri(f"{BASE}id/{kind}{number}")) for kind in "tu"}
    return {(subject, predicate, value) for predicate, value in said.items()} | members


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("hostile") / "data"
    make_glossary(folder, base=BASE, languages=("en", "ja"), title="".join(PAYLOADS)[:450], empty=True)
    store = Store(folder)
    for number, payload in enumerate(PAYLOADS):
        put_terms(store, *_terms(number, payload), note=payload)
        with store.write(payload[:200], payload) as change:
            change.stage(set(), _topic(number, payload))
    store.close()
    with serving(folder) as running:
        yield running


@pytest.fixture
def page(browser: Browser, hostile: Served) -> Iterator[Page]:
    with browser.new_context(base_url=hostile.url, bypass_csp=True) as context:
        yield context.new_page()


@pytest.mark.full
@pytest.mark.timeout(600)
@pytest.mark.parametrize("path", PAGES)
def test_no_script_of_a_text_runs(page: Page, path: str) -> None:
    ran = _watched(page)
    for number, payload in enumerate(PAYLOADS):
        page.goto(path.format(n=number, text=quote(payload, safe="")), wait_until="load")
        _use(page)
        assert ran == [], (path, payload)


@pytest.mark.full
def test_no_script_of_a_suggestion_runs(page: Page) -> None:
    ran = _watched(page)
    page.goto("/search")
    for payload in PAYLOADS:
        with page.expect_response("**/api/v1/suggest*"):
            page.get_by_role("combobox").fill(payload[:200])
        page.keyboard.press("ArrowDown")
        assert ran == [], payload


def _watched(page: Page) -> list[str]:
    """The dialogs that scripts open, from now on."""
    ran: list[str] = []

    def seen(dialog: Dialog) -> None:
        ran.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", seen)
    return ran


def _use(page: Page) -> None:
    """Do what readers do: open what is closed, answer, move over it."""
    page.evaluate(
        """() => {
            for (const one of document.querySelectorAll("details")) one.open = true;
            for (const one of document.querySelectorAll("main *")) {
                one.dispatchEvent(new Event("mouseover", { bubbles: true }));
                one.dispatchEvent(new Event("focus"));
            }
            document.querySelector("form.quiz input")?.click();
            document.querySelector("form.quiz button")?.click();
        }"""
    )
