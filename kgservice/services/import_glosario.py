"""Glosario's YAML: a list of records, each with a slug, related terms and, per language, a term and its definition."""

from collections import Counter
from pathlib import Path
from typing import Any

import yaml

from kgservice.errors import Unusable
from kgservice.model.languages import canonical_tag
from kgservice.model.slugs import slugify
from kgservice.model.terms import Edge
from kgservice.services.import_batch import Batch, Loaded, Problem, clean

KEYS_MAX = 1000
"""Keys of a record: its slug, its references, and one for each language."""

_FIELDS = {"term": "prefLabel", "def": "definition", "acronym": "abbreviation"}


def add_glosario(loaded: Loaded, batch: Batch) -> None:
    """Add records: `slug`, `ref` (slugs of related terms), and per language `term`, `def`, `acronym`."""
    links = 0
    for where, record in loaded.content:
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


def read_glosario(path: Path, problems: list[Problem]) -> list[tuple[str, dict[Any, Any]]]:
    """Each record of a file with where it stands, every scalar a text: `no` is Norwegian, not false.

    A key that stands twice is a problem: YAML readers keep the last in silence.
    """
    name, records = path.name, []
    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)(path.read_bytes().decode("utf-8-sig"))
    try:
        root = loader.get_single_node()
        if not isinstance(root, yaml.SequenceNode):
            raise Unusable(f"{name}: line 1: a Glosario file is a list of records")
        for number, node in enumerate(root.value, 1):
            where = f"{name}: record {number}, line {node.start_mark.line + 1}"
            if not isinstance(node, yaml.MappingNode):
                told = "left out: a record is a mapping with a slug and languages"
                problems.append(Problem("error", where, told))
                continue
            if len(node.value) > KEYS_MAX:
                told = f"left out: a record of {len(node.value)} keys; {KEYS_MAX} are allowed"
                problems.append(Problem("error", where, told))
                continue
            keys = Counter(key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode))
            problems += (
                Problem("warning", where, f"the key {key!r} stands more than once; the last counts")
                for key in sorted(key for key, times in keys.items() if times > 1)
            )
            records.append((where, loader.construct_object(node, deep=True)))
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f"line {mark.line + 1}: " if mark else ""
        raise Unusable(f"{name}: {line}{getattr(error, 'problem', None) or 'nested too deeply'}") from None
    finally:
        loader.dispose()
    return records


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
        if name not in _FIELDS or not isinstance(value, str):
            batch.report("warning", where, f"{tag}.{name} is not a text that Glosario has; it was left out")
        elif cleaned := clean(_FIELDS[name], value):
            texts.setdefault(_FIELDS[name], {})[tag] = [cleaned]
    return "](#" in _string(entry.get("def"))
