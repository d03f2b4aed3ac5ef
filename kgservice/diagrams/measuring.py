"""How wide a text will be, and where its lines break, without a font at hand.

A viewer shows the text in a font of its own, so every width is that of the widest of the usual fonts (DejaVu, Noto,
Arial): a line never leaves its box, and in a narrow font the box is a little roomy. Widths are in ems.
"""

import math
import unicodedata
from bisect import bisect
from functools import lru_cache
from typing import NamedTuple

BOLD = 1.15
"""How much wider bold text is."""

LONGEST = 15.0
"""The widest line, in ems: a longer word breaks between graphemes."""

_ASCII = (  # hundredths of an em, from the space on
    *(32, 40, 46, 84, 64, 95, 78, 27, 39, 39, 55, 84, 32, 36, 32, 37, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 34, 34),
    *(84, 84, 84, 56, 102, 68, 69, 72, 77, 67, 61, 78, 75, 34, 50, 67, 56, 91, 76, 79, 67, 79, 72, 67, 61, 73, 68, 99),
    *(69, 67, 69, 39, 37, 39, 84, 56, 50, 61, 63, 55, 63, 62, 35, 63, 63, 28, 28, 58, 28, 97, 63, 61, 63, 63, 41, 52),
    *(39, 63, 59, 82, 59, 59, 52, 64, 55, 64, 84),
)
_BLOCKS = (  # first code point, ems: from there to the next row
    *((0x7F, 0.75), (0x370, 0.72), (0x410, 0.85), (0x430, 0.72), (0x460, 0.85), (0x530, 0.8), (0x590, 0.65)),
    *((0x600, 0.78), (0x900, 0.78), (0x980, 0.85), (0xB00, 0.95), (0xB80, 1.25), (0xC00, 1.1), (0xD00, 1.25)),
    *((0xE00, 0.7), (0xF00, 0.8), (0x1000, 1.1), (0x10A0, 0.75), (0x1100, 1.0), (0x1200, 0.95), (0x1780, 0.85)),
    *((0x1800, 1.0), (0x1E00, 0.75), (0x2000, 1.0), (0x2E80, 1.0), (0xFB50, 0.9), (0xFE00, 1.0), (0x10000, 1.2)),
    *((0x1F000, 1.4), (0x20000, 1.0)),
)
_BROAD = {**dict.fromkeys("ЖМШЩЫЮФЉЊ", 1.1), **dict.fromkeys("жмшщыюфљњ", 0.95)}
_STARTS = [start for start, _ in _BLOCKS]

_NEVER_FIRST = frozenset(
    "、。，．・：；？！）］｝〕〉》」』】〗〙ーゝゞヽヾ々ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ％…‥,.:;?!)]}%"
)
_ENDS_OF_WORDS = ("ション", "ング")  # katakana has no spaces: where most of its long words end (-tion, -ing)
_NEVER_LAST = frozenset("（［｛〔〈《「『【〖〘([{")
_TONES_TAGS_JOINERS = frozenset(map(chr, (*range(0x1F3FB, 0x1F400), *range(0xE0020, 0xE0080), 0x200C, 0x200D)))


class Wrapped(NamedTuple):
    """The lines of a text, the width of the widest in ems, and whether something of the text is left out."""

    lines: tuple[str, ...]
    width: float
    clipped: bool


def graphemes(text: str) -> list[str]:
    """What a reader takes for single characters: a letter with its marks, a conjunct, a flag, an emoji of several."""
    if text.isascii():
        return list(text)
    found: list[str] = []
    for character in text:
        if found and _continues(found[-1], character):
            found[-1] += character
        else:
            found.append(character)
    return found


def _continues(cluster: str, character: str) -> bool:
    last = cluster[-1]
    return (
        unicodedata.category(character)[0] == "M"
        or character in _TONES_TAGS_JOINERS
        or last == "\u200d"
        or (unicodedata.combining(last) == 9 and character.isalpha())  # a virama joins what follows
        or (_is_flag_half(character) and len(cluster) == 1 and _is_flag_half(cluster))
        or "\u1160" <= character <= "\u11ff"
        or character in "\u0e33\u0eb3"
    )


