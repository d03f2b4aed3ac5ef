"""Making a data directory: one glossary, empty or filled with the seed."""

import os
import shutil
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from kgservice.config import packaged
from kgservice.errors import Invalid, Unusable
from kgservice.model.glossary import Glossary, glossary_faults
from kgservice.rdf.mapping import glossary_triples
from kgservice.services.import_batch import Loaded
from kgservice.services.importing import import_loaded
from kgservice.services.seeds import read_seed, seed_faults, seed_glossary
from kgservice.store.database import database_path, upgrade
from kgservice.store.store import Store


def make_glossary(
    data_dir: Path,
    *,
    base: str,
    languages: tuple[str, ...] = (),
    title: str | None = None,
    licence: str | None = None,
    empty: bool = False,
) -> None:
    """Make the glossary of a data directory, whole or not at all; `Unusable` if the directory holds anything already.

    What is not given is as in the seed glossary; with `empty`, no term is, and languages default to English.
    """
    if faults := glossary_faults(Glossary(base, languages or ("en",))):
        raise Invalid(faults)
    data_dir.mkdir(parents=True, exist_ok=True)
    for stale in data_dir.glob("making-*"):  # of a making that was broken off
        if not Path("/proc", stale.name.removeprefix("making-")).exists():
            shutil.rmtree(stale, ignore_errors=True)
    if any(data_dir.iterdir()):
        raise Unusable(f"{data_dir} exists and is not empty; choose another directory or remove it")
    seed = packaged("seed_data")
    paths = [] if empty else [seed / "glossary.ttl", *sorted((seed / "terms").glob("*.ttl"))]
    files = read_seed(paths, base)
    glossary = seed_glossary(files, base) if files else Glossary(base, ("en",))
    if told := seed_faults(files, glossary):
        raise _faulty(told)
    if languages:
        glossary = replace(glossary, languages=languages)
    if title is not None:
        glossary = replace(glossary, title={glossary.languages[0]: title})
    if licence is not None:
        glossary = replace(glossary, licence=licence)
    if faults := glossary_faults(glossary):
        raise Invalid(faults)
    making = data_dir / f"making-{os.getpid()}"
    try:
        upgrade(making)
        _fill(making, glossary, [file.loaded for file in files])
        database_path(making).rename(database_path(data_dir))  # closed, it is one file
    finally:
        shutil.rmtree(making, ignore_errors=True)


def _fill(data_dir: Path, glossary: Glossary, seed: list[Loaded]) -> None:
    store = Store(data_dir)
    try:
        with store.write("init", "the glossary is made") as change:
            change.stage(set(), glossary_triples(glossary))
        if seed:
            report = import_loaded(store, seed, keep_glossary=True, note="the seed glossary")
            bad = [problem for problem in report.problems if problem.severity != "info"]
            if bad:
                raise _faulty(f"{problem.where}: {problem.message}" for problem in bad)
    finally:
        store.close()


def _faulty(told: Iterable[str]) -> Unusable:
    return Unusable("the seed glossary has faults; nothing was made\n" + "\n".join(f"  {one}" for one in told))
