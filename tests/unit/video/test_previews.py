"""A preview moves through its stretch, is small, and is the same each time."""

from fractions import Fraction
from io import BytesIO
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from gametape.video.previews import MAX_BYTES, MOST_FRAMES, SIDE, moments, open_footage, webp


def write_brightening(path: Path, *, seconds: int, gop: int, size=(320, 180), turn_deg=0) -> None:
    """A tape that goes from black to white, so that a picture's brightness tells its time."""
    with av.open(str(path), "w") as file:
        track = file.add_stream("libx264", rate=15)
        track.width, track.height, track.pix_fmt = *size, "yuv420p"
        track.codec_context.options = {"preset": "ultrafast", "g": str(gop), "crf": "18"}
        if turn_deg:
            track.set_display_rotation(turn_deg)
        count = 15 * seconds
        for number in range(count):
            grey = np.full((size[1], size[0], 3), 16 + 224 * number // count, np.uint8)
            # What hardly changes would be shown as one picture that lasts longer.
            grey[80:96, 20 + 16 * (number % 16) :][:, :16] = 255
            file.mux(track.encode(av.VideoFrame.from_ndarray(grey, "rgb24")))
        file.mux(track.encode(None))


def pictures(content: bytes) -> list[Image.Image]:
    with Image.open(BytesIO(content)) as opened:
        found = []
        for number in range(opened.n_frames):
            opened.seek(number)
            found.append(opened.convert("RGB"))
        return found


def brightness(content: bytes) -> list[float]:
    return [float(np.asarray(picture).mean()) for picture in pictures(content)]


@pytest.mark.parametrize(("seconds", "gop"), [(4, 15), (40, 15), (4, 250)])
def test_its_pictures_are_spread_over_the_stretch_in_order(tmp_path, seconds, gop) -> None:
    path = tmp_path / "tape.mp4"
    write_brightening(path, seconds=seconds, gop=gop)
    with open_footage(path, has_near_keys=gop == 15) as footage:
        found = brightness(footage.preview(0.1 * seconds, 0.9 * seconds))
    assert len(found) >= MOST_FRAMES - 1
    assert found == sorted(found)
    assert found[0] == pytest.approx(16 + 224 * 0.13, abs=12)
    assert found[-1] == pytest.approx(16 + 224 * 0.87, abs=12)


def test_one_open_proxy_gives_many_previews_in_any_order(tmp_path) -> None:
    path = tmp_path / "tape.mp4"
    write_brightening(path, seconds=8, gop=15)
    with open_footage(path, has_near_keys=True) as footage:
        late, early, again = (footage.preview(*s) for s in ((6, 7), (1, 2), (6, 7)))
    assert brightness(early)[0] < brightness(late)[0]
    assert late == again


def test_a_stretch_of_one_frame_and_one_past_the_end_have_a_picture(tmp_path) -> None:
    path = tmp_path / "tape.mp4"
    write_brightening(path, seconds=1, gop=15)
    with open_footage(path, has_near_keys=True) as footage:
        assert len(pictures(footage.preview(0.0, 0.05))) == 1
        assert len(pictures(footage.preview(0.97, 1.2))) == 1


def test_a_tape_on_its_side_is_shown_upright(tmp_path) -> None:
    path = tmp_path / "tape.mp4"
    write_brightening(path, seconds=1, gop=15, turn_deg=90)
    with open_footage(path, has_near_keys=True) as footage:
        [first, *_] = pictures(footage.preview(0, 1))
    assert first.size == (SIDE * 9 // 16, SIDE)


def test_even_noise_stays_small() -> None:
    noise = np.random.default_rng(3)
    shown = [Image.fromarray(noise.integers(0, 256, (135, 240, 3), np.uint8)) for _ in range(14)]
    smooth = [picture.resize((24, 14)).resize((240, 135)) for picture in shown]
    assert len(webp(smooth)) <= MAX_BYTES


def test_moments_lie_in_the_middle_of_their_shares() -> None:
    assert moments(Fraction(1), Fraction(3), 2) == [Fraction(3, 2), Fraction(5, 2)]