def _is_flag_half(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"


@lru_cache(8192)
def _width_of(character: str) -> float:
    code = ord(character)
    if 32 <= code < 127:
        return _ASCII[code - 32] / 100
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0.0
    if unicodedata.east_asian_width(character) == "H":
        return 0.6
    if character in _BROAD:
        return _BROAD[character]
    return _BLOCKS[max(0, bisect(_STARTS, code) - 1)][1]


def width(text: str) -> float:
    """The width of a line of text in ems, rather too much than too little."""
    return sum(map(_width_of, text))


def clip(text: str, most: int) -> str:
    """The text with at most that many graphemes; what is left out is marked by an ellipsis."""
    if len(text) <= most:
        return text
    shown = graphemes(text)
    return text if len(shown) <= most else "".join(shown[: most - 1]).rstrip() + "…"


@lru_cache(4096)
def wrap(text: str, most: float, lines_max: int = 4) -> Wrapped:
    """The text in lines of about `most` ems: broken between words, in CJK between characters, and of even length.

    A longer word makes the lines wider, up to `LONGEST`; what is beyond `lines_max` is left out by words.
    """
    text = " ".join(text.split())
    whole = width(text)
    if whole <= most:
        return Wrapped((text,), whole, clipped=False)
    pieces = [part for piece in _pieces(text) for part in _fitting(piece)]
    widths = [width(piece.rstrip()) for piece in pieces]
    longest = max(widths, default=0.0)
    lines = _filled(pieces, max(most, longest))
    if len(lines) > lines_max:
        kept = _with_ellipsis(lines[:lines_max], max(most, longest))
        return Wrapped(kept, max(map(width, kept)), clipped=True)
    even = _evenly(pieces, longest, max(most, longest), len(lines))
    return Wrapped(even, max(map(width, even), default=0.0), clipped=False)


def _pieces(text: str) -> list[str]:
    """The text cut wherever a line may end; a space stays at the end of its piece."""
    found: list[str] = []
    for one in graphemes(text):
        if found and not _may_break(found[-1], one):
            found[-1] += one
        else:
            found.append(one)
    return found


def _may_break(before: str, after: str) -> bool:
    last, first = before[-1], after[0]
    if last == " ":
        return True
    if first == " " or first in _NEVER_FIRST or last in _NEVER_LAST:
        return False
    if last in "-/" and len(before) > 1:
        return first.isalnum()
    if _is_katakana(first) and _is_katakana(last):
        return len(before) > 4 and before.endswith(_ENDS_OF_WORDS)
    return _is_wide(first) or _is_wide(last)


def _is_wide(character: str) -> bool:
    return unicodedata.east_asian_width(character) in ("W", "F") and not "\uac00" <= character <= "\ud7a3"


def _is_katakana(character: str) -> bool:
    return "\u30a0" <= character <= "\u30ff" and character != "・"


def _fitting(piece: str) -> list[str]:
    """The piece, cut between graphemes into even parts where it is wider than a box can be."""
    whole = width(piece.rstrip())
    if whole <= LONGEST:
        return [piece]
    part = whole / math.ceil(whole / LONGEST)
    found = [""]
    for one in graphemes(piece):
        if width(found[-1]) >= part and one[0] not in _NEVER_FIRST and one != " ":
            found.append("")
        found[-1] += one
    return found


def _filled(pieces: list[str], most: float) -> tuple[str, ...]:
    lines = [""]
    for piece in pieces:
        if lines[-1] and width(lines[-1] + piece.rstrip()) > most:
            lines.append("")
        lines[-1] += piece
    return tuple(line.strip() for line in lines)


def _evenly(pieces: list[str], least: float, most: float, count: int) -> tuple[str, ...]:
    """The lines of the narrowest width that needs no more of them."""
    for _ in range(6 if count > 1 else 0):
        middle = (least + most) / 2
        if len(_filled(pieces, middle)) > count:
            least = middle
        else:
            most = middle
    return _filled(pieces, most)


def _with_ellipsis(lines: tuple[str, ...], most: float) -> tuple[str, ...]:
    *first, last = lines
    pieces = _pieces(last)
    while len(pieces) > 1 and width("".join(pieces).rstrip() + "…") > most:
        pieces.pop()
    shown = graphemes("".join(pieces).rstrip(" ,;:、，-/"))
    while len(shown) > 1 and width("".join(shown) + "…") > most:
        shown.pop()
    return (*first, "".join(shown) + "…")
