"""`gametape make-match`: a made match with its truth."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import ValidationError

from app.console import out, print_json, progress_bars
from app.options import AsJson, Difficulty, Length, Seed
from gametape.errors import InputError

if TYPE_CHECKING:
    from gametape.madematch.settings import MatchSettings


def make_match(
    folder: Annotated[Path, typer.Argument(help="Folder that receives the video and its truth.")],
    sport: Annotated[
        str,
        typer.Option(
            help="volleyball-indoor, volleyball-beach, tennis, football, soccer, basketball."
        ),
    ] = "volleyball-indoor",
    seed: Seed = 1,
    length: Length = 180.0,
    size: Annotated[str, typer.Option(help="Width x height of the picture.")] = "640x360",
    rate: Annotated[
        str, typer.Option(help="23.976, 24, 25, 29.97, 30, 50, 59.94, 60 or variable.")
    ] = "25",
    difficulty: Difficulty = "normal",
    as_json: AsJson = False,
) -> None:
    """Make a synthetic match whose truth is known to the frame.

    The folder receives match.mp4, truth.json, and a table per subject under truth/.
    """
    from gametape.madematch.match import make_match as make

    parsed = re.fullmatch(r"(\d{2,5})x(\d{2,5})", size)
    if parsed is None:
        raise InputError(f"--size {size}: write it as width x height, as 1280x720.")
    settings = wish(
        sport=sport,
        seed=seed,
        length_s=length,
        width=int(parsed[1]),
        height=int(parsed[2]),
        rate=rate,
        difficulty=difficulty,
    )
    with progress_bars() as progress:
        made = make(folder, settings, progress)
    if as_json:
        paths = {"video": str(made.video), "truth": str(made.truth_file)}
        print_json({**paths, "plays": len(made.truth.plays()), "is_new": made.is_new})
        return
    if not made.is_new:
        out.print("[green]Nothing to do:[/] this match is there already.")
    out.print(f"Video  {made.video}\nTruth  {made.truth_file}")


def wish(**values: object) -> "MatchSettings":
    """What was asked for, checked; the first fault is named as the option that it came from."""
    from gametape.madematch.settings import MatchSettings

    try:
        return MatchSettings.model_validate(values)
    except ValidationError as error:
        fault = error.errors()[0]
        name = str(fault["loc"][0]).removesuffix("_s")
        raise InputError(f"--{name} {fault['input']}: {fault['msg']}.") from error
