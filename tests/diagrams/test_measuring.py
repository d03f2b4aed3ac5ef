"""Text in lines: nothing lost, words whole, graphemes whole, no line over its width."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgservice.diagrams.measuring import LONGEST, clip, graphemes, width, wrap
from tests.diagrams.graphs import all_titles


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("abc", ["a", "b", "c"]),
        ("e\u0301a", ["e\u0301", "a"]),
        ("👩‍👩‍👧‍👦👍🏽🇯🇵🇩🇪", ["👩‍👩‍👧‍👦", "👍🏽", "🇯🇵", "🇩🇪"]),
        ("1\ufe0f\u20e32", ["1\ufe0f\u20e3", "2"]),
        ("क्षत्रिय", ["क्ष", "त्रि", "य"]),
        ("நிரல்", ["நி", "ர", "ல்"]),
        ("กำนี้", ["กำ", "นี้"]),
        ("각\u1112\u1161\u11ab", ["각", "\u1112\u1161\u11ab"]),
    ],
)
def test_graphemes(text: str, expected: list[str]) -> None:
    assert graphemes(text) == expected


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("Logic", ["Logic"]),
        ("Application programming interface", ["Application", "programming", "interface"]),
        ("network-security", ["network-security"]),
        ("remote-procedure-call-stub", ["remote-procedure-", "call-stub"]),
        ("ネットワークセキュリティ", ["ネットワークセキュリティ"]),
        ("アプリケーションプログラミングインターフェース", ["アプリケーション", "プログラミング", "インターフェース"]),
        ("分散システム", ["分散システム"]),
        ("上位語「ルーティング」、計算機科学", ["上位語", "「ルーティング」、", "計算機科学"]),
        ("Wahrscheinlichkeitsverteilung", ["Wahrscheinlichkeitsverteilung"]),
        ("Donaudampfschifffahrtsgesellschaftskapitän", ["Donaudampfschifffahrtsgesellschaftskapitän"]),
        ("", [""]),
    ],
)
def test_lines_break_between_words(text: str, lines: list[str]) -> None:
    assert list(wrap(text, 11.5).lines) == lines


def test_what_does_not_fit_is_marked_and_left_out_by_words() -> None:
    text = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen"
    wrapped = wrap(text, 8.0, lines_max=2)
    assert wrapped.clipped and len(wrapped.lines) == 2 and wrapped.lines[-1].endswith("…")
    shown = " ".join(wrapped.lines).rstrip("…")
    assert text.startswith(shown) and text[len(shown)] == " "


def test_a_clipped_title_keeps_whole_graphemes() -> None:
    assert clip("क्ष" * 5, 3) == "क्षक्ष…"
    assert clip("👩‍👩‍👧‍👦" * 3, 3) == "👩‍👩‍👧‍👦" * 3


_TEXT = st.one_of(st.text(max_size=80), st.sampled_from([title for _, title in all_titles()]))


@given(_TEXT, st.sampled_from([6.0, 8.5, 11.5]))
def test_nothing_is_lost_and_no_line_is_too_wide(text: str, most: float) -> None:
    wrapped = wrap(text, most, lines_max=1000)
    assert "".join("".join(wrapped.lines).split()) == "".join(text.split())
    assert not wrapped.clipped
    assert wrapped.width == max(map(width, wrapped.lines)) <= LONGEST + 12  # a run that may not start a line


@given(_TEXT)
def test_lines_break_between_graphemes(text: str) -> None:
    plain = " ".join(text.split())
    ends, position = set(), 0
    for one in graphemes(plain):
        position += len(one)
        ends.add(position)
    position = 0
    for line in wrap(text, 8.5, lines_max=1000).lines[:-1]:
        position += len(line)
        position += plain[position : position + 1] == " "
        assert position in ends
