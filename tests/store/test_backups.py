"""Backups while others write, and what they bring back."""

import sqlite3
import threading
from pathlib import Path

import pytest
from alembic import command
from click.testing import CliRunner

from kgservice.cli import main
from kgservice.errors import Unusable
from kgservice.store import log
from kgservice.store.backups import backup, restore
from kgservice.store.checking import check
from kgservice.store.database import alembic_config, database_path
from kgservice.store.store import Store
from tests.conftest import make_term, put_terms


@pytest.fixture(scope="session")
def seed_dir(few_dir: Path) -> Path:
    return few_dir


def _changesets(store: Store) -> list[log.Changeset]:
    with store.read() as connection:
        return list(log.changesets(connection))


def _backups_under_writes(store: Store, folder: Path, rounds: int) -> None:
    """Each backup that is made while others write restores to a prefix of the log with all acknowledged before it."""
    ended = threading.Event()
    acknowledged = [store.head().seq]

    def write() -> None:
        number = 0
        while not ended.is_set():
            acknowledged[0] = put_terms(store, make_term(f"t-{number}", prerequisite=["logic"]))
            number += 1

    writer = threading.Thread(target=write)
    writer.start()
    began = []
    try:
        for number in range(rounds):
            began.append(acknowledged[0])
            backup(store, folder / f"{number}.backup")
    finally:
        ended.set()
        writer.join()
    whole = _changesets(store)
    assert len(whole) > rounds / 2, "nobody wrote"
    for number in range(rounds):
        restore(folder / f"{number}.backup", folder / f"{number}")
        restored = Store(folder / f"{number}")
        held = _changesets(restored)
        assert held == whole[: len(held)] and len(held) >= began[number]
        restored.close()
    last = Store(folder / f"{rounds - 1}")
    assert check(last).findings == []
    last.close()


def test_a_few_backups_under_writes(store: Store, tmp_path: Path) -> None:
    _backups_under_writes(store, tmp_path, 4)


@pytest.mark.full
@pytest.mark.timeout(600)
def test_fifty_backups_under_writes(store: Store, tmp_path: Path) -> None:
    _backups_under_writes(store, tmp_path, 50)


def test_back_to_any_sequence(empty_store: Store, tmp_path: Path) -> None:
    store = empty_store
    seqs = [put_terms(store, make_term(f"t-{number}")) for number in range(3)]
    put_terms(store, make_term("t-1", label="another"))
    store.tokens.create("mika", "editor")
    backup(store, tmp_path / "b")
    assert restore(tmp_path / "b", tmp_path / "then", at=seqs[1]).seq == seqs[1]
    then = Store(tmp_path / "then")
    assert {"t-0", "t-1"} <= then.slugs().keys() and "t-2" not in then.slugs()
    assert _changesets(then) == _changesets(store)[: seqs[1]]
    assert [token.name for token in then.tokens.all()] == ["mika"]
    assert check(then).findings == []
    put_terms(then, make_term("t-9"))
    then.close()


def test_what_is_no_backup(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "b"
    backup(store, path)
    with pytest.raises(Unusable, match="never overwrites"):
        backup(store, path)
    with pytest.raises(Unusable, match="not empty"):
        restore(path, store.data_dir)
    damaged = bytearray(path.read_bytes())
    for place in range(8192, len(damaged), 4096):
        damaged[place : place + 64] = b"\xff" * 64
    (tmp_path / "damaged").write_bytes(damaged)
    (tmp_path / "cut").write_bytes(path.read_bytes()[:20_000])
    (tmp_path / "text").write_text("this is no database " * 100)
    (tmp_path / "empty").mkdir()
    for target in (tmp_path / "y" / "z", tmp_path / "empty"):
        for name in ("damaged", "cut", "text"):
            with pytest.raises(Unusable, match=f"{name} (is no whole|cannot be read) .*another backup"):
                restore(tmp_path / name, target)
        with pytest.raises(Unusable, match="nothing: no such file"):
            restore(tmp_path / "nothing", target)
        with pytest.raises(Unusable, match="1 to 2"):
            restore(path, target, at=3)
    assert not (tmp_path / "y").exists(), "what was broken off leaves nothing"
    assert not list((tmp_path / "empty").iterdir())


def test_by_command(store: Store, tmp_path: Path) -> None:
    run = CliRunner().invoke
    made = run(main, ["backup", str(tmp_path / "b"), "--data-dir", str(store.data_dir)])
    assert made.exit_code == 0 and "change 2" in made.output, made.output
    back = run(main, ["restore", str(tmp_path / "b"), "--at", "1", "--data-dir", str(tmp_path / "then")])
    assert back.exit_code == 0 and "change 1" in back.output, back.output
    assert run(main, ["restore", str(tmp_path / "b"), "--data-dir", str(tmp_path / "then")]).exit_code == 1


def test_a_backup_of_an_older_version_is_brought_up_to_date_and_one_of_a_newer_is_told(
    store: Store, tmp_path: Path
) -> None:
    backup(store, tmp_path / "b")
    older, newer = tmp_path / "older", tmp_path / "newer"
    for path in (older, newer):
        path.write_bytes((tmp_path / "b").read_bytes())
    command.downgrade(alembic_config(older), "0003")
    assert restore(older, tmp_path / "restored").seq == 2
    again = Store(tmp_path / "restored")
    assert check(again).findings == []
    again.close()
    with sqlite3.connect(newer) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(Unusable, match=r"newer has schema 9999, this version knows .* use the version that made it"):
        restore(newer, tmp_path / "never")
    with sqlite3.connect(database_path(tmp_path / "restored")) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(Unusable, match="restored has schema 9999"):
        Store(tmp_path / "restored")
    upgraded = CliRunner().invoke(main, ["db", "upgrade", "--data-dir", str(tmp_path / "restored")])
    assert upgraded.exit_code == 1 and "has schema 9999, this version knows" in upgraded.output
