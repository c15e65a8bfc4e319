"""Clips appear as they are cut; a kill, a full disk or a wrong clip leave nothing half-done."""

import hashlib
import json
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

TYPED = "import sys; from app.main import run; sys.exit(run(sys.argv[1:]))"
COUNT = 16
# Slow enough to be looked at while it works.
SLOW = ("--set", "clips.method=re-encode")


@pytest.fixture
def listed(tmp_path: Path) -> Path:
    path = tmp_path / "list.csv"
    # Far enough apart to be read one by one: neighbours share a decoder, whose noise in the sound
    # depends on where it began.
    rows = [f"{5 * n},{5 * n + 2},play" for n in range(COUNT)]
    path.write_text("\n".join(["start_s,end_s,label", *rows]) + "\n")
    return path


def start(*words: object, **options: Any) -> "subprocess.Popen[bytes]":
    silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    command = [sys.executable, "-c", TYPED, *map(str, words)]
    return subprocess.Popen(command, **(silent | options))


def told(library: Path) -> dict[str, Any] | None:
    """The manifest of the only tape, as a reader finds it at this moment."""
    for path in (library / "videos").glob("*/manifest.json"):
        return dict(json.loads(path.read_bytes()))
    return None


def moments(process: "subprocess.Popen[bytes]", library: Path) -> Iterator[dict[str, Any]]:
    """The manifest whenever it tells of more clips, until the process ends."""
    seen = -1
    while process.poll() is None:
        manifest = told(library)
        if manifest is not None and manifest["counts"]["cut"] > seen:
            seen = manifest["counts"]["cut"]
            yield manifest
        time.sleep(0.005)


