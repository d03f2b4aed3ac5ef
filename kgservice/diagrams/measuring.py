"""How wide a text will be, and where its lines break, without a font at hand.

A viewer shows the text in a font of its own, so every width is that of the widest of the usual fonts (DejaVu, Noto,
Arial): a line never leaves its box, and in a narrow font the box is a little roomy. Widths are in ems.
"""

import math
import re
import unicodedata
from bisect import bisect
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

BOLD = 1.15
"""How much wider bold text is."""

LONGEST = 26.0
"""The widest line, in ems: only a longer word, of some forty letters, breaks between graphemes."""

_WIDER = 1.5
"""How much wider than asked for lines may be, before something of a text is left out."""

_ASCII = (  # hundredths of an em, from the space on
    *(32, 40, 46, 84, 64, 95, 78, 27, 39, 39, 55, 84, 32, 36, 32, 37, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 34, 34),
    *(84, 84, 84, 56, 102, 68, 69, 72, 77, 67, 61, 78, 75, 34, 50, 67, 56, 91, 76, 79, 67, 79, 72, 67, 61, 73, 68, 99),
    *(69, 67, 69, 39, 37, 39, 84, 56, 50, 61, 63, 55, 63, 62, 35, 63, 63, 28, 28, 58, 28, 97, 63, 61, 63, 63, 41, 52),
    *(39, 63, 59, 82, 59, 59, 52, 64, 55, 64, 84),
)
_BLOCKS = (  # first code point, hundredths of an em: from there to the next row
    *((0x0, 75), (0x370, 72), (0x410, 85), (0x430, 72), (0x460, 85), (0x530, 80), (0x590, 65), (0x600, 65)),
    *((0x900, 62), (0x980, 85), (0xB00, 95), (0xB80, 100), (0xC00, 110), (0xD00, 125), (0xE00, 60), (0xF00, 80)),
    *((0x1000, 110), (0x10A0, 75), (0x1100, 100), (0x1200, 95), (0x1780, 85), (0x1800, 100), (0x1E00, 75)),
    *((0x2000, 100), (0x2E80, 100), (0xFB50, 90), (0xFE00, 100), (0x10000, 120), (0x1F000, 140), (0x20000, 100)),
)
_OWN = {
    **dict.fromkeys("ЖМШЩЫЮФЉЊ", 110),
    **dict.fromkeys("жмшщыюфљњ", 95),
    **dict.fromkeys("اأإآلدذرزء", 50),
    **dict.fromkeys("سشصضطظ", 90),
}
"""Characters that are much wider or narrower than others of their block."""

_STARTS = [start for start, _ in _BLOCKS]
_SPACE = _ASCII[0]
_IN_ASCII = bytes((*(75,) * 32, *_ASCII, 75, *(0,) * 128))

_NEVER_FIRST = frozenset(
    "、。，．・：；？！）］｝〕〉》」』】〗〙ーゝゞヽヾ々ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ％…‥,.:;?!)]}%"
)
_ENDS_OF_WORDS = ("ション", "ング")  # katakana has no spaces: where most of its long words end (-tion, -ing)
_NEVER_LAST = frozenset("（［｛〔〈《「『【〖〘([{")
_SHORT = 18
"""Characters of a word that is never wider than `LONGEST`, whatever they are."""

_BREAKS = re.compile("[-/\u1100-\U0010ffff]")
"""What a word has where a line may end inside it; wide characters start at U+1100."""
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
def _width_of(character: str) -> int:
    if character.isascii():
        return _IN_ASCII[ord(character)]
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    if unicodedata.east_asian_width(character) == "H":
        return 60
    return _OWN.get(character) or _BLOCKS[bisect(_STARTS, ord(character)) - 1][1]


def _hundredths(text: str) -> int:
    if text.isascii():
        return sum(text.encode().translate(_IN_ASCII))
    return sum(map(_width_of, text))


def width(text: str) -> float:
    """The width of a line of text in ems, rather too much than too little."""
    return _hundredths(text) / 100


