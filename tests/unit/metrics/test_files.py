"""Plain files of every protocol, and faults that name file and line."""

import json

import pytest

from gametape.errors import InputError
from gametape.metrics.files.events import (
    read_frame_events,
    read_soccernet_labels,
    read_soccernet_results,
)
from gametape.metrics.files.frames import read_frame_labels, read_scenes, read_tracks
from gametape.metrics.files.segments import read_segments
from gametape.metrics.shots import Scene
from gametape.metrics.spotting_frames import Event
from gametape.metrics.spotting_seconds import TimedEvent
from gametape.metrics.tracks import Box
from gametape.schema import Segment
from gametape.tables import segments_table, write_table

PLAY = Segment(1.5, 9.0, "serve", 80.0)
ROW = {"tape": "a", "start_s": 1.5, "end_s": 9.0, "label": "serve", "score": 80}


def written(folder, name, content):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    text = content if isinstance(content, str) else json.dumps(content)
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("rows.json", [ROW]),
        ("rows.csv", "tape,start_s,end_s,label,score\na,1.5,9,serve,80\n"),
        ("semicolons.csv", "tape;start_s;end_s;label;score\na;1.5;9;serve;80\n"),
        ("list.json", {"tape": "a", "segments": [{k: ROW[k] for k in list(ROW)[1:]}]}),
        ("labels.json", {"video": "a", "duration": 20, "segments": [
            {"start": 1.5, "end": 9, "label": "serve", "score": 80}]}),
    ],
)  # fmt: skip
def test_our_segments_read_alike_in_every_form(tmp_path, name, content) -> None:
    read = read_segments(written(tmp_path, name, content), side="predictions")
    assert read.tapes == {"a": [PLAY]}


def test_our_segments_table_is_one_tape_and_a_folder_is_a_tape_a_file(tmp_path) -> None:
    write_table(tmp_path / "a.parquet", segments_table([PLAY]))
    write_table(tmp_path / "b.parquet", segments_table([]))
    single = read_segments(tmp_path / "a.parquet", side="predictions")
    assert list(single.tapes.values()) == [[PLAY]]
    folder = read_segments(tmp_path, side="predictions")
    assert folder.tapes == {"a": [PLAY], "b": []}


def activitynet(subset="validation"):
    annotation = {"label": "serve", "segment": [1.5, 9.0]}
    video = {"subset": subset, "duration": 30.5, "annotations": [annotation]}
    return {"version": "1.3", "taxonomy": [], "database": {"a": video}}


def test_activitynet_truth_and_results(tmp_path) -> None:
    truth = read_segments(written(tmp_path, "t.json", activitynet()), side="truth")
    assert truth.tapes["a"][0].label == "serve"
    assert truth.lengths_s == {"a": 30.5}
    result = {"label": "serve", "segment": [1.5, 9.0], "score": 80}
    content = {"version": "1.3", "results": {"a": [result]}, "external_data": {}}
    found = read_segments(written(tmp_path, "p.json", content), side="predictions")
    assert found.tapes == {"a": [PLAY]}


def test_another_subset_is_chosen_by_name(tmp_path) -> None:
    path = written(tmp_path, "t.json", activitynet("testing"))
    assert list(read_segments(path, side="truth", subset="testing").tapes) == ["a"]
    with pytest.raises(InputError, match=r"there are testing\. Choose one with --subset"):
        read_segments(path, side="truth")


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("x.csv", "tape,start_s,end_s\na,1,2\na,3,x\n", r"x\.csv, line 3: end_s is 'x'"),
        ("x.csv", "tape,start_s,end_s\na,1,2\n\na,9,3\n", r"x\.csv, line 4: the end 3.0 comes"),
        ("x.csv", "tape,start_s\na,1\n", r"line 2: end_s is missing"),
        ("x.csv", "tape,start_s,end_s\na,1,2,3\n", r"line 2: more cells"),
        ("x.json", '[\n {"start_s": 1, "end_s": 2},\n {"start_s": 1}]', r"line 3.*end_s is m"),
        ("x.json", '{"segments": [\n {"start_s": 1, "end_s": true}\n]}', r"line 2 \(segments"),
        ("x.json", '[{"start_s": 1,\n "end_s": NaN}]', r"x\.json, line 2: NaN is no number"),
        ("x.json", '[{"start_s": 1,\n end_s: 2}]', r"x\.json, line 2: not JSON"),
        ("x.json", '{"a": 1, "a": 2}', "'a' stands twice"),
        ("x.json", '{"plays": []}', "neither a list of rows"),
        ("x.json", '{"results": {"a": [\n{"label": "b", "segment": [1], "score": 1}]}}',
         r"line 2 \(results\.a\[0\]\): segment is not a start and an end"),
        ("x.yaml", "a", "not one of"),
        ("x.parquet", "no table", "no Parquet table"),
    ],
)  # fmt: skip
def test_a_fault_in_segments_names_file_and_line(tmp_path, name, content, said) -> None:
    with pytest.raises(InputError, match=said):
        read_segments(written(tmp_path, name, content), side="predictions")


