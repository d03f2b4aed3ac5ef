"""A neighbourhood as Mermaid text that versions 10 to 12 read alike.

Titles are data: `label` writes any of them so that it shows as it is, whatever Mermaid or Markdown would make of it.
Ids carry a prefix always (`end`, `style` or `__proto__` on their own break or endanger a page) and never collide.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import NamedTuple

from kgservice.diagrams.measuring import clip
from kgservice.diagrams.themes import THEMES
from kgservice.diagrams.words import ENGLISH, Words
from kgservice.model.neighbourhood import Link, Neighbour, Neighbourhood
from kgservice.model.terms import NEIGHBOUR_KINDS


class _Style(NamedTuple):
    """How a kind is drawn: prefix of ids, class, arrow, and whether the neighbour stands behind the arrow."""

    prefix: str
    class_: str
    arrow: str
    behind: bool = False


_STYLES = {
    "prerequisite": _Style("Pre", "pre", "-->"),
    "requiredBy": _Style("Child", "child", "-->", behind=True),
    "related": _Style("Rel", "related", "-.->"),
    "broader": _Style("Broader", "related", "---"),
    "narrower": _Style("Narrower", "related", "---", behind=True),
}

_SEED_CLASSES = """\
  classDef main fill:#7c3aed,stroke:#8b5cf6,stroke-width:2px,color:white,font-weight:bold,rx:5,ry:5;
  classDef pre fill:#0f172a,stroke:#3b82f6,color:#94a3b8,rx:5,ry:5;
  classDef child fill:#0f172a,stroke:#10b981,color:#94a3b8,rx:5,ry:5;
  classDef related fill:#0f172a,stroke:#8b5cf6,stroke-dasharray: 5 5,color:#94a3b8,rx:5,ry:5;
  linkStyle default stroke:#4b5563,stroke-width:2px;
"""

TITLE_MAX = (60, 40, 24, 12)
"""Graphemes of a title that are shown; fewer in a text that would be too long otherwise."""

TEXT_MAX = 50_000
"""UTF-16 units of a text that Mermaid draws; a page cannot raise it from the text."""

LINES_MAX = 500
"""Lines between terms that Mermaid draws."""


def mermaid(
    neighbourhood: Neighbourhood,
    *,
    title: Callable[[Neighbour], str],
    link: Callable[[str], str | None],
    direction: str = "LR",
    theme: str = "seed",
    words: Words = ENGLISH,
) -> str:
    """The diagram's text. `title` gives a term's title, `link` the address for its slug (None for no link).

    The centre first, then each neighbour with the line to the term that it was reached from, then, where the depth is
    more than 1, what other edges there are between the terms shown; one line for a pair of terms. What would be more
    than Mermaid draws has shorter titles, and if that is not enough, fewer terms, which `+N more` counts.
    """
    while True:
        for most in TITLE_MAX:
            text = _text(neighbourhood, lambda node: clip(title(node), most), link, direction, theme, words)  # noqa: B023
            if _is_drawn(text):
                return text
        neighbourhood = _with_fewer(neighbourhood)


def _is_drawn(text: str) -> bool:
    lines = sum(text.count(arrow) for arrow in (" --> ", " -.-> ", " --- "))  # those in titles count: rather too many
    return lines <= LINES_MAX and len(text.encode("utf-16-le")) // 2 <= TEXT_MAX


def _with_fewer(neighbourhood: Neighbourhood) -> Neighbourhood:
    """A tenth fewer terms, the last ones, which are counted as left out."""
    kept = max(1, len(neighbourhood.nodes) * 9 // 10)
    left_out = Counter(neighbourhood.left_out) + Counter(node.role for node in neighbourhood.nodes[kept:])
    iris = {node.iri for node in neighbourhood.nodes[:kept]}
    links = tuple(one for one in neighbourhood.links if one.source in iris and one.target in iris)
    return Neighbourhood(neighbourhood.nodes[:kept], links, left_out)


def _text(
    neighbourhood: Neighbourhood,
    title: Callable[[Neighbour], str],
    link: Callable[[str], str | None],
    direction: str,
    theme: str,
    words: Words,
) -> str:
    ids = {node.iri: _node_id(node) for node in neighbourhood.nodes}
    centre = neighbourhood.centre
    lines = [f"graph {direction}", _with_label("Center", _shown(centre, title), ":::main")]
    for node in neighbourhood.nodes[1:]:
        line = _node_line(ids[node.iri], _shown(node, title), _STYLES[node.role], ids[node.reached_from])
        lines += [line, *_click(ids[node.iri], link(node.slug))]
    for kind in filter(neighbourhood.left_out.get, NEIGHBOUR_KINDS):
        more = f"{_STYLES[kind].prefix}_Zmore"  # no slug has a capital letter
        line = _node_line(more, words.more.format(neighbourhood.left_out[kind]), _STYLES[kind], "Center")
        lines += [line, *_click(more, link(centre.slug))]
    lines += _other_links(neighbourhood, ids)
    return "\n".join(lines) + "\n" + _classes(theme)


def _classes(theme: str) -> str:
    """How the classes look. The seed's text is exact to the contract."""
    if theme == "seed":
        return _SEED_CLASSES
    colours = THEMES[theme]
    more = {"main": ",stroke-width:2px,font-weight:bold", "related": ",stroke-dasharray: 5 5"}
    lines = []
    for name, kind in (("main", "centre"), ("pre", "prerequisite"), ("child", "requiredBy"), ("related", "related")):
        fill, border, text = colours.boxes[kind]
        lines.append(f"  classDef {name} fill:{fill},stroke:{border},color:{text}{more.get(name, '')},rx:5,ry:5;")
    return "\n".join([*lines, f"  linkStyle default stroke:{colours.line},stroke-width:2px;\n"])


