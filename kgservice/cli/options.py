"""What all commands share: options that are variables, too, how work is shown, and how they fail."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click

from kgservice.config import DEFAULT_DATA_DIR

if TYPE_CHECKING:
    from rich.status import Status

F = TypeVar("F", bound=Callable[..., Any])


def option(*names: str, **settings: Any) -> Callable[[F], F]:
    """An option that is also a variable, named alike for every command."""
    variable = "KGSERVICE_" + names[0].lstrip("-").replace("-", "_").upper()
    return click.option(*names, envvar=variable, show_envvar=True, **settings)


in_data_dir = option(
    "--data-dir",
    type=click.Path(path_type=Path, file_okay=False),
    default=DEFAULT_DATA_DIR,
    show_default=True,
    help="The data directory: one glossary. Nothing is written outside it.",
)


@contextmanager
def working(text: str) -> Iterator["Status"]:
    """Show on the terminal what is being done, for as long as it is."""
    from rich.console import Console  # heavy: commands that are done at once do without it

    with Console(stderr=True, highlight=False).status(text) as status:
        yield status


def fail(message: str) -> NoReturn:
    """Tell on the error output why there is nothing else, and end with exit code 1."""
    click.echo(f"kgservice: {message}", err=True)
    sys.exit(1)
