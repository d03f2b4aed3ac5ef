"""Files in and out: import and export."""

from pathlib import Path

import click

from kgservice.cli.options import in_data_dir, option, working
from kgservice.config import Settings
from kgservice.services.formats import EXPORTED, IMPORTED


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@option("--format", "format_", type=click.Choice(IMPORTED), help="The file's format.  [default: by its name]")
@option("--lang", help="The language of texts that name none.  [default: in CSV, the glossary's first]")
@option("--dry-run", is_flag=True, help="Report what would be done, and change nothing.")
@in_data_dir
def import_(file: Path, format_: str | None, lang: str | None, dry_run: bool, data_dir: Path) -> None:
    """Merge a file into the glossary: SKOS in RDF, Glosario YAML, CSV, or JSON as an export writes it.

    It is one change or none. Records and edges that break a rule are left out and reported; an unreadable file, a
    circle of prerequisites or a slug that two terms claim is an error, and nothing is changed.
    """
    from kgservice.services.importing import import_files
    from kgservice.store.store import Store

    store = Store(data_dir)
    with working(f"Importing {file.name} ..."):
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
    click.echo(f"{file.name}: {counts} terms; {left_out} left out, passed over or read otherwise; {outcome}.")


@click.command()
@click.argument("folder", required=False, type=click.Path(path_type=Path, file_okay=False))
@option(
    "--format",
    "format_",
    type=click.Choice((*EXPORTED, "site", "mkdocs")),
    default="ttl",
    show_default=True,
    help="The format.",
)
@option("--languages", help="Of CSV columns, or of tooltips, the best first; such as en,ja.  [default: all]")
@option("--output", "-o", type=click.Path(path_type=Path, dir_okay=False), help="The file.  [default: the terminal]")
@option("--public-url", help="With site: the address at which the folder will be served.")
@in_data_dir
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
    with working(f"Writing {folder} ...") as status:
        count = write_site(app, folder, lambda slug: status.update(f"Writing {folder}: {slug}"))
    click.echo(f"{folder}: {count} files, to be served at {public_url}/.")
