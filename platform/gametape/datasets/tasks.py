"""Queued stretches as work for people: Label Studio tasks and FiftyOne samples, a tape each.

All plays that were found on the tape go along as pre-annotations, since labels are of whole tapes:
who corrects the queued stretches exports a complete list, which `gametape label` takes.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

from gametape.exports.fiftyone import fiftyone_text
from gametape.exports.labelstudio import labelstudio_text
from gametape.exports.timeline import Timeline


@dataclass(frozen=True)
class Queued:
    """A stretch to look at."""

    start_s: float
    end_s: float
    worth: float
    reason: str


@dataclass(frozen=True)
class Task:
    """A tape with its queued stretches; the timeline holds the plays that were found on it."""

    tape: str
    model: str  # that found them
    timeline: Timeline
    queued: tuple[Queued, ...]


def labelstudio_tasks(tasks: Sequence[Task]) -> str:
    """Tasks to import into a Label Studio project, what was found as predictions to correct."""
    return json.dumps([_studio_task(task) for task in tasks], ensure_ascii=False, indent=1) + "\n"


def fiftyone_samples(tasks: Sequence[Task]) -> str:
    """`labels.json` of a FiftyOneTemporalDetectionDataset whose videos are `data/{tape}.mp4`.

    What was found keeps its label; queued stretches are detections with the label `queued`.
    """
    labels: dict[str, object] = {}
    for task in tasks:
        media = replace(task.timeline, media=f"{task.tape}.mp4")
        found = json.loads(fiftyone_text(media))["labels"][task.tape]
        labels[task.tape] = [*found, *(_detection(one, task) for one in task.queued)]
    return json.dumps({"labels": labels}, ensure_ascii=False, indent=1) + "\n"


def _studio_task(task: Task) -> dict[str, object]:
    [written] = json.loads(labelstudio_text(task.timeline))
    regions = [region | {"origin": "prediction"} for region in written["annotations"][0]["result"]]
    scores = [region["score"] for region in regions if "score" in region]
    found: dict[str, object] = {"model_version": task.model, "result": regions}
    if scores:
        found["score"] = sum(scores) / len(scores)
    look_at = "; ".join(
        f"{_clock(one.start_s)} to {_clock(one.end_s)} ({one.reason})" for one in task.queued
    )
    data = {
        **written["data"],
        "tape": task.tape,
        "look_at": look_at,
        "worth": round(max((one.worth for one in task.queued), default=0.0), 4),
    }
    return {"data": data, "predictions": [found]}


def _detection(one: Queued, task: Task) -> dict[str, object]:
    rate = task.timeline.rate
    first = int(one.start_s * rate) + 1
    return {
        "label": "queued",
        "support": [first, max(first, int(one.end_s * rate))],
        "confidence": round(one.worth, 4),
        "attributes": {"reason": one.reason},
    }


def _clock(time_s: float) -> str:
    minutes, seconds = divmod(round(time_s), 60)
    return f"{minutes}:{seconds:02d}"
