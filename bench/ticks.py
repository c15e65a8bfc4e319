"""Ticks of the sensors of a real `gametape up`: how long each took, and how far apart they came."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from tests.e2e.running import Up

SENSORS = ("inbox", "promotions", "reaper")
MOST = 500  # ticks that are asked for
TICKS = """
query ($sensor: SensorSelector!, $most: Int!) { sensorOrError(sensorSelector: $sensor) {
  ... on Sensor { minIntervalSeconds sensorState { ticks(limit: $most) {
    timestamp endTimestamp status skipReason runIds error { message } } } } } }
"""


@dataclass(frozen=True)
class Tick:
    """One tick, in seconds since 1970."""

    began_s: float
    seconds: float
    status: str
    said: str
    runs: int


def ticks_of(up: Up, sensor: str, *, since_s: float = 0.0) -> list[Tick]:
    """Ticks of a sensor that have ended, the oldest first."""
    selector = {
        "repositoryName": "__repository__",
        "repositoryLocationName": "definitions",
        "sensorName": sensor,
    }
    found = up.ask(TICKS, sensor=selector, most=MOST)["sensorOrError"]["sensorState"]["ticks"]
    ticks = [
        Tick(
            began_s=row["timestamp"],
            seconds=row["endTimestamp"] - row["timestamp"],
            status=row["status"],
            said=(row["error"] or {}).get("message") or row["skipReason"] or "",
            runs=len(row["runIds"]),
        )
        for row in found
        if row["endTimestamp"] and row["timestamp"] >= since_s
    ]
    return sorted(ticks, key=lambda tick: tick.began_s)


def told(sensor: str, ticks: Sequence[Tick]) -> str:
    """Ticks of a sensor in a line: how many, how long, how far apart, how many failed."""
    if not ticks:
        return f"{sensor:12s} no tick has ended"
    seconds = [tick.seconds for tick in ticks]
    began = [tick.began_s for tick in ticks]
    apart = [later - earlier for earlier, later in pairwise(began)] or [0.0]
    failed = sum(tick.status == "FAILURE" for tick in ticks)
    return (
        f"{sensor:12s} {len(ticks):4d} ticks  {statistics.median(seconds):6.2f} s each (median)"
        f"  {max(seconds):6.2f} s at most  {max(apart):5.0f} s apart at most  {failed} failed"
    )
