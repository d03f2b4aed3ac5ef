"""The command line. Every option is also a variable: `--data-dir` is `KGSERVICE_DATA_DIR`, for all commands alike."""

import ipaddress
import json
import os
import socket
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar
from urllib.parse import urlsplit

import click
from rich.console import Console

from kgservice import __version__
from kgservice.config import DEFAULT_BASE_IRI, DEFAULT_DATA_DIR, Settings
from kgservice.diagrams.themes import THEMES
from kgservice.errors import Invalid, KgError, Unusable
from kgservice.model.roles import ROLES
from kgservice.services.exporting import FORMATS as EXPORTED
from kgservice.services.import_formats import FORMATS

if TYPE_CHECKING:
    from kgservice.model.learning_path import LearningPath, PathStep
    from kgservice.model.speaking import Speaker
    from kgservice.store.store import Store

F = TypeVar("F", bound=Callable[..., Any])

_errors = Console(stderr=True, highlight=False)


def _option(*names: str, **settings: Any) -> Callable[[F], F]:
    """An option that is also a variable, named alike for every command."""
    variable = "KGSERVICE_" + names[0].lstrip("-").replace("-", "_").upper()
    return click.option(*names, envvar=variable, show_envvar=True, **settings)


_data_dir = _option(
    "--data-dir",
    type=click.Path(path_type=Path, file_okay=False),
    default=DEFAULT_DATA_DIR,
    show_default=True,
    help="The data directory: one glossary. Nothing is written outside it.",
)


