"""`gametape evaluate`: plain files in, a table or JSON out."""

import json
import subprocess
import sys

import pytest

from app.main import run

TRUTH = "tape,start_s,end_s,label\n" + "".join(
    f"{t},{s},{s + 10},play\n" for t in "abc" for s in (0, 20, 40)
)
FOUND = "tape,start_s,end_s,label,score\n" + "".join(
    f"{t},{s + 1},{s + 10},play,80\n" for t in "abc" for s in (0, 20, 70)
)


@pytest.fixture
def sides(tmp_path):
    (tmp_path / "truth.csv").write_text(TRUTH)
    (tmp_path / "found.csv").write_text(FOUND)
    return ["--truth", str(tmp_path / "truth.csv"), "--predictions", str(tmp_path / "found.csv")]


def scored(capsys, *arguments):
    assert run(["evaluate", *arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_every_score_carries_what_belongs_to_it(sides, capsys) -> None:
    card = scored(capsys, "--protocol", "tiou-map", "--iou", "0.5", *sides)
    assert card["protocol"] == "tiou-map"
    assert (card["contents"]["tape_count"], card["contents"]["play_count"]) == (3, 9)
    headline = card["figures"][0]
    assert headline["name"] == "average mAP"
    assert headline["ties"]["worst"] <= headline["value"] <= headline["ties"]["best"]
    assert set(headline["baselines"]) == {"chance", "cadence", "always"}
    assert headline["interval"]["low"] <= headline["interval"]["high"]


def test_the_same_command_prints_the_same_twice(sides, capsys) -> None:
    one, other = (scored(capsys, "--protocol", "segments-f1", *sides) for _ in range(2))
    assert one == other


def test_one_tape_says_that_it_has_no_interval(tmp_path, capsys) -> None:
    path = tmp_path / "one.json"
    path.write_text('[{"start_s": 0, "end_s": 9}]')
    arguments = ["--protocol", "segments-f1", "--truth", str(path), "--predictions", str(path)]
    card = scored(capsys, *arguments)
    assert card["figures"][0]["interval"] is None
    assert "one tape: there is no interval over tapes" in card["notes"]


def test_a_tape_that_one_side_does_not_name_is_the_same_tape(tmp_path, capsys) -> None:
    (tmp_path / "t.json").write_text('{"video": "a.mp4", "segments": [{"start": 0, "end": 9}]}')
    (tmp_path / "p.csv").write_text("start_s,end_s\n0,9\n")
    sides = ["--truth", str(tmp_path / "t.json"), "--predictions", str(tmp_path / "p.csv")]
    card = scored(capsys, "--protocol", "segments-f1", *sides)
    assert card["contents"]["tape_count"] == 1
    assert card["figures"][0]["value"] == 1.0


def test_the_table_names_protocol_contents_and_baselines(sides, capsys) -> None:
    assert run(["evaluate", "--protocol", "segments-f1", "--iou", "0.5", *sides]) == 0
    shown = capsys.readouterr().out
    for words in ("segments-f1", "3 tapes, 9 true plays, 9 found", "F1@0.50", "chance", "0.6667"):
        assert words in shown


def test_a_threshold_leaves_out_what_scores_below(sides, capsys) -> None:
    arguments = ["--protocol", "segments-f1", "--threshold", "90", *sides]
    assert scored(capsys, *arguments)["contents"]["found_count"] == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--protocol", "map"], "there is no protocol 'map'"),
        (["--protocol", "tiou-map", "--tolerance", "2"], "takes no --tolerance"),
        (["--protocol", "tiou-map", "--iou", "50"], "--iou: an overlap lies above 0"),
        (["--protocol", "tracks", "--one-label"], "takes no --one-label"),
    ],
)
def test_bad_choices_exit_2_with_a_sentence(sides, capsys, arguments, said) -> None:
    assert run(["evaluate", *arguments, *sides]) == 2
    assert said in " ".join(capsys.readouterr().err.split())


def test_a_fault_in_a_file_exits_2_and_names_the_line(sides, tmp_path, capsys) -> None:
    (tmp_path / "found.csv").write_text(FOUND + "a,x,3,play,1\n")
    assert run(["evaluate", "--protocol", "segments-f1", *sides]) == 2
    assert "found.csv, line 11: start_s is 'x'" in "".join(capsys.readouterr().err.splitlines())


def test_frame_protocols_read_their_folders(tmp_path, capsys) -> None:
    for side, labels in (("t", "a a b b"), ("p", "a a a b")):
        for tape in ("one", "two"):
            (tmp_path / side).mkdir(exist_ok=True)
            (tmp_path / side / f"{tape}.txt").write_text("\n".join(labels.split()))
    sides = ["--truth", str(tmp_path / "t"), "--predictions", str(tmp_path / "p")]
    card = scored(capsys, "--protocol", "segmentation", *sides)
    found = {f["name"]: f["value"] for f in card["figures"]}
    assert found["pooled accuracy"] == 0.75
    assert found["pooled F1@50"] == 1.0


def test_help_and_choices_load_nothing_heavy() -> None:
    code = (
        "import sys; import app.evaluate; "
        "print([m for m in ('numpy', 'scipy', 'polars', 'dagster', 'av') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
