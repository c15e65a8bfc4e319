from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from av import VideoFrame

from gametape.video.media import open_media
from gametape.video.writing import write_media

MakeTape = Callable[..., Path]


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.mov"])
def test_equal_frames_give_equal_bytes(make_tape: MakeTape, name: str) -> None:
    first = make_tape(name, sound_s=1).read_bytes()
    again = make_tape(f"again{Path(name).suffix}", sound_s=1).read_bytes()
    assert first == again


def test_the_index_of_an_mp4_is_in_front(make_tape: MakeTape) -> None:
    data = make_tape("a.mp4").read_bytes()
    assert 0 < data.index(b"moov") < data.index(b"mdat")


def write_some(path: Path, *, is_failing: bool) -> None:
    with write_media(path) as file:
        track = file.add_stream("libx264", rate=25, options={"preset": "ultrafast"})
        track.width, track.height, track.pix_fmt = 64, 48, "yuv420p"
        for number in range(5):
            frame = VideoFrame.from_ndarray(np.zeros((72, 64), np.uint8), "yuv420p")
            frame.pts = number
            file.mux(track.encode(frame))
            if is_failing:
                raise RuntimeError("the disk is full")
        file.mux(track.encode(None))


def test_a_file_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(b"the one before")
    with pytest.raises(RuntimeError):
        write_some(path, is_failing=True)
    assert path.read_bytes() == b"the one before"
    assert list(tmp_path.iterdir()) == [path]
    write_some(path, is_failing=False)
    assert list(tmp_path.iterdir()) == [path]
    with open_media(path) as media:
        assert len(list(media.decode())) == 5
