"""From a timeline to pictures: which camera sees what, graphics on top, and the lens's faults."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from gametape.madematch import barcode
from gametape.madematch.camera import Camera, shot_camera
from gametape.madematch.court import Picture, build_grounds
from gametape.madematch.motion import World
from gametape.madematch.scenes import WIPE_S, Scenes, draw_tag, draw_wipe, fade
from gametape.madematch.scorebug import BugText, ScoreBug, choose_look
from gametape.madematch.script import Script, Shot
from gametape.madematch.settings import MatchSettings, hardness_of, random_for
from gametape.madematch.stagecraft import Painter, Placed
from gametape.madematch.states import Pull, States, sample
from gametape.madematch.timeline import FIELD_CAMERAS, Timeline
from gametape.madematch.venues import venue_of

RUN = 250  # frames whose states are worked out together
FADE_S = 0.4


@dataclass(frozen=True)
class Painted:
    """One frame: planes Y, U, V below one another (h * 3 / 2, w), and what is known of it."""

    planes: NDArray[np.uint8]
    frame: int
    is_bug_visible: bool
    placed: Placed | None  # None where the field is not shown
    states: States
    row: int  # of this frame in `states`


class Renderer:
    """Everything that is prepared once for a tape."""

    def __init__(
        self, settings: MatchSettings, script: Script, world: World, timeline: Timeline
    ) -> None:
        self.settings, self.script, self.world, self.timeline = settings, script, world, timeline
        self.size = (settings.width, settings.height)
        self.venue = venue_of(settings.sport)
        self.hardness = hardness_of(settings)
        grounds = build_grounds(self.venue, settings.width, random_for(settings, "grounds"))
        self.painter = Painter(world, grounds, settings, self.size)
        self.scenes = Scenes(*self.size, random_for(settings, "scenes"))
        self.pull = Pull(world, script.length_s)
        home, away = self.painter.shirts
        self.look = choose_look(settings, home, away)
        self.bug = ScoreBug(self.look, *self.size, settings.sport)
        rng = random_for(settings, "lens")
        self.wipe_color = tuple(int(c) for c in rng.integers(30, 200, 3))
        self.tremble = rng.uniform(0, 6.3, (2, 3))
        self.flicker_hz = float(rng.uniform(1.2, 3.4))
        self._noise = _noise_tiles(rng, settings, self.hardness.noise)

    def paint(self) -> Iterator[Painted]:
        """All frames in order."""
        count = self.timeline.count
        for start in range(0, count, RUN):
            stop = min(count, start + RUN)
            states = sample(self.world, self.timeline.match_time_s[start:stop])
            for frame in range(start, stop):
                yield self._frame(frame, states, frame - start)

    def _frame(self, frame: int, states: States, row: int) -> Painted:
        timeline = self.timeline
        shot = timeline.shots[timeline.shot[frame]]
        time_s = float(timeline.time_s[frame])
        placed = None
        if shot.camera in FIELD_CAMERAS:
            camera = self._camera(shot, states, row, float(timeline.match_time_s[frame]), time_s)
            moment_s = float(timeline.match_time_s[frame])
            is_soft = shot.camera == "closeup"
            picture, placed = self.painter.paint(camera, states, row, moment_s, is_soft=is_soft)
        elif shot.camera == "crowd":
            picture = self.scenes.draw_crowd(time_s, shot.subject)
        else:
            picture = self.scenes.draw_commercial(time_s - shot.start_s, shot.subject)
        picture = self._through_lens(picture, time_s)
        is_bug_visible = self._graphics(picture, frame, shot, time_s)
        planes = self._planes(picture, frame)
        return Painted(planes, frame, is_bug_visible, placed, states, row)

    def _camera(
        self, shot: Shot, states: States, row: int, moment_s: float, time_s: float
    ) -> Camera:
        """The camera of this frame, trembling where hands hold it."""
        player = shot.subject % self.world.player_count
        subject = np.append(states.steady[row, player], 0.0)
        camera = shot_camera(shot, self.venue, subject, self.pull.at(moment_s), self.size)
        amount = self.hardness.shake_px * self.settings.height / 360
        if not amount:
            return camera
        wave = np.sin(time_s * np.array([1.3, 2.9, 5.1]) + self.tremble).mean(1) * amount * 1.6
        return replace(
            camera,
            center_x_px=camera.center_x_px + float(np.round(wave[0])),
            center_y_px=camera.center_y_px + float(np.round(wave[1])),
        )

    def _through_lens(self, picture: Picture, time_s: float) -> Picture:
        import cv2

        sigma = self.hardness.blur_px * self.settings.height / 360
        if sigma > 0.3:
            picture = np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma), np.uint8)
        if self.hardness.flicker:
            wave = np.sin(2 * np.pi * self.flicker_hz * time_s) + np.sin(7.7 * time_s)
            gain = 1 + self.hardness.flicker * 0.5 * wave
            picture = np.asarray(cv2.convertScaleAbs(picture, alpha=gain), np.uint8)
        return picture

    def _graphics(self, picture: Picture, frame: int, shot: Shot, time_s: float) -> bool:
        """Score bug, replay tag, wipes and fades; returns whether the bug can be seen."""
        true_shot = self.timeline.true_shots[self.timeline.shot[frame]]
        is_hidden = shot.camera == "commercial" or (
            shot.camera in ("replay", "crowd") and self.look.hides_in_replays
        )
        has_bug = self.settings.has_score_bug and not is_hidden
        if has_bug:
            period, clock_s = self.script.clock_at(time_s)
            score = self.script.score_at(time_s)
            self.bug.draw(picture, BugText(period, clock_s, score.home, score.away, score.extra))
        color = self.wipe_color
        if shot.camera == "replay":
            draw_tag(picture, "REPLAY", color)  # type: ignore[arg-type]
        since_s, left_s = time_s - true_shot.start_s, true_shot.end_s - time_s
        index = int(self.timeline.shot[frame])
        after = self.timeline.shots[index + 1] if index + 1 < len(self.timeline.shots) else None
        half = WIPE_S / 2
        if shot.entry == "wipe" and since_s < half:
            draw_wipe(picture, 0.5 + since_s / WIPE_S, color)  # type: ignore[arg-type]
        elif after is not None and after.entry == "wipe" and left_s < half:
            draw_wipe(picture, 0.5 - left_s / WIPE_S, color)  # type: ignore[arg-type]
        if shot.entry == "fade" and since_s < FADE_S:
            fade(picture, since_s / FADE_S)
            has_bug = False
        elif after is not None and after.entry == "fade" and left_s < FADE_S:
            fade(picture, max(0.0, left_s / FADE_S))
            has_bug = has_bug and left_s > FADE_S / 2
        return has_bug

    def _planes(self, picture: Picture, frame: int) -> NDArray[np.uint8]:
        """To luma and chroma, with sensor noise and the frame number."""
        import cv2

        width, height = self.size
        planes = np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2YUV_I420), np.uint8)
        luma = planes[:height]
        if self._noise is not None:
            more, less = self._noise
            y, x = (frame * 37) % 64, (frame * 53) % 64
            cv2.add(luma, more[y : y + height, x : x + width], dst=luma)
            cv2.subtract(luma, less[y : y + height, x : x + width], dst=luma)
        barcode.draw(luma, frame)
        _, top, wide, high = barcode.box(width, height)
        for plane in planes[height:].reshape(2, height // 2, width // 2):
            plane[top // 2 : (top + high) // 2, : wide // 2] = 128
        return planes


def _noise_tiles(
    rng: np.random.Generator, settings: MatchSettings, level: float
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]] | None:
    """Noise to add and to take away, a little larger than the picture."""
    if not level:
        return None
    shape = (settings.height + 64, settings.width + 64)
    noise = rng.standard_normal(shape, np.float32) * np.float32(level)
    more = np.clip(np.round(noise), 0, 255).astype(np.uint8)
    return more, np.clip(np.round(-noise), 0, 255).astype(np.uint8)
