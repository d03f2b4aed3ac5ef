"""A small directed graph to draw: a neighbourhood, a learning path. What is drawn, not where."""

from typing import NamedTuple

DIRECTIONS = ("LR", "TB")
"""Where lines run: from left to right, or from top to bottom."""


class Box(NamedTuple):
    """Something with a text. `kind` is `centre` or a kind of neighbour and decides how the box looks.

    `lang` is the language of the text (empty for a slug), `link` the address that the box leads to.
    """

    id: str
    text: str
    kind: str
    lang: str = ""
    link: str | None = None


class Line(NamedTuple):
    """A line between two boxes. It is drawn from `tail` to `head`, with an arrow where the kind has one."""

    tail: str
    head: str
    kind: str

    @property
    def loose(self) -> bool:
        """Whether neither end comes before the other, so that the line may run any way."""
        return self.kind == "related"


class Graph(NamedTuple):
    """Boxes with distinct ids, and lines between them. `title` names the whole, in the language `lang`."""

    title: str
    lang: str
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]
