"""The command line. Every option is also a variable: `--data-dir` is `KGSERVICE_DATA_DIR`, for all commands alike.

Commands import what they run when they run: naming them all takes a fraction of what loading them would.
"""

from typing import Any

import click

from kgservice import __version__
from kgservice.cli import asking, exchange, serving, tokens, upkeep
from kgservice.cli.options import fail
from kgservice.errors import Invalid, KgError


class _Group(click.Group):
    """Tells the errors of the domain in plain words, with exit code 1."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except Invalid as error:
            fail("\n".join(f"{fault.field}: {fault.message}" for fault in error.faults))
        except KgError as error:
            fail(str(error))


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="kgservice")
def main() -> None:
    """A knowledge-graph API service for multilingual technical terms."""


for _command in (
    *(serving.init, serving.serve),
    *(exchange.import_, exchange.export),
    *(asking.search, asking.path, asking.diagram),
    *(upkeep.check, upkeep.rebuild, upkeep.backup, upkeep.restore, upkeep.rebase, upkeep.doctor, upkeep.db),
    tokens.token,
):
    main.add_command(_command)
