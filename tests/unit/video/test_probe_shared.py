"""Every odd file of the folder of real clips through the door."""

import json
import time
from pathlib import Path

import pytest
from av import VideoFrame

from gametape.errors import InputError
from gametape.schema import Source
from gametape.video.media import open_media
from gametape.video.probe import check_media, probe, scan

# Decoding these whole takes minutes; the probe must not.
LONG = ("long_4k_av1", "long_1080p_lowbitrate")
# Files whose packets cannot all be decoded, so that counting packets is not enough.
DAMAGED = ("invalid_nalu", "no_timescale")
# What a player shows of these differs from what a count with FFmpeg 5.1 found, and why.
OTHER_COUNTS = {
    "mediabunny__annex-b-avc.mkv": 745,  # FFmpeg dropped one of two frames 2 ms apart
    "mediabunny__annex-b.mp4": 6,  # the last frame is cut off and half of it is shown
    "mediabunny__cursed-vfr.mp4": 63,  # FFmpeg dropped frames to reach a constant rate
    "mp4parser__MOV00006.3gp": 222,  # the same
    "mp4parse-rus__no_timescale.mp4": 182,  # 12 packets are damaged
    "torchcodec__nasa_13013.mp4": 390,  # of two pictures, the larger
    "media__sample_with_invalid_nalu.mp4": 30,  # one packet is damaged
    "media__long_4k_av1.mp4": 21766,  # FFmpeg was stopped before the end
}
REFUSED = {
    "leonardoFu__1-min-nfl_git-lfs-pointer.mp4": "git lfs pull",
    "media__invalid-bitstream.webm": "no frame",
    "media__sample_audio_only_15s.mp4": "only sound",
    "media__sample_malformed_free_box.mp4": "cut off",
    "media__sample_vvc.mp4": "coded as vvc",
    "media__sample_with_fake_auxiliary_tracks.mp4": "10 x 12 pixels",
    "mediabunny__multiple-aac-tracks.mp4": "only sound",
    "mp4ff__1.m4s": "cut off",
    "mp4ff__init_truncated.mp4": "no picture",
    "mp4parse-rus__bipbop_cbcs_video_init.mp4": "holds no frames",
    "mp4parse-rus__chunk_out_of_range.mp4": "cut off",
    "mp4parse-rus__invalid_userdata.mp4": "holds no frames",
    "mp4parse-rus__short-cenc.mp4": "encrypted",
    "mp4parse-rus__test_case_1185230.mp4": "no frame",
    "mp4parse-rus__zero_empty_stsc.mp4": "no frame",
    "testsuite__france.mp4": "no picture",
    "zero_length.mp4": "0 bytes",
}


@pytest.mark.shared
def test_every_odd_file_is_refused_with_a_cure_or_gives_a_consistent_source(
    shared_data: Path,
) -> None:
    facts = {
        Path(fact["file"]).name: fact
        for fact in json.loads((shared_data / "odd" / "FACTS.json").read_text())
    }
    files = [path for path in sorted((shared_data / "odd").iterdir()) if path.suffix != ".json"]
    refused: dict[str, str] = {}
    for path in files:
        begun_s = time.process_time()
        try:
            source = probe(path)
        except InputError as error:
            refused[path.name] = str(error)
            assert time.process_time() - begun_s < 2, path.name
            with pytest.raises(InputError):
                check_media(path)
            continue
        expected = OTHER_COUNTS.get(path.name, facts[path.name]["decoded_frames"])
        assert source.video.frame_count == expected, path.name
        assert Source.model_validate_json(source.model_dump_json()) == source
        assert_consistent(path, source)
    assert refused.keys() == REFUSED.keys()
    for name, reason in REFUSED.items():
        assert name in refused[name]
        assert reason in refused[name]


def assert_consistent(path: Path, source: Source) -> None:
    assert source.duration_s > 0, path.name
    assert all(finding.message for finding in source.findings)
    if any(name in path.name for name in LONG):
        return
    with open_media(path) as media:
        shown = [frame.pts for frame in media.decode() if isinstance(frame, VideoFrame)]
        damage = media.damage()
    if any(name in path.name for name in DAMAGED):
        assert damage, path.name
    else:
        assert scan(path).pts.tolist() == shown, path.name


@pytest.mark.shared
def test_a_long_tape_of_4k_is_probed_without_decoding_it(shared_data: Path) -> None:
    begun_s = time.process_time()
    source = probe(shared_data / "odd" / "media__long_4k_av1.mp4")
    assert source.duration_s == pytest.approx(362.767, abs=0.01)
    assert time.process_time() - begun_s < 2
