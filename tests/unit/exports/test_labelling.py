"""Label Studio and FiftyOne: frames counted from one, the last one included."""

import json
from dataclasses import replace
from fractions import Fraction

import pytest

from gametape.errors import InputError
from gametape.exports.fiftyone import fiftyone_text
from gametape.exports.labelstudio import is_labelstudio, labelstudio_text, read_labelstudio
from gametape.exports.timeline import UNKNOWN_TAPE, Play, TapeFacts, Timeline

AT_25 = TapeFacts(rate=Fraction(25), duration_s=Fraction(100))


def region(start: int, end: int, word: str = "play") -> dict[str, object]:
    value = {"ranges": [{"start": start, "end": end}], "timelinelabels": [word]}
    return {"type": "timelinelabels", "value": value}


def task(*regions: dict[str, object], **more: object) -> dict[str, object]:
    return {"id": 7, "data": {"video": "a.mp4"}, "annotations": [{"result": [*regions], **more}]}


def read(content: object, tape: TapeFacts = AT_25) -> list[Play]:
    return read_labelstudio(json.dumps(content), name="a.json", tape=tape)


def test_a_task_holds_the_first_and_last_frame_of_each_play(timeline: Timeline) -> None:
    (made,) = json.loads(labelstudio_text(timeline))
    result = made["annotations"][0]["result"]
    assert [r["value"]["ranges"] for r in result][:2] == [
        [{"start": 1, "end": 611}],
        [{"start": 618, "end": 1234}],
    ]
    assert result[3]["value"]["ranges"] == [{"start": 100_004, "end": 100_004}]  # one frame
    assert {r["type"] for r in result} == {"timelinelabels"}
    assert {(r["from_name"], r["to_name"]) for r in result} == {("plays", "video")}
    assert len({r["id"] for r in result}) == len(result)
    assert made["data"]["fps"] == pytest.approx(float(timeline.rate))


def test_a_task_comes_back_with_the_very_times(timeline: Timeline, facts: TapeFacts) -> None:
    text = labelstudio_text(timeline)
    assert is_labelstudio(text)
    for tape in (facts, UNKNOWN_TAPE):  # a task tells its own rate
        got = read_labelstudio(text, name="a.json", tape=tape)
        assert [(p.start_s, p.end_s, p.label, p.score) for p in got] == [
            (p.start_s, p.end_s, p.label, p.score) for p in timeline.plays
        ]
        assert [p.title for p in got] == [" ".join(p.title.split()) for p in timeline.plays]


def test_an_export_is_read_without_what_was_cancelled_or_is_no_stretch_of_time() -> None:
    box = {"type": "videorectangle", "value": {"sequence": [], "labels": ["ball"]}}
    content = task(region(1, 25), box, region(51, 75, "timeout"))
    content["annotations"] += [{"was_cancelled": True, "result": [region(1, 9)]}]  # type: ignore[operator]
    assert [(p.start_s, p.end_s, p.label) for p in read([content])] == [
        (0, 1, "play"),
        (2, 3, "timeout"),
    ]


def test_the_short_export_and_labels_in_seconds_are_read() -> None:
    short = {"video": "a.mp4", "plays": [region(26, 50)["value"]], "id": 3}
    assert [(p.start_s, p.end_s) for p in read([short])] == [(1, 2)]
    value = {"start": 1.5, "end": 2.25, "channel": 0, "labels": ["rally"]}
    found = read([task({"type": "labels", "value": value})])
    assert [(p.start_s, p.end_s, p.label) for p in found] == [
        (Fraction("1.5"), Fraction("2.25"), "rally")
    ]


def test_of_several_tasks_that_of_the_tape_is_taken() -> None:
    first, second = task(region(1, 25)), task(region(26, 50))
    first["data"] = {"video": "/data/upload/3/1a2b3c4d-final%20one.mp4"}
    second["data"] = {"video": "/data/local-files/?d=tapes/other.mp4"}
    for media, start_s in (("final one.mp4", 0), ("other.mp4", 1)):
        tape = TapeFacts(rate=Fraction(25), media=media)
        assert [p.start_s for p in read([first, second], tape)] == [start_s]


def test_of_two_people_the_ground_truth_is_taken() -> None:
    both = {
        "id": 7,
        "annotations": [
            {"result": [region(1, 25)]},
            {"result": [region(1, 50)], "ground_truth": True},
        ],
    }
    assert [p.end_s for p in read([both])] == [2]
    both["annotations"][1]["ground_truth"] = False  # type: ignore[index]
    with pytest.raises(InputError, match="2 people have labelled task 7"):
        read([both])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ([task(region(9, 3))], "label 1: the end 0.12 s comes before the start 0.32 s"),
        ([task(region(0, 3))], "label 1 starts at frame 0"),
        ([task(region(1, 9999))], "passes the end of the tape at 100.0 s"),
        ([task(region(1, "x"))], "label 1: x is no number"),  # type: ignore[arg-type]
        ([task(region(1, 5)), task(region(1, 5))], "2 tasks have labels (7, 7)"),
        ([task()], "no task has a label"),
        ([task(region(1, 5)) | {"data": {"fps": 30}}], "labelled at 30 frames a second, but the"),
        ([], "no task has a label"),
    ],
)
def test_a_bad_export_is_named_with_its_place(content: object, said: str) -> None:
    with pytest.raises(InputError) as caught:
        read(content)
    assert said in str(caught.value)


def test_frames_without_a_rate_are_refused() -> None:
    with pytest.raises(InputError, match="the tape's rate is not known"):
        read([task(region(1, 5))], UNKNOWN_TAPE)
    with pytest.raises(InputError, match="not JSON"):
        read_labelstudio("{", name="a.json", tape=AT_25)


def test_fiftyone_supports_are_first_and_last_frame_under_the_tapes_name(
    timeline: Timeline,
) -> None:
    tape = replace(timeline, media="videos/tape one.mp4")
    content = json.loads(fiftyone_text(tape))
    assert set(content) == {"labels"}  # with classes, labels would have to be their numbers
    rows = content["labels"]["tape one"]
    assert [row["support"] for row in rows] == [
        [1, 611],
        [618, 1234],
        [1001, 1999],
        [100_004, 100_004],
        [199_002, 200_000],
    ]
    assert [row["label"] for row in rows] == [play.label for play in timeline.plays]
    assert "confidence" not in rows[0]
    assert rows[2]["confidence"] == pytest.approx(0.8725)
    assert rows[2]["attributes"]["quarter"] == "007"
