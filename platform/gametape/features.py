"""Features of a tape: a backbone's rows in chunk files, each kept under its content key.

A chunk that is there and right is taken over and not computed again; whatever the length of chunks
and the number of workers, the joined rows are the same bytes. What is seen is a backbone's matter.
"""

import hashlib
import json
import logging
import multiprocessing
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from gametape.aside import write_text, written_aside
from gametape.errors import InputError, ToolError
from gametape.fingerprint import fingerprint
from gametape.models.backbones.base import Backbone, Grid, Material, backend_of
from gametape.models.base import FeatureSequence
from gametape.parent import end_with_parent
from gametape.schema import Noun, Progress, no_progress

logger = logging.getLogger(__name__)

FOLDER, INDEX = "features", "index.json"
ABOUT = "gametape"  # the entry of a chunk's header that says what it is


class Chunk(Noun):
    """One file of rows."""

    file: str
    first: int  # row of the tape
    rows: int
    key: str  # of everything that its numbers follow from
    sha256: str  # of its numbers


class FeatureIndex(Noun):
    """What a backbone has written of a tape; lies beside the chunks as index.json."""

    backbone: str
    code: str = ""
    weights: str = ""  # SHA-256 of the weights; empty where there are none
    backend: str = ""  # what computed all its chunks: torch, openvino; empty: no network did
    step_s: float = 0.0
    numbers: int = 0  # in a row
    names: tuple[str, ...] = ()
    chunks: tuple[Chunk, ...] = ()
    reason: str = ""  # why there is nothing


@dataclass(frozen=True)
class _Piece:
    """One chunk to come."""

    number: int
    first: int
    end: int
    key: str

    @property
    def file(self) -> str:
        return f"chunk-{self.number:04d}.safetensors"


def write_features(
    backbone: Backbone,
    material: Material,
    aside: Path,
    *,
    made_from: Mapping[str, str],
    chunk_s: float,
    workers: int = 1,
    earlier: Path | None = None,
    placed: Callable[[str], None] = lambda _name: None,
    progress: Progress = no_progress,
) -> FeatureIndex:
    """Write all chunks of a tape and their index below `aside`.

    `made_from` are the fingerprints of what the backbone may read, by step; `earlier` is a folder
    of the same form, in which finished chunks may lie; `placed` hears of each file, as a name below
    `aside`, once it is whole.
    """
    grid = backbone.grid(material)
    folder = aside / FOLDER / backbone.name
    folder.mkdir(parents=True)
    pieces = _pieces(backbone, material, grid, made_from, chunk_s)
    what, total = f"features ({backbone.name})", max(grid.count, 1)
    done: dict[int, Chunk] = {}
    rows_done = 0
    progress(what, 0, total)
    for piece, chunk in _all_chunks(backbone, material, pieces, folder, earlier, workers):
        done[piece.number] = chunk
        rows_done += chunk.rows
        placed(f"{FOLDER}/{backbone.name}/{chunk.file}")
        progress(what, rows_done, total)
    index = FeatureIndex(
        backbone=backbone.name,
        code=backbone.code,
        weights=backbone.weights,
        backend=backend_of(backbone),
        step_s=grid.step_s,
        numbers=grid.numbers,
        names=grid.names,
        chunks=tuple(done[number] for number in sorted(done)),
    )
    write_index(folder, index)
    return index


def write_index(folder: Path, index: FeatureIndex) -> None:
    """Put an index in place."""
    write_text(folder / INDEX, index.model_dump_json(indent=1) + "\n")


def read_index(folder: Path, backbone: str) -> FeatureIndex:
    """What a backbone has written; `folder` is the tape's."""
    path = folder / FOLDER / backbone / INDEX
    try:
        return FeatureIndex.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        raise InputError(
            f"{folder.name}: has no features of backbone {backbone!r}. Set features.backbone in "
            "its sport pack, then `gametape run`."
        ) from None
    except ValidationError as error:
        raise InputError(f"{path}: not readable ({error.errors()[0]['msg']}).") from error


def read_sequence(folder: Path, backbone: str) -> FeatureSequence:
    """All rows of a tape as one sequence; `folder` is the tape's."""
    index = read_index(folder, backbone)
    parts = [np.zeros((0, index.numbers), np.float32)]
    for chunk in index.chunks:
        path = folder / FOLDER / backbone / chunk.file
        found = _read_chunk(path, chunk.key)
        if found is None:
            raise InputError(
                f"{path}: is missing, damaged, or not the chunk that the index names. Remove the "
                "features' sidecar (_meta/features.json) and run the tape again."
            )
        parts.append(found[0].astype(np.float32))
    values = np.concatenate(parts)
    return FeatureSequence(
        backbone=backbone,
        time_s=np.asarray(np.arange(len(values)) * index.step_s, np.float64),
        values=values,
        step_s=index.step_s,
        names=index.names,
        weights=index.weights,
    )


