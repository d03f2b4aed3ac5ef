"""A picture as PNG, by resvg, with fonts that are really there.

A renderer drops every text whose font it lacks without a word. So the font files are looked for first, for each script
that the picture has, and named to the renderer; where none is found, that is an error, never a picture without text.
"""

import os
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple, cast

from kgservice.diagrams.graph import Graph
from kgservice.diagrams.svg import svg
from kgservice.errors import NotSupported
from kgservice.model.languages import script

SCALES = (1, 2)

_FOLDERS = (
    *("/usr/share/fonts", "/usr/local/share/fonts", "~/.local/share/fonts", "~/.fonts", "/Library/Fonts"),
    *("/System/Library/Fonts", "C:/Windows/Fonts"),
)
_PLAIN = ("Noto Sans", "DejaVu Sans", "Liberation Sans", "Arial", "Helvetica")
_BY_SCRIPT = {
    "Jpan": ("Noto Sans CJK JP", "Noto Sans JP", "IPAGothic", "Hiragino Sans", "Yu Gothic"),
    "Hans": ("Noto Sans CJK SC", "Noto Sans SC", "WenQuanYi Zen Hei", "PingFang SC", "Microsoft YaHei"),
    "Hant": ("Noto Sans CJK TC", "Noto Sans TC", "PingFang TC", "Microsoft JhengHei"),
    "Kore": ("Noto Sans CJK KR", "Noto Sans KR", "Malgun Gothic"),
    "Arab": ("Noto Sans Arabic", "Noto Naskh Arabic", "DejaVu Sans", "Arial"),
    **dict.fromkeys(("Latn", "Cyrl", "Grek", ""), _PLAIN),
    **{
        code: (f"Noto Sans {name}", "Nirmala UI", "DejaVu Sans", "Arial")
        for code, name in (
            *(("Hebr", "Hebrew"), ("Deva", "Devanagari"), ("Beng", "Bengali"), ("Taml", "Tamil"), ("Telu", "Telugu")),
            *(("Thai", "Thai"), ("Gujr", "Gujarati"), ("Guru", "Gurmukhi"), ("Knda", "Kannada"), ("Mlym", "Malayalam")),
            *(("Sinh", "Sinhala"), ("Khmr", "Khmer"), ("Mymr", "Myanmar"), ("Laoo", "Lao"), ("Ethi", "Ethiopic")),
            *(("Armn", "Armenian"), ("Geor", "Georgian"), ("Tibt", "Tibetan")),
        )
    },
}
_SCRIPT_OF_NAME = {
    **dict.fromkeys(("HIRAGANA", "KATAKANA", "CJK", "KATAKANA-HIRAGANA", "HALFWIDTH", "FULLWIDTH"), "Jpan"),
    "HANGUL": "Kore",
    "ARABIC": "Arab",
    "HEBREW": "Hebr",
    "DEVANAGARI": "Deva",
    "BENGALI": "Beng",
    "TAMIL": "Taml",
    "TELUGU": "Telu",
    "THAI": "Thai",
    "GUJARATI": "Gujr",
    "GURMUKHI": "Guru",
    "KANNADA": "Knda",
    "LAO": "Laoo",
    "MALAYALAM": "Mlym",
    "SINHALA": "Sinh",
    "KHMER": "Khmr",
    "MYANMAR": "Mymr",
    "ETHIOPIC": "Ethi",
    "ARMENIAN": "Armn",
    "GEORGIAN": "Geor",
    "TIBETAN": "Tibt",
}
"""The script of a character by the first word of its name: a text need not be in the script of its language."""

_EMOJI = ("Noto Color Emoji", "NotoColorEmoji")


class Font(NamedTuple):
    """A font family and its files: regular and, where there is one, bold."""

    family: str
    files: tuple[str, ...]


def can_draw(lang: str) -> bool:
    """Whether the renderer and a font for a language are here."""
    try:
        _renderer()
        _font_for(script(lang) if lang else "")
    except NotSupported:
        return False
    return True


def _renderer() -> Callable[..., bytes]:
    try:
        from resvg_py import svg_to_bytes
    except ImportError as error:
        raise NotSupported(
            "PNG needs the renderer resvg, which is not installed here: pip install 'kgservice[png]'"
        ) from error
    return cast(Callable[..., bytes], svg_to_bytes)


def png(graph: Graph, *, direction: str = "LR", theme: str = "seed", scale: int = 1) -> bytes:
    """The picture of a graph as PNG; `NotSupported` if the renderer or a font is missing."""
    render = _renderer()
    languages = {graph.lang, *(box.lang for box in graph.boxes)}
    fonts = {lang: _font_for(script(lang) if lang else "") for lang in languages}
    others = map(_font_for, sorted({"", *(code for box in graph.boxes for code in _scripts_in(box.text))}))
    files = [file for font in (*fonts.values(), *others, *_installed(_EMOJI)) for file in font.files]
    text = svg(graph, direction=direction, theme=theme, style=False, fonts=lambda lang: fonts[lang].family)
    return bytes(render(svg_string=text, zoom=scale, skip_system_fonts=True, font_files=list(dict.fromkeys(files))))


@lru_cache(64)
def _font_for(code: str) -> Font:
    """The first of the fonts for a script that is here. One that is made for the script is better than a plain one."""
    wanted = (*_BY_SCRIPT.get(code, ()), *(_PLAIN if code not in _BY_SCRIPT else ()))
    found = next(_installed(wanted), None)
    if found is None:
        raise NotSupported(
            f"PNG needs a font for the script {code or 'Latn'}: install one of {', '.join(wanted)}; "
            "diagram.svg needs none, since it is shown in the reader's fonts"
        )
    return found


def _scripts_in(text: str) -> set[str]:
    if text.isascii():
        return set()
    names = {unicodedata.name(character, "").partition(" ")[0] for character in text}
    return {_SCRIPT_OF_NAME[name] for name in names if name in _SCRIPT_OF_NAME}


def _installed(families: Iterable[str]) -> Iterator[Font]:
    there = _font_files()
    for family in families:
        name = re.sub(r"[^a-z]", "", family.lower())
        name = re.sub(r"cjk(jp|sc|tc|kr)$", "cjk", name)  # one file for all four
        regular = there.get(name) or there.get(f"{name}regular")
        if regular:
            bold = there.get(f"{name}bold")
            yield Font(family, (regular, bold) if bold else (regular,))


@lru_cache(1)
def _font_files() -> dict[str, str]:
    """The font files of this machine, by name without signs and suffix."""
    found: dict[str, str] = {}
    for folder in _FOLDERS:
        for path, _, names in os.walk(Path(folder).expanduser()):
            for name in sorted(names):
                stem, _, suffix = name.lower().rpartition(".")
                if suffix in ("ttf", "otf", "ttc"):
                    found.setdefault(re.sub(r"[^a-z]", "", stem), str(Path(path, name)))
    return found
