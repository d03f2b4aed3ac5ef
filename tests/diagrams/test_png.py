"""PNG: the size of the picture, text that is really there, and a reason where it cannot be."""

import struct
import sys

import pytest

from kgservice.diagrams import png as module
from kgservice.diagrams.graph import Box, Graph
from kgservice.diagrams.layout import layout
from kgservice.diagrams.png import png
from kgservice.errors import NotSupported
from tests.diagrams.graphs import TITLES, star


@pytest.fixture(autouse=True)
def _fonts() -> None:
    module._font_for.cache_clear()
    module._font_files.cache_clear()
    try:
        png(Graph("x", "", (Box("a", "x", "centre"),), ()))
    except NotSupported as error:
        pytest.skip(str(error))


def size(data: bytes) -> tuple[int, int]:
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", data[16:24])
    return width, height


def test_it_is_as_large_as_the_picture_and_twice_as_large() -> None:
    graph = star(("en", "Logic"))
    drawing = layout(graph)
    expected = (round(drawing.width), round(drawing.height))
    assert size(png(graph)) == expected
    assert size(png(graph, scale=2)) == (2 * expected[0], 2 * expected[1])


@pytest.mark.parametrize("lang", ["en", "ja", "ar", "hi", "th", "ru", ""])
def test_texts_are_in_it(lang: str) -> None:
    def drawn(text: str) -> bytes:
        return png(Graph("", lang, (Box("a", text, "centre", lang), Box("w", "i" * 24, "related")), ()))

    titles = TITLES[lang or "en"]
    try:
        assert drawn(titles[0]) != drawn(" ")
    except NotSupported as error:
        pytest.skip(str(error))


def test_a_text_in_another_script_than_its_language_says_is_drawn_too() -> None:
    box = Box("a", "ネットワーク", "centre", "en")
    try:
        assert png(Graph("", "en", (box,), ())) != png(Graph("", "en", (box._replace(text="ネットワープ"),), ()))
    except NotSupported as error:
        pytest.skip(str(error))


def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_FOLDERS", ("/nowhere",))
    module._font_for.cache_clear()
    module._font_files.cache_clear()
    with pytest.raises(NotSupported, match="install one of Noto Sans"):
        png(star(("en", "Logic")))
    monkeypatch.setitem(sys.modules, "resvg_py", None)
    with pytest.raises(NotSupported, match="pip install"):
        png(star(("en", "Logic")))
    monkeypatch.undo()
    module._font_for.cache_clear()
    module._font_files.cache_clear()
