"""The package holds all that the manifest speaks of, and equal clips give equal bytes."""

import hashlib
import zipfile
from fractions import Fraction
from pathlib import Path

import pytest

from gametape.errors import InputError
from gametape.exports.evidence import given_evidence
from gametape.exports.manifest import Lineage, Manifest, Tape, build_manifest
from gametape.exports.package import write_package
from gametape.profile import ClipSettings
from gametape.schema import CutReport, ReelReport, Segment

SEGMENTS = [Segment(1.0, 2.0), Segment(3.0, 4.0)]


def report(number: int, seconds: float) -> CutReport:
    return CutReport(
        number=number,
        file=f"{number:04d}.mp4",
        thumbnail=f"{number:04d}.jpg",
        asked_start_s=SEGMENTS[number - 1].start_s,
        asked_end_s=SEGMENTS[number - 1].end_s,
        first_pts=25 * number,
        last_pts=25 * number + 24,
        time_base=Fraction(1, 25),
        first_s=float(number),
        last_s=number + 0.96,
        frame_count=25,
        counted_frames=25,
        duration_s=1.0,
        bytes=100,
        width=320,
        height=180,
        is_exact=True,
        seconds=seconds,
    )


def fill(folder: Path, *, seconds: float = 1.0, finished: tuple[int, ...] = (1, 2)) -> Manifest:
    """A folder of clips with its manifest; the files were written in another order each time."""
    (folder / "clips").mkdir(parents=True)
    names = [f"clips/000{n}.{kind}" for n in finished for kind in ("mp4", "jpg", "webp")]
    for name in [*(names if seconds == 1.0 else reversed(names)), "reel.mp4"]:
        (folder / name).write_bytes(name.encode() * 100)
    reel = ReelReport(
        file="reel.mp4", clip_count=2, frame_count=50, duration_s=2, bytes=9, method="copy"
    )
    return build_manifest(
        tape=Tape(id="match-1", name="match.mp4", content_hash="ab", duration_s=10.0),
        profile="tennis",
        settings=ClipSettings(),
        segments=SEGMENTS,
        reports=[report(n, seconds) for n in finished],
        evidence=given_evidence(SEGMENTS),
        lineage=Lineage(
            tape_hash="ab", profile_hash="cd", fingerprints={}, code_version="1", step_versions={}
        ),
        folder="clips",
        previews={n: f"000{n}.webp" for n in finished},
        reel=reel,
        hashes={n: hashlib.sha256((folder / n).read_bytes()).hexdigest() for n in names},
    )


def test_it_holds_every_file_and_the_manifest_stored_and_undated(tmp_path: Path) -> None:
    manifest = fill(tmp_path)
    write_package(tmp_path / "clips.zip", manifest, tmp_path)
    with zipfile.ZipFile(tmp_path / "clips.zip") as package:
        assert package.testzip() is None
        entries = package.infolist()
        assert [e.filename for e in entries] == sorted({*manifest.files(), "manifest.json"})
        assert {e.compress_type for e in entries} == {zipfile.ZIP_STORED}
        assert {(e.date_time, e.external_attr >> 16) for e in entries} == {
            ((1980, 1, 1, 0, 0, 0), 0o100644)
        }
        assert package.read("clips/0002.mp4") == b"clips/0002.mp4" * 100
        told = Manifest.model_validate_json(package.read("manifest.json"))
    assert told == manifest.without_seconds()


def test_equal_clips_give_equal_bytes_whenever_they_were_cut(tmp_path: Path) -> None:
    for name, seconds in (("one", 1.0), ("two", 7.5)):
        manifest = fill(tmp_path / name, seconds=seconds)
        write_package(tmp_path / f"{name}.zip", manifest, tmp_path / name)
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()


def test_a_file_that_is_not_the_manifests_is_refused_and_nothing_is_left(tmp_path: Path) -> None:
    manifest = fill(tmp_path / "clips-of")
    (tmp_path / "clips-of/clips/0002.mp4").write_bytes(b"another")
    with pytest.raises(InputError, match=r"clips/0002\.mp4: is not the file"):
        write_package(tmp_path / "clips.zip", manifest, tmp_path / "clips-of")
    (tmp_path / "clips-of/clips/0002.mp4").unlink()
    with pytest.raises(InputError, match=r"clips/0002\.mp4: cannot be read"):
        write_package(tmp_path / "clips.zip", manifest, tmp_path / "clips-of")
    assert [path.name for path in tmp_path.iterdir()] == ["clips-of"]


def test_a_tape_that_is_being_cut_has_no_package_yet(tmp_path: Path) -> None:
    manifest = fill(tmp_path, finished=(2,))
    with pytest.raises(InputError, match="1 of 2 clips"):
        write_package(tmp_path / "clips.zip", manifest, tmp_path)


def test_only_what_is_too_long_for_the_short_form_is_entered_in_the_long_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest = fill(tmp_path)
    versions: list[set[int]] = []
    for limit in (zipfile.ZIP64_LIMIT, 1000):  # instead of 2 GiB of disk
        monkeypatch.setattr(zipfile, "ZIP64_LIMIT", limit)
        write_package(tmp_path / "clips.zip", manifest, tmp_path)
        with zipfile.ZipFile(tmp_path / "clips.zip") as package:
            assert package.testzip() is None
            assert package.getinfo("clips/0001.mp4").file_size == 1400
            versions.append({entry.extract_version for entry in package.infolist()})
    assert versions == [{20}, {45}]
