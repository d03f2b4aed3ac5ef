"""Care for a data directory: check, rebuild, backup, restore, rebase, doctor, and the database's schema."""

import sys
from pathlib import Path

import click

from kgservice.cli.options import fail, in_data_dir, option, working


@click.command()
@in_data_dir
def check(data_dir: Path) -> None:
    """Prove that log, mirror, search and graph agree and that the shapes hold. Exit code 1 and the findings if not."""
    from kgservice.store.checking import check as run
    from kgservice.store.store import Store

    store = Store(data_dir)
    with working("Checking ..."):
        result = run(store)
    for finding in result.findings:
        click.echo(finding)
    if result.findings:
        fail(f"{len(result.findings)} findings; kgservice rebuild makes mirror and graph anew from the log")
    click.echo(
        f"Log, mirror and graph agree at change {result.seq}: {result.triples} triples, {result.terms} terms. "
        "The shapes hold."
    )


@click.command()
@in_data_dir
def rebuild(data_dir: Path) -> None:
    """Make the mirror, search and the graph's copies anew from the log."""
    from kgservice.store.bases import remove_replicas
    from kgservice.store.store import Store

    store = Store(data_dir, mirrored=False)
    with working("Rebuilding ..."):
        seq = store.rebuild()
        remove_replicas(data_dir)
    click.echo(f"Made anew from {seq} changes.")


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@in_data_dir
def backup(file: Path, data_dir: Path) -> None:
    """Copy the data directory to a file, while the service runs, and check the copy. Tokens are in it, as digests."""
    from kgservice.store.backups import backup as run
    from kgservice.store.store import Store

    with working("Copying ..."):
        head = run(Store(data_dir), file)
    click.echo(f"{file} has all up to change {head.seq}; its log is whole.")


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@option("--at", type=click.IntRange(1), help="The sequence to go back to.  [default: the backup's last]")
@in_data_dir
def restore(file: Path, at: int | None, data_dir: Path) -> None:
    """Make a data directory from a backup, as it was at its last change or at one before."""
    from kgservice.store.backups import restore as run

    with working("Restoring ..."):
        head = run(file, data_dir, at=at)
    click.echo(f"{data_dir} is as it was at change {head.seq}.")


@click.command()
@click.argument("iri")
@in_data_dir
def rebase(iri: str, data_dir: Path) -> None:
    """Have the IRIs of the glossary and of terms made here start with another IRI, as one change.

    IRIs are names for ever: do it before others use them. Histories of terms start anew; the log keeps what was.
    """
    from kgservice.services.rebasing import rebase as run
    from kgservice.store.store import Store

    seq = run(Store(data_dir), iri)
    click.echo("Nothing to change." if seq is None else f"IRIs start with {iri} since change {seq}.")


@click.command()
@in_data_dir
def doctor(data_dir: Path) -> None:
    """Look at what the service stands on: SQLite, disk, log, sandbox, clock. Exit code 1 on an error."""
    from kgservice.store.doctor import examine

    findings = list(examine(data_dir))
    for one in findings:
        click.echo(f"{one.severity:8} {one.about}: {one.message}")
    if any(one.severity == "error" for one in findings):
        sys.exit(1)


@click.group()
def db() -> None:
    """The database's schema."""


@db.command("upgrade")
@in_data_dir
def db_upgrade(data_dir: Path) -> None:
    """Bring the database to the schema of this version. Stop the service and copy the directory first.

    The mirror is made anew from the log, since a schema can have tables that were not there before.
    """
    from kgservice.store.database import database_path, require_known, schema, upgrade
    from kgservice.store.store import Store

    if not database_path(data_dir).exists():
        raise click.UsageError(f"{data_dir} has no glossary; make one with: kgservice init --data-dir {data_dir}")
    require_known(schema(database_path(data_dir)), data_dir)
    upgrade(data_dir)
    with working("Rebuilding ..."):
        Store(data_dir, mirrored=False).rebuild()
    click.echo("The schema is current.")


@db.command("check")
@in_data_dir
def db_check(data_dir: Path) -> None:
    """Tell whether the database has the schema of this version."""
    from kgservice.store.database import require_current

    require_current(data_dir)
    click.echo("The schema is current.")
