"""Where boxes and lines go, in pixels: few crossings, and no line under a box.

The layers of `layering` become columns (from left to right) or rows (from top to bottom). The boxes of a column have
one width, those of a row one height, and lines bend between them only: that is why they never meet a box that is not
theirs. Everything is worked out *along* the lines and *across* them, and turned at the end.
"""

import itertools
from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from kgservice.diagrams.graph import Box, Graph, Line
from kgservice.diagrams.layering import Layers, in_layers, places, without_circles
from kgservice.diagrams.measuring import BOLD, wrap

FONT = 14
LINE_HEIGHT = 20
PADDING = 12
MARGIN = 12

_GAP_ACROSS = 12
_LANE = 4
"""Room across for a line that passes a layer, beside the gaps."""

_GAP_ALONG = (44.0, 90.0)
_STEEPNESS = 0.16
"""Room along that lines get for each pixel that they run across."""

_PORTS = 9.0
"""Distance of lines at the same side of a box, as long as they fit."""

_TEXT_WIDTH = 11.5
_TEXT_WIDTH_MANY = 8.5
_MANY_LAYERS = 4
"""From more layers on, boxes are narrower, so that the whole stays legible in a column of a page."""

_ROW_MAX = 5
"""Boxes side by side from top to bottom: more would not be legible in a column of 800 pixels."""

Point = tuple[float, float]


class Placed(NamedTuple):
    """A box with its lines of text and its place: the left upper corner, width and height."""

    box: Box
    lines: tuple[str, ...]
    clipped: bool
    x: float
    y: float
    width: float
    height: float


class Route(NamedTuple):
    """A line's way: points in pairs, the ends of the bends between layers, from `tail` to `head`."""

    line: Line
    points: tuple[Point, ...]


class Layout(NamedTuple):
    """A drawing: its size, boxes in the order of the graph, and ways."""

    width: float
    height: float
    horizontal: bool
    boxes: tuple[Placed, ...]
    routes: tuple[Route, ...]


class _Text(NamedTuple):
    lines: tuple[str, ...]
    clipped: bool
    along: float
    across: float


def layout(graph: Graph, direction: str = "LR") -> Layout:
    """Place a graph. A line from a box to itself, or to one that is not there, is not drawn."""
    horizontal = direction == "LR"
    index = {box.id: number for number, box in enumerate(graph.boxes)}
    lines = [line for line in graph.lines if line.tail != line.head and line.tail in index and line.head in index]
    pairs = [(index[line.tail], index[line.head]) for line in lines]
    forward = without_circles(len(index), pairs)
    layers = in_layers(len(index), forward, widest=None if horizontal else _ROW_MAX)
    texts = _texts(graph.boxes, len(layers.order), horizontal=horizontal)
    bands = _bands(layers, texts)
    sizes = [text.across for text in texts] + [_LANE] * (len(layers.ranks) - len(texts))
    middles = places(layers, sizes, _GAP_ACROSS)
    starts = _starts(layers, bands, middles)
    ways = _ways(layers, forward, starts, bands, middles, sizes)
    routes = [
        Route(line, points if pair == turned else points[::-1])
        for line, pair, turned, points in zip(lines, pairs, forward, ways, strict=True)
    ]
    placed = [
        Placed(box, text.lines, text.clipped, starts[rank], middle - text.across / 2, bands[rank], text.across)
        for box, text, rank, middle in zip(graph.boxes, texts, layers.ranks, middles, strict=False)
    ]
    along = starts[-1] + bands[-1] if starts else 0.0
    across = max((m + s / 2 for m, s in zip(middles, sizes, strict=True)), default=0.0)
    return _turned(Layout(along, across, horizontal, tuple(placed), tuple(routes)))


def _texts(boxes: Sequence[Box], layers: int, *, horizontal: bool) -> list[_Text]:
    most = _TEXT_WIDTH_MANY if layers > _MANY_LAYERS or not horizontal else _TEXT_WIDTH
    found = []
    for box in boxes:
        wider = BOLD if box.kind == "centre" else 1.0
        wrapped = wrap(box.text, most / wider)
        width = wrapped.width * wider * FONT + 2 * PADDING
        height = LINE_HEIGHT * len(wrapped.lines) + PADDING
        along, across = (width, height) if horizontal else (height, width)
        found.append(_Text(wrapped.lines, wrapped.clipped, along, across))
    return found


def _bands(layers: Layers, texts: Sequence[_Text]) -> list[float]:
    """The extent of each layer along the lines: that of its largest box."""
    return [max((texts[v].along for v in layer if v < len(texts)), default=0.0) for layer in layers.order]


def _starts(layers: Layers, bands: list[float], middles: list[float]) -> list[float]:
    """Where each layer starts along the lines. Steep lines have more room."""
    steepest = [0.0] * len(bands)
    for way in layers.ways:
        for one, other in itertools.pairwise(way):
            rank = layers.ranks[one]
            steepest[rank] = max(steepest[rank], abs(middles[one] - middles[other]))
    starts, start = [], 0.0
    least, most = _GAP_ALONG
    for band, run in zip(bands, steepest, strict=True):
        starts.append(start)
        start += band + min(most, least + _STEEPNESS * run)
    return starts


def _ways(
    layers: Layers,
    forward: Sequence[tuple[int, int]],
    starts: list[float],
    bands: list[float],
    middles: list[float],
    sizes: list[float],
) -> list[tuple[Point, ...]]:
    """Each line's points, from its lower layer to its higher one."""
    leaving = _ports(middles, sizes, [(tail, n, layers.ways[n][1]) for n, (tail, _) in enumerate(forward)])
    entering = _ports(middles, sizes, [(head, n, layers.ways[n][-2]) for n, (_, head) in enumerate(forward)])
    found = []
    for number, way in enumerate(layers.ways):
        points = []
        for place, vertex in enumerate(way):
            rank = layers.ranks[vertex]
            if place:
                points.append((starts[rank], entering[number] if vertex == way[-1] else middles[vertex]))
            if place < len(way) - 1:
                points.append((starts[rank] + bands[rank], leaving[number] if not place else middles[vertex]))
        found.append(tuple(points))
    return found


def _ports(middles: list[float], sizes: list[float], ends: list[tuple[int, int, int]]) -> dict[int, float]:
    """Where lines touch their boxes, by number of the line; `ends` are (box, line, what the line comes from)."""
    by_box = defaultdict(list)
    for box, number, other in ends:
        by_box[box].append((middles[other], number))
    found = {}
    for box, lines in by_box.items():
        step = min(_PORTS, (sizes[box] - PADDING) / len(lines))
        for place, (_, number) in enumerate(sorted(lines)):
            found[number] = middles[box] + step * (place - (len(lines) - 1) / 2)
    return found


def _turned(drawing: Layout) -> Layout:
    """The drawing in x and y, with a margin round it."""
    wide, high = drawing.width + 2 * MARGIN, drawing.height + 2 * MARGIN

    def point(along: float, across: float) -> Point:
        x, y = (along, across) if drawing.horizontal else (across, along)
        return x + MARGIN, y + MARGIN

    boxes = []
    for one in drawing.boxes:
        size = (one.width, one.height) if drawing.horizontal else (one.height, one.width)
        boxes.append(Placed(one.box, one.lines, one.clipped, *point(one.x, one.y), *size))
    routes = tuple(Route(one.line, tuple(point(*each) for each in one.points)) for one in drawing.routes)
    width, height = (wide, high) if drawing.horizontal else (high, wide)
    return Layout(width, height, drawing.horizontal, tuple(boxes), routes)