def files_of(folder: Path) -> dict[str, str]:
    """Published files of a tape's folder, with the hash of their bytes; no sidecars or locks."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "_meta" not in path.parts
    }


def test_clips_appear_as_they_are_cut_and_after_a_kill_the_next_run_ends_with_the_right_ones(
    match, listed, type_in, tmp_path
) -> None:
    library = tmp_path / "library"
    words = ("cut", match.video, "--segments", listed, *SLOW, "--library")
    process = start(*words, library)
    looked = []
    for manifest in moments(process, library):
        looked.append((manifest["is_complete"], manifest["counts"]["asked"]))
        if manifest["counts"]["cut"] >= 3:
            process.kill()
    assert process.wait() == -signal.SIGKILL
    assert set(looked) == {(False, COUNT)}
    [tape] = (library / "videos").iterdir()
    left = told(library)
    assert left is not None
    assert 3 <= len(left["clips"]) < COUNT
    assert not (tape / "_meta" / "clips.json").exists()
    for name, digest in left["hashes"].items():
        assert hashlib.sha256((tape / name).read_bytes()).hexdigest() == digest
    times = {c["file"]: (tape / c["file"]).stat().st_mtime_ns for c in left["clips"]}
    (tape / "clips" / "0099.mp4").write_bytes(b"of nobody")  # what is not ours stays

    assert type_in(*words, library).code == 0
    assert {name: (tape / name).stat().st_mtime_ns for name in times} == times
    assert type_in(*words, tmp_path / "fresh").code == 0
    [fresh] = (tmp_path / "fresh" / "videos").iterdir()
    found, wanted = files_of(tape), files_of(fresh)
    assert found.pop("clips/0099.mp4")
    found.pop("manifest.json")  # tells seconds by the clock
    wanted.pop("manifest.json")
    assert found == wanted
    assert not (tape / ".aside").exists()


def test_a_shorter_list_after_a_kill_sweeps_the_clips_that_are_no_longer_asked_for(
    match, listed, type_in, tmp_path
) -> None:
    library = tmp_path / "library"
    words = ("cut", match.video, "--library", library, *SLOW, "--segments", listed)
    process = start(*words)
    for manifest in moments(process, library):
        if manifest["counts"]["cut"] >= 3:
            process.kill()
    assert process.wait() == -signal.SIGKILL
    listed.write_text("start_s,end_s,label\n10,11,play\n")
    assert type_in(*words).code == 0
    [tape] = (library / "videos").iterdir()
    assert sorted(path.name for path in (tape / "clips").iterdir()) == [
        "0001.jpg",
        "0001.mp4",
        "0001.webp",
    ]


def test_a_clip_that_is_there_under_another_number_is_not_cut_again(
    match, type_in, tmp_path
) -> None:
    listed, library = tmp_path / "list.csv", tmp_path / "library"
    words = ("cut", match.video, "--segments", listed, "--library", library, "--json")

    def written(clips: list[dict[str, Any]]) -> dict[float, int]:
        [tape] = (library / "videos").iterdir()
        return {clip["start_s"]: (tape / clip["file"]).stat().st_mtime_ns for clip in clips}

    head = "start_s,end_s,label\n"
    listed.write_text(head + "1,2,a\n3,4,b\n5,6,c\n")
    before = written(type_in(*words).value["clips"])
    listed.write_text(head + "5,6,gone up\n3,4,b\n7,8,new\n1,2,a\n")
    clips = type_in(*words).value["clips"]
    after = written(clips)
    assert after.items() >= before.items()
    assert [(c["file"], c["label"]) for c in clips] == [
        ("clips/0001.mp4", "gone up"),
        ("clips/0002.mp4", "b"),
        ("clips/0003.mp4", "new"),
        ("clips/0004.mp4", "a"),
    ]
    again = (*words[:-1], "--set", "clips.method=re-encode", "--set", "clips.crf=30", "--json")
    other = written(type_in(*again).value["clips"])
    assert other.keys() == after.keys()
    assert all(other[start_s] != after[start_s] for start_s in other)


def test_a_kept_clip_whose_bytes_have_changed_is_cut_again(match, type_in, tmp_path) -> None:
    listed = tmp_path / "list.csv"
    library = tmp_path / "library"
    words = ("cut", match.video, "--segments", listed, "--library", library, "--json")
    listed.write_text("start_s,end_s,label\n1,2,a\n3,4,b\n")
    type_in(*words)
    [tape] = (library / "videos").iterdir()
    right = (tape / "clips/0001.mp4").read_bytes()
    (tape / "clips/0001.mp4").write_bytes(right[:-1] + bytes([right[-1] ^ 1]))
    listed.write_text("start_s,end_s,label\n1,2,other\n3,4,b\n")
    assert type_in(*words).code == 0
    assert (tape / "clips/0001.mp4").read_bytes() == right


def small_files_only() -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # writing fails, as on a full disk
    resource.setrlimit(resource.RLIMIT_FSIZE, (3_000_000, 3_000_000))


def test_a_disk_that_is_full_ends_the_cut_with_3_and_leaves_nothing_half_written(
    match, tmp_path
) -> None:
    listed = tmp_path / "list.csv"
    listed.write_text("start_s,end_s,label\n0,60,play\n")

    words = ("--segments", listed, "--library", tmp_path / "library", "--out", tmp_path / "out")
    large = ("--set", "clips.method=re-encode", "--set", "clips.crf=0")
    options = {"stderr": subprocess.PIPE, "preexec_fn": small_files_only}
    process = start("cut", match.video, *words, *large, **options)
    _, said = process.communicate()
    assert process.returncode == 3, said.decode()
    assert b"could not be written" in said
    left = [path.name for path in tmp_path.rglob("*") if path.suffix in (".mp4", ".part")]
    assert left == []
    assert not (tmp_path / "out").exists()


def test_clips_of_an_earlier_version_are_cut_again_and_hide_no_other_error(
    match, type_in, tmp_path
) -> None:
    listed, library = tmp_path / "list.csv", tmp_path / "library"
    words = ("cut", match.video, "--segments", listed, "--library", library)
    listed.write_text("start_s,end_s,label\n1,2,a\n")
    assert type_in(*words).code == 0
    [tape] = (library / "videos").iterdir()
    (tape / "manifest.json").write_text('{"version": 1, "clips": []}')
    listed.write_text("start_s,end_s,label\n0,60,play\n")
    large = ("--set", "clips.method=re-encode", "--set", "clips.crf=0")
    process = start(*words, *large, stderr=subprocess.PIPE, preexec_fn=small_files_only)
    _, said = process.communicate()
    assert process.returncode == 3
    assert b"could not be written" in said
    listed.write_text("start_s,end_s,label\n1,2,a\n3,4,b\n")
    assert type_in(*words).code == 0
    manifest = told(library)
    assert manifest is not None
    assert (manifest["version"], manifest["counts"]["cut"]) == (2, 2)


def test_a_clip_that_is_not_exact_is_named_and_nothing_is_handed_over(
    match, type_in, tmp_path, monkeypatch
) -> None:
    from gametape.video.cutting import clipjob

    count = clipjob.count_clip

    def one_frame_lost(path: Path) -> Any:
        """What is found in the second clip when an encoder has swallowed its last frame."""
        found = count(path)
        is_second = "0002" in path.name
        return replace(found, times_s=found.times_s[:-1]) if is_second else found

    monkeypatch.setattr(clipjob, "count_clip", one_frame_lost)
    listed = tmp_path / "list.csv"
    listed.write_text("start_s,end_s,label\n1,2,a\n3,4,b\n5,6,c\n")
    library = tmp_path / "library"
    words = ("cut", match.video, "--segments", listed, "--library", library)
    for _ in range(2):  # finding it done does not make it right
        result = type_in(*words, *SLOW, "--out", tmp_path / "out")
        assert result.code == 3
        assert "clips/0002.mp4" in result.err
        assert "25 frames from 3.000 s to 3.960 s asked for, 24 there" in result.err
        assert "0001" not in result.err
        assert not (tmp_path / "out").exists()
    evaluation = last_evaluation(library)
    assert (evaluation.passed, evaluation.blocking) == (False, True)
    assert evaluation.metadata["wrong"].value == 1
    assert "| 0002.mp4 |" in evaluation.metadata["counter_examples"].value


def test_the_check_runs_with_the_line_and_passes(library) -> None:
    evaluation = last_evaluation(library)
    assert evaluation.passed
    assert evaluation.metadata["wrong"].value == 0


def last_evaluation(library: Path) -> Any:
    """What the check last said, as the run history keeps it."""
    key = dg.AssetCheckKey(dg.AssetKey("clips"), "every_clip_is_exact")
    with dg.DagsterInstance.from_config(str(library / "dagster")) as instance:
        [record] = instance.event_log_storage.get_asset_check_execution_history(key, limit=1)
    return record.event.dagster_event.asset_check_evaluation_data
