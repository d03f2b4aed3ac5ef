"""Making a data directory and serving it."""

import ipaddress
import os
import re
import socket
from pathlib import Path
from urllib.parse import urlsplit

import click

from kgservice import __version__
from kgservice.cli.options import in_data_dir, option
from kgservice.config import DEFAULT_BASE_IRI, Settings
from kgservice.errors import Unusable


@click.command()
@in_data_dir
@option("--base-iri", default=DEFAULT_BASE_IRI, show_default=True, help="What the IRIs of terms made here start with.")
@option(
    "--languages", help="Language tags in order, such as en,ja: the first is the default, the order that of fallback."
)
@option("--title", help="The glossary's title, in its first language.")
@option("--licence", help="The IRI of the licence of its texts.")
@option("--empty", is_flag=True, help="Without the seed glossary's terms.")
def init(
    data_dir: Path, base_iri: str, languages: str | None, title: str | None, licence: str | None, empty: bool
) -> None:
    """Make a data directory, filled with the seed glossary unless --empty is given."""
    from kgservice.services.glossaries import make_glossary

    tags = tuple(tag.strip() for tag in languages.split(",")) if languages else ()
    make_glossary(data_dir, base=base_iri, languages=tags, title=title, licence=licence, empty=empty)
    click.echo(f"Made {data_dir}.")


@click.command()
@option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True, help="The port to listen on.")
@option("--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Web processes.")
@in_data_dir
@option("--public-url", help="What links in answers start with.  [default: the address it listens on]")
@option(
    "--sparql-trusted",
    is_flag=True,
    help="Run queries although the sandbox does not hold here. On a loopback address only.",
)
@option(
    "--trusted-proxies",
    type=click.IntRange(0, 10),
    default=0,
    show_default=True,
    help="Proxies in front whose X-Forwarded-For is believed: budgets of queries are for the client behind them.",
)
@option(
    "--query-limits",
    type=click.Path(path_type=Path, dir_okay=False),
    help="A TOML file with other limits of SPARQL queries: a section for each role, such as [reader].",
)
def serve(
    host: str,
    port: int,
    workers: int,
    data_dir: Path,
    public_url: str | None,
    sparql_trusted: bool,
    trusted_proxies: int,
    query_limits: Path | None,
) -> None:
    """Run the service. A missing data directory is made and filled with the seed glossary first."""
    from kgservice.services.glossaries import make_glossary
    from kgservice.services.query_limits import read_limits
    from kgservice.store.database import database_path
    from kgservice.store.store import Store

    _require_address(public_url)
    if sparql_trusted and not _is_loopback(host):
        raise click.UsageError("--sparql-trusted is allowed with a loopback --host only, such as 127.0.0.1")
    if not database_path(data_dir).exists():
        click.echo(f"Making {data_dir} with the seed glossary ...")
        make_glossary(data_dir, base=DEFAULT_BASE_IRI)
    Store(data_dir).close()  # tell what is wrong with it, and with the limits, before any worker starts
    read_limits(query_limits)
    _require_free_port(host, port)
    address = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    settings = Settings(
        data_dir.resolve(),
        (public_url or address).rstrip("/"),
        sparql_trusted,
        trusted_proxies,
        query_limits.resolve() if query_limits else None,
    )
    click.echo(f"kgservice {__version__} serves {data_dir} on {address} (Ctrl-C ends it)")
    _run_server(settings, host, port, workers)


def _require_address(public_url: str | None) -> None:
    """Links start with it: it is the root of a host that browsers can reach."""
    if public_url is None:
        return
    try:
        parts = urlsplit(public_url)
        whole = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port or an address that is none
        whole = False
    if not whole or re.search(r"[\s<>\"]", public_url):
        told = "is not http:// or https:// and a host, such as https://glossary.example.org"
        raise click.UsageError(f"--public-url {public_url!r} {told}")
    if parts.path.strip("/") or parts.query or parts.fragment or parts.username is not None:
        more = "the service answers at the root of a host, so there is no path, query or user"
        raise click.UsageError(f"--public-url {public_url!r} has more than a host: {more}")


def _require_free_port(host: str, port: int) -> None:
    """The server would share the port with another that listens there already."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.create_server((host, port), family=family).close()
    except OSError as error:
        raise Unusable(f"cannot listen on {host}, port {port}: {error.strerror}; choose another --port") from error


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _run_server(settings: Settings, host: str, port: int, workers: int) -> None:
    from granian.constants import Interfaces
    from granian.log import LogLevels
    from granian.server import Server

    from kgservice.app import to_environment

    os.environ.update(to_environment(settings))
    Server(
        "kgservice.app:from_environment",
        factory=True,
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=32,  # twice the queries that may run or wait, so that they never take all of them
        respawn_failed_workers=True,
        workers_kill_timeout=15,  # seconds; a query that runs has ten
        websockets=False,
        log_level=LogLevels.error,
    ).serve()
