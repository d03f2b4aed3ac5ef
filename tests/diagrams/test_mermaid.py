"""Mermaid text: exact to the contract, ids without collisions, labels safe for any title.

What Mermaid makes of them is seen in `test_mermaid_in_browser.py`.
"""

import re
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgservice.diagrams.mermaid import _node_id, label, mermaid
from kgservice.model.neighbourhood import Link, Neighbour, Neighbourhood

CONTRACT = """\
graph LR
  Center["cache"]:::main
  Pre_memory["memory"]:::pre --> Center
  click Pre_memory "/terms/memory"
  Center --> Child_write_back["write-back"]:::child
  click Child_write_back "/terms/write-back"
  Rel_hash_table["hash-table"]:::related -.-> Center
  click Rel_hash_table "/terms/hash-table"
  classDef main fill:#7c3aed,stroke:#8b5cf6,stroke-width:2px,color:white,font-weight:bold,rx:5,ry:5;
  classDef pre fill:#0f172a,stroke:#3b82f6,color:#94a3b8,rx:5,ry:5;
  classDef child fill:#0f172a,stroke:#10b981,color:#94a3b8,rx:5,ry:5;
  classDef related fill:#0f172a,stroke:#8b5cf6,stroke-dasharray: 5 5,color:#94a3b8,rx:5,ry:5;
  linkStyle default stroke:#4b5563,stroke-width:2px;
"""


def node(slug: str, role: str = "centre", distance: int = 0, source: str = "cache") -> Neighbour:
    return Neighbour(slug, slug, {"en": slug}, role, distance, source)


def draw(*nodes: Neighbour, links: tuple[Link, ...] = (), **left_out: int) -> list[str]:
    text = mermaid(Neighbourhood(nodes, links, left_out), title=lambda n: n.slug, link=lambda slug: None)
    return [line.strip() for line in text.split("\n") if not re.match(r"  (classDef|linkStyle)", line)][1:-1]


STAR = (
    node("cache"),
    node("memory", "prerequisite", 1),
    node("write-back", "requiredBy", 1),
    node("hash-table", "related", 1),
)


def test_the_text_is_exactly_that_of_the_contract() -> None:
    text = mermaid(Neighbourhood(STAR, (), {}), title=lambda n: n.slug, link=lambda slug: f"/terms/{slug}")
    assert text == CONTRACT


def test_direction_and_no_links() -> None:
    text = mermaid(Neighbourhood(STAR, (), {}), title=lambda n: n.slug, link=lambda _: None, direction="TB")
    assert text.startswith("graph TB\n") and "click" not in text


def test_broader_and_narrower_terms() -> None:
    assert draw(node("cache"), node("store", "broader", 1), node("tlb", "narrower", 1)) == [
        'Center["cache"]:::main',
        'Broader_store["store"]:::related --- Center',
        'Center --- Narrower_tlb["tlb"]:::related',
    ]


def test_what_is_left_out_is_one_node_a_kind_with_a_link_to_the_term() -> None:
    found = Neighbourhood(STAR[:2], (), {"related": 2, "prerequisite": 11})
    lines = mermaid(found, title=lambda n: n.slug, link=lambda slug: f"/terms/{slug}").split("\n")
    assert lines[4:8] == [
        '  Pre_Zmore["+11 more"]:::pre --> Center',
        '  click Pre_Zmore "/terms/cache"',
        '  Rel_Zmore["+2 more"]:::related -.-> Center',
        '  click Rel_Zmore "/terms/cache"',
    ]


def test_deeper_terms_hang_on_the_term_that_they_were_reached_from_and_other_edges_follow() -> None:
    nodes = (*STAR[:2], node("bit", "prerequisite", 2, "memory"), node("ram", "related", 2, "memory"))
    links = (
        Link("cache", "memory", "prerequisite"),
        Link("memory", "bit", "prerequisite"),
        Link("memory", "ram", "related"),
        Link("ram", "bit", "prerequisite"),
        Link("bit", "ram", "related"),
        Link("ram", "cache", "broader"),
    )
    assert draw(*nodes, links=links) == [
        'Center["cache"]:::main',
        'Pre_memory["memory"]:::pre --> Center',
        'Pre_bit["bit"]:::pre --> Pre_memory',
        'Rel_ram["ram"]:::related -.-> Pre_memory',
        "Pre_bit --> Rel_ram",
        "Center --- Rel_ram",
    ]


