"""The command line `gametape`: the list of its commands, and how errors become exit codes."""

import sys

import typer

from app.console import err
from app.cut import cut
from app.demo import demo
from app.made import make_match
from app.show import config, doctor, profiles
from app.up import up
from gametape.errors import InputError, ToolError

app = typer.Typer(
    name="gametape",
    help="Match video in, every play out as a clip.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (cut, demo, make_match, profiles, config, doctor, up):
    app.command()(command)


def main() -> None:
    """Run a command; say what is wrong in a sentence, and exit 2 (input) or 3 (machine)."""
    try:
        app()
    except InputError as error:
        fail(error, 2)
    except ToolError as error:
        fail(error, 3)
    except KeyboardInterrupt:
        fail("interrupted; finished steps are kept, run again to go on.", 130)


def fail(reason: object, code: int) -> None:
    """End with one sentence on standard error."""
    err.print(f"gametape: {reason}", style="red", markup=False)
    sys.exit(code)
