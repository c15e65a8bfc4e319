import http.server
import os
import re
import resource
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import av
import numpy as np
import pytest
from av import AudioFrame, VideoFrame

from gametape.errors import InputError
from gametape.video import media as door
from gametape.video.door.limits import Limits
from gametape.video.media import create_media, open_media
from gametape.video.probe import check_media, probe

MakeTape = Callable[..., Path]


def refused(path: Path, limits: Limits = Limits()) -> str:
    """The text of the refusal; both the quick door and the probe must refuse."""
    with pytest.raises(InputError) as quick:
        check_media(path, limits=limits)
    with pytest.raises(InputError) as full:
        probe(path, limits=limits)
    assert str(quick.value) == str(full.value)
    return str(quick.value)


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "empty.mp4"
    path.touch()
    assert refused(path) == "empty.mp4 is empty (0 bytes). Copy or download it again."


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"just some words\n", "is text"),
        ("un été à la plage\n".encode() * 200, "is text"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\n", "git lfs pull"),
        (b"<!DOCTYPE html><html><body>404", "is a page"),
        (b"\x00" * 5000, "cannot|not a video|not in a container"),
        (bytes(range(256)) * 40, "not a video|not in a container"),
        (b"\x1a\x45\xdf\xa3" + b"\x00" * 3000, "not a video|not in a container"),
    ],
)
def test_what_is_no_video_is_refused_with_a_cure(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    path = tmp_path / "tape.mp4"
    path.write_bytes(content)
    assert re.search(reason, refused(path))


def test_a_header_that_is_cut_off_is_refused(make_tape: MakeTape) -> None:
    tape = make_tape(count=50, options={"movflags": "+disable_chpl"})
    whole = tape.read_bytes()
    for kept in (20, 100, len(whole) // 2, len(whole) - 200):
        tape.write_bytes(whole[:kept])
        assert "cut off" in refused(tape) or "no picture" in refused(tape)


def test_sound_alone_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "sound.mp4"
    with create_media(path) as file:
        track = file.add_stream("aac", rate=16000)
        track.layout = "mono"
        for number in range(5):
            block = AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
            block.sample_rate, block.pts = 16000, 1024 * number
            file.mux(track.encode(block))
        file.mux(track.encode(None))
    assert "only sound" in refused(path)


@pytest.mark.parametrize("path", ["http://example.invalid/a.mp4", "rtsp://example.invalid/a"])
def test_an_address_is_not_opened(path: str) -> None:
    assert "addresses are not opened" in refused(Path(path))


def test_what_is_not_a_file_is_refused_without_waiting(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.mp4"
    os.mkfifo(pipe)
    assert "folder" in refused(tmp_path)
    assert "no such file" in refused(tmp_path / "missing.mp4")
    assert "pipe" in refused(pipe)
    assert "device" in refused(Path("/dev/zero"))
    assert "not a path" in refused(tmp_path / ("x" * 300 + ".mp4"))
    assert "no such file" in refused(tmp_path / "missing" / "a.mp4")


def test_a_file_that_may_not_be_read_is_refused(
    make_tape: MakeTape, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbid(*_: object, **__: object) -> int:
        raise PermissionError(13, "Permission denied")

    tape = make_tape()
    monkeypatch.setattr(os, "open", forbid)
    with pytest.raises(InputError, match="Change its permissions"):
        check_media(tape)


class Listener(http.server.BaseHTTPRequestHandler):
    asked: list[str]

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.send_response(404)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def listener() -> Iterator[tuple[str, list[str]]]:
    """An address on this machine, and all that was asked of it."""
    Listener.asked = []
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Listener)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", Listener.asked
    server.shutdown()
    server.server_close()
    thread.join()


PLAYLISTS = {
    "hls": "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\n{one}\n"
    "#EXT-X-ENDLIST\n",
    "ffconcat": "ffconcat version 1.0\nfile '{one}'\nduration 5\n",
    "dash": '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" '
    'mediaPresentationDuration="PT5S"><Period><AdaptationSet mimeType="video/mp4">'
    '<Representation id="1" bandwidth="1"><BaseURL>{one}</BaseURL></Representation>'
    "</AdaptationSet></Period></MPD>",
    "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\n"
    "m=video 5004 RTP/AVP 96\na=rtpmap:96 H264/90000\n",
}


def forget_reading(path: Path) -> None:
    """Set a file's time of reading so that reading it shows; skips where the disk keeps none."""
    for attempt in range(2):
        os.utime(path, (1_000_000, 2_000_000))  # before its change: the next reading is written
        if attempt == 0 and (path.read_bytes(), path.stat().st_atime)[1] == 1_000_000:
            pytest.skip("this disk does not keep the time of reading")


def test_without_the_lists_a_playlist_would_read_another_file(make_tape: MakeTape) -> None:
    other = make_tape("other.ts", count=50)
    path = other.with_name("tape.mp4")
    path.write_text(PLAYLISTS["ffconcat"].format(one="other.ts"))
    with av.open(str(path)) as file:
        assert file.streams.video[0].codec_context.name == "h264"


@pytest.mark.parametrize("is_sniffed", [True, False])
@pytest.mark.parametrize("kind", list(PLAYLISTS))
def test_a_playlist_named_mp4_touches_no_address_and_no_other_file(
    make_tape: MakeTape,
    listener: tuple[str, list[str]],
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    is_sniffed: bool,
) -> None:
    address, asked = listener
    other = make_tape("other.ts", count=50)
    forget_reading(other)
    if not is_sniffed:
        # FFmpeg's own lists must hold even for a playlist whose first bytes are not recognised.
        monkeypatch.setattr(door, "check_plain_file", lambda path: path.stat().st_size)
    for target in (f"{address}/one.ts", "other.ts", str(other), f"file:{other}"):
        path = other.with_name("tape.mp4")
        path.write_text(PLAYLISTS[kind].format(one=target))
        assert refused(path)
    assert asked == []
    assert other.stat().st_atime == 1_000_000


def test_the_protocol_list_alone_keeps_addresses_out(listener: tuple[str, list[str]]) -> None:
    address, asked = listener
    options = {"protocol_whitelist": "file"}
    with pytest.raises(av.FFmpegError):
        av.open(f"{address}/a.mp4", options=options)
    assert asked == []
    with pytest.raises(av.FFmpegError):
        av.open(f"{address}/a.mp4")
    assert asked  # the listener would have heard


def test_a_codec_outside_the_list_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "odd.avi"
    with create_media(path) as file:
        track = file.add_stream("ffvhuff", rate=25)
        track.width, track.height, track.pix_fmt = 64, 48, "yuv420p"
        frame = VideoFrame.from_ndarray(np.zeros((72, 64), np.uint8), "yuv420p")
        frame.pts = 0
        file.mux(track.encode(frame))
        file.mux(track.encode(None))
    assert "ffvhuff" in refused(path)


def test_ffmpeg_itself_holds_the_codec_list(
    make_tape: MakeTape, monkeypatch: pytest.MonkeyPatch
) -> None:
    tape = make_tape()
    monkeypatch.setattr(door, "decoder_list", lambda: "mpeg4")
    with open_media(tape) as media, pytest.raises(InputError, match="no frame"):
        list(media.decode())


def test_an_encrypted_tape_is_refused_as_such(make_tape: MakeTape) -> None:
    secret = {
        "encryption_scheme": "cenc-aes-ctr",
        "encryption_key": "76a6c65c5ea762046bd749a2e632ccbb",
        "encryption_kid": "a7e61c373e219033c21091fa607bf3b8",
    }
    assert "is encrypted (DRM)" in refused(make_tape(count=30, options=secret))


def vp8_of(make_tape: MakeTape, size: int, *, is_declared: bool) -> Path:
    """A VP8 tape whose frames say they are `size` pixels square; its header may say so too."""
    tape = make_tape("a.mkv", count=3, size=(320, 240), codec="libvpx", codec_options={"g": "1"})
    data = tape.read_bytes()
    small = (320).to_bytes(2, "little") + (240).to_bytes(2, "little")
    large = size.to_bytes(2, "little") * 2
    assert b"\x9d\x01\x2a" + small in data
    data = data.replace(b"\x9d\x01\x2a" + small, b"\x9d\x01\x2a" + large)
    if is_declared:
        width, height = b"\xb0\x82" + (320).to_bytes(2, "big"), b"\xba\x81\xf0"
        assert width in data and height in data
        data = data.replace(width, b"\xb0\x82" + size.to_bytes(2, "big"))
    tape.write_bytes(data)
    return tape


@pytest.mark.parametrize("is_declared", [True, False])
def test_a_frame_of_16000_by_16000_pixels_is_refused_before_memory_is_taken_for_it(
    make_tape: MakeTape, is_declared: bool
) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    text = refused(vp8_of(make_tape, 16000, is_declared=is_declared))
    assert "pixels" in text or "no frame" in text
    grown_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown_kib < 100_000  # one such frame has 375,000 KiB


def test_a_large_frame_within_the_limit_is_not_refused(make_tape: MakeTape) -> None:
    tape = make_tape(count=3, size=(320, 240))
    assert "pixels" in refused(tape, Limits(max_pixels=320 * 240 - 1))
    assert probe(tape, limits=Limits(max_pixels=320 * 240)).video.width == 320


def test_a_header_that_tells_of_days_is_refused(make_tape: MakeTape) -> None:
    half_hours = [n * 1800 * 25 for n in range(30)]
    assert "14.5 hours" in refused(make_tape("a.mp4", count=30, stamps=half_hours))
    assert "14.5 hours" in refused(make_tape("b.mkv", count=30, stamps=half_hours))


def test_a_gap_of_days_in_four_kilobytes_is_refused(make_tape: MakeTape) -> None:
    days = 3 * 24 * 3600 * 25
    tape = make_tape("a.mkv", count=10, stamps=[*range(9), days], codec_options={"bf": "0"})
    assert tape.stat().st_size < 8192
    assert "72.0 hours" in refused(tape)


def test_too_many_tracks_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "many.mkv"
    with create_media(path) as file:
        tracks = [file.add_stream("mpeg4", rate=25) for _ in range(5)]
        for track in tracks:
            track.width, track.height, track.pix_fmt = 64, 48, "yuv420p"
        for track in tracks:
            frame = VideoFrame.from_ndarray(np.zeros((72, 64), np.uint8), "yuv420p")
            frame.pts = 0
            file.mux(track.encode(frame))
        for track in tracks:
            file.mux(track.encode(None))
    assert "has 5 tracks" in refused(path, Limits(max_streams=4))


def test_a_picture_of_a_few_pixels_is_no_tape(make_tape: MakeTape) -> None:
    assert "10 x 12 pixels" in refused(make_tape(size=(10, 12)))


def test_refusing_takes_well_under_two_seconds_with_the_start_of_the_process(
    make_tape: MakeTape,
) -> None:
    tape = make_tape(count=50)
    tape.write_bytes(tape.read_bytes()[:300])
    code = "import sys; from pathlib import Path; from gametape.errors import InputError\n"
    code += "from gametape.video.probe import check_media\n"
    code += "try: check_media(Path(sys.argv[1]))\nexcept InputError: sys.exit(2)\n"
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([sys.executable, "-c", code, str(tape)], check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.returncode == 2
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 1.0
