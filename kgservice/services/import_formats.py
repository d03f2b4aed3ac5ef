"""Reading import files: each format becomes one batch of triples, with what was left out and why.

RDF files are read in a worker process. Records of Glosario's YAML and of CSV files become the triples of terms here.
An unreadable file raises `Unusable` with line and reason; a bad record is left out and reported.
"""

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from kgservice.errors import Unusable
from kgservice.model.glossary import Glossary
from kgservice.model.languages import canonical_tag
from kgservice.model.slugs import slugify
from kgservice.model.terms import EDGE_KINDS, FIELDS, Edge, Term
from kgservice.model.texts import clean_label, clean_text, text_fault
from kgservice.rdf.mapping import EDGE_PREDICATES, SLUG, TERM_TYPES, TEXT_PREDICATES, TYPE, edge_triples
from kgservice.rdf.ntriples import Triple, iri, literal, parse_line
from kgservice.services.csv_cells import from_cell, from_value
from kgservice.store.workers import parse_rdf

FORMATS = ("ttl", "rdf", "nt", "jsonld", "glosario", "csv")
CELL_MAX = 2 * 1024 * 1024
"""Characters of a CSV cell: no export writes a longer one, since a document over HTTP has a megabyte at most."""

SUFFIXES = {
    ".ttl": "ttl",
    ".rdf": "rdf",
    ".xml": "rdf",
    ".owl": "rdf",
    ".nt": "nt",
    ".jsonld": "jsonld",
    ".json": "jsonld",
    ".yml": "glosario",
    ".yaml": "glosario",
    ".csv": "csv",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that the reader of a report should know: `error` and `warning` tell of what was left out."""

    severity: str
    where: str
    message: str


@dataclass
class Batch:
    """What files say: triples, where each subject stands in them, and problems.

    `known` tells the IRI of each slug that the glossary has: records in YAML and CSV name terms by slug.
    """

    glossary: Glossary
    known: Mapping[str, str]
    triples: set[Triple] = field(default_factory=set)
    where: dict[str, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    by_editors: bool = False
    """Whether a file is in a format of editors, which has texts but cannot tell their editions."""

    def term_iri(self, slug: str) -> str:
        """The IRI of the term with that slug, here or made here."""
        return self.known.get(slug) or self.glossary.term_iri(slug)

    def report(self, severity: str, where: str, message: str) -> None:
        """Note a problem."""
        self.problems.append(Problem(severity, where, message))

    def add_term(self, slug: str, texts: Mapping[str, Mapping[str, list[str]]], where: str) -> str:
        """Add a term by its slug and texts (field, language, values); returns its IRI."""
        term = self.term_iri(slug)
        subject = iri(term)
        self.where[term] = where
        self.triples |= {(subject, TYPE, type_) for type_ in TERM_TYPES}
        self.triples.add((subject, SLUG.predicate, SLUG.write(slug)))
        for name, by_language in texts.items():
            for lang, values in by_language.items():
                self.triples |= {(subject, TEXT_PREDICATES[name], literal(value, lang)) for value in values}
        return term

    def add_edge(self, source: str, kind: str, edge: Edge) -> None:
        """Add an edge from a term that was made here or will be."""
        term = Term(iri=source, slug="", home=source, texts={})
        self.triples |= set(edge_triples(term, kind, edge, self.glossary.base))


def guess_format(path: Path) -> str:
    """The format that a file name tells."""
    try:
        return SUFFIXES[path.suffix.lower()]
    except KeyError:
        raise Unusable(f"{path.name}: the name does not tell the format; give --format {'|'.join(FORMATS)}") from None


@dataclass(frozen=True, slots=True)
class Loaded:
    """A file as it was read, before it is known what the glossary has: text, or canonical lines of RDF."""

    path: Path
    format: str
    text: str
    problems: tuple[Problem, ...] = ()


def load_files(files: Sequence[tuple[Path, str]], base: str) -> list[Loaded]:
    """Read files, each with its format; `Unusable` tells line and reason of what cannot be read."""
    for path, _ in files:
        if not path.is_file():
            raise Unusable(f"{path}: no such file")
    rdf = [file for file in files if file[1] not in ("glosario", "csv")]
    parsed = dict(zip(rdf, parse_rdf(rdf, base), strict=True)) if rdf else {}
    return [_loaded(*file, *parsed[file]) if file in parsed else Loaded(*file, _decoded(file[0])) for file in files]


def _loaded(path: Path, format: str, header: Mapping[str, Any], lines: str) -> Loaded:
    problems = [Problem("error", path.name, problem) for problem in header["problems"]]
    for count, what in (
        (header["skolemised"], "blank nodes were given IRIs"),
        (header["rewritten"], "literals were brought to their canonical form"),
    ):
        if count:
            problems.append(Problem("info", path.name, f"{count} {what}"))
    return Loaded(path, format, lines, tuple(problems))


def add_file(loaded: Loaded, batch: Batch, lang: str) -> None:
    """Add what a file says to the batch. `lang` is the language of texts that name none (CSV)."""
    batch.problems += loaded.problems
    batch.by_editors |= loaded.format in ("glosario", "csv")
    if loaded.format == "glosario":
        _read_glosario(loaded, batch)
    elif loaded.format == "csv":
        _CsvReader(loaded, batch, lang).read()
    else:
        batch.triples |= {parse_line(line) for line in loaded.text.split("\n") if line}


def _decoded(path: Path) -> str:
    data = path.read_bytes()
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise Unusable(f"{path.name}: line {line}: byte {data[error.start]:#04x} is not UTF-8") from None


# --- Glosario --------------------------------------------------------------------------------------------------------

_GLOSARIO_FIELDS = {"term": "prefLabel", "def": "definition", "acronym": "abbreviation"}


def _read_glosario(loaded: Loaded, batch: Batch) -> None:
    """A list of records: `slug`, `ref` (slugs of related terms), and per language `term`, `def`, `acronym`."""
    links = 0
    for where, record in list(_yaml_records(loaded, batch)):
        slug = slugify(_string(record.get("slug")))
        if not slug:
            batch.report("error", where, "left out: it has no slug")
            continue
        texts: dict[str, dict[str, list[str]]] = {}
        for key, entry in record.items():
            if key not in ("slug", "ref"):
                links += _read_glosario_language(where, key, entry, texts, batch)
        term = batch.add_term(slug, texts, where)
        refs = record.get("ref") or []
        for position, ref in enumerate(refs if isinstance(refs, list) else [refs], 1):
            batch.add_edge(term, "related", Edge(batch.term_iri(slugify(_string(ref)) or "nothing"), position))
    if links:
        told = f"{links} texts have links to other terms, [like this](#slug); they stay text"
        batch.report("info", loaded.path.name, told)


def _string(value: object) -> str:
    """The value if it is a text. A structure is never written out: aliases can make a small one immense."""
    return value if isinstance(value, str) else ""


def _yaml_records(loaded: Loaded, batch: Batch) -> Iterator[tuple[str, dict[Any, Any]]]:
    """Each record with where it stands, every scalar a text: `no` is Norwegian, not false.

    A key that stands twice is reported: YAML readers keep the last in silence.
    """
    path = loaded.path
    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)(loaded.text)
    try:
        root = loader.get_single_node()
        if not isinstance(root, yaml.SequenceNode):
            raise Unusable(f"{path.name}: line 1: a Glosario file is a list of records")
        for number, node in enumerate(root.value, 1):
            where = f"{path.name}: record {number}, line {node.start_mark.line + 1}"
            if not isinstance(node, yaml.MappingNode):
                batch.report("error", where, "left out: a record is a mapping with a slug and languages")
                continue
            keys = [key.value for key, _ in node.value]
            for key in sorted({key for key in keys if keys.count(key) > 1}):
                batch.report("warning", where, f"the key {key!r} stands more than once; the last counts")
            yield where, loader.construct_object(node, deep=True)
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f"line {mark.line + 1}: " if mark else ""
        raise Unusable(f"{path.name}: {line}{getattr(error, 'problem', None) or 'nested too deeply'}") from None
    finally:
        loader.dispose()


def _read_glosario_language(
    where: str, key: object, entry: object, texts: dict[str, dict[str, list[str]]], batch: Batch
) -> bool:
    """Add one language of a record to the texts. Whether its texts have links."""
    tag = canonical_tag(key) if isinstance(key, str) and key != "def" else None
    if tag is None:
        batch.report("error", where, f"the key {key!r} is not a language; its texts were left out")
        return False
    if not isinstance(entry, dict) or not isinstance(entry.get("term"), str):
        batch.report("error", where, f"{tag} has no term; it was left out")
        return False
    for name, value in entry.items():
        if name not in _GLOSARIO_FIELDS or not isinstance(value, str):
            batch.report("warning", where, f"{tag}.{name} is not a text that Glosario has; it was left out")
        elif cleaned := _clean(_GLOSARIO_FIELDS[name], value):
            texts.setdefault(_GLOSARIO_FIELDS[name], {})[tag] = [cleaned]
    return "](#" in _string(entry.get("def"))


def _clean(name: str, value: str) -> str:
    return clean_label(value) if FIELDS[name].label else clean_text(value)


# --- CSV -------------------------------------------------------------------------------------------------------------


class _CsvReader:
    """Reads terms (`slug,prefLabel@en,definition@en,…`) or edges (`from,to,kind,reason@en`); the header tells which."""

    def __init__(self, loaded: Loaded, batch: Batch, lang: str) -> None:
        self.name = loaded.path.name
        self.text = loaded.text
        self.batch = batch
        self.lang = lang
        self.columns: dict[str, tuple[str, str]] = {}
        """The field and the language of each column of texts."""
        self.lines: dict[object, int] = {}
        """The line in which each slug or edge stood first."""
        self.positions: dict[tuple[str, str], int] = {}
        """How many edges of a kind each term has had."""

    def read(self) -> None:
        """Add all rows to the batch."""
        csv.field_size_limit(CELL_MAX)
        reader = csv.reader(io.StringIO(self.text, newline=""), strict=True)
        try:
            header = [name.strip() for name in next(reader, [])]
            rows = [(reader.line_num, row) for row in reader if row]
        except csv.Error as error:
            raise Unusable(f"{self.name}: line {reader.line_num}: {error}") from None
        read_row = self._read_header(header)
        for line, row in rows:
            where = f"{self.name}: line {line}"
            if len(row) != len(header):
                told = f"left out: it has {len(row)} cells, the header has {len(header)}"
                self.batch.report("error", where, told)
            else:
                read_row(where, line, dict(zip(header, map(from_cell, row), strict=True)))

    def _read_header(self, header: list[str]) -> Callable[[str, int, dict[str, str]], None]:
        if "slug" in header:
            own, fields, read_row = {"slug"}, set(FIELDS), self._read_term
        elif {"from", "to", "kind"} <= set(header):
            own, fields, read_row = {"from", "to", "kind"}, {"reason"}, self._read_edge
        else:
            raise Unusable(f"{self.name}: line 1: the header has neither slug (terms) nor from, to and kind (edges)")
        self.columns = {name: self._column(name, fields) for name in header if name not in own}
        if len(set(header)) < len(header) or len(set(self.columns.values())) < len(self.columns):
            raise Unusable(f"{self.name}: line 1: a column stands twice")
        return read_row

    def _column(self, name: str, fields: set[str]) -> tuple[str, str]:
        entry, _, tag = name.partition("@")
        canonical = canonical_tag(tag or self.lang)
        if entry not in fields or canonical is None:
            told = f"column {name!r} is not FIELD@LANGUAGE; fields here: {', '.join(sorted(fields))}"
            raise Unusable(f"{self.name}: line 1: {told}")
        return entry, canonical

    def _read_term(self, where: str, line: int, row: dict[str, str]) -> None:
        slug = slugify(row["slug"])
        if not slug:
            self.batch.report("error", where, f"left out: {row['slug']!r} gives no slug")
            return
        first = self.lines.setdefault(slug, line)
        if first != line:
            raise Unusable(f"{where}: the slug {slug!r} stands in line {first} already")
        texts: dict[str, dict[str, list[str]]] = {}
        for column, (name, tag) in self.columns.items():
            pieces = from_value(row[column], many=FIELDS[name].many)
            values = sorted({cleaned for piece in pieces if (cleaned := _clean(name, piece))})
            if values:
                texts.setdefault(name, {})[tag] = values
        self.batch.add_term(slug, texts, where)

    def _read_edge(self, where: str, line: int, row: dict[str, str]) -> None:
        source, target, kind = slugify(row["from"]), slugify(row["to"]), row["kind"].strip()
        if kind not in EDGE_KINDS:
            self.batch.report("error", where, f"left out: {kind!r} is not one of {', '.join(EDGE_KINDS)}")
            return
        if not source or not target:
            self.batch.report("error", where, f"left out: {row['from']!r} → {row['to']!r} does not name two terms")
            return
        first = self.lines.setdefault((source, kind, target), line)
        if first != line:
            self.batch.report("warning", where, f"left out: it repeats line {first}")
            return
        position = self.positions[source, kind] = self.positions.get((source, kind), 0) + 1
        start, end = self.batch.term_iri(source), self.batch.term_iri(target)
        self.batch.where.setdefault(f"{start} {EDGE_PREDICATES[kind]} {end}", where)
        self.batch.add_edge(start, kind, Edge(end, position, self._reason(where, row)))

    def _reason(self, where: str, row: dict[str, str]) -> dict[str, str]:
        reason = {}
        for column, (_, tag) in self.columns.items():
            value = clean_text(row[column])
            fault = text_fault(value, label=False) if value else None
            if fault:
                self.batch.report("error", where, f"its reason was left out: it {fault}")
            elif value:
                reason[tag] = value
        return reason
