"""FiftyOne temporal detections: the `labels.json` of a FiftyOneTemporalDetectionDataset.

Put the tape beside it as `data/NAME.mp4`. Supports are first and last frame, counted from one.
"""

import json
from pathlib import PurePath

from gametape.exports.spans import span_of
from gametape.exports.timeline import Play, Timeline, clean_text


def fiftyone_text(timeline: Timeline) -> str:
    """A timeline as labels.json; without a list of classes its labels are the words themselves."""
    rows = [_row(play, timeline) for play in timeline.plays]
    labels = {PurePath(timeline.media).stem: rows}
    return json.dumps({"labels": labels}, ensure_ascii=False, indent=1) + "\n"


def _row(play: Play, timeline: Timeline) -> dict[str, object]:
    first, past = span_of(play, timeline.rate)
    row: dict[str, object] = {"label": clean_text(play.label), "support": [first + 1, past]}
    if play.score is not None:
        row["confidence"] = play.score / 100
    title = {"title": clean_text(play.title)} if play.title else {}
    attributes = {**title, **play.notes}
    return {**row, "attributes": attributes} if attributes else row
