"""Encoders of clips: software unless asked, hardware only when it works, HDR light in words."""

import os
import struct
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest

from gametape.errors import InputError
from gametape.profile import ClipSettings
from gametape.schema import Segment
from gametape.video.cut import cut_clips
from gametape.video.cutting import encoder, light
from gametape.video.cutting.encoder import HARDWARE, TEN_BITS, Encoder, choose_encoder
from gametape.video.probe import probe

SIZE = (320, 180)


def chosen(wanted: str, pixel_format: str = "yuv420p") -> Encoder:
    settings = ClipSettings.model_validate({"encoder": wanted})
    return choose_encoder(settings, size=SIZE, pixel_format=pixel_format, rate=Fraction(25))


@pytest.fixture
def working(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the hardware that is to be found working; to be filled by the test."""
    found: list[str] = []
    monkeypatch.setattr(encoder, "works", lambda kind, _size=SIZE: kind in found)
    return found


def test_software_is_the_default_whatever_the_machine_has(working: list[str]) -> None:
    working += list(HARDWARE)
    assert ClipSettings().encoder == "software"
    assert chosen("software").name == "libx264"
    assert not chosen("software").is_hardware


def test_auto_takes_the_first_hardware_that_works_and_software_without(working: list[str]) -> None:
    assert chosen("auto").name == "libx264"
    working += ["videotoolbox", "qsv"]
    assert chosen("auto").name == "h264_qsv"
    assert chosen("auto").is_hardware


def test_hardware_that_was_named_and_is_not_there_is_refused(working: list[str]) -> None:
    working.append("qsv")
    with pytest.raises(InputError, match=r"nvenc does not work .* there is: software, qsv\."):
        chosen("nvenc")
    assert chosen("qsv").name == "h264_qsv"


@pytest.mark.parametrize("kind", HARDWARE)
def test_hardware_holds_no_picture_back(working: list[str], kind: str) -> None:
    working.append(kind)
    options = dict(chosen(kind).options)
    assert options["bf"] == "0"
    assert options["g"] == "50"
    assert not any("{" in word for word in options.values())


def test_ten_bits_stay_ten_bits_in_software(working: list[str]) -> None:
    working += list(HARDWARE)
    assert chosen("auto", TEN_BITS).name == "libx265"
    assert chosen("auto", TEN_BITS).tag == "hvc1"
    assert chosen("auto", "yuvj420p").name == "libx264"


def test_an_encoder_that_only_is_compiled_in_does_not_count() -> None:
    for kind, (name, _) in HARDWARE.items():
        if name not in av.codecs_available:
            assert not encoder.works(kind)
        elif encoder.works(kind):
            pytest.skip(f"this machine has {kind}")


def test_the_report_names_the_encoder_of_what_was_encoded(tmp_path: Path, bar_tapes: Any) -> None:
    tape = tmp_path / "tape.mp4"
    bar_tapes.write(tape)
    settings = ClipSettings(preset="ultrafast", method="re-encode")
    source = probe(tape)
    [report] = cut_clips(
        tape, [Segment(1, 2)], tmp_path / "clips", source=source, settings=settings
    )
    assert report.encoder == "libx264"


class Lit:
    """A frame as far as its light goes."""

    def __init__(self, **side_data: bytes) -> None:
        self.side_data = side_data


def test_light_is_told_in_the_words_of_the_encoder() -> None:
    red, green, blue, white = (34000, 16000), (13250, 34500), (7500, 3000), (15635, 16450)
    places = [n for point in (red, green, blue, white) for xy in point for n in (xy, 50_000)]
    mastering = struct.pack("=22i", *places, 5, 1000, 1000, 1, 1, 1)
    frame: Any = Lit(
        MASTERING_DISPLAY_METADATA=mastering, CONTENT_LIGHT_LEVEL=struct.pack("=2I", 1000, 400)
    )
    assert light.light_words(frame) == (
        "master-display=G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,50)",
        "max-cll=1000,400",
    )
    assert light.left_out(frame) == []


def test_light_without_numbers_is_left_out_and_moving_light_is_named() -> None:
    broken: Any = Lit(
        MASTERING_DISPLAY_METADATA=struct.pack("=22i", *([0] * 22)), DOVI_METADATA=b""
    )
    assert light.light_words(broken) == ()
    assert light.left_out(broken) == ["Dolby Vision metadata"]


ENCODED = """
import hashlib
from fractions import Fraction
import av, numpy as np
from gametape.profile import ClipSettings
from gametape.video.cutting.encoder import choose_encoder

form = choose_encoder(ClipSettings(), size=(320, 180), pixel_format="yuv420p", rate=Fraction(25))
context = av.CodecContext.create(form.name, "w")
context.width, context.height, context.pix_fmt = 320, 180, form.pixel_format
context.time_base = Fraction(1, 25)
context.options = dict(form.options)
grain = np.kron(np.random.default_rng(0).integers(40, 200, (30, 50)), np.ones((8, 8)))
digest = hashlib.sha256()
for number in range(13):
    picture = np.full((270, 320), 128, np.uint8)
    picture[:180] = grain[number : number + 180, number % 5 : number % 5 + 320]
    frame = av.VideoFrame.from_ndarray(picture, format="yuv420p")
    frame.pts, frame.time_base = number, Fraction(1, 25)
    for packet in context.encode(frame):
        digest.update(bytes(packet))
for packet in context.encode(None):
    digest.update(bytes(packet))
print(digest.hexdigest())
"""


def test_the_bytes_of_a_clip_do_not_depend_on_what_was_in_memory_before() -> None:
    found = {
        subprocess.check_output(
            [sys.executable, "-c", ENCODED], env={**os.environ, "MALLOC_PERTURB_": fill}
        )
        for fill in ("0", "85", "165")
    }
    assert len(found) == 1
