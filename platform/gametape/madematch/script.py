"""The nouns of a match's story: what happens when. Pure data, known before anything is drawn.

How a sport fills them is in `rallies`, `flowing` and `football`; who films them in `coverage`.
"""

from bisect import bisect_right
from dataclasses import dataclass
from typing import Literal

# How people move in a stretch of the match; `motion` gives each its movements.
PhaseKind = Literal[
    "play",  # the ball is live
    "prepare",  # walking to the places, bouncing the ball before a serve, lining up
    "celebrate",  # the seconds after a play
    "walk",  # strolling, changing places
    "fetch",  # somebody gets the ball, the others wait
    "huddle",  # teams stand together
    "timeout",  # at the benches
    "drill",  # warm-up and practice hits: moves like play and is none
]
CameraKind = Literal["main", "alternate", "closeup", "crowd", "replay", "commercial"]
Entry = Literal["cut", "wipe", "fade"]


@dataclass(frozen=True)
class Contact:
    """Somebody touches the ball, or it meets the floor or the net."""

    time_s: float
    side: int  # 0 home, 1 away: on whose side of the court
    kind: str  # serve, receive, set, spike, dig, stroke, bounce, floor, pass, dribble, shot, ...
    is_play: bool = True


@dataclass(frozen=True)
class Phase:
    """A stretch in which people move in one way; phases follow one another without a gap."""

    kind: PhaseKind
    start_s: float
    end_s: float
    play: int = -1  # index of the play it is, or that it prepares
    side: int = 0  # who serves, has the ball, fetches it
    spot_m: float = 0.0  # where along the field (line of scrimmage, place of a foul)
    is_calm: bool = False  # a play that moves no more than dead time


@dataclass(frozen=True)
class Play:
    """One play, rally, point or stretch of live ball."""

    number: int  # 1, 2, 3 ...
    start_s: float
    end_s: float
    kind: str
    side: int  # who serves or has the ball


@dataclass(frozen=True)
class Whistle:
    """A sound like a whistle; false ones come from another court or the stands."""

    time_s: float
    length_s: float
    is_real: bool = True


@dataclass(frozen=True)
class Swell:
    """The crowd rises at `time_s` to `level` (0-1) and calms down over `length_s`."""

    time_s: float
    length_s: float
    level: float


@dataclass(frozen=True)
class ClockPoint:
    """From here on the game clock stands at `clock_s` and moves by `rate` seconds a second."""

    time_s: float
    period: int
    clock_s: float
    rate: int  # -1 counts down, 1 counts up, 0 stands


@dataclass(frozen=True)
class ScorePoint:
    """From here on the score is this."""

    time_s: float
    home: int
    away: int
    extra: str = ""  # what else the score bug says: points of a game, down and distance


@dataclass(frozen=True)
class Shot:
    """One camera's turn, seconds on the tape."""

    start_s: float
    end_s: float
    camera: CameraKind
    subject: int = 0  # player in a close-up, style of a commercial
    replay_from_s: float = 0.0  # match time that the first frame shows, for replays
    replay_speed: float = 1.0
    entry: Entry = "cut"  # how it begins


@dataclass(frozen=True)
class Snap:
    """One play from scrimmage or kick, as an official would write it down."""

    play: int  # index of the play
    period: int
    clock_s: int
    offense: int
    yards_to_goal: int
    down: int
    distance: int
    yards_gained: int
    play_type: str
    text: str
    is_scoring: bool
    home_score: int
    away_score: int
    drive: int
    drive_play: int
    direction: int = 1  # 1: the offense plays towards positive x
    is_official: bool = True  # kicks after a touchdown are played, but have no row of their own


@dataclass(frozen=True)
class Script:
    """The whole story of one tape."""

    sport: str
    length_s: float
    phases: tuple[Phase, ...]
    plays: tuple[Play, ...]
    contacts: tuple[Contact, ...]
    whistles: tuple[Whistle, ...]
    swells: tuple[Swell, ...]
    clock: tuple[ClockPoint, ...]
    scores: tuple[ScorePoint, ...]
    shots: tuple[Shot, ...] = ()
    snaps: tuple[Snap, ...] = ()

    def clock_at(self, time_s: float) -> tuple[int, int]:
        """Period and whole seconds on the game clock, as a score bug shows them."""
        point = self.clock[max(0, bisect_right(self.clock, time_s, key=lambda p: p.time_s) - 1)]
        exact = max(0.0, point.clock_s + point.rate * (time_s - point.time_s))
        # Counting down it shows 0:01 until the very end, counting up it begins with 0:00.
        shown = int(exact + 1e-6) if point.rate > 0 else int(-(-(exact - 1e-6) // 1))
        return point.period, max(0, shown)

    def score_at(self, time_s: float) -> ScorePoint:
        """The score that stands at a moment."""
        return self.scores[max(0, bisect_right(self.scores, time_s, key=lambda p: p.time_s) - 1)]
