"""Alembic's environment: SQLite, batch mode, foreign keys off while tables are rebuilt, checked afterwards."""

from alembic import context

from kgservice.store.database import STALE, migration_engine
from kgservice.store.tables import WORD_INDEX, metadata


def run() -> None:
    engine = migration_engine(context.config.attributes["path"])
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=metadata,
            render_as_batch=True,
            compare_type=True,
            compare_server_default=True,
            include_name=lambda name, kind, _: kind != "table" or not str(name).startswith(WORD_INDEX),
            autogenerate_plugins=["alembic.autogenerate.*", "alembic.ext.checkconstraint_byname"],
            transactional_ddl=True,  # SQLite can; taken as one that cannot, a migration that fails would stay half done
        )
        with context.begin_transaction():
            before = context.get_context().get_current_heads()
            context.run_migrations()
            after = context.get_context().get_current_heads()
            if before and after and before != after:
                connection.exec_driver_sql(f"PRAGMA user_version = {STALE}")
            broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
            if broken:
                raise RuntimeError(f"the migration left rows without their parent: {broken[:5]}")
        connection.commit()
    engine.dispose()


run()
