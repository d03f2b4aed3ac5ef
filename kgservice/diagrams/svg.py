"""A placed graph as standalone SVG: real text, links, no script, nothing fetched.

Colours are attributes, since a page with a strict policy ignores style sheets in what it includes. There are no ids, so
that several pictures can stand in one page.
"""

import itertools
from collections import defaultdict
from collections.abc import Callable
from html import escape

from kgservice.diagrams.graph import Graph
from kgservice.diagrams.layout import ARC, FONT, LINE_HEIGHT, Layout, Placed, Point, Route, layout
from kgservice.diagrams.measuring import clip
from kgservice.diagrams.themes import THEMES, Theme, following_rules
from kgservice.diagrams.words import ENGLISH, Words
from kgservice.model.languages import direction as reading_direction

FONTS = (
    "system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans','Helvetica Neue',Arial,'Hiragino Sans','Noto Sans CJK JP',"
    "'Noto Sans Arabic','Noto Sans Devanagari',sans-serif"
)

_ARROW = 8
_WITH_ARROW = frozenset(("prerequisite", "requiredBy"))
_DASHED = "5 4"
_ROUND = {"requiredBy": 16, "centre": 8}
_BARRED = frozenset(("prerequisite", "broader", "narrower"))
_BAR = 4
"""Distance of a box's bar from its border: nearer to it than to the text."""

_BETWEEN = '<tspan font-size="0"> </tspan>'
"""Between the lines of a text: a space for those who hear or copy it, which takes no room."""

_BASELINE = 5
"""How far below its middle a line of text has its baseline."""


Fonts = Callable[[str], str]


def any_font(_lang: str) -> str:
    """The reader's own font, whatever the language."""
    return FONTS


def svg(
    graph: Graph,
    *,
    direction: str = "LR",
    theme: str = "seed",
    fonts: Fonts = any_font,
    style: bool = True,
) -> str:
    """The picture of a graph. Without `style`, `auto` follows a style sheet of the page that includes it.

    `fonts` gives the font families for texts in a language.
    """
    drawing = layout(graph, direction)
    colours = THEMES[theme]
    width, height = round(drawing.width), round(drawing.height)
    role = "group" if any(box.link for box in graph.boxes) else "img"
    root = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        f'role="{role}" aria-label="{escape(graph.title)}"{_language(graph.lang)} font-family="{fonts(graph.lang)}" '
        f'font-size="{FONT}" text-anchor="middle" class="kg-diagram{" kg-auto" if theme == "auto" else ""}">'
    )
    parts = [
        root,
        f"<title>{escape(graph.title)}</title><desc>{escape(_described(graph))}</desc>",
    ]
    if theme == "auto" and style:
        parts.append(f"<style>.kg-auto:root{{color-scheme:light dark}}{following_rules()}</style>")
    if colours.ground:
        parts.append(f'<rect width="{width}" height="{height}" rx="8" fill="{colours.ground}"/>')
    parts += _lines(drawing, colours.line)
    parts += [_box(one, colours, graph.lang, fonts, mirrored=drawing.mirrored) for one in drawing.boxes]
    return "\n".join([*parts, "</svg>\n"])


def not_found(slug: str, *, theme: str = "seed", words: Words = ENGLISH, fonts: Fonts = any_font) -> str:
    """A small picture that says that there is no such term."""
    colours = THEMES[theme]
    text, said = "#f0f6fc" if theme == "dark" else "#1f2937", escape(words.not_found)
    slug = "".join(character if character.isprintable() else "\ufffd" for character in slug)
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" width="360" height="72" viewBox="0 0 360 72" role="img" '
        f'aria-label="{said}"{_language(words.lang)} font-family="{fonts(words.lang)}" font-size="{FONT}" '
        f'text-anchor="middle"><title>{said}</title><desc>{escape(slug)}</desc>'
        f'<rect x="1" y="1" width="358" height="70" rx="8" fill="{colours.ground or "#ffffff"}" '
        f'stroke="{colours.line}" stroke-dasharray="{_DASHED}"/>'
        f'<text x="180" y="32" fill="{text}" font-weight="bold">{said}</text>'
        f'<text x="180" y="54" fill="{text}" font-size="12">{escape(clip(slug, 40))}</text></svg>\n'
    )


def _language(lang: str) -> str:
    """Language and direction of what is inside; nothing for a slug."""
    if not lang:
        return ""
    reading = reading_direction(lang)
    return f' lang="{lang}" direction="{reading}"'


def _described(graph: Graph) -> str:
    """The lines in words that need no translation: `logic → networking; api – networking`."""
    texts = {box.id: box.text for box in graph.boxes}
    told = [
        f"{texts[line.tail]} {'→' if line.kind in _WITH_ARROW else '–'} {texts[line.head]}"
        for line in graph.lines
        if line.tail in texts and line.head in texts
    ]
    return "; ".join(told)


# --- lines -----------------------------------------------------------------------------------------------------------


