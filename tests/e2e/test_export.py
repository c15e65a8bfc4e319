"""`gametape export`: a tape's clips as lists for other programs, and as one package."""

import json
import zipfile
from pathlib import Path

import pytest

from gametape.exports.formats import FORMATS

WRITTEN = [form.name for form in FORMATS if form.write is not None]
# Formats that count frames, or tell times to the frame, must cut the very same frames again.
EXACT = ["csv", "json", "edl", "otio", "fcpxml", "xmeml", "sportscode", "losslesscut", "vtt"]


@pytest.fixture(scope="session")
def tape_id(library: Path) -> str:
    [tape] = (library / "videos").iterdir()
    return tape.name


def test_every_format_is_written_beside_each_other(library, tape_id, type_in, tmp_path) -> None:
    words = [word for name in WRITTEN for word in ("--to", name)]
    result = type_in("export", tape_id, *words, "--out", tmp_path, "--library", library, "--json")
    assert result.code == 0
    files = {row["format"]: Path(row["file"]) for row in result.value["files"]}
    assert set(files) == set(WRITTEN)
    assert sorted(tmp_path.iterdir()) == sorted(files.values())
    assert all(row["bytes"] > 0 for row in result.value["files"])


def test_a_list_of_an_out_folder_lands_beside_its_manifest(
    library, match, type_in, tmp_path
) -> None:
    words = ("cut", match.video, "--sport", "volleyball-indoor", "--library", library)
    type_in(*words, "--out", tmp_path)
    for place in (tmp_path, tmp_path / "manifest.json"):
        assert type_in("export", place, "--to", "edl").code == 0
        assert (tmp_path / "match.edl").read_text().startswith("TITLE")
        (tmp_path / "match.edl").unlink()


def test_a_tape_is_found_by_the_beginning_of_its_id_and_by_its_file(
    library, match, tape_id, type_in, tmp_path, monkeypatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for word in (tape_id[:8], match.video):
        assert type_in("export", word, "--to", "srt", "--library", library).code == 0
        (tmp_path / "match.srt").unlink()


@pytest.mark.parametrize("name", EXACT)
def test_what_was_exported_is_cut_again_to_the_same_frames(
    library, match, tape_id, type_in, tmp_path, name
) -> None:
    words = ("export", tape_id, "--to", name, "--out", tmp_path, "--library", library, "--json")
    [written] = type_in(*words).value["files"]
    words = ("cut", match.video, "--library", tmp_path / "again", "--segments", written["file"])
    settings = ("--set", "clips.reel=false", "--set", "clips.previews=false")
    again = type_in(*words, *settings, "--json").value["clips"]
    [tape] = (library / "videos").iterdir()
    asked = json.loads((tape / "manifest.json").read_text())["clips"]
    spans = [[(c["cut"]["first_pts"], c["cut"]["last_pts"]) for c in cs] for cs in (asked, again)]
    assert spans[0] == spans[1]


def test_a_package_holds_what_the_manifest_names(library, tape_id, type_in, tmp_path) -> None:
    words = ("export", tape_id, "--to", "package", "--library", library, "--json", "--out")
    for name in ("one.zip", "two.zip"):
        assert type_in(*words, tmp_path / name).code == 0
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "one.zip") as package:
        names = set(package.namelist())
    assert {"manifest.json", "reel.mp4", "clips/0001.mp4", "clips/0001.webp"} <= names


def test_the_formats_are_listed_with_what_they_are_for(type_in) -> None:
    shown = type_in("export", "--to", "list")
    assert shown.code == 0
    assert all(name in shown.out for name in (*WRITTEN, "package"))
    rows = {row["format"]: row for row in type_in("export", "--to", "list", "--json").value}
    assert rows["edl"]["is_written"]
    assert rows["edl"]["is_read"]


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("no-such-tape", "--to", "edl"), "no-such-tape"),
        (("{tape}", "--to", "betamax"), "betamax"),
        (("{tape}", "--to", "datavolley"), "only read"),
        (("{tape}",), "--to edl"),
        ((), "--to edl"),
        (("{tape}", "--to", "edl", "--to", "csv", "--out", "one.edl"), "several formats"),
        (("nothing-there.json", "--to", "edl"), "nothing-there.json"),
    ],
)
def test_wrong_words_are_named_and_nothing_is_written(
    library, tape_id, type_in, tmp_path, monkeypatch, words, reason
) -> None:
    monkeypatch.chdir(tmp_path)
    typed = [word.replace("{tape}", tape_id) for word in words]
    result = type_in("export", *typed, "--library", library)
    assert result.code == 2
    assert reason in result.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["match.mp4", "manifest.json"])
def test_no_list_takes_the_place_of_a_video_or_of_the_manifest(
    library, tape_id, type_in, tmp_path, name
) -> None:
    [tape] = (library / "videos").iterdir()
    (tmp_path / "match.mp4").write_bytes(b"a video")
    (tmp_path / "manifest.json").write_bytes((tape / "manifest.json").read_bytes())
    before = (tmp_path / name).read_bytes()
    words = ("export", tmp_path, "--to", "json", "--out", tmp_path / name)
    assert type_in(*words).code == 2
    assert (tmp_path / name).read_bytes() == before


def test_a_tape_name_of_any_kind_gives_a_plain_file_name(library, type_in, tmp_path) -> None:
    [tape] = (library / "videos").iterdir()
    told = json.loads((tape / "manifest.json").read_text())
    told["tape"]["name"] = "../../two\nlines.mp4"
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "manifest.json").write_text(json.dumps(told))
    assert type_in("export", tmp_path / "in", "--to", "edl").code == 0
    assert sorted(p.name for p in tmp_path.rglob("*.edl")) == ["two-lines.edl"]
