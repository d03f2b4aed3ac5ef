"""axe finds nothing on any kind of page; everything can be done by keyboard, and read without scripts."""

from typing import Literal

import pytest
from playwright.sync_api import Page, expect

from tests.browser import npm_file
from tests.pages.conftest import PAGES, WORDS, Opened

AXE = "4.14.1"


@pytest.fixture(scope="session")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    return npm_file("axe-core", AXE, "axe.min.js", tmp_path_factory.mktemp("npm")).decode()


def violations(page: Page, axe: str) -> list[str]:
    page.evaluate(axe)
    found = page.evaluate("async () => (await axe.run()).violations")
    return [f"{one['id']}: {node['html'][:200]} {node['failureSummary']}" for one in found for node in one["nodes"]]


def _open_all(page: Page) -> None:
    page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")


@pytest.mark.full
@pytest.mark.timeout(600)
@pytest.mark.parametrize("lang", WORDS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_axe_finds_nothing(opened: Opened, axe: str, lang: str, scheme: Literal["light", "dark"], width: int) -> None:
    page = opened(color_scheme=scheme, viewport={"width": width, "height": 900}, bypass_csp=True).new_page()
    for path in PAGES:
        page.goto(path if "lang=" in path else f"{path}{'&' if '?' in path else '?'}lang={lang}")
        assert violations(page, axe) == [], path
        _open_all(page)
        assert violations(page, axe) == [], f"{path}, all opened"
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{path} is {wide} px wider than the window"


@pytest.fixture
def page(opened: Opened) -> Page:
    return opened(locale="en").new_page()


def test_suggestions_by_keyboard(page: Page) -> None:
    page.goto("/")
    field = page.get_by_role("combobox", name="Search the glossary")
    field.press_sequentially("netw")
    options = page.get_by_role("option")
    expect(options.first).to_be_visible()
    field.press("ArrowDown")
    expect(options.first).to_have_attribute("aria-selected", "true")
    assert field.get_attribute("aria-activedescendant") == options.first.get_attribute("id")
    field.press("Escape")
    expect(options).to_have_count(0)
    assert field.input_value() == "netw"
    field.press("ArrowDown")
    expect(options.first).to_be_visible()
    field.press("ArrowDown")
    field.press("Enter")
    page.wait_for_url("**/terms/**")


def test_nothing_is_asked_while_an_input_method_composes(page: Page) -> None:
    page.goto("/?lang=ja")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "suggest" in request.url else None)
    page.get_by_role("combobox").focus()
    keyboard = page.context.new_cdp_session(page)
    for typed in ("ね", "ねっ", "ねっと"):
        keyboard.send("Input.imeSetComposition", {"text": typed, "selectionStart": 0, "selectionEnd": len(typed)})
        page.wait_for_timeout(250)
    assert asked == []
    keyboard.send("Input.insertText", {"text": "ネット"})
    expect(page.get_by_role("option").first).to_be_visible()
    assert len(asked) == 1 and page.get_by_role("combobox").input_value() == "ネット"


def test_the_check_by_keyboard_is_one_question_at_a_time(page: Page) -> None:
    page.goto("/terms/overlay")
    questions = page.locator("form.quiz fieldset")
    assert [one.is_visible() for one in questions.all()] == [True, False, False]
    page.locator("form.quiz input").first.focus()
    for number in range(3):
        question = questions.nth(number)
        expect(question).to_contain_text(f"{number + 1} / 3")
        page.keyboard.press("ArrowDown" if number == 1 else "Space")
        page.keyboard.press("Enter")
        verdict = "Not quite" if number == 1 else "Right"
        expect(question.get_by_role("status")).to_contain_text(f"{verdict}\n{WORDS['en']}", use_inner_text=True)
        page.keyboard.press("Tab")
        expect(page.locator("form.quiz button")).to_be_focused()
        if number < 2:
            page.keyboard.press("Enter")
    expect(page.locator("form.quiz .score")).to_have_text("2 of 3 right")
    page.keyboard.press("Enter")
    expect(page.locator("form.quiz input").first).to_be_focused()


def test_the_way_to_the_content_and_visible_focus(page: Page) -> None:
    page.goto("/terms/overlay")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.keyboard.press("Tab")
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineWidth")
    assert outline == "3px"


def test_a_path_is_ticked_kept_and_shared(page: Page) -> None:
    page.goto("/paths/overlay")
    number = page.locator(".left .number")
    everything = int(number.inner_text())
    page.locator("li[data-slug=networking] input").check()
    expect(page.locator("li[data-slug=networking] .state")).to_have_text("known")
    assert int(number.inner_text()) < everything
    left = number.inner_text()
    page.reload()
    expect(number).to_have_text(left)
    expect(page.locator("figure a.known")).to_have_count(1)
    share = page.locator("#share").input_value()
    assert share.endswith("/paths/overlay?known=networking")
    page.goto("/paths")
    expect(page.get_by_role("heading", name="What you can learn next")).to_be_visible()
    page.evaluate("localStorage.clear()")
    page.goto(share)
    expect(number).to_have_text(left)
    page.locator("li[data-slug=networking] input").uncheck()
    expect(number).to_have_text(str(everything))
    assert page.url.endswith("/paths/overlay")


def test_without_scripts_all_but_suggestions_works(opened: Opened) -> None:
    page = opened(java_script_enabled=False).new_page()
    page.goto("/terms/overlay")
    for question in page.locator("form.quiz fieldset").all():
        expect(question).to_be_visible()
        question.get_by_role("radio").first.check()
    page.get_by_role("button", name="Check the answers").click()
    expect(page.locator(".score")).to_have_text("3 of 3 right")
    page.get_by_role("searchbox").fill("networking")
    page.get_by_role("button", name="Search").click()
    expect(page.locator("dl.terms a").first).to_have_text("networking")
    page.goto("/paths/overlay")
    everything = int(page.locator(".left .number").inner_text())
    page.locator("li[data-slug=networking] input").check()
    page.get_by_role("button", name="Show what is left").click()
    assert int(page.locator(".left .number").inner_text()) < everything
    page.goto("/paths")
    page.locator("#next input[value=logic]").check()
    page.get_by_role("button", name="I know these").click()
    expect(page.get_by_role("heading", name="What you can learn next")).to_be_visible()
    expect(page.locator("#next input[type=checkbox][value=logic]")).to_have_count(0)
    for hidden in page.locator("button.copy").all():
        expect(hidden).to_be_hidden()


def test_no_page_is_wider_than_the_smallest_window(opened: Opened) -> None:
    page = opened(viewport={"width": 320, "height": 700}).new_page()
    for path in ("/", "/terms/long?lang=de", "/terms/overlay?lang=ar", "/paths/long", "/paths", "/search?q=donau"):
        page.goto(path)
        _open_all(page)
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{path} is {wide} px wider than the window"
