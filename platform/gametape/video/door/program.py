"""Starts the FFmpeg program that comes inside a package, for filter graphs; the only such place.

Never a program of the system: graphs are tried with one version, and that one is shipped with us.
What a graph does is said elsewhere.
"""

import os
import subprocess
from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from gametape.errors import ToolError
from gametape.video.door.allowed import CONTAINERS, decoder_list
from gametape.video.door.sniff import local_url

if TYPE_CHECKING:
    from ffmpeg.nodes import FilterableStream, OutputStream

PACKAGE = "imageio_ffmpeg"
TAIL_LINES = 6  # of what it complained about; the reason stands at the end
# One thread for each filter: a second would change no byte, but two graphs run beside each other.
QUIET = ("-nostdin", "-hide_banner", "-loglevel", "error", "-filter_threads", "1", "-y")
STILLS = "png_pipe"


@cache
def program_path() -> Path:
    """Where the program lies."""
    spec = find_spec(PACKAGE)
    places = spec.submodule_search_locations if spec is not None else None
    for place in places or ():
        for file in sorted(Path(place, "binaries").glob("ffmpeg-*")):
            if os.access(file, os.X_OK):
                return file
    raise ToolError(
        f"The FFmpeg program of the package {PACKAGE.replace('_', '-')} is not here, and graphs "
        "need it. Install the package again from a wheel for this machine."
    )


def graph_input(path: Path, *, kind: str, options: Mapping[str, object]) -> "FilterableStream":
    """A file as the input of a graph; `kind` is FFmpeg's name of its container."""
    import ffmpeg

    return ffmpeg.input(
        local_url(path),
        f=kind,
        protocol_whitelist="file,pipe",
        format_whitelist=",".join((*CONTAINERS, STILLS)),
        codec_whitelist=f"{decoder_list()},png",
        **options,
    )


def run_graph(output: "OutputStream", *, what: str, timeout_s: float) -> None:
    """Run a graph to its end; `what` says in an error what it was for."""
    import ffmpeg

    program, *arguments = ffmpeg.compile(output, cmd=str(program_path()))
    # Nothing of the environment: one of its variables would make the program write a log.
    environment: dict[str, str] | None = {} if os.name == "posix" else None
    try:
        done = subprocess.run(
            [program, *QUIET, *arguments],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=timeout_s,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise ToolError(
            f"{what}: FFmpeg was not done after {timeout_s:.0f} s and was stopped. Try again on a "
            "machine with less to do."
        ) from None
    except OSError as error:
        raise ToolError(
            f"{what}: FFmpeg could not be started ({error.strerror}). "
            f"Install the package {PACKAGE.replace('_', '-')} again."
        ) from error
    if done.returncode:
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines()[-TAIL_LINES:]
        told = " | ".join(line.strip() for line in lines) or f"exit code {done.returncode}"
        raise ToolError(f"{what}: FFmpeg failed ({told}). Make room, or cut the clip again.")