def _pieces(
    backbone: Backbone,
    material: Material,
    grid: Grid,
    made_from: Mapping[str, str],
    chunk_s: float,
) -> list[_Piece]:
    """Where the chunks lie, and the key of each."""
    length = max(1, round(chunk_s / grid.step_s)) if grid.count else 1
    read = {step: made_from[step] for step in backbone.reads}
    code = f"{backbone.name}/{backbone.code}/{backbone.weights}"
    if (backend := backend_of(backbone)) not in ("", "torch"):
        code += f"/{backend}"  # never chunks of two back ends in one tape
    shared = {"step_s": grid.step_s, "stride_s": material.stride_s}
    shared |= {"duration_s": material.duration_s}
    return [
        _Piece(
            number,
            first,
            end := min(first + length, grid.count),
            fingerprint(
                inputs=read,
                parameters=shared | {"first": first, "end": end},
                code=code,
            ),
        )
        for number, first in enumerate(range(0, grid.count, length))
    ]


def _all_chunks(
    backbone: Backbone,
    material: Material,
    pieces: Sequence[_Piece],
    folder: Path,
    earlier: Path | None,
    workers: int,
) -> Iterator[tuple[_Piece, Chunk]]:
    """Chunks as they are finished: first those that are there already."""
    missing = []
    for piece in pieces:
        chunk = None if earlier is None else _take_over(piece, earlier, folder)
        if chunk is None:
            missing.append(piece)
        else:
            yield piece, chunk
    if len(missing) < len(pieces):
        kept = len(pieces) - len(missing)
        logger.info("%s: %d of %d chunks kept", backbone.name, kept, len(pieces))
    if workers <= 1 or len(missing) <= 1:
        for piece in missing:
            yield piece, _make(backbone, material, piece, folder)
        return
    # A fresh process each: a forked one would inherit threads of torch that are not there.
    context = multiprocessing.get_context("spawn")
    count = min(workers, len(missing))
    with ProcessPoolExecutor(count, mp_context=context, initializer=end_with_parent) as pool:
        jobs = {pool.submit(_make, backbone, material, piece, folder): piece for piece in missing}
        try:
            for job in as_completed(jobs):
                yield jobs[job], job.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _make(backbone: Backbone, material: Material, piece: _Piece, folder: Path) -> Chunk:
    """Compute one chunk and put its file in place."""
    started = time.monotonic()
    values = np.ascontiguousarray(backbone.rows(material, piece.first, piece.end))
    if len(values) != piece.end - piece.first or not np.isfinite(values).all():
        raise ToolError(
            f"backbone {backbone.name}: no proper numbers for rows {piece.first} to {piece.end}. "
            f"Pull its weights anew: `gametape models pull {backbone.name}`."
        )
    sha256 = hashlib.sha256(values.tobytes()).hexdigest()
    with written_aside(folder / piece.file) as aside:
        # One entry: of several the format keeps no order, and equal chunks are equal bytes.
        about = json.dumps({"key": piece.key, "sha256": sha256})
        save_file({"values": values}, aside, {ABOUT: about})
    seconds = time.monotonic() - started
    logger.info("%s %s: %d rows in %.1f s", backbone.name, piece.file, len(values), seconds)
    return _chunk(piece, sha256)


def _take_over(piece: _Piece, earlier: Path, folder: Path) -> Chunk | None:
    """Give a chunk that was finished earlier one more name, if it is the right one and whole."""
    path = earlier / FOLDER / folder.name / piece.file
    found = _read_chunk(path, piece.key)
    if found is None:
        return None
    try:
        os.link(path, folder / piece.file)
    except OSError:
        shutil.copyfile(path, folder / piece.file)
    return _chunk(piece, found[1])


def _read_chunk(path: Path, key: str) -> tuple[NDArray[np.floating], str] | None:
    """Numbers of a chunk file and their hash; None if it is not there, not whole, or another's."""
    try:
        with safe_open(path, "numpy") as file:
            about = json.loads((file.metadata() or {}).get(ABOUT, "{}"))
            if about.get("key") != key:
                return None
            values = file.get_tensor("values")
    except (OSError, ValueError, SafetensorError):
        return None
    sha256 = hashlib.sha256(values.tobytes()).hexdigest()
    return (values, sha256) if about.get("sha256") == sha256 else None


def _chunk(piece: _Piece, sha256: str) -> Chunk:
    return Chunk(
        file=piece.file,
        first=piece.first,
        rows=piece.end - piece.first,
        key=piece.key,
        sha256=sha256,
    )
