"""Our SVG in a real browser: no text leaves its box, whatever the script and the font; colours follow the page."""

import pytest

from kgservice.diagrams.svg import FONTS, svg
from tests.browser import REPORT, Page, serving, visit
from tests.diagrams.graphs import TITLES, all_titles, star

PAGE = """<!doctype html><meta charset=utf-8><link rel=icon href="data:,">%s%s<script>
document.fonts.ready.then(() => {
  const found = [];
  for (const box of document.querySelectorAll("svg > a, svg > g")) {
    const rect = box.querySelector("rect").getBBox();
    for (const line of box.querySelectorAll("tspan")) {
      const text = line.getBoundingClientRect(), svg = box.ownerSVGElement.getBoundingClientRect();
      const left = text.left - svg.left - rect.x, right = rect.x + rect.width - (text.right - svg.left);
      found.push([line.textContent, Math.min(left, right)]);
    }
  }
  report(found);
});
</script>"""


@pytest.mark.full
@pytest.mark.parametrize("fonts", [FONTS, "'DejaVu Sans'", "'Noto Sans'", "'Liberation Sans'", "serif"])
def test_no_text_leaves_its_box(fonts: str) -> None:
    pictures = [svg(star(*all_titles()), fonts=lambda _: fonts)]
    pictures += [
        svg(star(("en", "x"), centre=title), fonts=lambda _: fonts) for titles in TITLES.values() for title in titles
    ]
    with serving({"/": ("text/html", PAGE % (REPORT, "".join(pictures)))}) as site:
        found = visit(site)
    assert len(found) > 80
    tight = [one for one in found if one[1] < 3]
    assert not tight, tight


AUTO = """<!doctype html><meta charset=utf-8><link rel=icon href="data:,">%s
<img src="/d.svg" style="color-scheme: %s"><canvas></canvas><script>
addEventListener("load", () => {
  const canvas = document.querySelector("canvas").getContext("2d"), image = document.querySelector("img");
  canvas.drawImage(image, 0, 0);
  report([...canvas.getImageData(30, 26, 1, 1).data]);
});
</script>"""


@pytest.mark.full
@pytest.mark.parametrize(("dark", "fill"), [(False, [219, 234, 254, 255]), (True, [23, 37, 84, 255])])
def test_a_picture_follows_the_reader(dark: bool, fill: list[int]) -> None:
    picture = svg(star(("en", "Logic"), kinds=("prerequisite",)), theme="auto")
    pages: dict[str, Page] = {
        "/": ("text/html", AUTO % (REPORT, "dark" if dark else "light")),
        "/d.svg": ("image/svg+xml", picture),
    }
    options = ["--blink-settings=preferredColorScheme=0"] if dark else ["--blink-settings=preferredColorScheme=1"]
    with serving(pages) as site:
        assert visit(site, "/", *options) == fill


BESIDE = """<!doctype html><meta charset=utf-8><link rel=icon href="data:,">
<style>:root{color-scheme:%s}</style>%s%s<script>
const fill = (rect) => getComputedStyle(rect).fill;
report([...document.querySelectorAll("svg .kg-prerequisite > rect")].map(fill));
</script>"""


@pytest.mark.parametrize(("scheme", "followed"), [("light", "rgb(219, 234, 254)"), ("dark", "rgb(23, 37, 84)")])
def test_pictures_in_one_page_keep_their_themes_and_leave_the_page_its_own(scheme: str, followed: str) -> None:
    graph = star(("en", "Logic"), kinds=("prerequisite",))
    pictures = "".join(svg(graph, theme=theme) for theme in ("auto", "seed", "light"))
    with serving({"/": ("text/html", BESIDE % (scheme, REPORT, pictures))}) as site:
        assert visit(site) == [followed, "rgb(15, 23, 42)", "rgb(219, 234, 254)"]
