"""Options that several commands share, so that they read and work the same everywhere."""

from pathlib import Path
from typing import Annotated

import typer

Library = Annotated[Path | None, typer.Option(metavar="DIR", help="Folder of the library.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Difficulty = Annotated[str, typer.Option(help="easy, normal, hard, severe or brutal; or 1 to 5.")]
Seed = Annotated[int, typer.Option(help="Same seed and options: same match.")]
Length = Annotated[float, typer.Option(metavar="S", help="Seconds of tape.")]
