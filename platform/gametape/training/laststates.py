"""The last few states of a long run, each a whole safetensors file: what a killed run goes on from.

What a state holds is the run's matter; here it is only kept, found again, and thinned out.
"""

import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gametape.aside import write_bytes

State = Mapping[str, NDArray[np.float32]]
NAMED = re.compile(r"step-(\d{8})\.safetensors")


@dataclass(frozen=True)
class LastStates:
    """States by step in a folder of their own; those of another run are never taken up."""

    folder: Path
    key: str  # hash of data, settings and first weights
    keep: int = 2

    def save(self, step: int, state: State) -> None:
        """Keep the state after so many steps, and let the oldest go."""
        from safetensors.numpy import save

        self.folder.mkdir(parents=True, exist_ok=True)
        ordered = {name: np.ascontiguousarray(state[name]) for name in sorted(state)}
        write_bytes(self._path(step), save(ordered, {"key": self.key, "step": str(step)}))
        for old in sorted(self._steps())[: -self.keep]:
            self._path(old).unlink(missing_ok=True)

    def last(self) -> tuple[int, dict[str, NDArray[np.float32]]] | None:
        """The newest state of this run that is whole, and its step."""
        from safetensors import SafetensorError, safe_open

        for step in sorted(self._steps(), reverse=True):
            try:
                with safe_open(self._path(step), "numpy") as file:
                    if (file.metadata() or {}).get("key") == self.key:
                        names = list(file.keys())
                        return step, {name: file.get_tensor(name) for name in names}
            except (OSError, SafetensorError):
                continue  # damaged: the one before it will do
        return None

    def clear(self) -> None:
        """Remove them all: the run has ended well."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _path(self, step: int) -> Path:
        return self.folder / f"step-{step:08d}.safetensors"

    def _steps(self) -> list[int]:
        if not self.folder.is_dir():
            return []
        found = (NAMED.fullmatch(path.name) for path in self.folder.iterdir())
        return [int(match[1]) for match in found if match]