def _shown(node: Neighbour, title: Callable[[Neighbour], str]) -> str:
    """The title, or the slug where nothing of the title would be seen: an empty label breaks the diagram."""
    shown = title(node)
    return shown if label(shown) else node.slug


def _node_id(node: Neighbour) -> str:
    if node.role == "centre":
        return "Center"
    return f"{_STYLES[node.role].prefix}_{_NOT_IN_IDS.sub(_told_in_id, node.slug)}"


_NOT_IN_IDS = re.compile("[^a-z0-9]")


def _told_in_id(found: re.Match[str]) -> str:
    return "_" if found[0] == "-" else f"Z{ord(found[0]):x}Z"


def _node_line(id_: str, title: str, style: _Style, other: str) -> str:
    class_ = f":::{style.class_}"
    if style.behind:
        return _with_label(id_, title, class_, before=f"{other} {style.arrow} ")
    return _with_label(id_, title, f"{class_} {style.arrow} {other}")


def _with_label(id_: str, title: str, after: str, before: str = "") -> str:
    """A line with a labelled node. One with `style:…#…;` would lose its last `;`, so colons are written out there."""
    line = f'  {before}{id_}["{label(title)}"]{after}'
    if "#" in line and re.search(r"(style|classDef).*:\S*#.*;", line):
        line = f'  {before}{id_}["{label(title, also=":")}"]{after}'
    return line


def _click(id_: str, address: str | None) -> Iterator[str]:
    if address is not None:
        yield f'  click {id_} "{address}"'


def _other_links(neighbourhood: Neighbourhood, ids: dict[str, str]) -> Iterator[str]:
    drawn = {frozenset((node.iri, node.reached_from)) for node in neighbourhood.nodes}
    for one in neighbourhood.links:
        pair = frozenset((one.source, one.target))
        if pair not in drawn:
            drawn.add(pair)
            yield _link_line(one, ids)


def _link_line(one: Link, ids: dict[str, str]) -> str:
    arrow = _STYLES[one.kind].arrow
    first, second = (one.source, one.target) if one.kind == "related" else (one.target, one.source)
    return f"  {ids[first]} {arrow} {ids[second]}"


# --- labels ----------------------------------------------------------------------------------------------------------

_NAMED = {'"': "#quot;", "<": "&lt;", ">": "&gt;", "&": "&amp;"}

_ALWAYS = (r'["<>\\`]', r"&(?=[#A-Za-z0-9])", r"#(?=\w+;)")
_MARKDOWN = (
    r"_(?=_)|(?<=_)_|(?<![^\W_])_|_(?![^\W_])",  # an underscore within a word is none to Markdown
    "|".join(rf"(?<=^[0-9]{{{n}}})[.)](?=\s|$)" for n in range(1, 10)),  # a list's number has up to nine digits
    r"^[-+*#](?=[-+*#]*(?:\s|$))",
    r":(?=//)|(?<=www)\.|@(?=[\w-]+\.)|(?<=mailto):",
)
_MERMAID = (r":(?=fa-)", r"\$(?=\$)", r"%(?=%)", r"(?<=direction )[TBRL](?=[BTLRD])")
_SPECIAL = re.compile("|".join((*_ALWAYS, *_MARKDOWN, *_MERMAID)), re.IGNORECASE)

_SPACE = re.compile("[\\s\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff]+")
_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")
_LINK_LIKE = re.compile(r"\[.*\]\s?[(\[:]")
_RULE = re.compile(r"[-*_=\s]+\Z")


@lru_cache(4096)
def label(title: str, also: str = "") -> str:
    """A title as the inside of a quoted Mermaid label. Characters of `also` are written as entities, too."""
    text = unicodedata.normalize("NFC", _BIDI.sub("", _SPACE.sub(" ", title))).strip()
    text = text.replace("ﬂ°", "ﬂ\u2060°").replace("¶ß", "¶\u2060ß")  # Mermaid's own markers
    special = {found.start() for found in _SPECIAL.finditer(text)}
    whole = set(also) | {c for c in "*~" if text.count(c) > 1}
    if _LINK_LIKE.search(text):
        whole |= set("[]")
    if _RULE.match(text):
        whole |= set("-*_=")
    return "".join(_NAMED.get(c, f"#{ord(c)};") if i in special or c in whole else c for i, c in enumerate(text))
