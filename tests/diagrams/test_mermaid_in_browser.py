"""Titles of every kind in the Mermaid versions that are in use, in a real browser: shown exactly, nothing else.

The long form fetches the versions with npm. To run it: `make full`, or `pytest -m full tests/diagrams`.
"""

import json
import random
import re
import unicodedata
from pathlib import Path

import pytest

from kgservice.diagrams.measuring import clip
from kgservice.diagrams.mermaid import TITLE_MAX, label, mermaid
from kgservice.model.neighbourhood import Link, Neighbour, Neighbourhood
from tests.browser import REPORT, Page, npm_file, serving, visit
from tests.diagrams.graphs import all_titles

VERSIONS = ("10.9.8", "11.17.2", "12.3.0")
EACH = 20
"""Titles in one diagram."""

HOSTILE = (
    *('say "hi"', "`code`", "**bold**", "_it_", "*a* *b*", "a_b_c", "__init__", "~~no~~", "1. First", "12) Twelve"),
    *("- item", "+ item", "* item", "# head", "---", "***", "___", "[a](b)", "[a][b]", "[a]: b", "![a](b)", "array[0]"),
    *("List<String>", "<b>bold</b>", "<img src=x onerror=alert(1)>", "<script>alert(1)</script>", "a<br>b", "a<br/>b"),
    *('"><svg onload=alert(1)>', "javascript:alert(1)", "</foreignObject>", "&copy; &amp; &#35; &lt;", "AT&T", "a & b"),
    *(
        "#quot;",
        "#35;",
        "C#",
        "F# and C#;",
        "#hash;tag;",
        "100%",
        "%%{init: {}}%%",
        "%% comment",
        "$$x^2$$",
        "$5 and $6",
    ),
    *("fa:fa-car", "fab:fa-x", "mailto:a@b.c", "a@b.example", "www.example.org", "https://example.org/a?b=c#d", "end"),
    *("graph TB", "subgraph x", "direction TB", "a direction LR b", "direction RL", "click x", "style x fill:#f00;"),
    *(
        "classDef x fill:#f00;",
        "linkStyle 0",
        ":::main",
        "a --> b",
        "a -.-> b",
        "a --- b",
        "{a}",
        "((a))",
        "[/a/]",
        "|a|",
    ),
    *(
        "a;b",
        "a:b;",
        "style: a#b;",
        "C:\\new\\table",
        "\\n",
        "\\u0041",
        "a\\",
        "'",
        "''",
        "a'b",
        "`",
        "``",
        "a|b",
        "^",
        "^^",
    ),
    *(
        "ﬂ°",
        "¶ß",
        "ﬂ°°35¶ß",
        "__proto__",
        "constructor",
        "toString",
        "0",
        "-1",
        "1e9",
        "NaN",
        "null",
        "undefined",
        "true",
    ),
    *(
        "{{ 7*7 }}",
        "${x}",
        "<%= x %>",
        "{% x %}",
        "a -- b",
        "x o--o y",
        "x--x",
        "@{ shape: rect }",
        "@{",
        "a@{b}",
        "---\n",
    ),
    *(
        "e\u0301",
        "\u202eabc",
        "a\u2028b",
        "a\nb",
        "a\tb",
        "\ufeffa",
        "a\u200bb",
        "a\u00adb",
        "\u00a0a\u00a0b",
        "👩‍👩‍👧‍👦",
        "🇯🇵",
        "a  b",
    ),
)
_TOKENS = (
    *(
        '"',
        "`",
        "<",
        ">",
        "&",
        "#",
        ";",
        ":",
        "%",
        "$",
        "*",
        "_",
        "~",
        "[",
        "]",
        "(",
        ")",
        "{",
        "}",
        "|",
        "\\",
        "/",
        "@",
    ),
    *(
        " ",
        "-",
        "=",
        "+",
        "1.",
        "quot;",
        "amp;",
        "fa-",
        "style",
        "classDef",
        "direction ",
        "TB",
        "end",
        "www.",
        "//",
        "br",
    ),
    *("日本", "語", "شبكة", "नेटवर्क", "เครือ", "רשת", "🎉", "é", "a", "bc", "Z9"),
)


