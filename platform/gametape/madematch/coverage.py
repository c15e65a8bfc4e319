"""Who films what: from the phases of a match to the shots of a tape.

Plain coverage shows play in the main camera and fills the pauses; wild coverage, for the highest
difficulty, cuts as it likes, so that the camera says nothing about play.
"""

from dataclasses import replace

import numpy as np

from gametape.madematch.script import CameraKind, Entry, Play, Script, Shot
from gametape.madematch.settings import MatchSettings, hardness_of, random_for

SHORTEST_SHOT_S = 1.0
COMMERCIAL_FROM_S = 24.0  # pauses of this length are sold, in part
REPLAY_SPEEDS = (0.4, 0.5, 0.6)
WILD_FROM = 0.4  # play_elsewhere at which coverage turns wild


def film(script: Script, settings: MatchSettings, players: int) -> Script:
    """The script with its shots: they cover the tape without gap or overlap."""
    if not settings.is_broadcast:
        return replace(script, shots=(Shot(0.0, script.length_s, "main"),))
    crew = _Crew(script, settings, players)
    is_wild = hardness_of(settings).play_elsewhere >= WILD_FROM
    shots = crew.wild() if is_wild else crew.plain()
    return replace(script, shots=tuple(shots))


class _Crew:
    """Holds what all shots of a tape have in common."""

    def __init__(self, script: Script, settings: MatchSettings, players: int) -> None:
        self.script = script
        self.hardness = hardness_of(settings)
        self.rng = random_for(settings, "coverage")
        self.players = players
        self.shots: list[Shot] = []

    def plain(self) -> list[Shot]:
        """Play in the main camera, everything else between."""
        reached_s, last_play = 0.0, None
        for play in self.script.plays:
            lead_s = float(self.rng.uniform(0.8, 2.6))
            tail_s = float(self.rng.uniform(0.7, 1.8))
            start_s = max(reached_s, play.start_s - lead_s)
            if start_s - reached_s < SHORTEST_SHOT_S:
                start_s = reached_s
            self._fill(reached_s, start_s, last_play)
            end_s = min(self.script.length_s, play.end_s + tail_s)
            self._show_play(start_s, end_s)
            reached_s, last_play = end_s, play
        self._fill(reached_s, self.script.length_s, last_play)
        return self.shots

    def _show_play(self, start_s: float, end_s: float) -> None:
        """Mostly one main shot; at higher difficulty other cameras take over inside."""
        while end_s - start_s > 1e-9:
            if self.hardness.play_elsewhere == 0 or end_s - start_s < 3 * SHORTEST_SHOT_S:
                length_s = end_s - start_s
            else:
                length_s = float(self.rng.uniform(2.0, 7.0))
                if end_s - start_s - length_s < SHORTEST_SHOT_S:
                    length_s = end_s - start_s
            is_elsewhere = self.rng.random() < self.hardness.play_elsewhere
            self._add(start_s, start_s + length_s, "alternate" if is_elsewhere else "main")
            start_s += length_s

    def _fill(self, start_s: float, end_s: float, play: Play | None) -> None:
        """Pictures for a pause."""
        has_replay = play is None
        if end_s - start_s > COMMERCIAL_FROM_S and self.rng.random() < 0.7:
            opening_s = min(8.0, (end_s - start_s) * 0.25)
            self._fill(start_s, start_s + opening_s, play)
            closing_s = end_s - min(5.0, (end_s - start_s) * 0.15)
            self._commercials(start_s + opening_s, closing_s)
            self._fill(closing_s, end_s, None)
            return
        while end_s - start_s > 1e-9:
            left_s = end_s - start_s
            draw = self.rng.random()
            camera: CameraKind = "main"
            if draw < self.hardness.main_in_dead:
                length_s = float(self.rng.uniform(2.0, 5.0))
            elif not has_replay and left_s > 4.0 and self.rng.random() < 0.6:
                start_s = self._replay(start_s, end_s, play)
                has_replay = True
                continue
            elif draw < self.hardness.main_in_dead + 0.15:
                length_s, camera = float(self.rng.uniform(1.8, 3.5)), "crowd"
            else:
                length_s, camera = float(self.rng.uniform(2.0, 4.5)), "closeup"
            if left_s - length_s < SHORTEST_SHOT_S:
                length_s = left_s
            self._add(start_s, start_s + length_s, camera)
            start_s += length_s

    def _replay(self, start_s: float, end_s: float, play: Play | None) -> float:
        """The end of the last play again, slower; returns when the replay is over."""
        assert play is not None
        speed = float(self.rng.choice(REPLAY_SPEEDS))
        length_s = min(float(self.rng.uniform(4.0, 8.0)), end_s - start_s)
        if end_s - start_s - length_s < SHORTEST_SHOT_S:
            length_s = end_s - start_s
        shown_s = length_s * speed
        from_s = max(0.0, min(play.end_s + 0.4, start_s) - shown_s)
        self.shots.append(
            Shot(
                start_s,
                start_s + length_s,
                "replay",
                int(self.rng.integers(1000)),
                from_s,
                speed,
                "wipe",
            )
        )
        return start_s + length_s

    def _commercials(self, start_s: float, end_s: float) -> None:
        entry_fades = bool(self.rng.random() < 0.5)
        spot = int(self.rng.integers(1000))
        while end_s - start_s > 1e-9:
            length_s = float(self.rng.uniform(1.2, 4.0))
            if end_s - start_s - length_s < SHORTEST_SHOT_S:
                length_s = end_s - start_s
            entry: Entry = "fade" if entry_fades else "cut"
            self._add(start_s, start_s + length_s, "commercial", subject=spot, entry=entry)
            spot, entry_fades = spot + 1, False
            start_s += length_s

    def wild(self) -> list[Shot]:
        """Cuts at any time, the main camera as often in play as out of it."""
        start_s, main_share = 0.0, self.hardness.main_in_dead
        length_s = self.script.length_s
        while length_s - start_s > 1e-9:
            shot_s = float(np.clip(4.5 * np.exp(self.rng.normal(0, 0.5)), 1.2, 14))
            if length_s - start_s - shot_s < SHORTEST_SHOT_S:
                shot_s = length_s - start_s
            end_s = start_s + shot_s
            if self.rng.random() < main_share:
                self._add(start_s, end_s, "main")
            elif self._is_dead(start_s, end_s) and self.rng.random() < 0.25:
                self._rest(start_s, end_s)
            else:
                self._add(start_s, end_s, "closeup" if self.rng.random() < 0.5 else "alternate")
            start_s = end_s
        return self.shots

    def _rest(self, start_s: float, end_s: float) -> None:
        """A shot that shows something else than the match as it is now."""
        last = [p for p in self.script.plays if p.end_s < start_s]
        if last and self.rng.random() < 0.5:
            self._replay(start_s, end_s, last[-1])
        if not self.shots or self.shots[-1].end_s < end_s - 1e-9:
            begin_s = self.shots[-1].end_s if self.shots else start_s
            self._add(begin_s, end_s, "crowd" if self.rng.random() < 0.5 else "commercial")

    def _is_dead(self, start_s: float, end_s: float) -> bool:
        return not any(p.start_s < end_s and p.end_s > start_s for p in self.script.plays)

    def _add(
        self,
        start_s: float,
        end_s: float,
        camera: CameraKind,
        *,
        subject: int | None = None,
        entry: Entry = "cut",
    ) -> None:
        """A shot; two of the main camera in a row are one, and a replay ends with a wipe."""
        if camera == "main" and self.shots and self.shots[-1].camera == "main":
            self.shots[-1] = replace(self.shots[-1], end_s=end_s)
            return
        if self.shots and self.shots[-1].camera == "replay":
            entry = "wipe"
        number = int(self.rng.integers(self.players)) if subject is None else subject
        self.shots.append(Shot(start_s, end_s, camera, number, entry=entry))
