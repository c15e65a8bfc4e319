"""Camera cuts, from frames made here."""

from collections.abc import Iterable

import cv2
import numpy as np
import polars as pl
from av import VideoFrame

from gametape.profile import SignalSettings
from gametape.video.onepass.frames import LOOK_LENGTH, FrameMeter
from gametape.video.onepass.planes import Scaler
from gametape.video.scenes import find_cuts

RATE_HZ = 25


def scene(seed: int) -> np.ndarray:
    """(h, w, 3) y, u, v: a large picture with texture from coarse to fine."""
    rng = np.random.default_rng(seed)
    total = np.full((260, 420, 3), 120, np.float32)
    for cells, strength in ((5, 50), (20, 25), (90, 12)):
        coarse = rng.normal(0, strength, (cells, cells * 2, 3)).astype(np.float32)
        coarse[..., 1:] *= 0.4
        total += cv2.resize(coarse, (420, 260), interpolation=cv2.INTER_CUBIC)
    return np.clip(total, 0, 255).astype(np.uint8)


def shot(seed: int, count: int, *, pan: float = 1.0) -> list[np.ndarray]:
    """Pictures (180, 320, 3) of a camera that pans over a scene, `pan` pixels a frame."""
    whole = scene(seed)
    grain = np.random.default_rng(seed + 100)
    pictures = []
    for index in range(count):
        left = round(abs((pan * index) % 200 - 100))
        picture = whole[40:220, left : left + 320].astype(np.int16)
        picture += grain.integers(-3, 4, picture.shape, np.int16)
        pictures.append(np.clip(picture, 0, 255).astype(np.uint8))
    return pictures


def cuts_of(pictures: Iterable[np.ndarray], **settings: float) -> pl.DataFrame:
    meter, rows = FrameMeter(Scaler()), []
    for index, picture in enumerate(pictures):
        planes = [picture[..., 0], picture[::2, ::2, 1], picture[::2, ::2, 2]]
        packed = np.concatenate([planes[0], *(p.reshape(-1, 320) for p in planes[1:])])
        row = meter.update(VideoFrame.from_ndarray(packed, format="yuv420p"))
        rows.append({**row, "pts": 100 + index, "time_s": index / RATE_HZ})
    looks = [row.pop("look").reshape(-1) for row in rows]
    look = pl.Series("look", looks, pl.Array(pl.UInt8, LOOK_LENGTH))
    return find_cuts(pl.DataFrame(rows).with_columns(look), SignalSettings(**settings))


def test_a_cut_is_the_first_frame_of_the_new_shot() -> None:
    cuts = cuts_of([*shot(1, 40), *shot(2, 30), *shot(3, 50)])
    assert cuts["frame"].to_list() == [40, 70]
    assert cuts["pts"].to_list() == [140, 170]
    assert cuts["time_s"].to_list() == [1.6, 2.8]
    assert cuts["kind"].to_list() == ["cut", "cut"]


def test_a_cut_within_fast_pans_is_found() -> None:
    assert cuts_of([*shot(1, 40, pan=6), *shot(2, 40, pan=7)])["frame"].to_list() == [40]


def test_flashes_are_no_cuts() -> None:
    pictures = shot(1, 80)
    for at in (20, 50, 51):
        pictures[at] = cv2.add(pictures[at], np.full_like(pictures[at], 90))
    assert cuts_of(pictures).is_empty()


def test_a_sudden_pan_is_no_cut() -> None:
    pictures = [*shot(1, 30, pan=0), *shot(1, 25, pan=8), *shot(1, 30, pan=0)]
    assert cuts_of(pictures[:55]).is_empty()


def test_a_score_bug_that_appears_is_no_cut() -> None:
    pictures = shot(1, 80, pan=0)
    for picture in pictures[30:60]:
        picture[150:170, 40:140] = (230, 90, 160)
    assert cuts_of(pictures).is_empty()


def test_repeated_frames_of_slow_motion_are_no_cuts() -> None:
    pictures = [picture for picture in shot(1, 25, pan=4) for _ in range(3)]
    assert cuts_of(pictures).is_empty()


def test_a_dissolve_is_a_fade_at_its_middle() -> None:
    one, two = shot(1, 60, pan=0), shot(2, 60, pan=0)
    share = np.linspace(0, 1, 14)[1:-1]
    between = [cv2.addWeighted(one[0], 1 - w, two[0], w, 0) for w in share]
    cuts = cuts_of([*one, *between, *two])
    assert cuts["kind"].to_list() == ["fade"]
    assert abs(cuts["frame"][0] - 66) <= 2


def test_of_two_cuts_too_close_the_stronger_is_kept() -> None:
    pictures = [*shot(1, 40), *shot(2, 6), *shot(3, 40)]
    assert len(cuts_of(pictures)) == 1
    assert len(cuts_of(pictures, cut_min_shot_s=0.1)) == 2


def test_a_still_tape_and_an_empty_table_have_no_cuts() -> None:
    assert cuts_of(shot(1, 20, pan=0)).is_empty()
    assert cuts_of(shot(1, 1)).is_empty()


def test_a_cut_from_a_still_camera_to_a_lively_one_is_found() -> None:
    lively = [np.roll(picture, 9 * index, axis=1) for index, picture in enumerate(shot(2, 40))]
    cuts = cuts_of([*shot(1, 40, pan=0), *lively])
    assert cuts["frame"].to_list()[:1] == [40]