class _Group(click.Group):
    """Tells the errors of the domain in plain words, with exit code 1."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except Invalid as error:
            _fail("\n".join(f"{fault.field}: {fault.message}" for fault in error.faults))
        except KgError as error:
            _fail(str(error))


def _fail(message: str) -> NoReturn:
    click.echo(f"kgservice: {message}", err=True)
    sys.exit(1)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="kgservice")
def main() -> None:
    """A knowledge-graph API service for multilingual technical terms."""


@main.command()
@_data_dir
@_option("--base-iri", default=DEFAULT_BASE_IRI, show_default=True, help="What the IRIs of terms made here start with.")
@_option(
    "--languages", help="Language tags in order, such as en,ja: the first is the default, the order that of fallback."
)
@_option("--title", help="The glossary's title, in its first language.")
@_option("--licence", help="The IRI of the licence of its texts.")
@_option("--empty", is_flag=True, help="Without the seed glossary's terms.")
def init(
    data_dir: Path, base_iri: str, languages: str | None, title: str | None, licence: str | None, empty: bool
) -> None:
    """Make a data directory, filled with the seed glossary unless --empty is given."""
    from kgservice.services.glossaries import make_glossary

    tags = tuple(tag.strip() for tag in languages.split(",")) if languages else ()
    make_glossary(data_dir, base=base_iri, languages=tags, title=title, licence=licence, empty=empty)
    click.echo(f"Made {data_dir}.")


@main.command()
@_option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@_option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True, help="The port to listen on.")
@_option("--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Web processes.")
@_data_dir
@_option("--public-url", help="What links in answers start with.  [default: the address it listens on]")
@_option(
    "--sparql-trusted",
    is_flag=True,
    help="Run queries although the sandbox does not hold here. On a loopback address only.",
)
@_option(
    "--trusted-proxies",
    type=click.IntRange(0, 10),
    default=0,
    show_default=True,
    help="Proxies in front whose X-Forwarded-For is believed: budgets of queries are for the client behind them.",
)
@_option(
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

    if public_url and urlsplit(public_url).path.strip("/"):
        raise click.UsageError("--public-url has a path; the service answers at the root of a host")
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


@main.command("import")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@_option("--format", "format_", type=click.Choice(FORMATS), help="The file's format.  [default: by its name]")
@_option("--lang", help="The language of texts that name none.  [default: in CSV, the glossary's first]")
@_option("--dry-run", is_flag=True, help="Report what would be done, and change nothing.")
@_data_dir
def import_(file: Path, format_: str | None, lang: str | None, dry_run: bool, data_dir: Path) -> None:
    """Merge a file into the glossary: SKOS in RDF, Glosario YAML, CSV, or JSON as an export writes it.

    It is one change or none. Records and edges that break a rule are left out and reported; an unreadable file, a
    circle of prerequisites or a slug that two terms claim is an error, and nothing is changed.
    """
    from kgservice.services.importing import import_files
    from kgservice.store.store import Store

    store = Store(data_dir)
    with _errors.status(f"Importing {file.name} ..."):
        report = import_files(store, [file], format=format_, lang=lang, dry_run=dry_run)
    for problem in report.problems:
        click.echo(f"{problem.severity:8} {problem.where}: {problem.message}")
    counts = ", ".join(f"{len(getattr(report, name))} {name}" for name in ("created", "updated", "unchanged"))
    left_out = sum(problem.severity != "info" for problem in report.problems)
    outcome = (
        "nothing to change"
        if report.seq is None
        else f"would be change {report.seq}"
        if dry_run
        else f"change {report.seq}"
    )
    click.echo(f"{file.name}: {counts} terms; {left_out} left out or passed over; {outcome}.")


@main.command()
@click.argument("folder", required=False, type=click.Path(path_type=Path, file_okay=False))
@_option(
    "--format",
    "format_",
    type=click.Choice((*EXPORTED, "site", "mkdocs")),
    default="ttl",
    show_default=True,
    help="The format.",
)
@_option("--languages", help="Of CSV columns, or of tooltips, the best first; such as en,ja.  [default: all]")
@_option("--output", "-o", type=click.Path(path_type=Path, dir_okay=False), help="The file.  [default: the terminal]")
@_option("--public-url", help="With site: the address at which the folder will be served.")
@_data_dir
def export(
    folder: Path | None,
    format_: str,
    languages: str | None,
    output: Path | None,
    public_url: str | None,
    data_dir: Path,
) -> None:
    """Write the whole glossary as a file: RDF, JSON, or CSV (terms; with csv-edges, the edges between them).

    site writes FOLDER with what other sites embed, for any static host: the pictures of each term in each language and
    theme, the definitions and the script. mkdocs writes abbreviations, which MkDocs Material shows as tooltips.
    """
    if format_ == "mkdocs":
        _export_tooltips(data_dir, languages, output)
    elif format_ != "site":
        _export_file(data_dir, format_, languages, output)
    elif folder is None or public_url is None:
        raise click.UsageError(
            "--format site needs a FOLDER, and --public-url with the address where it will be served"
        )
    else:
        _export_site(data_dir, folder, public_url.rstrip("/"))


def _export_file(data_dir: Path, format_: str, languages: str | None, output: Path | None) -> None:
    from kgservice.services.exporting import export_file
    from kgservice.store.store import Store

    tags = tuple(tag.strip() for tag in languages.split(",")) if languages else ()
    seq = export_file(Store(data_dir), format_, output, languages=tags)
    click.echo(f"The glossary at change {seq} as {format_}{f' in {output}' if output else ''}.", err=True)


def _export_tooltips(data_dir: Path, lang: str | None, output: Path | None) -> None:
    from kgservice.model.languages import Languages, canonical_tag
    from kgservice.services.tooltips import tooltips
    from kgservice.store.store import Store

    tags = [(tag, canonical_tag(tag.strip())) for tag in lang.split(",")] if lang else []
    if bad := [tag for tag, known in tags if known is None]:
        raise click.UsageError(f"--languages: {bad[0]!r} is not a language tag, such as en or zh-Hant")
    store = Store(data_dir)
    made = tooltips(store, Languages(tuple(known for _, known in tags if known), store.glossary().languages))
    for one in made.left_out:
        click.echo(f"left out: {one}", err=True)
    if output is None:
        click.echo(made.text, nl=False)
        return
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(made.text, encoding="utf-8")
    click.echo(f"{output}: {made.labels} labels.")


def _export_site(data_dir: Path, folder: Path, public_url: str) -> None:
    from kgservice.api.static_site import write_site
    from kgservice.app import create_app

    app = create_app(Settings(data_dir.resolve(), public_url), with_queries=False)
    with _errors.status(f"Writing {folder} ...") as status:
        count = write_site(app, folder, lambda slug: status.update(f"Writing {folder}: {slug}"))
    click.echo(f"{folder}: {count} files, to be served at {public_url}/.")


@main.command()
@_data_dir
def check(data_dir: Path) -> None:
    """Prove that log, mirror, search and graph agree and that the shapes hold. Exit code 1 and the findings if not."""
    from kgservice.store.checking import check as run
    from kgservice.store.store import Store

    store = Store(data_dir)
    with _errors.status("Checking ..."):
        result = run(store)
    for finding in result.findings:
        click.echo(finding)
    if result.findings:
        _fail(f"{len(result.findings)} findings; kgservice rebuild makes mirror and graph anew from the log")
    click.echo(
        f"Log, mirror and graph agree at change {result.seq}: {result.triples} triples, {result.terms} terms. "
        "The shapes hold."
    )


@main.command()
@_data_dir
def rebuild(data_dir: Path) -> None:
    """Make the mirror, search and the graph's copies anew from the log."""
    from kgservice.store.bases import remove_replicas
    from kgservice.store.store import Store

    store = Store(data_dir)
    with _errors.status("Rebuilding ..."):
        seq = store.rebuild()
        remove_replicas(data_dir)
    click.echo(f"Made anew from {seq} changes.")


