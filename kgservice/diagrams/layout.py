"""Where boxes and lines go, in whole pixels: few crossings, and no line under a box.

The layers of `layering` become columns (along the line of reading) or rows (from top to bottom). The boxes of a column
have one width, those of a row one height, and lines bend between them only: that is why they never meet a box that is
not theirs. Everything is worked out *along* the lines and *across* them, and turned at the end; what is titled in a
language that is written from right to left is mirrored.
"""

import itertools
import math
from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from kgservice.diagrams.graph import Box, Graph, Line
from kgservice.diagrams.layering import Layers, in_layers, places
from kgservice.diagrams.measuring import BOLD, wrap
from kgservice.model.languages import direction as reading_direction

FONT = 14
LINE_HEIGHT = 20
PADDING = 12
MARGIN = 12

_GAP_ACROSS = 12
_LANE = 4
"""Room across for a line that passes a layer, beside the gaps."""

_GAP_ALONG = (44, 90)
_STEEPNESS = 0.16
"""Room along that lines get for each pixel that they run across."""

ARC = 24
"""How far the curve of an arc is pulled beyond its boxes; it gets three quarters of that far."""

_PORTS = 9.0
"""Distance of lines at the same side of a box, as long as they fit."""

_CLOSEST = 5
"""Their least distance: a box that many lines meet is larger than its text, lest their arrows become a lump."""

_TEXT_WIDTH = 11.5
_TEXT_WIDTH_MANY = 8.5
_FEW_LAYERS = 4
"""With more layers, boxes are narrower, so that the whole stays legible in a column of a page."""

_ROW_MAX = 640
"""Pixels of boxes side by side from top to bottom: with lines that pass, more is not legible in a column of 800."""

Point = tuple[int, int]


class Placed(NamedTuple):
    """A box with its lines of text and its place: the left upper corner, width and height."""

    box: Box
    lines: tuple[str, ...]
    clipped: bool
    x: int
    y: int
    width: int
    height: int


class Route(NamedTuple):
    """A line's way: points in pairs, the ends of the bends between layers, from `tail` to `head`.

    An arc between boxes of one layer has two points, and swings out by `ARC` beyond them.
    """

    line: Line
    points: tuple[Point, ...]


class Layout(NamedTuple):
    """A drawing: its size, boxes and ways in the order of the graph; whether it runs from right to left."""

    width: int
    height: int
    horizontal: bool
    mirrored: bool
    boxes: tuple[Placed, ...]
    routes: tuple[Route, ...]


class _Text(NamedTuple):
    lines: tuple[str, ...]
    clipped: bool
    along: int
    across: int


class _Grid(NamedTuple):
    """Where layers start along the lines and how far they extend; where vertices are across, and their sizes."""

    starts: list[int]
    bands: list[int]
    middles: list[int]
    sizes: list[int]


def layout(graph: Graph, direction: str = "LR") -> Layout:
    """Place a graph. A line from a box to itself, or to one that is not there, is not drawn."""
    horizontal = direction == "LR"
    index = {box.id: number for number, box in enumerate(graph.boxes)}
    lines = [line for line in graph.lines if line.tail != line.head and line.tail in index and line.head in index]
    pairs = [(index[line.tail], index[line.head]) for line in lines]
    loose = [number for number, line in enumerate(lines) if line.loose]
    if horizontal:
        layers = in_layers(len(index), pairs, loose)
        texts = _texts(graph.boxes, _TEXT_WIDTH if len(layers.order) <= _FEW_LAYERS else _TEXT_WIDTH_MANY)
    else:
        texts = [one._replace(along=one.across, across=one.along) for one in _texts(graph.boxes, _TEXT_WIDTH_MANY)]
        layers = in_layers(len(index), pairs, loose, [one.across + _GAP_ACROSS for one in texts], _ROW_MAX)
    grid = _grid(layers, texts)
    page = _page(layers, grid, horizontal=horizontal, mirrored=_is_mirrored(graph.lang))
    boxes = [
        Placed(box, text.lines, text.clipped, *page.area(grid, vertex, rank))
        for vertex, (box, text, rank) in enumerate(zip(graph.boxes, texts, layers.ranks, strict=False))
    ]
    routes = []
    for line, (tail, _), way, ends in zip(lines, pairs, layers.ways, _ways(layers, grid), strict=True):
        points = [page.point(along, across) for along, across in ends]
        routes.append(Route(line, tuple(points if way[0] == tail else points[::-1])))
    return Layout(page.width, page.height, horizontal, page.mirrored, tuple(boxes), tuple(routes))


def _is_mirrored(lang: str) -> bool:
    return bool(lang) and reading_direction(lang) == "rtl"


def _texts(boxes: Sequence[Box], most: float) -> list[_Text]:
    """The texts of boxes in columns."""
    found = []
    for box in boxes:
        wider = BOLD if box.kind == "centre" else 1.0
        wrapped = wrap(box.text, most)
        width = 2 * math.ceil(wrapped.width * wider * FONT / 2) + 2 * PADDING
        found.append(_Text(wrapped.lines, wrapped.clipped, width, LINE_HEIGHT * len(wrapped.lines) + PADDING))
    return found


