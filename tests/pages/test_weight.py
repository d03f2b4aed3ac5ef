"""What a page costs a reader: bytes, requests, moving content, time until something is seen."""

import gzip
import statistics
from typing import Any
from urllib.request import urlopen

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser import serving
from tests.pages.conftest import PAGES, WORDS, Opened
from tests.test_serve import Served

BYTES, REQUESTS, SLOWER = 60_000, 6, 1.5

HEAVIEST = "/terms/distributed-systems?lang=ar"
"""Of the seed: most neighbours, each text in a fallback language that has to be told."""

STYLE = "/static/kgservice.css"

SHIFTS = """
window.shifted = 0;
new PerformanceObserver((list) => { for (const one of list.getEntries()) shifted += one.value; })
  .observe({ type: "layout-shift", buffered: true });
"""

PAINTED = """() => new Promise((done) => new PerformanceObserver((list) => {
  for (const one of list.getEntries()) if (one.name === "first-contentful-paint") done(one.startTime);
}).observe({ type: "paint", buffered: true }))"""


def _transfers(page: Page) -> list[tuple[str, int]]:
    """The address and the bytes on the wire, headers included, of each answer that the page gets from now on."""
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    addresses: dict[str, str] = {}
    transfers: list[tuple[str, int]] = []
    session.on("Network.requestWillBeSent", lambda e: addresses.update({e["requestId"]: e["request"]["url"]}))

    def done(event: dict[str, Any]) -> None:
        transfers.append((addresses[event["requestId"]], event["encodedDataLength"]))

    session.on("Network.loadingFinished", done)
    return transfers


@pytest.mark.parametrize("path", [*(f"/terms/overlay?lang={lang}" for lang in WORDS), HEAVIEST])
def test_a_term_page_is_light(opened: Opened, served: Served, path: str) -> None:
    page = opened().new_page()
    transfers = _transfers(page)
    page.goto(path, wait_until="networkidle")
    assert all(address.startswith(served.url) for address, _ in transfers), transfers
    weight = sum(size for _, size in transfers)
    print(f"{path}: {weight} bytes in {len(transfers)} requests")
    assert len(transfers) <= REQUESTS and weight <= BYTES, transfers


@pytest.mark.full
@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_moves(opened: Opened, width: int) -> None:
    context = opened(viewport={"width": width, "height": 844})
    context.add_init_script(SHIFTS)
    page = context.new_page()
    ran = "/sparql?query=SELECT*%7B%3Fs+%3Fp+%3Fo%7DLIMIT+99"
    for path in (*PAGES, ran):
        page.goto(path, wait_until="networkidle")
        page.mouse.wheel(0, 3000)
        page.wait_for_timeout(100)
        assert page.evaluate("shifted") == 0, path


@pytest.mark.full
@pytest.mark.alone
def test_something_is_seen_as_soon_as_on_a_static_copy(browser: Browser, served: Served) -> None:
    path = "/terms/overlay"
    with browser.new_context(base_url=served.url) as context:
        page = context.new_page()
        assets = []
        page.on("response", lambda response: assets.append((response.url, response.headers["content-type"])))
        page.goto(path, wait_until="networkidle")
    copies = {
        url.removeprefix(served.url).partition("?")[0]: (media, urlopen(url, timeout=10).read())
        for url, media in assets
    }
    with serving(copies) as copy:
        ours, static = [], []
        for _ in range(15):
            ours.append(_first_paint(browser, f"{served.url}{path}"))
            static.append(_first_paint(browser, f"{copy.url}{path}"))
    ratio = statistics.median(ours) / statistics.median(static)
    print(
        f"first contentful paint: {statistics.median(ours):.0f} ms, of a static copy {statistics.median(static):.0f} ms"
    )
    assert ratio <= SLOWER, (ours, static)


def _first_paint(browser: Browser, address: str) -> float:
    context: BrowserContext = browser.new_context()
    page = context.new_page()
    page.goto(address, wait_until="load")
    painted = page.evaluate(PAINTED)
    context.close()
    return float(painted)


def test_assets_are_kept_for_ever_by_their_digest(served: Served) -> None:
    page = urlopen(f"{served.url}/terms/overlay", timeout=10).read().decode()
    named = [part.split('"')[0] for part in page.split('"/static/')[1:]]
    assert len(named) >= 3 and all("?v=" in one for one in named)
    for one in named:
        with urlopen(f"{served.url}/static/{one}", timeout=10) as response:
            assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    for other in (named[0].partition("?")[0], f"{named[0]}0"):
        with urlopen(f"{served.url}/static/{other}", timeout=10) as response:
            assert response.headers["Cache-Control"] == "no-cache"


def test_style_sheets_and_scripts_are_compressed(client: FlaskClient) -> None:
    plain = client.get(STYLE, buffered=True)
    packed = client.get(STYLE, buffered=True, headers={"Accept-Encoding": "gzip, br"})
    assert (plain.headers.get("Content-Encoding"), packed.headers["Content-Encoding"]) == (None, "gzip")
    assert gzip.decompress(packed.data) == plain.data and len(packed.data) * 2 < len(plain.data)
    assert plain.headers["Vary"] == packed.headers["Vary"] == "Accept-Encoding"
    again = client.get(STYLE, buffered=True, headers={"If-None-Match": packed.headers["ETag"]})
    assert again.status_code == 304 and again.headers["ETag"].removeprefix("W/") == plain.headers["ETag"]