@pytest.mark.parametrize(
    ("title", "written"),
    [
        ("C#", "C#"),
        ("AT&T", "AT&amp;T"),
        ('He said "hi"', "He said #quot;hi#quot;"),
        ("1. First", "1#46; First"),
        ("2024. A year", "2024#46; A year"),
        ("100% sure", "100% sure"),
        ("snake_case", "snake_case"),
        ("key: value", "key: value"),
        ("a __init__ b", "a #95;#95;init#95;#95; b"),
        ("see direction TB x", "see direction #84;B x"),
        ("fa:fa-car", "fa#58;fa-car"),
        ("$$x$$", "#36;$x#36;$"),
        ("%%{init}%%", "#37;%{init}#37;%"),
        ("[a](b)", "#91;a#93;(b)"),
        ("[[a]](b)", "#91;#91;a#93;#93;(b)"),
        ("array[0]", "array[0]"),
        ("List<String>", "List&lt;String&gt;"),
        ("---", "#45;#45;#45;"),
        ("https://x.y", "https#58;//x.y"),
        ("a*b*c", "a#42;b#42;c"),
        ("2 * 3", "2 * 3"),
        ("C:\\n", "C:#92;n"),
        ("#quot;", "#35;quot;"),
        ("`code`", "#96;code#96;"),
        ("ネットワーク", "ネットワーク"),
        ("شبكة", "شبكة"),
        ("a\n b\u202e", "a b"),
        ("e\u0301", "é"),
    ],
)
def test_labels(title: str, written: str) -> None:
    assert label(title) == written


def test_a_line_that_mermaid_would_cut_has_its_colons_written_out() -> None:
    (_, line) = draw(node("cache"), node("css-style", "prerequisite", 1))
    assert line == 'Pre_css_style["css-style"]:::pre --> Center'
    found = Neighbourhood((node("cache"), node("css-style", "prerequisite", 1)), (), {})
    text = mermaid(found, title=lambda n: 'a:"x"', link=lambda _: None)
    assert 'Pre_css_style["a#58;#quot;x#quot;"]' in text


def test_a_title_of_which_nothing_would_be_seen_gives_way_to_the_slug() -> None:
    text = mermaid(Neighbourhood((node("cache"),), (), {}), title=lambda _: "\u202e \u2028", link=lambda _: None)
    assert 'Center["cache"]' in text


@given(st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from('"<>&#;`\\:%$*_~[]()|{}\n'), max_size=60))
def test_no_title_leaves_its_quotes_or_its_line(title: str) -> None:
    written = label(title)
    assert not re.search(r'["<>`\\\n\r\x00-\x1f]', written)
    assert "%%" not in written and "$$" not in written
    assert not re.search(r"direction\s+(TB|BT|RL|LR|TD)", written)
    plain = re.sub(r"#(\d+);|#quot;|&(lt|gt|amp);", "", written)
    assert "&#" not in plain


@given(st.sets(st.text("ab-_.#Z2", min_size=1, max_size=6), min_size=2, max_size=20))
def test_ids_never_collide(slugs: set[str]) -> None:
    ids = {slug: _node_id(node(slug, "related", 1)) for slug in slugs}
    for one, other in combinations(slugs, 2):
        assert ids[one] != ids[other]
    assert all(re.fullmatch(r"Rel_[A-Za-z0-9_]*", id_) for id_ in ids.values())


def test_titles_are_clipped_between_graphemes() -> None:
    found = Neighbourhood((node("cache"),), (), {})
    text = mermaid(found, title=lambda _: "क्ष" * 70, link=lambda _: None)
    assert f'Center["{"क्ष" * 59}…"]' in text


def test_a_hundred_and_fifty_terms_stay_within_what_mermaid_draws() -> None:
    long = [node(f"{'s' * 90}-{i}", "related", 1) for i in range(150)]
    links = tuple(Link(a.iri, b.iri, "prerequisite") for a, b in combinations(long[:40], 2))
    for nodes, drawn in ((long, links), (long, ()), (long[:40], links)):
        found = Neighbourhood((node("cache"), *nodes), drawn, {"related": 7})
        text = mermaid(found, title=lambda _: '"<&' * 170, link=lambda slug: f"https://kg.example.org/terms/{slug}")
        assert len(text) <= 50_000
        shown = text.count('"]:::related')
        more = re.search(r'"\+(\d+) more"', text)
        assert more and shown - 1 + int(more.group(1)) == len(nodes) + 7
        assert len(re.findall(r" -->| -\.->| ---", text)) <= 500


@pytest.mark.parametrize("theme", ["auto", "light", "dark", "neutral"])
def test_themes_have_the_same_classes(theme: str) -> None:
    text = mermaid(Neighbourhood(STAR, (), {}), title=lambda n: n.slug, link=lambda _: None, theme=theme)
    seed = mermaid(Neighbourhood(STAR, (), {}), title=lambda n: n.slug, link=lambda _: None)
    assert re.findall(r"classDef (\w+)", text) == re.findall(r"classDef (\w+)", seed)
    assert text != seed and text.startswith(seed[: seed.index("  classDef")])
