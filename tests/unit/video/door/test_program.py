"""The program for filter graphs comes inside a package, and its failures are told."""

import time
from fractions import Fraction
from pathlib import Path

import ffmpeg
import pytest
from PIL import Image

from gametape.errors import ToolError
from gametape.video.door import program
from gametape.video.door.program import STILLS, graph_input, program_path, run_graph


def still(tmp_path: Path, name: str = "still.png") -> Path:
    path = tmp_path / name
    Image.new("RGB", (64, 48), (200, 20, 20)).save(path)
    return path


def test_the_program_lies_inside_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", "/bin/false")
    program_path.cache_clear()
    assert program_path().parent.parent.name == "imageio_ffmpeg"


def test_without_the_program_the_cure_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program, "PACKAGE", "not_installed_here")
    program_path.cache_clear()
    with pytest.raises(ToolError, match="Install the package again"):
        program_path()
    program_path.cache_clear()


def test_names_that_look_like_patterns_or_options_are_files(tmp_path: Path) -> None:
    folder = tmp_path / "-i http: 100%d 'x' [0];"
    folder.mkdir()
    picture = graph_input(still(folder, "a%03d.png"), kind=STILLS, options={})
    path = folder / "out.mp4"
    run_graph(picture.output(f"file:{path}", vcodec="libx264"), what="a still", timeout_s=30)
    assert path.stat().st_size > 500


def test_a_failing_graph_tells_what_it_was_for_and_why(tmp_path: Path) -> None:
    picture = graph_input(still(tmp_path), kind=STILLS, options={})
    output = picture.output(f"file:{tmp_path}/no/such/folder/out.mp4")
    with pytest.raises(ToolError, match=r"card 7: FFmpeg failed \(.*No such file or directory"):
        run_graph(output, what="card 7", timeout_s=30)


@pytest.mark.parametrize("address", ["http://127.0.0.1:9/x.png", "concat:a|b", "data:,x"])
def test_nothing_but_files_is_opened(tmp_path: Path, address: str) -> None:
    inside = ffmpeg.input(address, f=STILLS, protocol_whitelist="file,pipe")
    with pytest.raises(ToolError, match="not on whitelist"):
        run_graph(inside.output(f"file:{tmp_path}/x.mp4"), what="an address", timeout_s=30)


def test_a_graph_without_end_is_stopped(tmp_path: Path) -> None:
    picture = graph_input(still(tmp_path), kind=STILLS, options={"framerate": Fraction(25)})
    begun_s = time.monotonic()
    with pytest.raises(ToolError, match="endless: FFmpeg was not done after 1 s"):
        endless = picture.filter("loop", loop=-1, size=1)
        run_graph(endless.output("file:/dev/null", f="null"), what="endless", timeout_s=1)
    assert time.monotonic() - begun_s < 20
