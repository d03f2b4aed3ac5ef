"""CSV of terms or of edges, as an export writes it or as a spreadsheet does."""

import csv
from collections.abc import Callable, Iterator
from pathlib import Path

from kgservice.errors import Unusable
from kgservice.model.languages import canonical_tag
from kgservice.model.slugs import slugify
from kgservice.model.terms import EDGE_KINDS, FIELDS, Edge
from kgservice.model.texts import clean_text, text_fault
from kgservice.rdf.mapping import EDGE_PREDICATES
from kgservice.services.csv_cells import from_cell, from_value
from kgservice.services.import_batch import Batch, Loaded, Problem, clean

CELL_MAX = 2 * 1024 * 1024
"""Characters of a cell: a document over HTTP has a megabyte."""

ROW_MAX = 2 * CELL_MAX
"""Characters of a row, which has all texts of a term, or eight bytes of memory for each empty cell."""

Table = tuple[list[str], list[tuple[int, list[str]]]]
"""The header of a file, and its rows, each with the line that it ends in."""


def read_csv(path: Path, _: list[Problem]) -> Table:
    """The rows of a file; `Unusable` tells the line of what is no CSV."""
    csv.field_size_limit(CELL_MAX)
    rows: list[tuple[int, list[str]]] = []
    held, first = 0, 1

    def lines() -> Iterator[str]:
        nonlocal held
        while line := file.readline(ROW_MAX + 1):
            held += len(line)
            if held > ROW_MAX:
                told = f"the row is longer than {ROW_MAX} characters, or has a quote that is not closed"
                raise Unusable(f"{path.name}: line {first}: {told}")
            yield line

    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(lines(), strict=True)
        try:
            for row in reader:
                if row or not rows:  # a file that begins with an empty line has no header
                    rows.append((reader.line_num, row))
                held, first = 0, reader.line_num + 1
        except csv.Error as error:
            large = f"a cell is longer than {CELL_MAX} characters, or has a quote that is not closed"
            told = large if "field larger" in str(error) else error
            raise Unusable(f"{path.name}: line {reader.line_num}: {told}") from None
    header = [cell.strip() for cell in rows.pop(0)[1]] if rows else []
    return header, rows


class CsvReader:
    """Reads terms (`slug,prefLabel@en,definition@en,…`) or edges (`from,to,kind,reason@en`); the header tells which."""

    def __init__(self, loaded: Loaded, batch: Batch, lang: str) -> None:
        self.name = loaded.path.name
        self.table: Table = loaded.content
        self.batch = batch
        self.lang = lang
        self.columns: dict[str, tuple[str, str]] = {}
        """The field and the language of each column of texts."""
        self.lines: dict[object, int] = {}
        """The line in which each slug or edge stood first."""
        self.positions: dict[tuple[str, str], int] = {}
        """How many edges of a kind each term has had."""
        self.underscored: set[str] = set()
        """Names that are slugs but for _, which some glossaries have for -."""

    def add(self) -> None:
        """Add all rows to the batch."""
        header, rows = self.table
        read_row = self._read_header(header)
        for line, row in rows:
            where = f"{self.name}: line {line}"
            if len(row) != len(header):
                told = f"left out: it has {len(row)} cells, the header has {len(header)}"
                self.batch.report("error", where, told)
            else:
                read_row(where, line, dict(zip(header, map(from_cell, row), strict=True)))
        if self.underscored:
            told = f"{len(self.underscored)} names were read with - for _, such as {min(self.underscored)!r}"
            self.batch.report("info", self.name, told)

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

    def _slug(self, where: str, column: str, row: dict[str, str]) -> str:
        """The slug that a cell gives, empty if none; it is told where the cell has it otherwise."""
        value = row[column].strip()
        slug = slugify(value)
        if slug and slug == value.replace("_", "-") != value:
            self.underscored.add(value)
        elif slug and slug != value:
            self.batch.report("warning", where, f"{column} {value[:200]!r} was read as {slug!r}")
        return slug

    def _read_term(self, where: str, line: int, row: dict[str, str]) -> None:
        slug = self._slug(where, "slug", row)
        if not slug:
            self.batch.report("error", where, f"left out: {row['slug']!r} gives no slug")
            return
        first = self.lines.setdefault(slug, line)
        if first != line:
            raise Unusable(f"{where}: the slug {slug!r} stands in line {first} already")
        texts: dict[str, dict[str, list[str]]] = {}
        for column, (name, tag) in self.columns.items():
            pieces = from_value(row[column], many=FIELDS[name].many)
            values = sorted({cleaned for piece in pieces if (cleaned := clean(name, piece))})
            if values:
                texts.setdefault(name, {})[tag] = values
        self.batch.add_term(slug, texts, where)

    def _read_edge(self, where: str, line: int, row: dict[str, str]) -> None:
        kind = row["kind"].strip()
        if kind not in EDGE_KINDS:
            self.batch.report("error", where, f"left out: {kind!r} is not one of {', '.join(EDGE_KINDS)}")
            return
        source, target = self._slug(where, "from", row), self._slug(where, "to", row)
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
