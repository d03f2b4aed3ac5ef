"""CPU time of our SVG, and of merman's for the same diagram (`pip install merman==0.9.2`; it is not a dependency).

python -m tests.bench.diagrams
"""

import importlib
import statistics
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from rich.console import Console
from rich.table import Table

from kgservice.diagrams.graph import Graph
from kgservice.diagrams.measuring import wrap
from kgservice.diagrams.mermaid import mermaid
from kgservice.diagrams.neighbourhoods import drawn_graph
from kgservice.diagrams.svg import svg
from kgservice.model.neighbourhood import Neighbour, Neighbourhood
from tests.diagrams.graphs import TITLES, path

ROUNDS = 20
SEED = (
    ("prerequisite", "Logic"),
    ("related", "Network security"),
    ("related", "Distributed systems"),
    ("related", "Application programming interface"),
)


def neighbourhood(neighbours: Iterator[tuple[str, str]]) -> Neighbourhood:
    nodes = [Neighbour("c", "networking", {"en": "Networking"}, "centre", 0, "c")]
    nodes += [
        Neighbour(f"n{number}", f"term-{number}", {"en": title}, kind, 1, "c")
        for number, (kind, title) in enumerate(neighbours)
    ]
    return Neighbourhood(tuple(nodes), (), {})


def thirty() -> Iterator[tuple[str, str]]:
    kinds = ("prerequisite",) * 8 + ("requiredBy",) * 8 + ("related",) * 14
    titles = [title for lang in ("en", "ja", "ar", "hi") for title in TITLES[lang]] * 2
    return zip(kinds, titles, strict=False)


def milliseconds(*works: Callable[[], object]) -> list[float]:
    """The median CPU time of each of several works that take turns, ten times each."""
    taken: list[list[float]] = [[] for _ in works]
    for _ in range(ROUNDS):
        for work, times in zip(works, taken, strict=True):
            for _ in range(10):
                start = time.process_time_ns()
                work()
                times.append((time.process_time_ns() - start) / 1e6)
    return [statistics.median(times) for times in taken]


def anew(draw: Callable[[], str]) -> Callable[[], str]:
    """Drawing with texts whose lines are not known yet."""

    def drawn() -> str:
        wrap.cache_clear()
        return draw()

    return drawn


def link(slug: str) -> str:
    return f"https://kg.example.org/terms/{slug}"


def graph_of(found: Neighbourhood) -> Graph:
    return drawn_graph(found, title=lambda node: (node.label["en"], "en"), link=link)


def merman() -> Any:
    """merman's renderer, or None where it is not installed."""
    try:
        return importlib.import_module("merman").Merman()
    except ImportError:
        return None


def main() -> None:
    other = merman()
    table = Table("diagram", "boxes", "ours, ms", "ours, text not seen before, ms", "merman, ms", "ratios")
    for name, found in (("seed term", neighbourhood(iter(SEED))), ("30 terms, depth 1", neighbourhood(thirty()))):
        draw = partial(lambda found: svg(graph_of(found)), found)
        text = mermaid(found, title=lambda node: node.label["en"], link=link)
        theirs = [partial(other.render_svg, text, None)] if other else []
        fresh, ours, *times = milliseconds(anew(draw), draw, *theirs)
        told = [f"{time:.2f}" for time in times] or ["not installed"]
        ratios = [f"{time / ours:.1f}x, {time / fresh:.1f}x" for time in times]
        table.add_row(name, str(len(found.nodes)), f"{ours:.2f}", f"{fresh:.2f}", *told, *ratios)
    draw = partial(svg, path(15), direction="TB")
    fresh, ours = milliseconds(anew(draw), draw)
    table.add_row("path of 15", "15", f"{ours:.2f}", f"{fresh:.2f}", "", "")
    Console(width=110).print(table)


if __name__ == "__main__":
    main()
