"""`gametape queue` on a tape that nobody has labelled, and on none once somebody has."""

import json
from pathlib import Path

import pytest

from app.main import run
from gametape.madematch.match import make_match
from gametape.madematch.settings import MatchSettings


@pytest.mark.slow
def test_what_to_label_next_is_told_and_written_as_tasks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wish = MatchSettings(sport="tennis", seed=3, length_s=30, width=192, height=120)
    video = make_match(tmp_path / "match", wish).video
    library, out = str(tmp_path / "library"), tmp_path / "tasks"
    assert run(["cut", str(video), "--sport", "tennis", "--library", library, "--json"]) == 0
    tape = json.loads(capsys.readouterr().out)["tape"]
    assert run(["queue", "--count", "1", "--out", str(out), "--library", library, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [row["tape"] for row in told["queue"]] == [tape]
    [task] = json.loads((out / "labelstudio.json").read_text())
    assert task["data"]["tape"] == tape and task["predictions"][0]["result"]
    assert list(json.loads((out / "fiftyone" / "labels.json").read_text())["labels"]) == [tape]
    assert (out / "queue.csv").read_text().startswith("rank,tape,start_s")
    truth = video.with_name("truth.json")
    plays = [f"{s['start_s']},{s['end_s']},play" for s in json.loads(truth.read_text())["segments"]]
    (tmp_path / "plays.csv").write_text("\n".join(["start_s,end_s,label", *plays]) + "\n")
    assert run(["label", tape, str(tmp_path / "plays.csv"), "--library", library, "--json"]) == 0
    capsys.readouterr()
    assert run(["queue", "--library", library]) == 0
    assert "Nothing to label" in capsys.readouterr().out
