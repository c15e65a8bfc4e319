"""Queued stretches as tasks: what was found goes along and comes back complete."""

import json
from fractions import Fraction

from gametape.datasets.tasks import Queued, Task, fiftyone_samples, labelstudio_tasks
from gametape.exports.labelstudio import read_labelstudio
from gametape.exports.timeline import Play, TapeFacts, Timeline

PLAYS = (Play(Fraction(2), Fraction(5), score=80.0), Play(Fraction(8), Fraction(12), score=60.0))
TIMELINE = Timeline("m.mp4", "m.mp4", Fraction(60), Fraction(25), PLAYS)
TASK = Task("m-0123", "gametape-tennis/1 abc", TIMELINE, (Queued(20.0, 40.0, 0.5, "undecided"),))


def test_a_task_tells_where_to_look_and_what_a_model_found():
    [task] = json.loads(labelstudio_tasks([TASK]))
    assert task["data"]["look_at"] == "0:20 to 0:40 (undecided)"
    assert "annotations" not in task
    assert task["predictions"][0]["model_version"] == "gametape-tennis/1 abc"
    assert task["predictions"][0]["score"] == 0.7


def test_predictions_that_a_person_accepts_are_read_back_as_plays():
    [task] = json.loads(labelstudio_tasks([TASK]))
    accepted = [{"data": task["data"], "annotations": task["predictions"]}]
    facts = TapeFacts(rate=Fraction(25), duration_s=Fraction(60), media="m.mp4")
    found = read_labelstudio(json.dumps(accepted), name="export.json", tape=facts)
    assert [(play.start_s, play.end_s) for play in found] == [(2, 5), (8, 12)]


def test_samples_of_two_tapes_with_one_file_name_stay_apart():
    other = Task("m-4567", "x", TIMELINE, ())
    labels = json.loads(fiftyone_samples([TASK, other]))["labels"]
    assert [row["label"] for row in labels["m-0123"]] == ["play", "play", "queued"]
    assert labels["m-0123"][2]["support"] == [501, 1000]
    assert len(labels["m-4567"]) == 2
