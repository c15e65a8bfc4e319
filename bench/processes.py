"""Processor seconds and memory of the processes that `gametape up` started, by what they are.

What a process used that has ended is told by its parent, once that has waited for it.
"""

import os
from collections.abc import ItemsView
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from app.runs.supervising import left_of

TICKS_HZ = os.sysconf("SC_CLK_TCK")
# Words of a command line, and what the process is.
KINDS = (
    ("app.runs.nursery", "nursery, runs"),
    ("dagster._daemon", "daemon"),
    ("dagster_webserver", "web server"),
    ("code-server start", "code proxy"),
    ("api grpc", "code server"),
    ("dagster dev", "dagster dev"),
)
FORKS = "nursery, runs"  # forks have their parent's command line; most of its memory is shared


@dataclass(frozen=True)
class Used:
    """What processes of one kind have used."""

    processor_s: float
    peak_bytes: int


@dataclass(frozen=True)
class Tally:
    """What each kind of process has used."""

    kinds: dict[str, Used]

    def since(self, earlier: "Tally") -> "Tally":
        """The difference in processor seconds; memory is the most at any time."""
        none = Used(0.0, 0)
        return Tally(
            {
                kind: Used(
                    used.processor_s - earlier.kinds.get(kind, none).processor_s, used.peak_bytes
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
    _peaks: dict[str, int] = field(default_factory=dict)

    def look(self) -> dict[str, float]:
        """Processor seconds by kind, now; peaks of memory are kept."""
        seconds: dict[str, float] = {}
        for pid in left_of(self.lock):
            with suppress(OSError):
                folder = Path(f"/proc/{pid}")
                line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                kind = next((name for words, name in KINDS if words in line), "other")
                # After the command's name, which may hold spaces: fields 3 and on.
                stat = (folder / "stat").read_text().rpartition(")")[2].split()
                own, ended = int(stat[11]) + int(stat[12]), int(stat[13]) + int(stat[14])
                spent = own + ended if kind == FORKS else own
                seconds[kind] = seconds.get(kind, 0.0) + spent / TICKS_HZ
                self._note_peak(kind, folder)
        return seconds

    def tally(self) -> Tally:
        """What was used so far."""
        seconds = self.look()
        return Tally(
            {
                kind: Used(seconds.get(kind, 0.0), self._peaks.get(kind, 0))
                for kind in seconds.keys() | self._peaks.keys()
            }
        )

    def _note_peak(self, kind: str, folder: Path) -> None:
        for row in (folder / "status").read_text().splitlines():
            if row.startswith("VmHWM:"):
                self._peaks[kind] = max(self._peaks.get(kind, 0), int(row.split()[1]) * 1024)