def test_frame_events(tmp_path) -> None:
    tape = {"video": "a", "num_frames": 90, "events": [{"frame": 3, "label": "hit", "score": 0.5}]}
    read = read_frame_events(written(tmp_path, "e.json", [tape]), has_scores=True)
    assert read.tapes == {"a": [Event(3, "hit", 0.5)]}
    assert read.frame_counts == {"a": 90}
    del tape["events"][0]["score"]
    with pytest.raises(InputError, match=r"\[0\]\.events\[0\]\): score is missing"):
        read_frame_events(written(tmp_path, "e.json", [tape]), has_scores=True)
    with pytest.raises(InputError, match="stands twice"):
        read_frame_events(written(tmp_path, "e.json", [tape, tape]), has_scores=False)


def test_soccernet_folders(tmp_path) -> None:
    label = {"gameTime": "2 - 01:05", "label": "Goal", "visibility": "not shown"}
    result = {"half": "1", "position": "2500", "label": "Goal", "confidence": "0.25"}
    written(tmp_path, "t/league/game/Labels-v2.json", {"annotations": [label]})
    written(tmp_path, "p/league/game/results_spotting.json", {"predictions": [result]})
    truth = {"league/game": [TimedEvent(2, 65_000, "Goal", is_shown=False)]}
    assert read_soccernet_labels(tmp_path / "t") == truth
    found = {"league/game": [TimedEvent(1, 2500, "Goal", 0.25)]}
    assert read_soccernet_results(tmp_path / "p") == found
    with pytest.raises(InputError, match="no results"):
        read_soccernet_results(tmp_path / "t")


def test_a_faulty_game_time_is_named(tmp_path) -> None:
    path = written(tmp_path, "l.json", '{"annotations": [\n\n{"gameTime": "soon", "label": "a"}]}')
    with pytest.raises(InputError, match=r"l\.json, line 3 .*gameTime is 'soon'"):
        read_soccernet_labels(path)


def test_frame_labels_a_line_and_ms_tcn_results(tmp_path) -> None:
    written(tmp_path, "t/one.txt", "pour\npour\nstir\n")
    written(tmp_path, "p/one", "### Frame level recognition: ###\npour stir stir\n")
    assert read_frame_labels(tmp_path / "t") == {"one": ["pour", "pour", "stir"]}
    assert read_frame_labels(tmp_path / "p") == {"one": ["pour", "stir", "stir"]}
    with pytest.raises(InputError, match=r"bad\.txt, line 2: 0 words"):
        read_frame_labels(written(tmp_path, "bad.txt", "pour\n\nstir\n"))


def test_scenes_and_scores_are_told_apart(tmp_path) -> None:
    scenes = {"tape": [Scene(0, 9), Scene(10, 19)]}
    assert read_scenes(written(tmp_path, "a.txt", "0 9\n10 19\n")) == scenes
    scores = "\n".join(["0.1"] * 9 + ["0.9"] + ["0.1"] * 10)
    assert read_scenes(written(tmp_path, "b.txt", scores)) == {"tape": [Scene(0, 9), Scene(10, 19)]}
    assert read_scenes(written(tmp_path, "b.txt", scores), threshold=0.95) == {
        "tape": [Scene(0, 19)]
    }
    with pytest.raises(InputError, match=r"c\.txt, line 2: the scene ends before it starts"):
        read_scenes(written(tmp_path, "c.txt", "0 9\n19 10\n"))


def test_tracks_of_files_and_of_folders(tmp_path) -> None:
    text = "1,7,10,20,30,40,1,1,1\n2,7,11,20,30,40,0,1,1\n"
    written(tmp_path, "gt/S1/gt/gt.txt", text)
    written(tmp_path, "res/S1.txt", text)
    first, second = Box(1, 7, 10, 20, 30, 40), Box(2, 7, 11, 20, 30, 40)
    assert read_tracks(tmp_path / "gt", is_truth=True) == {"S1": [first]}  # 0: not to be scored
    assert read_tracks(tmp_path / "res", is_truth=False) == {"S1": [first, second]}
    with pytest.raises(InputError, match=r"d\.txt, line 2: track 7 has two boxes"):
        read_tracks(written(tmp_path, "d.txt", "1,7,1,1,1,1\n1,7,2,2,2,2\n"), is_truth=False)


def test_a_path_that_leads_nowhere_is_named(tmp_path) -> None:
    with pytest.raises(InputError, match=r"nowhere: there is no such file or folder"):
        read_segments(tmp_path / "nowhere", side="truth")
