"""The official play-by-play of a made football match, as two feeds would serve it.

The shapes are those of CFBD's /plays and of ESPN's event summary; the contents are this match's
own. `plays.parquet` beside them says which row is which stretch of the tape: the answer.
"""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from gametape.madematch.scorebug import BugLook
from gametape.madematch.script import Script, Snap
from gametape.madematch.settings import MatchSettings, hardness_of, random_for
from gametape.madematch.timeline import Timeline
from gametape.tables import write_table

Row = dict[str, Any]
TYPE_IDS = {
    "Rush": ("5", "RUSH"), "Pass Reception": ("24", "REC"), "Pass Incompletion": ("3", "INC"),
    "Sack": ("7", "SACK"), "Pass Interception Return": ("26", "INTR"), "Punt": ("52", "PUNT"),
    "Fumble Recovery (Opponent)": ("29", "FUM"), "Kickoff": ("53", "K"),
    "Kickoff Return (Offense)": ("12", "KR"), "Field Goal Good": ("59", "FG"),
    "Field Goal Missed": ("60", "FGM"), "Passing Touchdown": ("67", "TD"),
    "Rushing Touchdown": ("68", "TD"),
}  # fmt: skip
CONFERENCES = ("Made North", "Made South")
KICKOFF = datetime(2026, 9, 5, 16, 0, tzinfo=UTC)
# From `hard` on the scorer's clock is now and then late, as in real feeds.
CLOCK_SLIPS_FROM_NOISE = 4.0
SLIP_SHARE, MOST_SLIP_S = 0.15, 6


def write_feeds(
    folder: Path, script: Script, settings: MatchSettings, look: BugLook, timeline: Timeline
) -> None:
    """Write cfbd_plays.json, espn_summary.json and plays.parquet of a football match."""
    if settings.sport != "football":
        return
    feed = _Feed(script, settings, look)
    for name, content in (("cfbd_plays", feed.cfbd()), ("espn_summary", feed.espn())):
        text = json.dumps(content, indent=1, ensure_ascii=False)
        (folder / f"{name}.json").write_text(text + "\n", encoding="utf-8")
    write_table(folder / "plays.parquet", feed.answers(timeline))


