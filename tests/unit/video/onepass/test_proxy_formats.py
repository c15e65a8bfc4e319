"""Whatever the pixels are like, the proxy is upright, 8-bit 4:2:0 and in square pixels."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import polars as pl
import pytest
from av import VideoFrame

from gametape.profile import ProxySettings
from gametape.video.onepass.planes import Turn, proxy_size
from gametape.video.proxy import run_pass

FULL_RANGE = 2


def corners(width: int = 320, height: int = 180) -> np.ndarray:
    """(h, w, 3) RGB: four quarters of different colours."""
    picture = np.empty((height, width, 3), np.uint8)
    picture[: height // 2, : width // 2] = (200, 40, 40)
    picture[: height // 2, width // 2 :] = (40, 200, 40)
    picture[height // 2 :, : width // 2] = (40, 40, 200)
    picture[height // 2 :, width // 2 :] = (210, 210, 210)
    return picture


def first_proxy_frame(folder: Path) -> VideoFrame:
    with av.open(str(folder / "video.mp4")) as container:
        return next(container.decode(video=0))


def quarters(picture: np.ndarray) -> list[int]:
    """Mean of each quarter's middle, in all channels."""
    height, width = picture.shape[:2]
    return [
        int(value)
        for y in (height // 4, 3 * height // 4)
        for x in (width // 4, 3 * width // 4)
        for value in picture[y - 4 : y + 4, x - 4 : x + 4].mean(axis=(0, 1))
    ]


@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
@pytest.mark.parametrize("mirrored", [False, True])
def test_a_turned_or_mirrored_tape_is_made_upright(write_tape, tmp_path, degrees, mirrored) -> None:
    tape = write_tape(
        [corners()] * 20,
        prepare=lambda video: video.set_display_rotation(degrees, hflip=mirrored),
    )
    report = run_pass(tape, tmp_path / "out", settings=ProxySettings())
    expected = np.rot90(corners(), degrees // 90)
    expected = expected[:, ::-1] if mirrored else expected
    frame = first_proxy_frame(tmp_path / "out")
    assert (frame.width, frame.height) == (report.width, report.height)
    assert (frame.width > frame.height) == (degrees in (0, 180))
    assert frame.rotation == 0
    assert quarters(frame.to_ndarray(format="rgb24")) == pytest.approx(quarters(expected), abs=14)


@pytest.mark.parametrize("pixel_format", ["yuv422p", "yuv444p", "yuv420p10le", "yuvj420p"])
def test_other_pixel_formats_keep_their_colours(write_tape, tmp_path, pixel_format) -> None:
    tape = write_tape([corners()] * 20, pixel_format=pixel_format)
    run_pass(tape, tmp_path / "out", settings=ProxySettings())
    frame = first_proxy_frame(tmp_path / "out")
    assert frame.format.name in ("yuv420p", "yuvj420p")
    assert (frame.color_range == FULL_RANGE) == (pixel_format == "yuvj420p")
    assert quarters(frame.to_ndarray(format="rgb24")) == pytest.approx(quarters(corners()), abs=14)


def test_packed_rgb_goes_through_the_general_path(tmp_path) -> None:
    path = tmp_path / "tape.mkv"
    with av.open(str(path), "w") as file:
        video = file.add_stream("ffv1", rate=30)
        video.width, video.height, video.pix_fmt = 320, 180, "bgr0"
        for index in range(20):
            frame = VideoFrame.from_ndarray(corners(), format="rgb24").reformat(format="bgr0")
            frame.pts, frame.time_base = index, Fraction(1, 30)
            file.mux(video.encode(frame))
        file.mux(video.encode(None))
    run_pass(path, tmp_path / "out", settings=ProxySettings())
    picture = first_proxy_frame(tmp_path / "out").to_ndarray(format="rgb24")
    assert quarters(picture) == pytest.approx(quarters(corners()), abs=14)


def test_thumbs_show_the_picture_in_its_colours(write_tape, tmp_path) -> None:
    import cv2

    tape = write_tape([corners()] * 60)
    run_pass(tape, tmp_path / "out", settings=ProxySettings())
    thumbs = pl.read_parquet(tmp_path / "out/thumbs.parquet")
    picture = cv2.imdecode(np.frombuffer(thumbs["jpeg"][0], np.uint8), cv2.IMREAD_COLOR_RGB)
    assert thumbs["time_s"].to_list() == pytest.approx([0.0, 8 / 15, 1.0, 23 / 15])
    assert picture.shape == (126, 224, 3)
    assert quarters(picture) == pytest.approx(quarters(corners()), abs=14)


@pytest.mark.parametrize(
    ("width", "height", "aspect", "turn", "size"),
    [
        (1920, 1080, Fraction(1), Turn(), (854, 480)),
        (1920, 1080, Fraction(1), Turn(is_transposed=True), (270, 480)),
        (720, 576, Fraction(64, 45), Turn(), (854, 480)),
        (640, 360, Fraction(1), Turn(), (640, 360)),
        (161, 121, Fraction(1), Turn(), (160, 120)),
        (400, 12, Fraction(1), Turn(), (534, 16)),
    ],
)
def test_the_proxy_has_480_lines_at_most_and_square_pixels(
    width, height, aspect, turn, size
) -> None:
    frame = VideoFrame(width, height, "yuv420p")
    assert proxy_size(frame, aspect, turn, 480) == size


def test_interlaced_frames_show_one_moment_and_are_told(tmp_path) -> None:
    path = tmp_path / "tape.mkv"
    comb = np.full((180, 320, 3), 30, np.uint8)
    comb[::2] = 200
    with av.open(str(path), "w") as file:
        video = file.add_stream("libx264", rate=25)
        video.width, video.height, video.pix_fmt = 320, 180, "yuv420p"
        video.codec_context.options = {"crf": "5", "x264-params": "tff=1"}
        for index in range(20):
            frame = VideoFrame.from_ndarray(comb, format="rgb24")
            frame.pts, frame.time_base = index, Fraction(1, 25)
            file.mux(video.encode(frame))
        file.mux(video.encode(None))
    report = run_pass(path, tmp_path / "out", settings=ProxySettings())
    luma = first_proxy_frame(tmp_path / "out").to_ndarray(format="gray")
    assert [finding.code for finding in report.findings] == ["interlaced"]
    assert luma[40:140].std() < 6
    assert luma.mean() > 150
