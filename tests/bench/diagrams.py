"""CPU time of our SVG, and of merman's for the same diagram (`pip install merman==0.9.2`; it is not a dependency).

python -m tests.bench.diagrams
"""

import importlib
import statistics
import time
from collections.abc import Callable, Iterator
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

ROUNDS = 60
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


def milliseconds(work: Callable[[], object], before: Callable[[], object] = lambda: None) -> float:
    """The median of the CPU times of `work`."""
    taken = []
    for _ in range(ROUNDS):
        before()
        start = time.process_time_ns()
        work()
        taken.append((time.process_time_ns() - start) / 1e6)
    return statistics.median(taken)


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
    seed, many = neighbourhood(iter(SEED)), neighbourhood(thirty())
    other = merman()
    table = Table("diagram", "boxes", "ours, ms", "ours, text not seen before, ms", "merman, ms", "ratios")
    for name, found in (("seed term", seed), ("30 terms, depth 1", many)):
        ours = milliseconds(lambda: svg(graph_of(found)))  # noqa: B023
        fresh = milliseconds(lambda: svg(graph_of(found)), wrap.cache_clear)  # noqa: B023
        text = mermaid(found, title=lambda node: node.label["en"], link=link)
        theirs = milliseconds(lambda: other.render_svg(text, None)) if other else None  # noqa: B023
        shown = (
            ("not installed", "")
            if theirs is None
            else (f"{theirs:.2f}", f"{theirs / ours:.1f}x, {theirs / fresh:.1f}x")
        )
        table.add_row(name, str(len(found.nodes)), f"{ours:.2f}", f"{fresh:.2f}", *shown)
    steps = path(15)
    ours = milliseconds(lambda: svg(steps, direction="TB"))
    fresh = milliseconds(lambda: svg(steps, direction="TB"), wrap.cache_clear)
    table.add_row("path of 15", "15", f"{ours:.2f}", f"{fresh:.2f}", "", "")
    Console(width=110).print(table)


if __name__ == "__main__":
    main()