def _lines(drawing: Layout, colour: str) -> list[str]:
    """The lines of each kind as one path: solid with an arrow, dashed, or solid without one."""
    ways, arrows = defaultdict(list), []
    for route in drawing.routes:
        ways[route.line.kind].append(_way(route, drawing))
        if route.line.kind in _WITH_ARROW:
            arrows.append(_arrow(route.points[-1], route.points[-2], horizontal=drawing.horizontal))
    parts = []
    for kind, each in ways.items():
        dashes = f' stroke-dasharray="{_DASHED}"' if kind == "related" else ""
        wider = "2.5" if kind in ("broader", "narrower") else "1.5"
        parts.append(f'<path fill="none" stroke="{colour}" stroke-width="{wider}"{dashes} d="{"".join(each)}"/>')
    if arrows:
        parts.append(f'<path fill="{colour}" d="{"".join(arrows)}"/>')
    return parts


def _way(route: Route, drawing: Layout) -> str:
    points = list(route.points)
    if route.line.kind in _WITH_ARROW:
        points[-1] = _before_arrow(points[-1], points[-2], horizontal=drawing.horizontal)
    parts = [f"M{points[0][0]},{points[0][1]}"]
    for number, (one, other) in enumerate(itertools.pairwise(points)):
        parts.append(f"L{other[0]},{other[1]}" if number % 2 else _bend(one, other, drawing))
    return "".join(parts)


def _bend(one: Point, other: Point, drawing: Layout) -> str:
    """A curve that leaves and arrives along the lines; between boxes of one layer it swings out."""
    (x, y), (to_x, to_y) = one, other
    if drawing.horizontal:
        out = 0 if x != to_x else -ARC if drawing.mirrored else ARC
        middle = (x + to_x) // 2 + out
        return f"C{middle},{y} {middle},{to_y} {to_x},{to_y}"
    middle = (y + to_y) // 2 + (ARC if y == to_y else 0)
    return f"C{x},{middle} {to_x},{middle} {to_x},{to_y}"


def _before_arrow(tip: Point, before: Point, *, horizontal: bool) -> Point:
    x, y = tip
    if horizontal:
        return (x - _ARROW + 1 if x > before[0] else x + _ARROW - 1), y
    return x, (y - _ARROW + 1 if y > before[1] else y + _ARROW - 1)


def _arrow(tip: Point, before: Point, *, horizontal: bool) -> str:
    x, y = tip
    if horizontal:
        return f"M{x},{y}l{-_ARROW if x > before[0] else _ARROW},{-_ARROW // 2}v{_ARROW}Z"
    return f"M{x},{y}l{-_ARROW // 2},{-_ARROW if y > before[1] else _ARROW}h{_ARROW}Z"


# --- boxes -----------------------------------------------------------------------------------------------------------


def _box(one: Placed, colours: Theme, lang: str, fonts: Fonts, *, mirrored: bool) -> str:
    box, paint = one.box, colours.boxes[one.box.kind]
    dashes = f' stroke-dasharray="{_DASHED}"' if box.kind == "related" else ""
    middle = one.x + one.width // 2
    first = one.y + (one.height - LINE_HEIGHT * (len(one.lines) - 1)) // 2 + _BASELINE
    bold = ' font-weight="bold"' if box.kind == "centre" else ""
    spaced = " ".join(one.lines) == box.text
    rows = (_BETWEEN if spaced else "").join(
        [
            f'<tspan x="{middle}" y="{first + LINE_HEIGHT * row}">{escape(line, quote=False)}</tspan>'
            for row, line in enumerate(one.lines)
        ]
    )
    language = ""
    if box.lang != lang:
        other = fonts(box.lang)
        language = _language(box.lang) + (f' font-family="{other}"' if other != fonts(lang) else "")
    inside = (
        (f"<title>{escape(box.text)}</title>" if one.clipped else "")
        + f'<rect x="{one.x}" y="{one.y}" width="{one.width}" height="{one.height}" '
        f'rx="{_ROUND.get(box.kind, 5)}" fill="{paint.fill}" stroke="{paint.border}" '
        f'stroke-width="{2 if box.kind == "centre" else 1.5}"{dashes}/>'
        + _mark(one, paint.border, mirrored=mirrored)
        + f'<text fill="{paint.text}"{bold}{language}>{rows}</text>'
    )
    told = spaced or "".join(one.lines) == box.text
    name = "" if told else f' aria-label="{escape(box.text)}"'
    if box.link is None:
        return f'<g class="kg-{box.kind}">{inside}</g>'
    return f'<a href="{escape(box.link)}" target="_top" class="kg-{box.kind}"{name}>{inside}</a>'


def _mark(one: Placed, colour: str, *, mirrored: bool) -> str:
    """What tells a kind beside its colour: a bar at the side of what comes before, above or below of what is so."""
    kind = one.box.kind
    if kind not in _BARRED:
        return ""
    x, y, width, height = one.x + _BAR, one.y + _BAR, one.width - 2 * _BAR, one.height - 2 * _BAR
    if kind == "prerequisite":
        run = f"{x + width if mirrored else x},{y}v{height}"
    else:
        run = f"{x},{y if kind == 'broader' else y + height}h{width}"
    return f'<path stroke="{colour}" stroke-width="2" d="M{run}"/>'
