"""Shots as a person marked them: camera turns of a tape, in frames or in seconds.

A file of its own beside the plays: a shot is no play, and nothing that counts plays may meet one.
What a detector found is not here.
"""

from itertools import pairwise
from pathlib import Path
from typing import Literal

import polars as pl
from pydantic import ValidationError

from gametape.aside import write_text
from gametape.errors import InputError
from gametape.schema import Noun

SHOT_COLUMNS = {
    "shot": pl.Int32,
    "start_s": pl.Float64,
    "end_s": pl.Float64,
    "first_frame": pl.Int64,
    "last_frame": pl.Int64,
}


class ShotList(Noun):
    """Shots in order of time; in frames both ends belong to the shot, in seconds the end does not.

    What lies between two shots is a transition: nothing at a cut, some frames in a fade.
    """

    unit: Literal["frames", "seconds"]
    shots: tuple[tuple[float, float], ...]


def shot_list(shots: list[tuple[float, float]], *, unit: Literal["frames", "seconds"]) -> ShotList:
    """Shots in order of time; those that overlap, or end before they start, are refused."""
    ordered = sorted(shots)
    if not ordered:
        raise InputError("the list of shots is empty. Name at least one shot.")
    shortest = 0 if unit == "frames" else 1e-9
    for start, end in ordered:
        if start < 0 or end - start < shortest:
            raise InputError(f"shot {start:g} to {end:g} {unit}: not a stretch. Correct it.")
    for one, other in pairwise(ordered):
        if other[0] < one[1] or (unit == "frames" and other[0] == one[1]):
            raise InputError(
                f"shots {one[0]:g} to {one[1]:g} and {other[0]:g} to {other[1]:g} {unit} overlap: "
                "one camera is shown at a time. Correct one of them."
            )
    return ShotList(unit=unit, shots=tuple(ordered))


def write_shots(path: Path, shots: ShotList) -> None:
    """Write shots so that `read_shots` gives the same ones back; same shots, same bytes."""
    write_text(path, shots.model_dump_json() + "\n")


def read_shots(path: Path) -> ShotList:
    """Read what `write_shots` wrote."""
    try:
        return ShotList.model_validate_json(path.read_bytes())
    except ValidationError as error:
        raise InputError(
            f"{path}: not a list of shots ({error.errors()[0]['msg']}). Hand it in again with "
            "`gametape label TAPE FILE --shots`."
        ) from error


def shots_table(shots: ShotList | None) -> pl.DataFrame:
    """One row per shot, in the unit that it was marked in; the other unit's columns are null."""
    if shots is None:
        return pl.DataFrame(schema=SHOT_COLUMNS)
    is_frames = shots.unit == "frames"
    rows = [
        (n, None, None, int(a), int(b)) if is_frames else (n, a, b, None, None)
        for n, (a, b) in enumerate(shots.shots, start=1)
    ]
    return pl.DataFrame(rows, schema=SHOT_COLUMNS, orient="row")
