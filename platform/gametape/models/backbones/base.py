"""What every backbone is: a name, a grid of rows, and numbers for any stretch of them.

A backbone looks at what a tape has published and never at the tape's own file. How its rows are
cut into chunks, kept and joined again is `gametape.features`' business.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.floating]


@dataclass(frozen=True)
class Material:
    """What a backbone may look at: the published files of one tape, and how densely it should."""

    folder: Path  # the tape's
    duration_s: float
    stride_s: float  # between two windows of a backbone that looks at pictures

    @property
    def proxy(self) -> Path:
        """The analysis proxy."""
        return self.folder / "proxies" / "video.mp4"

    @property
    def signals(self) -> Path:
        """All cheap evidence on one grid."""
        return self.folder / "signals.parquet"


@dataclass(frozen=True)
class Grid:
    """The rows that a backbone gives for a tape; row n stands for n * step_s and what follows."""

    count: int
    step_s: float
    numbers: int  # in a row
    names: tuple[str, ...] = ()  # of the numbers, where they have names


def even_grid(material: Material, numbers: int) -> Grid:
    """A row every stride, from the tape's start to its end."""
    count = int(np.ceil(material.duration_s / material.stride_s - 1e-6))
    return Grid(max(count, 0), material.stride_s, numbers)


class Backbone(Protocol):
    """A frozen way of seeing.

    `rows` must give the same bytes for a row whatever stretch it is asked in: so it reads what lies
    around the stretch by itself, and never depends on where the stretch begins. One whose network
    several libraries can compute says which does in `backend` (see `backend_of`).
    """

    @property
    def name(self) -> str:
        """As sport packs name it."""
        ...

    @property
    def code(self) -> str:
        """Version; raised when the same tape would give other numbers."""
        ...

    @property
    def weights(self) -> str:
        """SHA-256 of the weights; empty where there are none."""
        ...

    @property
    def reads(self) -> tuple[str, ...]:
        """Steps of the line whose files it opens."""
        ...

    def grid(self, material: Material) -> Grid:
        """How many rows the tape has, and how far apart they are."""
        ...

    def rows(self, material: Material, first: int, end: int) -> Rows:
        """The numbers of rows first to end, end excluded: (end - first, numbers)."""
        ...


def backend_of(backbone: Backbone) -> str:
    """What computes a backbone's network, such as torch; empty where it has none."""
    return str(getattr(backbone, "backend", ""))
