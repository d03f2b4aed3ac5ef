"""The schema: migrations give what the tables say, and keep the rows of child tables."""

import sqlite3
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from click.testing import CliRunner

from kgservice.cli import main
from kgservice.errors import Unusable
from kgservice.model.languages import Languages
from kgservice.services.searching import search
from kgservice.store.checking import check
from kgservice.store.database import (
    alembic_config,
    connect,
    database_path,
    migration_engine,
    require_current,
    schemas,
    upgrade,
)
from kgservice.store.store import Store
from kgservice.store.tables import MIRROR, WORD_INDEX, changeset, metadata, token


def _shape(engine: sa.Engine) -> dict[str, object]:
    """All that SQLite knows of the tables, in a form that can be compared."""
    found = sa.inspect(engine)
    with engine.connect() as connection:
        indexes = connection.exec_driver_sql("SELECT tbl_name, sql FROM sqlite_master WHERE type = 'index'").all()
    return {
        table: {
            "columns": [(c["name"], str(c["type"]), c["nullable"], c["default"]) for c in found.get_columns(table)],
            "key": found.get_pk_constraint(table),
            "checks": sorted((c["name"] or "", c["sqltext"]) for c in found.get_check_constraints(table)),
            "uniques": sorted((c["name"] or "", c["column_names"]) for c in found.get_unique_constraints(table)),
            "foreign": sorted(map(str, found.get_foreign_keys(table))),
            "indexes": sorted(str(sql) for name, sql in indexes if name == table),
        }
        for table in sorted(found.get_table_names())
        if table != "alembic_version"
    }


# SQLAlchemy and Alembic leave out indexes of expressions, and say so; the shapes have them.
@pytest.mark.filterwarnings("ignore:.*expression-based index")
def test_migrations_give_what_the_tables_say(tmp_path: Path) -> None:
    upgrade(tmp_path / "migrated")
    command.check(alembic_config(database_path(tmp_path / "migrated")))
    migrated = migration_engine(database_path(tmp_path / "migrated"))
    made = migration_engine(tmp_path / "made.db")
    with made.begin() as connection:
        metadata.create_all(connection)
    assert _shape(migrated) == _shape(made)
    tables = {name for name in _shape(made) if not name.startswith(WORD_INDEX)}
    assert tables == {table.name for table in (*MIRROR, changeset, token)}
    migrated.dispose()
    made.dispose()


def test_the_newest_schema_is_alembics() -> None:
    assert schemas()[-1] == ScriptDirectory.from_config(alembic_config(Path("any.db"))).get_current_head()


def test_a_batch_migration_keeps_the_rows_of_child_tables(store: Store) -> None:
    path = database_path(store.data_dir)
    tables = ("term", "text", "edge", "edition", "topic", "member")
    store.close()

    def count() -> dict[str, int]:
        with sqlite3.connect(path) as connection:
            return {name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in tables}

    before = count()
    assert all(before.values())
    engine = migration_engine(path)
    with engine.begin() as connection:
        operations = Operations(MigrationContext.configure(connection, opts={"render_as_batch": True}))
        for table in ("term", "topic"):
            with operations.batch_alter_table(table, recreate="always") as batch:
                batch.add_column(sa.Column("extra", sa.Text()))
        assert connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall() == []
    engine.dispose()
    assert count() == before


def test_the_same_migration_with_foreign_keys_on_loses_them(store: Store) -> None:
    """Why the migration engine turns foreign keys off: this is what happens otherwise."""
    path = database_path(store.data_dir)
    store.close()
    engine = connect(path)
    with engine.begin() as connection:
        operations = Operations(MigrationContext.configure(connection, opts={"render_as_batch": True}))
        with operations.batch_alter_table("topic", recreate="always") as batch:
            batch.add_column(sa.Column("extra", sa.Text()))
        assert connection.exec_driver_sql("SELECT count(*) FROM member").scalar_one() == 0
    engine.dispose()


def test_a_failing_migration_leaves_the_database_as_it_was(tmp_path: Path) -> None:
    engine = migration_engine(tmp_path / "a.db")
    with pytest.raises(RuntimeError), engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE half (x)")
        raise RuntimeError
    assert sa.inspect(engine).get_table_names() == []
    engine.dispose()


def test_downgrade_and_upgrade_again(tmp_path: Path) -> None:
    upgrade(tmp_path)
    command.downgrade(alembic_config(database_path(tmp_path)), "base")
    with pytest.raises(Unusable, match="kgservice db upgrade"):
        require_current(tmp_path)
    with pytest.raises(Unusable, match="db upgrade"):
        Store(tmp_path)
    result = CliRunner().invoke(main, ["db", "check", "--data-dir", str(tmp_path)])
    assert result.exit_code == 1
    assert CliRunner().invoke(main, ["db", "upgrade", "--data-dir", str(tmp_path)]).exit_code == 0
    assert CliRunner().invoke(main, ["db", "check", "--data-dir", str(tmp_path)]).exit_code == 0


def test_rows_survive_each_migration_and_an_upgrade_broken_off_is_told(store: Store) -> None:
    folder, config = store.data_dir, alembic_config(database_path(store.data_dir))
    found = search(store, "net", Languages(("en",), ("en",)), 5)
    store.close()
    revisions = [one.revision for one in ScriptDirectory.from_config(config).walk_revisions()]
    assert revisions[0] == schemas()[-1] and revisions[-1] == "0001"
    for revision in revisions[1:]:
        command.downgrade(config, revision)
    upgrade(folder)
    serve = CliRunner().invoke(main, ["export", "--data-dir", str(folder)])
    assert serve.exit_code == 1 and "was broken off before its end; run it again: kgservice db upgrade" in serve.output
    done = CliRunner().invoke(main, ["db", "upgrade", "--data-dir", str(folder)])
    assert done.exit_code == 0, done.output
    again = Store(folder)
    assert check(again).findings == [] and search(again, "net", Languages(("en",), ("en",)), 5) == found
    again.close()


def test_a_migration_that_leaves_rows_without_their_parent_changes_nothing(store: Store) -> None:
    path = database_path(store.data_dir)
    store.close()
    with sqlite3.connect(path) as connection:  # foreign keys are off here
        connection.execute("DELETE FROM topic")
    before = path.read_bytes()
    with pytest.raises(RuntimeError, match="without their parent"):
        command.downgrade(alembic_config(path), "-1")
    require_current(store.data_dir)
    assert path.read_bytes() == before


def test_the_database_is_opened_as_it_has_to_be(store: Store) -> None:
    with store.read() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar_one() == 1
        assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar_one() == 10_000
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar_one() == 2
