"""`/api/v1/imports` and `/api/v1/export`: the glossary in and out as a file."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from flask import Response, jsonify, request
from marshmallow import RAISE
from werkzeug.wsgi import get_input_stream

from kgservice.api.access import bearer, role
from kgservice.api.bodies import require_plain
from kgservice.api.context import service
from kgservice.api.forms import Blueprint
from kgservice.api.negotiation import parse_lang
from kgservice.api.openapi import API, WRITE, answers, content, data
from kgservice.api.parameters import Arguments, Export, Import
from kgservice.api.schemas import ref
from kgservice.errors import Fault, Invalid, TooLarge, UnsupportedBody
from kgservice.model.roles import allows
from kgservice.services.exporting import export
from kgservice.services.formats import EXPORT_SUFFIXES
from kgservice.services.import_process import import_apart

blueprint = Blueprint("imports", __name__, url_prefix="/api/v1", description="The glossary in and out as a file")

IMPORT_MAX = 32 * 1024 * 1024
"""Bytes of a file that is sent; the command line takes any."""

MEDIA_TYPES = {
    "text/turtle": "ttl",
    "application/n-triples": "nt",
    "application/rdf+xml": "rdf",
    "application/ld+json": "jsonld",
    "text/csv": "csv",
    "application/yaml": "glosario",
    "application/json": "json",
}
"""The format that each media type tells, where the parameter does not."""

_JSON = ("jsonld", "json")

_ENTITIES = (b"<!DOCTYPE", b"<!ENTITY")


@blueprint.post("/imports")
@blueprint.arguments(Import, location="query", unknown=RAISE)
@role("editor")
@answers(
    "importFile",
    data(ref("ImportReport")),
    problems=WRITE,
    kept=False,
    headers=("KG-Seq",),
    requestBody={"required": True, "content": {one: {"schema": {"type": "string"}} for one in MEDIA_TYPES}},
)
def post_import(arguments: Arguments) -> Response:
    """Merge a file into the glossary as one change or none; with `dryRun`, tell only what it would do."""
    if request.mimetype == "multipart/form-data":  # parts around a file would be read as a part of it
        raise UnsupportedBody("this is a form; send the file itself as the body, as curl --data-binary @FILE does")
    kind = arguments.get("format") or MEDIA_TYPES.get(request.mimetype)
    if kind is None:
        told = f"names no format, and {request.mimetype[:100] or 'no type'!r} is none of {', '.join(MEDIA_TYPES)}"
        raise Invalid([Fault("format", told)])
    store = service().store
    with _spooled(store.data_dir, kind) as path:
        report = import_apart(
            store.data_dir,
            path,
            base=store.glossary().base,
            format=kind,
            lang=(parse_lang(arguments.get("lang")) or (None,))[0],
            dry_run=arguments["dry_run"],
            may_review=allows(bearer().role, "reviewer"),
            editor=bearer().name,
            note=arguments.get("note"),
        )
    response = jsonify({**asdict(report), "dryRun": arguments["dry_run"]})
    response.headers["KG-Seq"] = str(report.seq if report.seq and not arguments["dry_run"] else store.head().seq)
    response.headers["Cache-Control"] = "no-store"
    return response


@contextmanager
def _spooled(data_dir: Path, format: str) -> Iterator[Path]:
    """The body as a file in the data directory, never whole in memory; `TooLarge` if it is over the limit."""
    require_plain()
    if (request.content_length or 0) > IMPORT_MAX:
        raise TooLarge(f"the body has {request.content_length} bytes; {IMPORT_MAX} are allowed")
    with tempfile.TemporaryDirectory(prefix="incoming-", dir=data_dir) as folder:
        path = Path(folder) / f"import.{format}"
        stream, size = get_input_stream(request.environ), 0
        with path.open("wb") as file:
            while piece := stream.read(1024 * 1024):
                size += len(piece)
                if size > IMPORT_MAX:
                    raise TooLarge(f"the body is longer than {IMPORT_MAX} bytes")
                if format == "rdf" and any(one in piece for one in _ENTITIES):
                    raise Invalid(
                        [Fault("body", "has a document type or entities, which are not read; write IRIs out")]
                    )
                file.write(piece)
        yield path


@blueprint.get("/export")
@blueprint.arguments(Export, location="query", unknown=RAISE)
@answers(
    "exportGlossary",
    *(content(media) for media, kind in MEDIA_TYPES.items() if kind not in ("glosario", *_JSON)),
    *(content(media, {"type": "object"}) for media, kind in MEDIA_TYPES.items() if kind in _JSON),
    problems=API,
    kept=False,
    headers=("KG-Seq",),
)
def get_export(arguments: Arguments) -> Response:
    """The whole glossary in one format, from one state of it: the same state gives the same bytes."""
    kind = arguments["format"]
    suffix = EXPORT_SUFFIXES.get(kind, kind)
    languages = parse_lang(arguments.get("lang")) or ()
    seq, pieces = export(service().store, kind, languages=languages)
    media = next((media for media, known in MEDIA_TYPES.items() if known == suffix), "application/json")
    response = Response(pieces, content_type=f"{media}; charset=utf-8" if media.startswith("text/") else media)
    response.headers["Content-Disposition"] = f'attachment; filename="glossary.{suffix}"'
    response.headers["KG-Seq"] = str(seq)
    response.headers["Cache-Control"] = "no-cache"
    return response
