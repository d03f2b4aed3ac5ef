"""The formats of files that come in and go out, by name. What reads and writes them is imported where it is done."""

from pathlib import Path

from kgservice.errors import Unusable

RDF = ("ttl", "rdf", "nt", "jsonld")
"""The formats of RDF that are read."""

IMPORTED = (*RDF, "glosario", "csv", "json")
"""What a glossary is merged with."""

EXPORTED = ("ttl", "jsonld", "nt", "rdf", "json", "csv", "csv-edges", "skos")
"""What a glossary can be exported as; `csv` has the terms, `csv-edges` the edges between them."""

EXPORT_SUFFIXES = {"csv-edges": "csv", "skos": "nt"}
"""The suffixes of exports where they are not the formats' own names."""

_BY_SUFFIX = {
    ".ttl": "ttl",
    ".rdf": "rdf",
    ".xml": "rdf",
    ".owl": "rdf",
    ".nt": "nt",
    ".jsonld": "jsonld",
    ".json": "json",
    ".yml": "glosario",
    ".yaml": "glosario",
    ".csv": "csv",
}


def guess_format(path: Path) -> str:
    """The format of an import file that its name tells."""
    try:
        return _BY_SUFFIX[path.suffix.lower()]
    except KeyError:
        raise Unusable(f"{path.name}: the name does not tell the format; give --format {'|'.join(IMPORTED)}") from None
