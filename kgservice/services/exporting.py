"""Exports: the whole glossary as RDF, as JSON and as CSV that editors can live in.

All of an export is from one state of the glossary, and the same state always gives the same bytes. What an export
shows, an import of it leaves as it is.
"""

import csv
import io
import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from pathlib import Path

from kgservice.errors import Unusable
from kgservice.model.glossary import Glossary
from kgservice.model.languages import canonical_tag
from kgservice.model.terms import EDGE_KINDS, FIELDS, Edition
from kgservice.model.views import Ref, TermView
from kgservice.rdf.ntriples import parse_line
from kgservice.rdf.writing import WRITERS, skos_profile
from kgservice.services.csv_cells import to_cell, to_value
from kgservice.services.documents import EDGE_KEYS, TEXT_KEYS
from kgservice.store import log, mirror, reading
from kgservice.store.graph_reader import read_glossary
from kgservice.store.reading import Filter
from kgservice.store.rows import Reading
from kgservice.store.store import Store

PAGE = 200
"""Terms that are read at once."""

CHUNK = 2000
"""Triples that are written as Turtle at once."""


def export(store: Store, format: str, *, languages: Sequence[str] = ()) -> tuple[int, Iterator[str]]:
    """The sequence that an export is of, and its text in pieces. `languages` are those of CSV columns, else all."""

    def pieces() -> Iterator[str]:
        with store.read() as connection:
            yield str(log.head(connection).seq)
            glossary = read_glossary(connection)
            if glossary is None:
                raise Unusable("there is no glossary yet")
            yield from _pieces(connection, glossary, format, languages)

    blocks = pieces()
    return int(next(blocks)), blocks


def export_file(store: Store, format: str, path: Path | None, *, languages: Sequence[str] = ()) -> int:
    """Write an export to a file, whole or not at all, or to the standard output. Returns its sequence."""
    tags = [canonical_tag(tag) for tag in languages]
    if None in tags:
        raise Unusable(f"--languages {','.join(languages)}: not all of these are language tags, such as en or zh-Hant")
    seq, pieces = export(store, format, languages=[tag for tag in tags if tag])
    if path is None:
        for piece in pieces:
            sys.stdout.write(piece)
        return seq
    making = path.with_name(f"{path.name}.part")
    try:
        with making.open("w", encoding="utf-8", newline="") as file:
            file.writelines(pieces)
        making.replace(path)
    except OSError as error:
        making.unlink(missing_ok=True)
        raise Unusable(f"{path} cannot be written: {error.strerror}") from error
    return seq


def _pieces(connection: Reading, glossary: Glossary, format: str, languages: Sequence[str]) -> Iterator[str]:
    if format == "nt":
        return mirror.all_lines(connection)
    if format == "ttl":
        return _turtle(mirror.all_lines(connection), glossary.base)
    if format == "skos":
        return iter((WRITERS["nt"](skos_profile(_triples(connection), glossary.iri), glossary.base, ""),))
    if format in WRITERS:
        return iter((WRITERS[format](_triples(connection), glossary.base, ""),))
    if format == "json":
        return _json(connection)
    return (_term_rows if format == "csv" else _edge_rows)(connection, glossary, languages)


def _triples(connection: Reading) -> Iterator[tuple[str, str, str]]:
    return (parse_line(text) for block in mirror.all_lines(connection) for text in block.split("\n") if text)


def _turtle(blocks: Iterable[str], base: str) -> Iterator[str]:
    """Turtle, a chunk of resources at a time: prefixes may be declared anew anywhere."""
    held: list[str] = []
    for block in blocks:
        held += filter(None, block.split("\n"))
        if len(held) >= CHUNK:
            yield WRITERS["ttl"](map(parse_line, held), base, "")
            held = []
    if held:
        yield WRITERS["ttl"](map(parse_line, held), base, "")


def _views(connection: Reading) -> Iterator[TermView]:
    """All terms, deprecated ones too, by slug."""
    return chain.from_iterable(_pages(connection))


def _pages(connection: Reading) -> Iterator[list[TermView]]:
    after = ""
    while slugs := reading.slug_list(connection, after, PAGE, Filter(deprecated=True)):
        yield reading.term_views(connection, slugs)
        after = slugs[-1]


def _json(connection: Reading) -> Iterator[str]:
    """`{"topics": […], "items": […]}`, a line for each topic and for each term as a document that PUT takes."""
    topics = (item.topic for item in reading.topic_list(connection))
    yield '{"topics": [\n'
    yield from _json_lines({"slug": one.slug, "iri": one.iri, "prefLabel": one.label} for one in topics)
    yield '\n],\n"items": [\n'
    yield from _json_lines(_documents(connection))
    yield "\n]}\n"


