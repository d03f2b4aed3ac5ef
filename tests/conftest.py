"""What tests share: a seeded data directory, a client over it, a counter of SQL statements, the shared data sets."""

import fcntl
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, settings
from sqlalchemy import event

from kgservice.app import create_app
from kgservice.config import Settings, packaged
from kgservice.model.glossary import Glossary
from kgservice.model.limits import LIMITS, READER, Limits
from kgservice.model.terms import Edge, Term
from kgservice.rdf.mapping import by_subject, read_term, term_triples
from kgservice.services.exporting import export
from kgservice.services.glossaries import make_glossary
from kgservice.services.importing import import_files
from kgservice.store.direct import Direct
from kgservice.store.queries import Queries
from kgservice.store.statements import execute
from kgservice.store.store import Store

BASE = "http://localhost:8000/"
PUBLIC = "https://kg.example.org"
SEED_TERMS = sorted(path.stem for path in (packaged("seed_data") / "terms").glob("*.ttl"))
SHARED = Path(__file__).parents[2] / "shared" / "data"

# The same examples every time, however long one takes: a test that fails now and then, or on a slow day, tells nothing.
settings.register_profile("steady", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("steady")


def _made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """A folder that all processes of a test run share; the first that asks for it makes it, others wait."""
    common = factory.getbasetemp().parent if "PYTEST_XDIST_WORKER" in os.environ else factory.getbasetemp()
    with (common / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (common / name).exists():
            making = Path(tempfile.mkdtemp(dir=common))
            make(making)
            making.rename(common / name)
    return common / name


@pytest.fixture(scope="session")
def seed_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with the seed glossary and a replica of it; copy it, do not change it."""

    def make(folder: Path) -> None:
        make_glossary(folder / "data", base=BASE)
        _with_replica(folder / "data")

    return _made_once(tmp_path_factory, "seed", make) / "data"


def _with_replica(folder: Path) -> None:
    store = Store(folder)
    started = Queries(store)
    started.start()
    assert started.ready(100) and started.off is None, started.off
    started.close()
    store.close()


FEW = {"api", "cache", "consensus", "http", "logic", "memory", "networking"}


@pytest.fixture(scope="session")
def few_dir(seed_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with a few terms of the seed glossary, which is checked in a fraction of the time.

    A module whose tests change and check much calls it `seed_dir`.
    """

    def make(folder: Path) -> None:
        seed = Store(Path(shutil.copytree(seed_dir, folder / "seed")))  # an open one has files that come and go
        whole = json.loads("".join(export(seed, "json")[1]))
        make_glossary(folder / "data", base=BASE, languages=seed.glossary().languages, empty=True)
        seed.close()
        file = folder / "few.json"
        file.write_text(json.dumps({**whole, "items": [one for one in whole["items"] if one["slug"] in FEW]}))
        store = Store(folder / "data")
        assert set(import_files(store, [file]).created) == FEW
        store.close()
        _with_replica(folder / "data")

    return _made_once(tmp_path_factory, "few", make) / "data"


class Thesaurus(NamedTuple):
    """STW as the command line imported it: the data directory (copy it), the command's words, and what it took."""

    folder: Path
    told: str
    seconds: float
    """Processor time of its two processes."""
    megabytes: float
    """Of the greater one."""


_MEASURED = """
import json, resource, subprocess, sys
done = subprocess.run(sys.argv[1:], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps([done.returncode, done.stdout, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024]))
"""
"""Runs a command and tells its end, words, seconds of CPU and MB. A child's greatest memory begins with that of the
process that started it, so this small one has to stand between."""


@pytest.fixture(scope="session")
def stw(tmp_path_factory: pytest.TempPathFactory) -> Thesaurus:
    """STW imported whole: half a minute of processor time, so once."""
    file = shared("stw/stw-skos.ttl")

    def make(folder: Path) -> None:
        make_glossary(folder / "data", base=BASE, languages=("en", "de"), empty=True)
        command = [sys.executable, "-m", "kgservice", "import", str(file), "--data-dir", str(folder / "data")]
        measured = subprocess.run([sys.executable, "-c", _MEASURED, *command], stdout=subprocess.PIPE, check=True)
        (folder / "measured.json").write_bytes(measured.stdout)

    folder = _made_once(tmp_path_factory, "stw", make)
    status, words, seconds, megabytes = json.loads((folder / "measured.json").read_bytes())
    assert status == 0, words
    return Thesaurus(folder / "data", words, seconds, megabytes)


@pytest.fixture
def data_dir(seed_dir: Path, tmp_path: Path) -> Path:
    """A data directory of one's own with the seed glossary."""
    return Path(shutil.copytree(seed_dir, tmp_path / "data"))


@pytest.fixture(params=["few_dir", pytest.param("seed_dir", marks=pytest.mark.full)])
def either_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """A store of one's own with a few terms; in the long form one with the seed glossary, too."""
    opened = Store(Path(shutil.copytree(request.getfixturevalue(request.param), tmp_path / "either")))
    yield opened
    opened.close()


@pytest.fixture
def store(data_dir: Path) -> Iterator[Store]:
    """A store of one's own with the seed glossary."""
    opened = Store(data_dir)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def empty_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with an empty glossary in English and Japanese; copy it, do not change it."""

    def make(folder: Path) -> None:
        make_glossary(folder / "data", base=BASE, languages=("en", "ja"), empty=True)

    return _made_once(tmp_path_factory, "empty", make) / "data"


@pytest.fixture
def empty_store(empty_dir: Path, tmp_path: Path) -> Iterator[Store]:
    """A store of one's own with an empty glossary in English and Japanese."""
    opened = Store(Path(shutil.copytree(empty_dir, tmp_path / "empty")))
    yield opened
    opened.close()


def limits(**values: float) -> dict[str, Limits]:
    """The table of limits with other values for readers."""
    return {**LIMITS, READER: replace(LIMITS[READER], **values)}  # type: ignore[arg-type]


@pytest.fixture
def queries(store: Store) -> Iterator[Queries]:
    """Query processes over the store, with a short deadline."""
    started = Queries(store, limits=limits(seconds=2))
    started.start()
    assert started.ready(60) and started.off is None, started.off
    yield started
    started.close()


def _app(folder: Path) -> Flask:
    app = create_app(Settings(folder, PUBLIC))
    assert app.extensions["kgservice"].queries.ready(60)
    return app


@pytest.fixture(scope="session")
def app(seed_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The application over the seed glossary, for reading."""
    app = _app(Path(shutil.copytree(seed_dir, tmp_path_factory.mktemp("app") / "data")))
    yield app
    app.extensions["kgservice"].queries.close()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A client of the application over the seed glossary, for reading."""
    return app.test_client()


@pytest.fixture
def client_of() -> Iterator[Callable[[Store], FlaskClient]]:
    """Makes a client of an application over a store of one's own."""
    apps: list[Flask] = []

    def make(over: Store) -> FlaskClient:
        apps.append(_app(over.data_dir))
        return apps[-1].test_client()

    yield make
    for app in apps:
        app.extensions["kgservice"].queries.close()


@pytest.fixture
def statements(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The SQL statements that the application runs, `BEGIN` left out, whichever way it runs them."""
    seen: list[str] = []
    store: Store = app.extensions["kgservice"].store
    engine, ask = store._engine, Direct.ask
    store.glossary()  # it is remembered from here on

    def record_query(driver: Any, statement: Any, *rest: Any) -> list[tuple[Any, ...]]:
        if driver is not store.versions._direct._connection:  # what it probes is counted by those who count that
            seen.append(str(statement))
        return execute(driver, statement, *rest)

    def record_search(direct: Direct, text: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        seen.append(text)
        return ask(direct, text, parameters)

    monkeypatch.setattr("kgservice.store.statements.execute", record_query)
    monkeypatch.setattr(Direct, "ask", record_search)

    def record(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if not statement.startswith("BEGIN"):
            seen.append(statement)

    event.listen(engine, "before_cursor_execute", record)
    yield seen
    event.remove(engine, "before_cursor_execute", record)


def make_term(slug: str, *, label: str | None = None, **edges: list[str]) -> Term:
    """A small term with edges to others by slug; position as in the lists."""
    iri = f"{BASE}id/{slug}"
    made = {kind: tuple(Edge(f"{BASE}id/{to}", i) for i, to in enumerate(names, 1)) for kind, names in edges.items()}
    return Term(iri=iri, slug=slug, home=iri, texts={"prefLabel": {"en": (label or slug,)}}, edges=made)


def put_terms(store: Store, *terms: Term, note: str = "test") -> int:
    """Write terms through the store's one path, related and broader stated both ways. Returns the sequence."""
    glossary: Glossary = store.glossary()
    with store.write("test", note) as change:
        added = {triple for term in terms for triple in term_triples(term, glossary)}
        inverse = {"skos/core#related": "related", "skos/core#broader": "narrower"}
        for s, p, o in list(added):
            name = next((to for end, to in inverse.items() if p.endswith(f"{end}>")), None)
            if name:
                added.add((o, f"<http://www.w3.org/2004/02/skos/core#{name}>", s))
        held = {t for triples in change.term_triples([term.iri for term in terms]).values() for t in triples}
        there = {t for triples in change.triples({triple[0][1:-1] for triple in added}).values() for t in triples}
        change.stage(held - added, added - there)
    assert change.seq is not None
    return change.seq


def read_back(store: Store, iri: str) -> Term:
    """The term as the mirror's triples tell it."""
    with store.write("test", "reading", dry_run=True) as change:
        home = change.homes()[iri]
        return read_term(iri, home, BASE, by_subject(change.term_triples([iri])[iri]))


def shared(name: str) -> Path:
    """A file of the shared data sets; skips where they are not (CI refuses skips)."""
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"the shared data set {name} is not beside this checkout")
    return path


def wait_for(what: Callable[[], bool], seconds: float = 20) -> None:
    """Wait until something holds; fail if it does not in time."""
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it did not come about in time"
        time.sleep(0.02)
