"""The command line `gametape`: the list of its commands, and how errors become exit codes."""

import sys

import typer

from app.add import add
from app.console import err, print_json
from app.cut import cut
from app.dataset import dataset
from app.demo import demo
from app.evaluate import evaluate
from app.export import export
from app.label import label
from app.made import make_match
from app.models import models
from app.open import open as open_page
from app.plan import plan
from app.plan import run as run_plan
from app.queue import queue
from app.show import config, doctor, profiles
from app.sql import sql, tables
from app.tidy import tidy
from app.train import train
from app.up import up
from app.validate import validate
from gametape.errors import InputError, ToolError

INTERRUPTED = 130  # as shells count: 128 and the signal

app = typer.Typer(
    name="gametape",
    help="Match video in, every play out as a clip.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (
    cut,
    add,
    plan,
    run_plan,
    export,
    label,
    queue,
    train,
    validate,
    evaluate,
    tables,
    sql,
    open_page,
    demo,
    make_match,
    profiles,
    config,
    doctor,
    up,
    tidy,
):
    app.command()(command)
app.add_typer(dataset)
app.add_typer(models)


def main() -> None:
    """The command's entry."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run a command and return its exit code; what is wrong is said in a sentence."""
    try:
        app(arguments)
    except SystemExit as done:
        if done.code == INTERRUPTED:  # what typer makes of Ctrl-C, without a word
            return _failed("interrupted; finished steps are kept, run again to go on.", INTERRUPTED)
        return done.code if isinstance(done.code, int) else int(done.code is not None)
    except (InputError, ToolError) as error:
        code = 2 if isinstance(error, InputError) else 3
        if "--json" in arguments:
            print_json({"error": str(error), "exit_code": code})
        return _failed(error, code)
    return 0


def _failed(reason: object, code: int) -> int:
    err.print(f"gametape: {reason}", style="red", markup=False, soft_wrap=True)
    return code