def _json_lines(records: Iterable[object]) -> Iterator[str]:
    told = (json.dumps(record, ensure_ascii=False) for record in records)
    yield from islice(told, 1)
    yield from (f",\n{one}" for one in told)


def _documents(connection: Reading) -> Iterator[dict[str, object]]:
    for page in _pages(connection):
        editions = reading.editions(connection, [view.iri for view in page])
        yield from (_document(view, editions.get(view.iri, {})) for view in page)


def _document(view: TermView, editions: Mapping[str, Edition]) -> dict[str, object]:
    """What an editor states of a term, every language at once; what the server adds to that is left out."""
    texts = {key: view.texts[name] for key, name in TEXT_KEYS.items() if name in view.texts}
    several = {key for key, name in TEXT_KEYS.items() if FIELDS[name].many}
    return {
        "slug": view.slug,
        "iri": view.iri,
        **{
            key: {lang: list(values) if key in several else values[0] for lang, values in held.items()}
            for key, held in texts.items()
        },
        **{key: [_edge(one) for one in view.neighbours.get(kind, ())] for key, kind in EDGE_KEYS.items()},
        "topics": [topic.slug for topic in view.topics],
        "exactMatch": list(view.exact_match),
        "closeMatch": list(view.close_match),
        "notations": list(view.notations),
        "sources": [{"title": s.title, "url": s.url, "identifier": s.identifier} for s in view.sources],
        "quiz": [
            {
                "id": question.id,
                "question": question.text,
                "choices": [{"id": choice.id, "text": choice.text} for choice in question.choices],
                "answer": question.answer,
                "explanation": question.explanation,
            }
            for question in view.quiz
        ],
        "languages": {lang: _edition(edition) for lang, edition in editions.items()},
        "deprecated": view.deprecated,
        "replacedBy": view.replaced_by.slug if view.replaced_by else None,
    }


def _edition(edition: Edition) -> dict[str, object]:
    """What is known of an edition, the digests of the texts that it was made from included."""
    told = {
        "status": edition.status,
        "derivedFrom": edition.derived_from,
        "licence": edition.licence,
        "credit": edition.credit,
        "digests": dict(sorted(edition.digests.items())),
    }
    return {key: value for key, value in told.items() if value}


def _edge(one: Ref) -> object:
    return {"slug": one.slug, "reason": one.reason} if one.reason else one.slug


# --- CSV -------------------------------------------------------------------------------------------------------------


def _rows(rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Rows as CSV (RFC 4180). The byte order mark tells spreadsheets that it is UTF-8."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    yield "\ufeff"
    for row in rows:
        writer.writerow([to_cell(value) for value in row])
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()


def _columns(connection: Reading, glossary: Glossary, languages: Sequence[str]) -> list[tuple[str, str]]:
    """A column for each field that is in use, in each language: those of the glossary in order, then others in use."""
    pairs = reading.fields_in_use(connection)
    used = sorted({lang for _, lang in pairs}.difference(glossary.languages))
    tags = languages or (*glossary.languages, *used)
    names = [name for name in FIELDS if name in {field for field, _ in pairs} or name == "prefLabel"]
    return [(name, lang) for lang in tags for name in names]


def _term_rows(connection: Reading, glossary: Glossary, languages: Sequence[str]) -> Iterator[str]:
    columns = _columns(connection, glossary, languages)

    def rows() -> Iterator[Sequence[str]]:
        yield ["slug", *(f"{name}@{lang}" for name, lang in columns)]
        for view in _views(connection):
            cells = [_cell(view, name, lang) for name, lang in columns]
            if any(cells):
                yield [view.slug, *cells]

    return _rows(rows())


def _cell(view: TermView, name: str, lang: str) -> str:
    return to_value(view.texts.get(name, {}).get(lang, ()), many=FIELDS[name].many)


def _edge_rows(connection: Reading, glossary: Glossary, languages: Sequence[str]) -> Iterator[str]:
    tags = languages or tuple(dict.fromkeys((*glossary.languages, *reading.reason_languages(connection))))

    def rows() -> Iterator[Sequence[str]]:
        yield ["from", "to", "kind", *(f"reason@{lang}" for lang in tags)]
        for view in _views(connection):
            for kind in EDGE_KINDS:
                for one in view.neighbours.get(kind, ()):
                    yield [view.slug, one.slug, kind, *(one.reason.get(lang, "") for lang in tags)]

    return _rows(rows())
