"""What tests share: a seeded data directory, a client over it, a counter of SQL statements, the shared data sets."""

import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from kgservice.app import create_app
from kgservice.config import Settings, packaged
from kgservice.model.glossary import Glossary
from kgservice.model.limits import LIMITS, READER, Limits
from kgservice.model.terms import Edge, Term
from kgservice.rdf.mapping import by_subject, read_term, term_triples
from kgservice.services.glossaries import make_glossary
from kgservice.store.direct import Keys, Statement
from kgservice.store.queries import Queries
from kgservice.store.store import Store

BASE = "http://localhost:8000/"
PUBLIC = "https://kg.example.org"
SEED_TERMS = sorted(path.stem for path in (packaged("seed_data") / "terms").glob("*.ttl"))
SHARED = Path(__file__).parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def seed_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with the seed glossary; copy it, do not change it."""
    folder = tmp_path_factory.mktemp("seed") / "data"
    make_glossary(folder, base=BASE)
    return folder


@pytest.fixture
def data_dir(seed_dir: Path, tmp_path: Path) -> Path:
    """A data directory of one's own with the seed glossary."""
    return Path(shutil.copytree(seed_dir, tmp_path / "data"))


@pytest.fixture
def store(data_dir: Path) -> Iterator[Store]:
    """A store of one's own with the seed glossary."""
    opened = Store(data_dir)
    yield opened
    opened.close()


@pytest.fixture
def empty_store(tmp_path: Path) -> Iterator[Store]:
    """A store with an empty glossary in English and Japanese."""
    make_glossary(tmp_path / "empty", base=BASE, languages=("en", "ja"), empty=True)
    opened = Store(tmp_path / "empty")
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
    assert started.ready(20) and started.off is None, started.off
    yield started
    started.close()


def _app(folder: Path) -> Flask:
    app = create_app(Settings(folder, PUBLIC))
    assert app.extensions["kgservice"].queries.ready(20)
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
    engine, execute = store._engine, store.direct.execute
    store.glossary()  # it is remembered from here on

    def record_direct(statement: Statement, keys: Keys | None = None) -> list[tuple[Any, ...]]:
        seen.append(str(statement))
        return execute(statement, keys)

    monkeypatch.setattr(store.direct, "execute", record_direct)

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
