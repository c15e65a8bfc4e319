"""Weights of backbones on this machine: where they lie. Which there are, the catalog knows."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Weights:
    """The folder of pulled weights, and how many processes may work with them at once."""

    folder: Path
    workers: int = 1