def clip(text: str, most: int) -> str:
    """The text with at most that many graphemes; what is left out is marked by an ellipsis."""
    if len(text) <= most:
        return text
    shown = graphemes(text)
    return text if len(shown) <= most else "".join(shown[: most - 1]).rstrip() + "…"


@lru_cache(4096)
def wrap(text: str, most: float, lines_max: int = 4) -> Wrapped:
    """The text in lines of about `most` ems: broken between words, in CJK between characters, and of even length.

    A longer word makes the lines wider, up to `LONGEST`; so does a text of more lines than `lines_max`, up to half as
    wide again. What is still beyond is left out by words.
    """
    text = " ".join(text.split())
    whole = width(text)
    if whole <= most:
        return Wrapped((text,), whole, clipped=False)
    pieces = _pieces(text)
    sizes = _sizes(pieces)
    least = max(bare for bare, _ in sizes)
    room = max(int(most * 100), least)
    starts = _filled(sizes, room)
    if len(starts) <= lines_max:
        lines = _lines(pieces, _evenly(sizes, least, room, len(starts)))
        return Wrapped(lines, max(map(width, lines)), clipped=False)
    wider = max(int(most * 100 * _WIDER), least)
    if len(_filled(sizes, wider)) <= lines_max:
        lines = _lines(pieces, _evenly(sizes, least, wider, lines_max))
        return Wrapped(lines, max(map(width, lines)), clipped=False)
    lines = _with_ellipsis(_lines(pieces, starts)[:lines_max], room / 100)
    return Wrapped(lines, max(map(width, lines)), clipped=True)


def _pieces(text: str) -> list[str]:
    """The text cut wherever a line may end; a space stays at the end of its piece."""
    found: list[str] = []
    for word in text.split(" "):
        parts = _parts(word) if _BREAKS.search(word) else [word]
        found += parts if len(word) <= _SHORT else [some for part in parts for some in _fitting(part)]
        found[-1] += " "
    return found


def _sizes(pieces: Sequence[str]) -> list[tuple[int, int]]:
    """The width of each piece without and with the space behind it."""
    bare = [_hundredths(piece.rstrip()) for piece in pieces]
    return [(size, size + _SPACE if piece[-1] == " " else size) for size, piece in zip(bare, pieces, strict=True)]


def _parts(word: str) -> list[str]:
    found: list[str] = []
    for one in graphemes(word):
        if found and not _may_break(found[-1], one):
            found[-1] += one
        else:
            found.append(one)
    return found


def _may_break(before: str, after: str) -> bool:
    last, first = before[-1], after[0]
    if first in _NEVER_FIRST or last in _NEVER_LAST:
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


def _filled(sizes: Sequence[tuple[int, int]], most: int) -> list[int]:
    """Which pieces start a line, where each line takes all that fits; `sizes` are without and with the space behind."""
    starts, used = [0], 0
    for number, (bare, spaced) in enumerate(sizes):
        if used and used + bare > most:
            starts.append(number)
            used = 0
        used += spaced
    return starts


def _evenly(sizes: Sequence[tuple[int, int]], least: int, most: int, count: int) -> list[int]:
    """Which pieces start a line in the narrowest width, within a tenth of an em, that needs no more lines."""
    starts = _filled(sizes, least)
    if len(starts) <= count:
        return starts
    while most - least > 10:
        middle = (least + most) // 2
        if len(_filled(sizes, middle)) > count:
            least = middle
        else:
            most = middle
    return _filled(sizes, most)


def _lines(pieces: Sequence[str], starts: Sequence[int]) -> tuple[str, ...]:
    ends = (*starts[1:], len(pieces))
    return tuple("".join(pieces[start:end]).strip() for start, end in zip(starts, ends, strict=True))


def _with_ellipsis(lines: tuple[str, ...], most: float) -> tuple[str, ...]:
    *first, last = lines
    pieces = _pieces(last)
    while len(pieces) > 1 and width("".join(pieces).rstrip() + "…") > most:
        pieces.pop()
    shown = graphemes("".join(pieces).rstrip(" ,;:、，-/"))
    while len(shown) > 1 and width("".join(shown) + "…") > most:
        shown.pop()
    return (*first, "".join(shown) + "…")