_lang = _option("--lang", help="Languages to show, best first, such as ja,en.  [default: the glossary's first]")
_json = click.option("--json", "as_json", is_flag=True, help="What the API answers, for programs.")


@main.command()
@click.argument("query", nargs=-1, required=True)
@_lang
@_option("--limit", type=click.IntRange(1, 200), default=20, show_default=True, help="Most terms.")
@_json
@_data_dir
def search(query: tuple[str, ...], lang: str | None, limit: int, as_json: bool, data_dir: Path) -> None:
    """Find terms by their labels and texts, in every language, best first."""
    from kgservice.api import representations
    from kgservice.services.searching import search as find

    store, speaker = _opened(data_dir, lang)
    found = representations.found_terms(speaker, find(store, " ".join(query), speaker.languages, limit))
    if as_json:
        return click.echo(json.dumps(found, ensure_ascii=False, indent=2))
    width = max((len(item["slug"]) for item in found["items"]), default=0)
    for item in found["items"]:
        _tell_hit(item, width)
    if not found["items"]:
        click.echo("Nothing was found.", err=True)
    elif found["truncated"]:
        click.echo("There are more; --limit takes up to 200.", err=True)
    return None


def _tell_hit(item: dict[str, Any], width: int) -> None:
    """A line with the slug, in a column so wide, and the label; one with what matched, if that is not the label."""
    label, match = item["prefLabel"], item["match"]
    marked = "".join(click.style(part["text"], bold=part["hit"]) for part in match["parts"])
    is_label = match["field"] == "prefLabel" and match["value"] == label["value"]
    slug = click.style(item["slug"].ljust(width), fg="cyan")
    click.echo(f"{slug}  {marked if is_label else label['value']}")
    if not is_label:
        click.echo(f"{' ' * width}  {match['field']} {match['lang']}: {' '.join(marked.split())}")


