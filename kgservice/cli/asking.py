"""What can be asked of a glossary without a server: search, learning paths, diagrams."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kgservice.cli.options import in_data_dir, option
from kgservice.diagrams.themes import THEMES

if TYPE_CHECKING:
    from kgservice.model.learning_path import LearningPath, PathStep
    from kgservice.model.speaking import Speaker
    from kgservice.store.store import Store

languages = option("--lang", help="Languages to show, best first, such as ja,en.  [default: the glossary's first]")
json_wanted = click.option("--json", "as_json", is_flag=True, help="What the API answers, for programs.")


@click.command()
@click.argument("query", nargs=-1, required=True)
@languages
@option("--limit", type=click.IntRange(1, 200), default=20, show_default=True, help="Most terms.")
@json_wanted
@in_data_dir
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


@click.command()
@click.argument("to", nargs=-1, required=True)
@option("--known", default="", help="Slugs of the terms that are known, with commas between them.")
@languages
@click.option("--markdown", "form", flag_value="markdown", help="An ordered list in Markdown.")
@click.option("--mermaid", "form", flag_value="mermaid", help="A diagram as Mermaid text.")
@json_wanted
@in_data_dir
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


@click.command()
@click.argument("slug")
@option("--depth", type=click.IntRange(1, 3), default=1, show_default=True, help="Edges to the farthest term.")
@option("--direction", type=click.Choice(("LR", "TB")), default="LR", show_default=True, help="Rightwards or down.")
@option("--theme", type=click.Choice(tuple(THEMES)), default="seed", show_default=True, help="The colours.")
@languages
@click.option("--svg", "as_svg", is_flag=True, help="A picture.  [default: Mermaid text]")
@json_wanted
@in_data_dir
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
