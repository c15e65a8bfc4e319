"""Processor seconds and memory of the processes that `gametape up` started, by what they are.

What a process used that has ended is told by its parent, once that has waited for it.
"""

import os
from collections.abc import ItemsView
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from app.runs.supervising import left_of

TICKS_HZ = os.sysconf("SC_CLK_TCK")
# Words of a command line, and what the process is.
KINDS = (
    ("app.runs.nursery", "nursery"),
    ("dagster._daemon", "daemon"),
    ("dagster_webserver", "web server"),
    ("code-server start", "code proxy"),
    ("api grpc", "code server"),
    ("dagster dev", "dagster dev"),
)
NURSERY, RUNS = "nursery", "runs"  # forks have their parent's command line


@dataclass(frozen=True)
class Used:
    """What processes of one kind have used."""

    processor_s: float
    peak_bytes: int  # of one process, what it shares with others included
    bytes: int = 0  # now, as well
    own_bytes: int = 0  # at most, of one process, shared with nobody


@dataclass(frozen=True)
class Tally:
    """What each kind of process has used."""

    kinds: dict[str, Used]

    def since(self, earlier: "Tally") -> "Tally":
        """The difference in processor seconds; memory is the most at any time."""
        none = Used(0.0, 0)
        return Tally(
            {
                kind: replace(
                    used, processor_s=used.processor_s - earlier.kinds.get(kind, none).processor_s
                )
                for kind, used in self.kinds.items()
            }
        )

    def items(self) -> ItemsView[str, Used]:
        """Kind by kind."""
        return self.kinds.items()

    @property
    def processor_s(self) -> float:
        """Of all kinds together."""
        return sum(used.processor_s for used in self.kinds.values())


@dataclass
class Watch:
    """Looks at the processes of one tree."""

    lock: Path
    most_bytes: int = 0  # of all together at one look, what is shared counted once
    _peaks: dict[str, int] = field(default_factory=dict)
    _owns: dict[str, int] = field(default_factory=dict)

    def tally(self) -> Tally:
        """What was used so far."""
        seconds: dict[str, float] = {}
        sizes: dict[str, int] = {}
        together = 0
        for pid in left_of(self.lock):
            with suppress(OSError):
                folder = Path(f"/proc/{pid}")
                kind = _kind_of(folder)
                own_s, ended_s = _processor_s(folder)
                seconds[kind] = seconds.get(kind, 0.0) + own_s
                if kind in (NURSERY, RUNS):
                    seconds[RUNS] = seconds.get(RUNS, 0.0) + ended_s
                status = _sizes(folder / "status")
                shares = _sizes(folder / "smaps_rollup")
                sizes[kind] = max(sizes.get(kind, 0), status["VmRSS"])
                self._peaks[kind] = max(self._peaks.get(kind, 0), status["VmHWM"])
                own = shares["Private_Clean"] + shares["Private_Dirty"]
                self._owns[kind] = max(self._owns.get(kind, 0), own)
                together += shares["Pss"]
        self.most_bytes = max(self.most_bytes, together)
        return Tally(
            {
                kind: Used(
                    seconds.get(kind, 0.0),
                    self._peaks.get(kind, 0),
                    sizes.get(kind, 0),
                    self._owns.get(kind, 0),
                )
                for kind in seconds.keys() | self._peaks.keys()
            }
        )


def _kind_of(folder: Path) -> str:
    line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
    kind = next((name for words, name in KINDS if words in line), "other")
    parent = folder.parent / _stat(folder)[1] / "cmdline"
    if kind == NURSERY and parent.read_bytes().replace(b"\0", b" ").decode() == line:
        return RUNS
    return kind


def _stat(folder: Path) -> list[str]:
    # After the command's name, which may hold spaces: fields 3 and on.
    return (folder / "stat").read_text().rpartition(")")[2].split()


def _processor_s(folder: Path) -> tuple[float, float]:
    """Of the process itself, and of its children that have ended."""
    stat = _stat(folder)
    own, ended = int(stat[11]) + int(stat[12]), int(stat[13]) + int(stat[14])
    return own / TICKS_HZ, ended / TICKS_HZ


def _sizes(file: Path) -> dict[str, int]:
    """Bytes by name, of a file with a line `Name:   123 kB` each."""
    rows = (row.split() for row in file.read_text().splitlines())
    return {row[0][:-1]: int(row[1]) * 1024 for row in rows if len(row) == 3 and row[2] == "kB"}
