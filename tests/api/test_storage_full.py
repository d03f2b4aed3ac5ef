"""A disk without room: reads go on, writes are told 507, and all is well when there is room again."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event

from kgservice.store.checking import check
from kgservice.store.store import Store
from tests.api.test_writes import Curator


@pytest.fixture(scope="session")
def seed_dir(few_dir: Path) -> Path:
    return few_dir


def test_reads_go_on_and_writes_are_told(store: Store, client_of: Callable[[Store], FlaskClient]) -> None:
    """SQLite is given no page beyond those it has, which it reports as it does a full disk."""
    client = client_of(store)
    editor = Curator(client, store.tokens.create("mika", "editor"))
    engine = client.application.extensions["kgservice"].store._engine

    def bound(connection: Any, *_: object) -> None:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")

    def unbound(connection: Any, *_: object) -> None:
        connection.execute("PRAGMA max_page_count = 1000000")

    large = {"fullDefinition": {"en": "word " * 100_000}}
    engine.dispose()
    event.listen(engine, "connect", bound)
    head = store.head().seq
    response = editor.send("PATCH", "logic", large)
    assert response.status_code == 507, response.text
    assert response.json and "nothing was changed" in response.json["detail"]
    assert editor.read("logic").status_code == 200 and store.head().seq == head
    event.remove(engine, "connect", bound)
    event.listen(engine, "connect", unbound)
    engine.dispose()
    assert editor.send("PATCH", "logic", large).status_code == 200
    assert check(store).findings == []