class _Feed:
    """One match as a scorer has it."""

    def __init__(self, script: Script, settings: MatchSettings, look: BugLook) -> None:
        self.script = script
        self.game = 900_000_000 + settings.seed % 99_999_999
        self.names = (f"Made {look.home.title()}", f"Made {look.away.title()}")
        self.short = (look.home, look.away)
        self.snaps = [s for s in script.snaps if s.is_official]
        rng = random_for(settings, "feed")
        self.clocks = [s.clock_s for s in self.snaps]
        if hardness_of(settings).noise >= CLOCK_SLIPS_FROM_NOISE:
            slips = rng.integers(1, MOST_SLIP_S + 1, len(self.snaps))
            slips *= rng.random(len(self.snaps)) < SLIP_SHARE
            self.clocks = [max(0, c - int(s)) for c, s in zip(self.clocks, slips, strict=True)]
        before = [(self.snaps[0].home_score, self.snaps[0].away_score)] if self.snaps else []
        self.before = before + [(s.home_score, s.away_score) for s in self.snaps[:-1]]

    def id_of(self, snap: Snap) -> str:
        """An official number: game, then drive and play."""
        return f"{self.game}1{snap.drive:03d}{snap.drive_play:02d}01"

    def _wallclock(self, snap: Snap) -> str:
        at = KICKOFF + timedelta(seconds=int(self.script.plays[snap.play].start_s))
        return at.strftime("%Y-%m-%dT%H:%M:%S.000Z")

    def cfbd(self) -> list[Row]:
        """Rows of CFBD's /plays, newest schema."""
        rows = []
        for snap, clock_s in zip(self.snaps, self.clocks, strict=True):
            side, other = snap.offense, 1 - snap.offense
            scores = (snap.home_score, snap.away_score)
            rows.append(
                {
                    "id": self.id_of(snap),
                    "driveId": f"{self.game}{snap.drive}",
                    "gameId": self.game,
                    "driveNumber": snap.drive,
                    "playNumber": snap.drive_play,
                    "offense": self.names[side],
                    "offenseConference": CONFERENCES[side],
                    "offenseScore": scores[side],
                    "defense": self.names[other],
                    "home": self.names[0],
                    "away": self.names[1],
                    "defenseConference": CONFERENCES[other],
                    "defenseScore": scores[other],
                    "period": snap.period,
                    "clock": {"seconds": clock_s % 60, "minutes": clock_s // 60},
                    "offenseTimeouts": 3,
                    "defenseTimeouts": 3,
                    "yardline": self._yardline(snap),
                    "yardsToGoal": snap.yards_to_goal,
                    "down": snap.down or 1,
                    "distance": snap.distance or 10,
                    "yardsGained": snap.yards_gained,
                    "scoring": snap.is_scoring,
                    "playType": snap.play_type,
                    "playText": snap.text,
                    "ppa": None,
                    "wallclock": self._wallclock(snap),
                }
            )
        return rows

    @staticmethod
    def _yardline(snap: Snap) -> int:
        """Yards from the home side's goal line."""
        return 100 - snap.yards_to_goal if snap.offense == 0 else snap.yards_to_goal

    def espn(self) -> Row:
        """An event summary: header, and drives that hold the plays."""
        drives: dict[int, list[int]] = {}
        for index, snap in enumerate(self.snaps):
            drives.setdefault(snap.drive, []).append(index)
        last = self.snaps[-1] if self.snaps else None
        final = (last.home_score, last.away_score) if last else (0, 0)
        return {
            "header": {"id": str(self.game), "competitions": [self._competition(final)]},
            "drives": {"previous": [self._drive(number, rows) for number, rows in drives.items()]},
            "meta": {"gameState": "post"},
        }

    def _competition(self, final: tuple[int, int]) -> Row:
        return {
            "id": str(self.game),
            "date": KICKOFF.strftime("%Y-%m-%dT%H:%MZ"),
            "neutralSite": False,
            "conferenceCompetition": False,
            "playByPlaySource": "full",
            "wallclockAvailable": True,
            "competitors": [
                {
                    "id": str(side + 1),
                    "order": side,
                    "homeAway": ("home", "away")[side],
                    "winner": final[side] > final[1 - side],
                    "team": self._team(side),
                    "score": str(final[side]),
                }
                for side in (0, 1)
            ],
            "status": {"type": {"id": "3", "name": "STATUS_FINAL", "state": "post"}},
        }

    def _team(self, side: int) -> Row:
        return {
            "id": str(side + 1),
            "abbreviation": self.short[side],
            "displayName": self.names[side],
            "location": "Made",
            "name": self.short[side].title(),
        }

    def _drive(self, number: int, rows: list[int]) -> Row:
        first, last = self.snaps[rows[0]], self.snaps[rows[-1]]
        yards = sum(self.snaps[i].yards_gained for i in rows)
        return {
            "id": f"{self.game}{number}",
            "description": f"{len(rows)} plays, {yards} yards",
            "team": self._team(first.offense),
            "start": self._moment(first, self.clocks[rows[0]]),
            "end": self._moment(last, self.clocks[rows[-1]]),
            "yards": yards,
            "isScore": last.is_scoring,
            "offensivePlays": len(rows),
            "displayResult": last.play_type,
            "plays": [self._play(i) for i in rows],
        }

    def _moment(self, snap: Snap, clock_s: int) -> Row:
        return {
            "period": {"type": "quarter", "number": snap.period},
            "clock": {"displayValue": f"{clock_s // 60}:{clock_s % 60:02d}"},
            "yardLine": self._yardline(snap),
        }

    def _play(self, index: int) -> Row:
        snap, clock_s = self.snaps[index], self.clocks[index]
        type_id, short = TYPE_IDS.get(snap.play_type, ("0", ""))
        before = self.before[index]
        points = (snap.home_score - before[0]) + (snap.away_score - before[1])
        return {
            "id": self.id_of(snap),
            "sequenceNumber": str((index + 1) * 100),
            "type": {"id": type_id, "text": snap.play_type, "abbreviation": short},
            "text": snap.text,
            "awayScore": snap.away_score,
            "homeScore": snap.home_score,
            "period": {"number": snap.period},
            "clock": {"displayValue": f"{clock_s // 60}:{clock_s % 60:02d}"},
            "scoringPlay": snap.is_scoring,
            "scoreValue": points if snap.is_scoring else 0,
            "priority": snap.is_scoring,
            "wallclock": self._wallclock(snap).replace(".000Z", "Z"),
            "start": {
                "down": snap.down,
                "distance": snap.distance,
                "yardLine": self._yardline(snap),
                "yardsToEndzone": snap.yards_to_goal,
                "team": {"id": str(snap.offense + 1)},
            },
            "end": {"yardsToEndzone": snap.yards_to_goal - snap.yards_gained},
            "statYardage": snap.yards_gained,
        }

    def answers(self, timeline: Timeline) -> pl.DataFrame:
        """Which stretch of tape each row of the feeds is; plays without a row have no id."""
        segments = {s.number: s for s in timeline.segments}
        rows = []
        for snap in self.script.snaps:
            segment = segments.get(self.script.plays[snap.play].number)
            if segment is None:
                continue
            rows.append(
                {
                    "number": segment.number,
                    "feed_id": self.id_of(snap) if snap.is_official else None,
                    "start_s": segment.start_s,
                    "end_s": segment.end_s,
                    "start_frame": segment.start_frame,
                    "end_frame": segment.end_frame,
                    "period": snap.period,
                    "clock_s": snap.clock_s,
                    "play_type": snap.play_type,
                }
            )
        schema = {
            "number": pl.Int32, "feed_id": pl.String, "start_s": pl.Float64, "end_s": pl.Float64,
            "start_frame": pl.Int32, "end_frame": pl.Int32, "period": pl.Int8,
            "clock_s": pl.Int32, "play_type": pl.String,
        }  # fmt: skip
        return pl.DataFrame(rows, schema=schema)
