"""Checkpoints of a training run: whole safetensors files, named by what they were made from."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gametape.aside import write_bytes
from gametape.models.heads.inputs import Array


@dataclass(frozen=True)
class Checkpoints:
    """Where one part of a run keeps its state; without a folder it keeps none."""

    folder: Path | None
    key: str  # hash of data and settings: the state of another run is never taken up

    def part(self, name: str) -> "Checkpoints":
        """Checkpoints of a part of this run, a fold say."""
        return Checkpoints(self.folder, f"{self.key[:24]}-{name}")

    def load(self) -> dict[str, Array] | None:
        """The state that was kept last; None where there is none, or none that is whole."""
        from safetensors import SafetensorError
        from safetensors.numpy import load

        if self.folder is None or not self._path.is_file():
            return None
        try:
            return load(self._path.read_bytes())
        except (SafetensorError, ValueError, KeyError):
            return None

    def save(self, state: Mapping[str, Array]) -> None:
        """Keep a state in place of the one before."""
        from safetensors.numpy import save

        if self.folder is not None:
            write_bytes(self._path, save({n: np.ascontiguousarray(a) for n, a in state.items()}))

    @property
    def _path(self) -> Path:
        assert self.folder is not None
        return self.folder / f"{self.key}.safetensors"
