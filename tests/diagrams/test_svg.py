"""Our SVG: well-formed and self-contained, with the texts, links, languages and colours that it must have."""

import re
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings

from kgservice.diagrams.graph import DIRECTIONS, Box, Graph, Line
from kgservice.diagrams.svg import not_found, svg
from kgservice.diagrams.themes import THEMES, following_rules
from tests.diagrams.graphs import all_titles, graphs, path, star

NS = "{http://www.w3.org/2000/svg}"
ALLOWED = {"svg", "title", "desc", "style", "rect", "path", "a", "g", "text", "tspan"}


def parsed(text: str) -> ET.Element:
    return ET.fromstring(text)


def contrast(one: str, other: str) -> float:
    """The contrast of two colours by WCAG 2."""

    def luminance(colour: str) -> float:
        channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@settings(max_examples=60)
@given(graphs())
def test_it_is_standalone_xml_with_nothing_to_fetch_or_run(graph: Graph) -> None:
    for direction in DIRECTIONS:
        root = parsed(svg(graph, direction=direction, theme="auto"))
        assert {element.tag.removeprefix(NS) for element in root.iter()} <= ALLOWED
        for element in root.iter():
            assert not any(name.startswith("on") or name in ("src", "style", "id") for name in element.attrib)
        assert "url(" not in ET.tostring(root, encoding="unicode")


def test_each_box_has_its_whole_text_its_link_and_its_language() -> None:
    graph = star(*all_titles())
    root = parsed(svg(graph))
    assert root.get("lang") == "en" and root.get("direction") == "ltr"
    assert root.findtext(f"{NS}title") == "Networking"
    for box, drawn in zip(graph.boxes, root.findall(f"{NS}a"), strict=True):
        assert drawn.get("href") == box.link and drawn.get("target") == "_top"
        text = drawn.find(f"{NS}text")
        assert text is not None
        lines = [line.text or "" for line in text]
        name = drawn.get("aria-label") or "".join(lines)
        assert name == box.text
        whole = "".join(lines).replace(" ", "")
        assert whole == box.text.replace(" ", "") or (lines[-1].endswith("…") and drawn.findtext(f"{NS}title") == name)
        rtl = box.lang in ("ar", "he")
        assert (text.get("direction") == "rtl") == rtl
        assert text.get("lang") == (None if box.lang == "en" else box.lang)


def test_every_kind_has_a_second_sign_beside_its_colour() -> None:
    kinds = ("prerequisite", "requiredBy", "related", "broader", "narrower")
    root = parsed(svg(star(*[("en", kind) for kind in kinds]), theme="neutral"))
    signs = set()
    for box in root.findall(f"{NS}a"):
        rect, bar = box.find(f"{NS}rect"), box.find(f"{NS}path")
        assert rect is not None
        sign = ""
        if bar is not None:
            found = re.fullmatch(r"M(\d+),(\d+)([vh])\d+", bar.get("d") or "")
            assert found
            top = int(found[2]) - int(rect.get("y", 0)) < int(rect.get("height", 0)) / 2
            sign = f"{found[3]} {'above' if top else 'below'}"
        signs.add((rect.get("rx"), rect.get("stroke-dasharray"), sign))
    assert len(signs) == 1 + len(kinds)


def test_arrows_run_towards_what_needs_the_other() -> None:
    boxes = (Box("a", "A", "centre"), Box("b", "B", "prerequisite"))
    picture = svg(Graph("A", "en", boxes, (Line("b", "a", "prerequisite"),)))
    assert "B → A" in picture and picture.count("Z") == 1
    assert "B – A" in svg(Graph("A", "en", boxes, (Line("b", "a", "related"),)))


def test_texts_are_texts() -> None:
    hostile = "</text><script>alert(1)</script>\"'&<![CDATA[x]]>"
    graph = Graph(hostile, "en", (Box("a", hostile, "centre", "en", 'https://x.example/"><script>'),), ())
    root = parsed(svg(graph))
    assert root.findtext(f"{NS}title") == hostile and root.find(f".//{NS}script") is None
    assert "<script" not in not_found('"><script>') and parsed(not_found("\x01\ud800<"))


def test_a_term_that_is_not_there() -> None:
    for theme in THEMES:
        root = parsed(not_found("no-such-term", theme=theme))
        assert [text.text for text in root.findall(f"{NS}text")] == ["Term not found", "no-such-term"]


PAGES = {"white": "#ffffff", "dark": "#0d1117"}


@pytest.mark.parametrize("theme", THEMES)
def test_contrast(theme: str) -> None:
    colours = THEMES[theme]
    for paint in colours.boxes.values():
        assert contrast(paint.text, paint.fill) >= 4.5
    for ground in [colours.ground] if colours.ground else PAGES.values():
        assert contrast(colours.line, ground) >= 3
        for paint in colours.boxes.values():
            assert max(contrast(paint.border, ground), contrast(paint.fill, ground)) >= 3


def test_contrast_of_auto_on_a_dark_page() -> None:
    rules = following_rules()
    dark = {kind: THEMES["dark"].boxes[kind] for kind in THEMES["auto"].boxes}
    for kind, paint in dark.items():
        light = THEMES["auto"].boxes[kind]
        assert light == paint or f".kg-auto .kg-{kind}>rect{{fill:light-dark({light.fill},{paint.fill})}}" in rules
        assert contrast(paint.text, paint.fill) >= 4.5
        assert max(contrast(light.border, ground) for ground in PAGES.values()) >= 3


def test_it_is_the_same_every_time_and_small() -> None:
    graph = path(15)
    assert svg(graph) == svg(graph)
    assert len(svg(star(*all_titles()[:4])).encode()) < 5000
