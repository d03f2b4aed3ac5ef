"""A learning path as text and as a graph to draw: Mermaid, Markdown for a list to tick off, boxes and lines."""

import re
from collections.abc import Callable, Iterator

from kgservice.diagrams.graph import Box, Graph, Line
from kgservice.diagrams.mermaid import label
from kgservice.diagrams.words import ENGLISH, Words
from kgservice.model.learning_path import LearningPath, PathStep
from kgservice.model.terms import Texts

_CLASSES = """\
  classDef main fill:#7c3aed,stroke:#8b5cf6,stroke-width:2px,color:white,font-weight:bold,rx:5,ry:5;
  classDef pre fill:#0f172a,stroke:#3b82f6,color:#94a3b8,rx:5,ry:5;
  linkStyle default stroke:#4b5563,stroke-width:2px;
"""


def path_mermaid(
    path: LearningPath,
    *,
    title: Callable[[PathStep], str],
    link: Callable[[str], str | None],
    direction: str = "LR",
    words: Words = ENGLISH,
) -> str:
    """The path as Mermaid text: its steps in order, goals marked, and an arrow from each to what requires it.

    `title` gives a step's title, `link` the address for its slug (None for no link).
    """
    lines = [f"graph {direction}"]
    for step in path.steps:
        text = label(title(step)) or step.slug
        if re.search("style|classDef", text):  # before a colon these would be commands
            text = label(title(step), also=":")
        lines.append(f'  {_id(step.slug)}["{text}"]:::{"main" if step.slug in path.goals else "pre"}')
        if (address := link(step.slug)) is not None:
            lines.append(f'  click {_id(step.slug)} "{address}"')
    lines += [f"  {_id(edge.target)} --> {_id(edge.source)}" for edge in path.edges]
    classes = _CLASSES if path.edges else re.sub("  linkStyle.*\n", "", _CLASSES)  # Mermaid has no style for no line
    if not path.steps:
        lines.append(f'  Step_Znone["{label(words.nothing_left)}"]:::main')  # no slug has a capital letter
    return "\n".join(lines) + "\n" + classes


def path_graph(
    path: LearningPath,
    *,
    title: Callable[[PathStep], tuple[str, str]],
    link: Callable[[str], str | None],
    words: Words = ENGLISH,
) -> Graph:
    """The path as boxes and lines: from each step to what requires it, goals as centres.

    `title` gives a step's title and the tag of its language (empty for a slug).
    """
    boxes = [
        Box(step.slug, text, "centre" if step.slug in path.goals else "prerequisite", lang, link(step.slug))
        for step in path.steps
        for text, lang in [title(step)]
    ]
    lines = [Line(edge.target, edge.source, "prerequisite") for edge in path.edges]
    name, lang = next(((box.text, box.lang) for box in reversed(boxes) if box.kind == "centre"), ("", words.lang))
    nothing = Box("nothing is left", words.nothing_left, "centre", words.lang)  # no slug has a space
    return Graph(name or nothing.text, lang, tuple(boxes) or (nothing,), tuple(lines))


def _id(slug: str) -> str:
    return f"Step_{slug.replace('-', '_')}"


_SIGNS = re.compile(r"([\\`*_\[\]<>#|~&])")


def path_markdown(
    path: LearningPath,
    *,
    title: Callable[[PathStep], str],
    text: Callable[[Texts], str],
    link: Callable[[str], str],
    words: Words = ENGLISH,
) -> str:
    """The path as an ordered list in Markdown, under each step what it requires that has a reason, with the reason.

    `text` gives a reason in the reader's language, `link` the address for a slug.
    """
    titles = {step.slug: _escaped(title(step)) for step in path.steps}
    return "".join(_items(path, titles, text, link)) or f"{words.nothing_left}\n"


def _items(
    path: LearningPath, titles: dict[str, str], text: Callable[[Texts], str], link: Callable[[str], str]
) -> Iterator[str]:
    for number, step in enumerate(path.steps, 1):
        bold = "**" if step.slug in path.goals else ""
        yield f"{number}. {bold}[{titles[step.slug]}]({link(step.slug)}){bold}\n"
        indent = " " * (len(str(number)) + 2)
        for edge in path.edges:
            if edge.source == step.slug and edge.reason:
                yield f"{indent}- {titles[edge.target]}: {_escaped(text(edge.reason))}\n"


def _escaped(value: str) -> str:
    """Plain text as Markdown that shows it as it is."""
    return _SIGNS.sub(r"\\\1", " ".join(value.split()))
