"""Colours. In each theme a text stands out from its box by 4.5 or more, a line from the page by 3 or more (WCAG AA).

`light` and `dark` bring their own ground. The others have none: their lines and borders, or else the boxes' fills,
stand out from a white page and from a dark one. `auto` follows the page. Colour is never the only sign of a kind: `svg`
gives each its own shape, border and arrow, too.
"""

from typing import NamedTuple


class Paint(NamedTuple):
    """The colours of a box."""

    fill: str
    border: str
    text: str


class Theme(NamedTuple):
    """The colours of lines and boxes; `ground` is what is painted behind them, if anything is."""

    line: str
    boxes: dict[str, Paint]
    ground: str | None = None


def _theme(line: str, *paints: tuple[str, str, str], ground: str | None = None) -> Theme:
    kinds = ("centre", "prerequisite", "requiredBy", "related", "broader", "narrower")
    return Theme(line, {kind: Paint(*paint) for kind, paint in zip(kinds, paints, strict=True)}, ground)


_LINE = "#6b7280"
_VIOLET, _BLUE, _GREEN, _AMBER = "#8b5cf6", "#3b82f6", "#059669", "#b45309"

_AUTO_DARK = _theme(
    _LINE,
    ("#7c3aed", _VIOLET, "#ffffff"),
    ("#172554", _BLUE, "#bfdbfe"),
    ("#022c22", _GREEN, "#a7f3d0"),
    ("#2e1065", _VIOLET, "#ddd6fe"),
    ("#451a03", _AMBER, "#fde68a"),
    ("#451a03", _AMBER, "#fde68a"),
)
_AUTO_LIGHT = _theme(
    _LINE,
    ("#7c3aed", _VIOLET, "#ffffff"),
    ("#dbeafe", _BLUE, "#1e3a8a"),
    ("#d1fae5", _GREEN, "#064e3b"),
    ("#ede9fe", _VIOLET, "#4c1d95"),
    ("#fef3c7", _AMBER, "#78350f"),
    ("#fef3c7", _AMBER, "#78350f"),
)

THEMES = {
    "seed": _theme(
        _LINE,  # the seed's own #4b5563 is 2.5 on a dark page
        ("#7c3aed", "#8b5cf6", "#ffffff"),
        ("#0f172a", "#3b82f6", "#94a3b8"),
        ("#0f172a", "#10b981", "#94a3b8"),
        ("#0f172a", "#8b5cf6", "#94a3b8"),
        ("#0f172a", "#8b5cf6", "#94a3b8"),
        ("#0f172a", "#8b5cf6", "#94a3b8"),
    ),
    "auto": _AUTO_LIGHT,
    "light": _AUTO_LIGHT._replace(ground="#ffffff"),
    "dark": _AUTO_DARK._replace(ground="#0d1117", line="#8b949e"),
    "neutral": _theme(
        _LINE,
        ("#374151", _LINE, "#ffffff"),
        *(("#f3f4f6", _LINE, "#1f2937"),) * 5,
    ),
}
"""By name, in the order of the contract; the first is the default."""


def following_rules() -> str:
    """The style sheet by which `auto` follows the page, or the reader's system where it stands alone.

    Where `light-dark()` is not known, the attributes count, which are those of the light form. Without the condition,
    renderers that are no browsers would paint black. Other pictures of the same page keep their own theme.
    """
    rules = []
    for kind, light in THEMES["auto"].boxes.items():
        dark = _AUTO_DARK.boxes[kind]
        if light != dark:
            rules.append(f".kg-auto .kg-{kind}>rect{{fill:light-dark({light.fill},{dark.fill})}}")
            rules.append(f".kg-auto .kg-{kind}>text{{fill:light-dark({light.text},{dark.text})}}")
    return f"@supports(color:light-dark(red,red)){{{''.join(rules)}}}"