@main.command()
@click.argument("to", nargs=-1, required=True)
@_option("--known", default="", help="Slugs of the terms that are known, with commas between them.")
@_lang
@click.option("--markdown", "form", flag_value="markdown", help="An ordered list in Markdown.")
@click.option("--mermaid", "form", flag_value="mermaid", help="A diagram as Mermaid text.")
@_json
@_data_dir
def path(to: tuple[str, ...], known: str, lang: str | None, form: str | None, as_json: bool, data_dir: Path) -> None:
    """Tell what to learn for some terms (slugs), each after all that it requires."""
    from kgservice.api import representations
    from kgservice.diagrams.learning_paths import path_markdown, path_mermaid
    from kgservice.model.learning_path import PathStep
    from kgservice.model.terms import Texts
    from kgservice.services.paths import learning_path

    store, speaker = _opened(data_dir, lang)
    found = learning_path(store, to, [slug.strip() for slug in known.split(",") if slug.strip()])

    def text(texts: Texts) -> str:
        picked = speaker.languages.pick(texts)
        return picked.value if picked else ""

    def title(step: PathStep) -> str:
        return text(step.label) or step.slug

    if as_json:
        click.echo(json.dumps(representations.learning_path(speaker, found), ensure_ascii=False, indent=2))
    elif form == "markdown":
        click.echo(path_markdown(found, title=title, text=text, link=lambda slug: f"/terms/{slug}"), nl=False)
    elif form == "mermaid":
        click.echo(path_mermaid(found, title=title, link=lambda _: None), nl=False)
    else:
        _tell_path(found, title)


def _tell_path(found: "LearningPath", title: "Callable[[PathStep], str]") -> None:
    width = len(str(len(found.steps)))
    for number, step in enumerate(found.steps, 1):
        name = click.style(step.slug, fg="cyan", bold=step.slug in found.goals)
        after = ", ".join(slug for slug in step.requires if slug not in found.known)
        why = click.style(f"  after {after}", dim=True) if after else ""
        click.echo(f"{number:{width}}  {title(step)}  {name}{why}")
    done = found.needed - len(found.steps)
    click.echo(
        f"{len(found.steps)} to learn" + (f"; {done} of {found.needed} are behind you." if done else "."), err=True
    )


@main.command()
@click.argument("slug")
@_option("--depth", type=click.IntRange(1, 3), default=1, show_default=True, help="Edges to the farthest term.")
@_option("--direction", type=click.Choice(("LR", "TB")), default="LR", show_default=True, help="Rightwards or down.")
@_option("--theme", type=click.Choice(tuple(THEMES)), default="seed", show_default=True, help="The colours.")
@_lang
@click.option("--svg", "as_svg", is_flag=True, help="A picture.  [default: Mermaid text]")
@_json
@_data_dir
def diagram(
    slug: str, depth: int, direction: str, theme: str, lang: str | None, as_svg: bool, as_json: bool, data_dir: Path
) -> None:
    """Draw the terms around a term (a slug): as Mermaid text, or as a picture."""
    from kgservice.api import representations
    from kgservice.diagrams.mermaid import mermaid
    from kgservice.diagrams.neighbourhoods import drawn_graph
    from kgservice.diagrams.svg import svg
    from kgservice.model.neighbourhood import Neighbour
    from kgservice.services.neighbourhoods import neighbourhood

    store, speaker = _opened(data_dir, lang)
    found = neighbourhood(store, slug, depth=depth)

    def titled(node: Neighbour) -> tuple[str, str]:
        picked = speaker.languages.pick(node.label)
        return (picked.value, picked.lang) if picked else (node.slug, "")

    if as_json:
        click.echo(json.dumps(representations.neighbourhood(speaker, found), ensure_ascii=False, indent=2))
    elif as_svg:
        click.echo(svg(drawn_graph(found, title=titled, link=lambda _: None), direction=direction, theme=theme))
    else:
        told = mermaid(found, title=lambda node: titled(node)[0], link=lambda _: None, direction=direction, theme=theme)
        click.echo(told, nl=False)


def _opened(data_dir: Path, lang: str | None) -> "tuple[Store, Speaker]":
    """The store, and the one that writes its texts in the languages asked for."""
    from kgservice.api.negotiation import parse_lang
    from kgservice.model.languages import Languages
    from kgservice.model.speaking import Speaker
    from kgservice.store.store import Store

    store = Store(data_dir)
    return store, Speaker(Languages(parse_lang(lang) or (), store.glossary().languages))


