"""What other sites paste to show a diagram or a definition: HTML and Markdown, with absolute links."""

import base64
import hashlib
import re
from collections.abc import Mapping
from functools import lru_cache
from html import escape
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode

from kgservice.api.context import public_url

VERSION = 1
"""Of `embed-1.js`. A released file never changes, since pages name its digest; a change is a new file."""

_STATIC = Path(__file__).parent / "static"
_MARKDOWN_SIGNS = re.compile(r"([\\`*_\[\]<>#|~])")


class Shown(NamedTuple):
    """What a snippet shows: a term, how it is called in which languages, its definition, the size of its picture.

    `options` are parameters of the diagram that are not the default ones, `lang` among them.
    """

    slug: str
    title: str
    definition: str
    width: int
    height: int
    options: Mapping[str, str]


@lru_cache(1)
def script() -> bytes:
    """The file that defines `<kg-diagram>` and `<kg-term>`."""
    return (_STATIC / f"embed-{VERSION}.js").read_bytes()


@lru_cache(1)
def integrity() -> str:
    """The digest by which a page can pin the file."""
    return "sha384-" + base64.b64encode(hashlib.sha384(script()).digest()).decode()


def escaped_for_markdown(value: str) -> str:
    """Plain text as Markdown that shows it as it is."""
    return _MARKDOWN_SIGNS.sub(r"\\\1", " ".join(value.split()))


def _address(path: str, options: Mapping[str, str]) -> str:
    query = urlencode(options, safe=",")
    return public_url(path) + (f"?{query}" if query else "")


def _picture_address(shown: Shown, theme: str) -> str:
    return _address(f"/terms/{shown.slug}/diagram.svg", {**shown.options, "theme": theme})


def page_address(shown: Shown) -> str:
    """The term's page in the language asked for."""
    return _address(f"/terms/{shown.slug}", {k: v for k, v in shown.options.items() if k == "lang"})


def picture_in_html(shown: Shown) -> str:
    """The picture with a link to the term; light and dark by the reader's system unless a theme is asked for."""
    theme = shown.options.get("theme", "auto")
    source = ""
    if theme == "auto":
        dark = escape(_picture_address(shown, "dark"))
        source, theme = f'\n    <source media="(prefers-color-scheme: dark)" srcset="{dark}">', "light"
    return (
        f'<a href="{escape(page_address(shown))}">\n  <picture>{source}\n'
        f'    <img src="{escape(_picture_address(shown, theme))}" alt="{escape(shown.title)}" '
        f'width="{shown.width}" height="{shown.height}" loading="lazy">\n  </picture>\n</a>\n'
    )


def in_html(shown: Shown) -> str:
    """Picture, title and definition for a page or a feed; nothing of it needs a script."""
    title = f'<a href="{escape(page_address(shown))}">{escape(shown.title)}</a>'
    told = f": {escape(' '.join(shown.definition.split()))}" if shown.definition else ""
    picture = "\n".join(f"  {line}" for line in picture_in_html(shown).strip().split("\n"))
    return f"<figure>\n{picture}\n  <figcaption>{title}{told}</figcaption>\n</figure>\n"


def in_markdown(shown: Shown) -> str:
    """The same for Markdown that allows HTML, as on GitHub; with one theme asked for, plain Markdown."""
    title = escaped_for_markdown(shown.title)
    if shown.options.get("theme", "auto") == "auto":
        picture = picture_in_html(shown)
    else:
        address = _picture_address(shown, shown.options["theme"])
        picture = f"[![{title}]({address})]({page_address(shown)})\n"
    told = f": {escaped_for_markdown(shown.definition)}" if shown.definition else ""
    return f"{picture}\n[{title}]({page_address(shown)}){told}\n"


def frame(shown: Shown) -> str:
    """An iframe with the term's embed."""
    address = escape(_address(f"/embed/terms/{shown.slug}", shown.options))
    return (
        f'<iframe src="{address}" title="{escape(shown.title)}" width="100%" height="{frame_height(shown)}" '
        'loading="lazy" style="border:0"></iframe>\n'
    )


def frame_height(shown: Shown, width: int = 640) -> int:
    """Pixels that an embed needs at a width: its picture, scaled to fit, its texts, and room to spare."""
    drawn = shown.height * min(1.0, (width - 32) / shown.width)
    lines = 1 + sum(2 if ord(character) > 0x2E80 else 1 for character in shown.definition) * 9 // (width - 32)
    return round(drawn) + lines * 26 + 120


def script_tag() -> str:
    """The one line that defines the elements, pinned by its digest."""
    return (
        f'<script src="{escape(public_url(f"/embed-{VERSION}.js"))}" integrity="{integrity()}" '
        'crossorigin="anonymous" defer></script>\n'
    )


def preview(shown: Shown) -> str:
    """`<kg-diagram>` that keeps the place of its picture, so that nothing moves when that comes."""
    size = f'width="{shown.width}" height="{shown.height}" viewBox="0 0 {shown.width} {shown.height}"'
    inside = element("kg-diagram", shown).partition(">")[0]
    return f'{inside}><svg xmlns="http://www.w3.org/2000/svg" {size} aria-hidden="true"></svg></kg-diagram>'


def address_of_abbreviations(shown: Shown) -> str:
    """Where the tooltips are, in the language asked for."""
    return _address("/abbreviations.txt", {k: v for k, v in shown.options.items() if k == "lang"})


def element(name: str, shown: Shown) -> str:
    """`<kg-diagram>` or `<kg-term>`, with what is read where no script runs."""
    attributes = "".join(f' {key}="{escape(value)}"' for key, value in {"term": shown.slug, **shown.options}.items())
    inside = escape(shown.title)
    if name == "kg-diagram":
        inside = f'<a href="{escape(page_address(shown))}">{inside}</a>'
    return f"<{name}{attributes}>{inside}</{name}>"


def fence(text: str) -> str:
    """Mermaid text as a block of a Markdown file."""
    return f"```mermaid\n{text}```\n"