def _grid(layers: Layers, texts: Sequence[_Text]) -> _Grid:
    """The boxes of a layer extend as far along the lines as the largest of them."""
    bands = [max([texts[v].along for v in layer if v < len(texts)], default=0) for layer in layers.order]
    sizes = _sizes(layers, texts) + [_LANE] * (len(layers.ranks) - len(texts))
    middles = [*map(round, places(layers, sizes, _GAP_ACROSS))]
    return _Grid(_starts(layers, bands, middles), bands, middles, sizes)


def _sizes(layers: Layers, texts: Sequence[_Text]) -> list[int]:
    """How far boxes extend across the lines: room for the text and for the lines of the busier side."""
    across = [text.across for text in texts]
    if PADDING + _CLOSEST * len(layers.ways) <= min(across, default=0):  # all at one box would have room
        return across
    leaving, entering = [0] * len(layers.ranks), [0] * len(layers.ranks)
    for way in layers.ways:
        leaving[way[0]] += 1
        entering[way[-1]] += 1
    boxes = zip(across, leaving, entering, strict=False)
    return [max(text, PADDING + _CLOSEST * max(lines)) for text, *lines in boxes]


def _starts(layers: Layers, bands: list[int], middles: list[int]) -> list[int]:
    """Where each layer starts along the lines. Steep lines have more room."""
    steepest = [0] * len(bands)
    for way in layers.ways:
        for one, other in itertools.pairwise(way):
            rank = layers.ranks[one]
            steepest[rank] = max(steepest[rank], abs(middles[one] - middles[other]))
    starts, start = [], 0
    least, most = _GAP_ALONG
    for band, run in zip(bands, steepest, strict=True):
        starts.append(start)
        start += band + int(min(most, least + _STEEPNESS * run))
    return starts


def _ways(layers: Layers, grid: _Grid) -> list[list[tuple[int, int]]]:
    """The points of each line along and across, from its lower layer to its higher one."""
    arcs = {number for number, way in enumerate(layers.ways) if layers.ranks[way[0]] == layers.ranks[way[1]]}
    numbered = [*enumerate(layers.ways)]
    turns = [(layers.ways[number][1], ~number, layers.ways[number][0]) for number in arcs]  # their other ends
    leaving = _ports(grid, [(way[0], number, way[1]) for number, way in numbered] + turns)
    entering = _ports(grid, [(way[-1], number, way[-2]) for number, way in numbered if number not in arcs])
    starts, ends = grid.starts, [start + band for start, band in zip(grid.starts, grid.bands, strict=True)]
    found = []
    for number, way in numbered:
        rank = layers.ranks[way[0]]
        points = [(ends[rank], leaving[number])]
        for lane in way[1:-1]:
            rank += 1
            points += [(starts[rank], grid.middles[lane]), (ends[rank], grid.middles[lane])]
        points.append((ends[rank], leaving[~number]) if number in arcs else (starts[rank + 1], entering[number]))
        found.append(points)
    return found


def _ports(grid: _Grid, ends: list[tuple[int, int, int]]) -> dict[int, int]:
    """Where lines touch their boxes, by number of the line; `ends` are (box, line, what the line comes from)."""
    by_box = defaultdict(list)
    for box, number, other in ends:
        by_box[box].append((grid.middles[other], number))
    found = {}
    for box, lines in by_box.items():
        step = min(_PORTS, (grid.sizes[box] - PADDING) / len(lines))
        first = grid.middles[box] - step * (len(lines) - 1) / 2
        for place, (_, number) in enumerate(sorted(lines)):
            found[number] = round(first + step * place)
    return found


class _Page(NamedTuple):
    """Turns what is along and across into x and y, with a margin round the whole."""

    width: int
    height: int
    horizontal: bool
    mirrored: bool

    def point(self, along: int, across: int) -> Point:
        x, y = (along, across) if self.horizontal else (across, along)
        return (self.width - MARGIN - x if self.mirrored else MARGIN + x), MARGIN + y

    def area(self, grid: _Grid, box: int, rank: int) -> tuple[int, int, int, int]:
        """Left upper corner, width and height of a box."""
        along, across = grid.bands[rank], grid.sizes[box]
        x, y = self.point(grid.starts[rank], grid.middles[box] - across // 2)
        width, height = (along, across) if self.horizontal else (across, along)
        return (x - width if self.mirrored else x), y, width, height


def _page(layers: Layers, grid: _Grid, *, horizontal: bool, mirrored: bool) -> _Page:
    last = len(grid.starts) - 1
    along = grid.starts[-1] + grid.bands[-1] if grid.starts else 0
    if any(layers.ranks[way[0]] == layers.ranks[way[1]] == last for way in layers.ways):
        along += ARC
    across = max([middle + size // 2 for middle, size in zip(grid.middles, grid.sizes, strict=True)], default=0)
    width, height = (along, across) if horizontal else (across, along)
    return _Page(width + 2 * MARGIN, height + 2 * MARGIN, horizontal, mirrored)
