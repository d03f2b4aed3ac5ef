"""Folding: texts that a reader takes for the same word get the same key, and a key says where a label can be entered.

A key has no case, no width and no accents, katakana is hiragana, and punctuation is a space; next to a script that is
written without spaces there is none. Folding a key again changes nothing.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from itertools import accumulate
from typing import NamedTuple

KEY_MAX = 48
"""Characters of an entry that are kept; what a longer query has beyond them is compared with the label itself."""

START, WORD, INSIDE = 0, 1, 2
"""How deep in a label an entry is: at its start; at a word (any character, where words have no spaces); in a word."""

INSIDE_MIN = 3
"""Letters that a word has from an entry inside it on."""

# Scripts without spaces, or with spaces that writers do not agree on: kana, Han, Hangul, Thai, Lao, Khmer, Burmese.
_UNSPACED = (
    "\u3040-\u30ff\u31f0-\u31ff\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
    "\u1100-\u11ff\uac00-\ud7ff\u0e00-\u0eff\u1780-\u17ff\u1000-\u109f"
)
_RUN = re.compile(f"[{_UNSPACED}]+|[^{_UNSPACED} ]+")
_IS_UNSPACED = re.compile(f"[{_UNSPACED}]")

# Marks that a reader does without: accents, Hebrew and Arabic vowels. Those of kana, Indic scripts or Thai are letters.
_ACCENTS = re.compile(
    "[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670"
    "\u06d6-\u06ed]"
)
_LETTERS = str.maketrans(
    {
        "ø": "o",
        "ł": "l",
        "đ": "d",
        "ħ": "h",
        "ı": "i",
        "æ": "ae",
        "œ": "oe",
        "þ": "th",
        "ð": "d",
        "ŧ": "t",
        "ى": "ي",
        "ی": "ي",
        "ک": "ك",
        "ة": "ه",
        "ٱ": "ا",
        "ـ": "",
        **{katakana: chr(ord(katakana) - 0x60) for katakana in map(chr, (*range(0x30A1, 0x30F7), 0x30FD, 0x30FE))},
    }
)
_KEPT = frozenset(("Sm", "Sc", "So"))
"""Symbols that tell labels apart: C++, €, emoji. `#` does, too (C#), though Unicode calls it punctuation."""

_LAST_VOWEL = "(?<=[ぁ-ゖー][ぁ-ゖー])ー+(?![ぁ-ゖー])"

# What is dropped in the end: needless spaces, and the long vowel that ends a Japanese word (サーバー, サーバ).
_NEEDLESS = f"(?<=[{_UNSPACED}]) +| +(?=[{_UNSPACED}])|^ +| +$|(?<= ) +"
_SPACES = re.compile(_NEEDLESS)
_DROPPED = re.compile(f"(?=[ ー])(?:{_NEEDLESS}|{_LAST_VOWEL})")  # looking ahead is quick to pass what is neither

_ARTICLE = re.compile(r"(?<![^ ])ال(?=[^ ]{2})")

# How accents are spelled out where a keyboard lacks them.
_GERMAN = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"})
_NORDIC = str.maketrans({"å": "aa", "ø": "oe", "Å": "Aa", "Ø": "Oe"})
_SPELLED_OUT = {"de": _GERMAN, "da": _NORDIC, "nb": _NORDIC, "nn": _NORDIC, "no": _NORDIC}


def fold(value: str) -> str:
    """The key of a text; empty where it has neither letter, digit nor symbol."""
    return _DROPPED.sub("", "".join(map(_fold_cluster, _clusters(value))))


class Folded(NamedTuple):
    """A key, and for each of its characters where the stretch of the text that it stands for starts and ends."""

    key: str
    starts: Sequence[int]
    ends: Sequence[int]


def fold_with_places(value: str) -> Folded:
    """The key of a text, and which stretch of the text each of its characters stands for."""
    if value.isascii() and value.replace(" ", "").isalnum():
        raw, plain = value.lower(), True
    else:
        clusters = _clusters(value)
        pieces = list(map(_fold_cluster, clusters))
        raw = "".join(pieces)
        plain = len(raw) == len(pieces) == len(value) and "" not in pieces
    starts: Sequence[int] = range(len(value))
    ends: Sequence[int] = range(1, len(value) + 1)
    if not plain:  # else each character is one of the key
        borders = list(accumulate(map(len, clusters), initial=0))
        starts = [start for start, piece in zip(borders, pieces, strict=False) for _ in piece]
        ends = [end for end, piece in zip(borders[1:], pieces, strict=True) for _ in piece]
    if not _DROPPED.search(raw):
        return Folded(raw, starts, ends)
    dropped = {place for found in _DROPPED.finditer(raw) for place in range(*found.span())}
    kept = [place for place in range(len(raw)) if place not in dropped]
    key = "".join(raw[place] for place in kept)
    return Folded(key, [starts[place] for place in kept], [ends[place] for place in kept])


@cache
def _cluster() -> re.Pattern[str]:
    """A character with the marks on it. Looking through Unicode for those takes a while, so it waits for its use."""
    marks = "".join(c for c in map(chr, range(0x20000)) if unicodedata.combining(c))
    return re.compile(f"(?s:.)[{re.escape(marks)}{_WIDTHLESS}]*")


_WIDTHLESS = "\uff9e\uff9f"
"""The marks of half-width kana: letters to Unicode."""


def _clusters(value: str) -> list[str]:
    """The text in characters, each with the marks on it."""
    if value.isascii() or (value.replace(" ", "").isalnum() and not any(map(value.__contains__, _WIDTHLESS))):
        return list(value)  # letters and digits alone: there are no marks
    return _cluster().findall(value)


@lru_cache(1 << 16)
def _fold_cluster(cluster: str) -> str:
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", cluster).casefold())
    bare = _ACCENTS.sub("", unicodedata.normalize("NFKD", folded))
    composed = unicodedata.normalize("NFC", bare.translate(_LETTERS)).translate(_LETTERS)
    return "".join(map(_kept, composed))


def _kept(character: str) -> str:
    category = unicodedata.category(character)
    if category == "Nd":
        return str(unicodedata.digit(character))
    if category[0] in "LMN" or category in _KEPT or character == "#":
        return character
    return "" if category in ("Cf", "Cs", "Sk") else " "


SLIP_MIN = 5
"""Letters of a word from which on one slip is forgiven."""

_ALPHABETS = (
    *("abcdefghijklmnopqrstuvwxyz", "".join(map(chr, range(0x430, 0x450))) + "єіјљњћђџѕґ"),
    *("".join(map(chr, range(0x3B1, 0x3CA))), "".join(map(chr, range(0x5D0, 0x5EB)))),
    "".join(map(chr, (*range(0x621, 0x63B), *range(0x641, 0x64B)))) + "پچژگ",
    "".join(map(chr, range(0x3041, 0x3097))) + "ー",
)
"""The letters of Latin, Cyrillic, Greek, Hebrew, Arabic and kana, as keys have them."""


def entries(value: str, lang: str) -> dict[str, int]:
    """Every key by which a label can be entered, and how deep in the label the nearest such entry is."""
    found: dict[str, int] = {}
    for key in _spellings(value, lang):
        for place, depth in _places(key):
            entry = key[place : place + KEY_MAX]
            found[entry] = min(depth, found.get(entry, depth))
    if one_word := compact(fold(value))[:KEY_MAX]:  # email finds e-mail
        found[one_word] = START
    return found


def _spellings(value: str, lang: str) -> set[str]:
    """The keys of a label: as it stands, accents spelled out (Schluessel), every long vowel, no Arabic article."""
    spelled_out = value.translate(_SPELLED_OUT.get(lang.partition("-")[0], {}))
    raw = "".join(map(_fold_cluster, _clusters(value)))
    key = fold(value)
    return {key, fold(spelled_out), _SPACES.sub("", raw), _ARTICLE.sub("", key)} - {""}


def compact(key: str) -> str:
    """The key without spaces."""
    return key.replace(" ", "")


def _places(key: str) -> Iterator[tuple[int, int]]:
    """The places of a key at which a reader may start, each with its depth."""
    for run in _RUN.finditer(key):
        unspaced = _IS_UNSPACED.match(run.group()) is not None
        for place in range(run.start(), run.end()):
            if place == 0:
                yield 0, START
            elif unspaced or place == run.start():
                yield place, WORD
            elif run.end() - place >= INSIDE_MIN:
                yield place, INSIDE


def runs(value: str) -> list[str]:
    """The words of a text, folded, in order; what stands between spaces, or in a script without them, is one."""
    return _RUN.findall(fold(value))


def grams(run: str) -> list[str]:
    """What the index of words has of a run: the run, or its bigrams and last character in a script without spaces."""
    return [run[place : place + 2] for place in range(len(run))] if _IS_UNSPACED.match(run) else [run]


def near_keys(key: str) -> set[str]:
    """The keys that a reader may have meant: in one word, without articles, one slip in a word of five letters or more.

    A slip is a letter too many or too few, another letter, or two in the wrong order.
    """
    near = {compact(key), _ARTICLE.sub("", key)}
    for letters in _ALPHABETS:
        for word in re.finditer(f"[{letters}]{{{SLIP_MIN},}}", key):
            before, after = key[: word.start()], key[word.end() :]
            near |= {f"{before}{meant}{after}" for meant in _with_a_slip(word.group(), letters)}
    return near - {key}


def _with_a_slip(word: str, letters: str) -> Iterator[str]:
    for place in range(len(word) + 1):
        before, after = word[:place], word[place:]
        yield from (before + letter + after for letter in letters)
        yield before + after[1:]
        yield before + after[1:2] + after[:1] + after[2:]
        yield from (before + letter + after[1:] for letter in letters if after)


def excerpt_parts(value: str, keys: list[str], most: int) -> list[tuple[str, bool]]:
    """The text in parts, those that fold to one of the keys marked; an excerpt around the first, if it is longer."""
    hits = _hits(value, keys)
    start, end = _window(value, hits[0] if hits else (0, 0), most)
    parts = [("…", False)] if start else []
    place = start
    for first, last in hits:
        if first < place or last > end:  # it overlaps another, or the excerpt ends before it
            continue
        parts += [(value[place:first], False), (value[first:last], True)]
        place = last
    parts += [(value[place:end], False), ("…" if end < len(value) else "", False)]
    return [(text, hit) for text, hit in parts if text]


def _hits(value: str, keys: list[str]) -> list[tuple[int, int]]:
    """Where the keys are in the text: at the start of words, or where there are no such, anywhere."""
    folded, starts, ends = fold_with_places(value)
    found: list[tuple[int, int]] = []
    at_words: list[tuple[int, int]] = []
    for key in filter(None, keys):
        anywhere = _IS_UNSPACED.match(key) is not None
        place = folded.find(key)
        while place >= 0:
            found.append((starts[place], ends[place + len(key) - 1]))
            if anywhere or place == 0 or folded[place - 1] == " ":
                at_words.append(found[-1])
            place = folded.find(key, place + len(key))
    return sorted(at_words or found, key=lambda hit: (hit[0], -hit[1]))  # of those from one place, the longest


def _window(value: str, hit: tuple[int, int], most: int) -> tuple[int, int]:
    if len(value) <= most:
        return 0, len(value)
    start = max(0, min(hit[0] - most // 4, len(value) - most))
    if start and (space := value.find(" ", start, hit[0])) >= 0:  # cut between words where there are some near
        start = space + 1
    end = min(len(value), max(start + most, hit[1]))
    if end < len(value) and (space := value.rfind(" ", hit[1], end)) > start + most // 2:
        end = space
    return start, end
