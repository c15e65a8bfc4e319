"""The one way tables are written and read: Parquet, with the unit in each column's name."""

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from gametape.schema import Segment


def write_table(path: Path, table: pl.DataFrame) -> None:
    """Write a table; same rows, same bytes. The caller publishes the file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    table.write_parquet(path, compression="zstd", statistics=True)


def read_table(path: Path) -> pl.DataFrame:
    """Read a whole table; brackets in the path are brackets."""
    return pl.read_parquet(path, glob=False)


SEGMENT_COLUMNS = {
    "segment": pl.Int32,  # 1 is the first
    "start_s": pl.Float64,
    "end_s": pl.Float64,
    "label": pl.String,
    "score": pl.Float64,  # 0 to 100
}


def segments_table(segments: Sequence[Segment]) -> pl.DataFrame:
    """One row per segment; each kind of evidence is a column behind the fixed ones."""
    kinds = sorted({kind for segment in segments for kind in segment.evidence})
    rows = [
        (i, s.start_s, s.end_s, s.label, s.score, *(s.evidence.get(kind) for kind in kinds))
        for i, s in enumerate(segments, start=1)
    ]
    schema = {**SEGMENT_COLUMNS, **dict.fromkeys(kinds, pl.Float64)}
    return pl.DataFrame(rows, schema=schema, orient="row")


def segments_of(table: pl.DataFrame) -> list[Segment]:
    """The segments that a table holds, in its order."""
    return [
        Segment(
            start_s=row["start_s"],
            end_s=row["end_s"],
            label=row["label"],
            score=row["score"],
            evidence={k: v for k, v in row.items() if k not in SEGMENT_COLUMNS and v is not None},
        )
        for row in table.iter_rows(named=True)
    ]
