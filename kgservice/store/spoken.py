"""What is said of each term in each of the glossary's languages: JSON that answers are put together from.

It is the term's own part alone, so it is written anew when the term changes, or the glossary's languages, and never
because of a neighbour. Who asks for other languages is answered from the term's row.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import orjson
from sqlalchemy import Connection, delete

from kgservice.model.glossary import Glossary
from kgservice.model.languages import Languages
from kgservice.model.speaking import AFTER, BEFORE, Speaker
from kgservice.model.views import TermView
from kgservice.store import tables
from kgservice.store.rows import add_rows, among, change_in

AT_ONCE = 100
"""Terms whose rows are held at a time."""


def write(connection: Connection, views: Iterable[TermView], glossary: Glossary) -> None:
    """Write what is said of these terms."""
    waiting = iter(views)
    while chunk := list(islice(waiting, AT_ONCE)):
        change_in(connection, _OF_TERMS, [view.iri for view in chunk])
        add_rows(connection, tables.spoken, [row for view in chunk for row in _rows(view, glossary)])


_OF_TERMS = delete(tables.spoken).where(among(tables.spoken.c.term_iri))


def _rows(view: TermView, glossary: Glossary) -> Iterator[dict[str, Any]]:
    for lang in glossary.languages:
        if lang in view.languages:
            speaker = Speaker(Languages((lang,), glossary.languages))
            before, after = ({name: tell(speaker, view, glossary) for name, tell in f.items()} for f in (BEFORE, AFTER))
            yield {
                "term_iri": view.iri,
                "lang": lang,
                "before": orjson.dumps(before),
                "after": orjson.dumps(after),
                "used": " ".join(speaker.used),
                "whole": not after["fallbacks"],
            }