@main.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@_data_dir
def backup(file: Path, data_dir: Path) -> None:
    """Copy the data directory to a file, while the service runs, and check the copy. Tokens are in it, as digests."""
    from kgservice.store.backups import backup as run
    from kgservice.store.store import Store

    with _errors.status("Copying ..."):
        head = run(Store(data_dir), file)
    click.echo(f"{file} has all up to change {head.seq}; its log is whole.")


@main.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@_option("--at", type=click.IntRange(1), help="The sequence to go back to.  [default: the backup's last]")
@_data_dir
def restore(file: Path, at: int | None, data_dir: Path) -> None:
    """Make a data directory from a backup, as it was at its last change or at one before."""
    from kgservice.store.backups import restore as run

    with _errors.status("Restoring ..."):
        head = run(file, data_dir, at=at)
    click.echo(f"{data_dir} is as it was at change {head.seq}.")


@main.command()
@click.argument("iri")
@_data_dir
def rebase(iri: str, data_dir: Path) -> None:
    """Have the IRIs of the glossary and of terms made here start with another IRI, as one change.

    IRIs are names for ever: do it before others use them. Histories of terms start anew; the log keeps what was.
    """
    from kgservice.services.rebasing import rebase as run
    from kgservice.store.store import Store

    seq = run(Store(data_dir), iri)
    click.echo("Nothing to change." if seq is None else f"IRIs start with {iri} since change {seq}.")


@main.command()
@_data_dir
def doctor(data_dir: Path) -> None:
    """Look at what the service stands on: SQLite, disk, log, sandbox, clock. Exit code 1 on an error."""
    from kgservice.store.doctor import examine

    findings = list(examine(data_dir))
    for one in findings:
        click.echo(f"{one.severity:8} {one.about}: {one.message}")
    if any(one.severity == "error" for one in findings):
        sys.exit(1)


@main.group()
def token() -> None:
    """Tokens: who may write."""


@token.command("create")
@click.argument("name")
@_option("--role", type=click.Choice(ROLES), required=True, help="What the token allows.")
@_option("--expires", type=click.DateTime(), help="A time in UTC from which on it does not count.  [default: never]")
@_data_dir
def token_create(name: str, role: str, expires: datetime | None, data_dir: Path) -> None:
    """Make a token. Its secret is printed this once, alone on the last line."""
    from kgservice.store.store import Store

    secret = Store(data_dir).tokens.create(name, role, expires.replace(tzinfo=UTC) if expires else None)
    click.echo(f"The token {name!r} has the role {role}. Send it as: Authorization: Bearer SECRET", err=True)
    click.echo(secret)


@token.command("list")
@_data_dir
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
@_data_dir
def token_revoke(name: str, data_dir: Path) -> None:
    """End a token. It counts no more from the next request on."""
    from kgservice.store.store import Store

    Store(data_dir).tokens.revoke(name)
    click.echo(f"The token {name!r} counts no more.")


@main.group()
def db() -> None:
    """The database's schema."""


@db.command("upgrade")
@_data_dir
def db_upgrade(data_dir: Path) -> None:
    """Bring the database to the schema of this version. Stop the service and copy the directory first.

    The mirror is made anew from the log, since a schema can have tables that were not there before.
    """
    from kgservice.store.database import database_path, require_current, upgrade
    from kgservice.store.store import Store

    if not database_path(data_dir).exists():
        raise click.UsageError(f"{data_dir} has no glossary; make one with: kgservice init --data-dir {data_dir}")
    upgrade(data_dir)
    require_current(data_dir)
    with _errors.status("Rebuilding ..."):
        Store(data_dir).rebuild()
    click.echo("The schema is current.")


@db.command("check")
@_data_dir
def db_check(data_dir: Path) -> None:
    """Tell whether the database has the schema of this version."""
    from kgservice.store.database import require_current

    require_current(data_dir)
    click.echo("The schema is current.")
