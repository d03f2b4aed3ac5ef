"""Graphs to draw: random ones, and neighbourhoods with titles in many scripts."""

import random

from hypothesis import strategies as st

from kgservice.diagrams.graph import Box, Graph, Line
from kgservice.diagrams.neighbourhoods import drawn_graph
from kgservice.model.neighbourhood import Neighbour, Neighbourhood
from kgservice.model.terms import NEIGHBOUR_KINDS

TITLES = {
    "en": (
        *("Logic", "Network security", "Application programming interface", "Eventually consistent replication", "C#"),
        *(
            "Donaudampfschifffahrtsgesellschaftskapitän",
            "WWWWWWWWWWWW MMMMMMMM",
            'List<String> & "quotes"',
            "iiii llll",
        ),
        "A title that goes on and on, beyond all that anybody would want to read in a box, and then goes on a little",
    ),
    "ja": (
        "論理",
        "分散システム",
        "アプリケーションプログラミングインターフェース",
        "上位語：情報科学、計算機科学および情報工学（広義）",
    ),
    "zh-Hant": ("分散式系統與網路安全", "負載平衡"),
    "ko": ("네트워크 보안과 분산 시스템", "캐시"),
    "ar": ("أمن الشبكات", "واجهة برمجة التطبيقات (API)", "الأنظمة الموزعة وخدمة النماذج عبر الشبكة", "التشفير"),
    "he": ("אבטחת רשתות מחשבים", "לוגיקה"),
    "hi": ("वितरित प्रणालियाँ और क्षत्रिय", "अनुप्रयोग प्रोग्रामिंग अंतरापृष्ठ", "तर्कशास्त्र"),
    "ta": ("தமிழ் மொழி நிரலாக்கம்",),
    "th": ("ภาษาไทยไม่มีช่องว่างระหว่างคำ", "ความปลอดภัยเครือข่าย"),
    "ru": ("Распределённые системы", "ЩЩЩЩЩ ШШШШШ"),
    "el": ("Κατανεμημένα συστήματα",),
    "und": ("👩‍👩‍👧‍👦 family 🇯🇵🇩🇪", "🎉🎉🎉🎉🎉🎉🎉🎉", "👍🏽 thumbs 1️⃣ 🏳️‍🌈", "𝔘𝔫𝔦𝔠𝔬𝔡𝔢"),
}
"""Titles that are hard to fit, by language."""


def star(*titles: tuple[str, str], kinds: tuple[str, ...] = NEIGHBOUR_KINDS, centre: str = "Networking") -> Graph:
    """A neighbourhood of depth 1: (language, title) of each neighbour, the kinds in turn."""
    nodes = [Neighbour("centre", "networking", {"en": centre}, "centre", 0, "centre")]
    for number, (lang, title) in enumerate(titles):
        kind = kinds[number % len(kinds)]
        nodes.append(Neighbour(f"n{number}", f"term-{number}", {lang: title}, kind, 1, "centre"))
    nodes[1:] = sorted(nodes[1:], key=lambda node: NEIGHBOUR_KINDS.index(node.role))
    return drawn_graph(
        Neighbourhood(tuple(nodes), (), {}),
        title=lambda node: next((text, tag) for tag, text in node.label.items()),
        link=lambda slug: f"https://kg.example.org/terms/{slug}",
    )


def all_titles() -> list[tuple[str, str]]:
    """Every title above with its language."""
    return [(lang, title) for lang, titles in TITLES.items() for title in titles]


def path(steps: int, seed: int = 4) -> Graph:
    """A learning path: each step after some of those before it, the last one the goal."""
    chance = random.Random(seed)
    boxes, lines = [], []
    for number in range(steps):
        kind = "centre" if number == steps - 1 else "prerequisite"
        boxes.append(Box(f"s{number}", chance.choice(TITLES["en"]), kind, "en", f"/terms/s{number}"))
        needs = chance.sample(range(number), min(number, chance.choice((1, 1, 2, 3))))
        lines += [Line(f"s{other}", f"s{number}", "prerequisite") for other in sorted(needs)]
    return Graph("A path", "en", tuple(boxes), tuple(lines))


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """Any small directed graph: circles, lines over many layers, boxes alone, titles of every kind."""
    count = draw(st.integers(1, 14))
    titles = draw(st.lists(st.sampled_from(all_titles()), min_size=count, max_size=count))
    kinds = st.sampled_from(("centre", *NEIGHBOUR_KINDS))
    boxes = tuple(Box(f"b{i}", title, draw(kinds), lang) for i, (lang, title) in enumerate(titles))
    ends = st.integers(0, count - 1).map(lambda number: f"b{number}")
    lines = draw(st.lists(st.builds(Line, ends, ends, st.sampled_from(NEIGHBOUR_KINDS)), max_size=24))
    return Graph("Any", draw(st.sampled_from(("en", "ar"))), boxes, tuple(lines))
