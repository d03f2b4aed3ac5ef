"""Reading import files: each format becomes one batch of triples, with what was left out and why.

RDF files are read in a worker process. Records of Glosario's YAML, CSV and JSON become the triples of terms here.
An unreadable file raises `Unusable` with line and reason; a bad record is left out and reported.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from kgservice.errors import Unusable
from kgservice.rdf.ntriples import parse_line
from kgservice.services.formats import RDF
from kgservice.services.import_batch import Batch, Loaded, Problem
from kgservice.services.import_csv import CsvReader, read_csv
from kgservice.services.import_glosario import add_glosario, read_glosario
from kgservice.services.import_json import JsonReader, read_json
from kgservice.store.screening import Refused, screened
from kgservice.store.workers import parse_rdf

_READ: dict[str, Callable[[Path, list[Problem]], Any]] = {
    "glosario": read_glosario,
    "csv": read_csv,
    "json": read_json,
}
"""What reads a file, by format, and notes problems."""


def load_files(files: Sequence[tuple[Path, str]], base: str) -> list[Loaded]:
    """Read files, each with its format; `Unusable` tells line and reason of what cannot be read."""
    for path, _ in files:
        if not path.is_file():
            raise Unusable(f"{path}: no such file")
    rdf = [file for file in files if file[1] in RDF]
    parsed = dict(zip(rdf, parse_rdf(rdf, base), strict=True)) if rdf else {}
    return [_loaded_rdf(*file, *parsed[file]) if file in parsed else _loaded(*file) for file in files]


def _loaded(path: Path, format: str) -> Loaded:
    problems: list[Problem] = []
    try:
        for _ in screened(path, format):
            pass
    except Refused as error:
        raise Unusable(f"{path.name}: {error}") from None
    return Loaded(path, format, _READ[format](path, problems), problems)


def _loaded_rdf(path: Path, format: str, header: Mapping[str, Any], lines: str) -> Loaded:
    problems = [Problem("error", path.name, problem) for problem in header["problems"]]
    for count, what in (
        (header["skolemised"], "blank nodes were given IRIs"),
        (header["rewritten"], "literals were brought to their canonical form"),
    ):
        if count:
            problems.append(Problem("info", path.name, f"{count} {what}"))
    return Loaded(path, format, lines, problems)


def add_file(loaded: Loaded, batch: Batch, lang: str) -> None:
    """Add what a file says to the batch. `lang` is the language of texts that name none (CSV)."""
    batch.files.append(loaded.path.name)
    batch.problems += loaded.problems
    batch.by_editors |= loaded.format not in RDF
    if loaded.format == "glosario":
        add_glosario(loaded, batch)
    elif loaded.format == "csv":
        CsvReader(loaded, batch, lang).add()
    elif loaded.format == "json":
        JsonReader(loaded, batch).add()
    else:
        batch.triples |= {parse_line(line) for line in loaded.content.split("\n") if line}
