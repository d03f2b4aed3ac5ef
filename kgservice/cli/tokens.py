"""Tokens: who may write."""

from datetime import UTC, datetime
from pathlib import Path

import click

from kgservice.cli.options import in_data_dir, option
from kgservice.model.roles import ROLES


@click.group()
def token() -> None:
    """Tokens: who may write."""


@token.command("create")
@click.argument("name")
@option("--role", type=click.Choice(ROLES), required=True, help="What the token allows.")
@option("--expires", type=click.DateTime(), help="A time in UTC from which on it does not count.  [default: never]")
@in_data_dir
def token_create(name: str, role: str, expires: datetime | None, data_dir: Path) -> None:
    """Make a token. Its secret is printed this once, alone on the last line."""
    from kgservice.store.store import Store

    secret = Store(data_dir).tokens.create(name, role, expires.replace(tzinfo=UTC) if expires else None)
    click.echo(f"The token {name!r} has the role {role}. Send it as: Authorization: Bearer SECRET", err=True)
    click.echo(secret)


@token.command("list")
@in_data_dir
def token_list(data_dir: Path) -> None:
    """List the tokens: name, role, and whether each counts."""
    from kgservice.store.store import Store
    from kgservice.store.tokens import moment

    for one in Store(data_dir).tokens.all():
        ended = f"revoked {one.revoked}" if one.revoked else f"expired {one.expires}"
        state = "valid" if one.is_valid(moment()) else ended
        until = f", until {one.expires}" if one.expires and state == "valid" else ""
        click.echo(f"{one.name}\t{one.role}\t{state}{until}\tmade {one.created}")


@token.command("revoke")
@click.argument("name")
@in_data_dir
def token_revoke(name: str, data_dir: Path) -> None:
    """End a token. It counts no more from the next request on."""
    from kgservice.store.store import Store

    Store(data_dir).tokens.revoke(name)
    click.echo(f"The token {name!r} counts no more.")