def titles() -> list[str]:
    """More than five hundred: hostile ones, those of many languages, and mixtures of what is special somewhere."""
    chance = random.Random(20261125)
    mixed = ["".join(chance.choices(_TOKENS, k=chance.randint(2, 9))) for _ in range(400)]
    found = [*HOSTILE, *(title for _, title in all_titles()), *mixed]
    return [title for title in dict.fromkeys(found) if label(title)]


def shown_as(title: str) -> str:
    """What a reader should see: the title, with its spaces as one."""
    text = re.sub("[\u202a-\u202e\u2066-\u2069]", "", title)
    text = re.sub("[\\s\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff]+", " ", text)
    return clip(unicodedata.normalize("NFC", text).strip(), TITLE_MAX[0])


def diagrams(all_of_them: list[str]) -> list[str]:
    texts = []
    for start in range(0, len(all_of_them), EACH):
        some = all_of_them[start : start + EACH]
        nodes = [Neighbour("c", "style-centre", {"en": "Centre"}, "centre", 0, "c")]
        kinds = ("prerequisite", "requiredBy", "related", "broader", "narrower")
        nodes += [
            Neighbour(f"n{i}", f"style-{start + i}", {"en": title}, kinds[i % 5], 1, "c")
            for i, title in enumerate(some)
        ]
        found = Neighbourhood(tuple(nodes), (Link("n0", "n1", "related"),), {"related": 3})
        texts.append(
            mermaid(found, title=lambda node: node.label["en"], link=lambda slug: f"https://kg.example/terms/{slug}")
        )
    return texts


PAGE = """<!doctype html><meta charset=utf-8><link rel=icon href="data:,">%s
<script src="/mermaid.js"></script><div id=here></div><script>
(async () => {
  const texts = await (await fetch("/texts.json")).json(), found = [];
  mermaid.initialize({startOnLoad: false, securityLevel: "strict"});
  for (const [i, text] of texts.entries()) {
    try {
      const {svg} = await mermaid.render("d" + i, text);
      here.innerHTML = svg;
      const nodes = [...here.querySelectorAll("g.node")].map((node) => [
        node.id, node.querySelector("foreignObject, text").textContent, (node.closest("a") || {getAttribute() {}})
        .getAttribute("xlink:href")]);
      const made = "img, script, iframe, foreignObject a, foreignObject i, strong, em, code";
      const stray = here.querySelectorAll(made).length;
      found.push({nodes, stray, lines: here.querySelectorAll("path.flowchart-link").length});
    } catch (error) { found.push({failed: String(error)}); }
  }
  report({found, dialogs, fetched: performance.getEntriesByType("resource").map((one) => one.name)});
})();
</script>"""


@pytest.mark.full
@pytest.mark.timeout(600)
@pytest.mark.parametrize("version", VERSIONS)
def test_every_title_is_shown_as_it_is(version: str, pytestconfig: pytest.Config) -> None:
    script = npm_file("mermaid", version, "dist/mermaid.min.js", Path(pytestconfig.cache.mkdir("npm")))
    every = titles()
    texts = diagrams(every)
    assert len(every) >= 500
    pages: dict[str, Page] = {
        "/": ("text/html", PAGE % REPORT),
        "/mermaid.js": ("text/javascript", script),
        "/texts.json": ("application/json", json.dumps(texts)),
    }
    with serving(pages) as site:
        result = visit(site, seconds=500)
    wrong: list[object] = []
    for number, one in enumerate(result["found"]):
        some = every[number * EACH : (number + 1) * EACH]
        if "failed" in one:
            wrong.append((texts[number], one["failed"]))
            continue
        by_number = {
            int(found.group(1)): (text, link)
            for name, text, link in one["nodes"]
            if (found := re.search(r"style_(\d+)-\d+$", name))
        }
        for place, title in enumerate(some, number * EACH):
            text, link = by_number.get(place, (None, None))
            clean = None if text is None else " ".join(text.replace("\u2060", "").split())
            if clean != " ".join(shown_as(title).split()) or link != f"https://kg.example/terms/style-{place}":
                wrong.append((title, text, link))
        assert one["stray"] == 0 and one["lines"] == len(some) + 2, (number, one["lines"], len(some))
    assert not wrong, wrong[:5]
    assert result["dialogs"] == []
    assert {name.rpartition("/")[2] for name in result["fetched"]} == {"mermaid.js", "texts.json"}
    assert not [path for path in site.requests if path not in pages]
