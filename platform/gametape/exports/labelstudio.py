"""Label Studio: a task whose plays are ranges on the video's timeline, and its exports read back.

Ranges are first and last frame, counted from one. The project needs
`<Video name="video" value="$video" frameRate="$fps"/>` and
`<TimelineLabels name="plays" toName="video">` with the labels. A label given in seconds on an
audio track of the tape is read too.
"""

import json
from collections.abc import Iterator
from fractions import Fraction
from urllib.parse import unquote

from gametape.errors import InputError
from gametape.exports.spans import span_of
from gametape.exports.timecode import rate_text, time_of
from gametape.exports.timeline import Play, TapeFacts, Timeline, checked_play, clean_text

KINDS = ("timelinelabels", "labels")  # where a region keeps its words
RATE_SLACK = Fraction(1, 500)  # 29.97 and 30 differ by a thousandth, 24 and 25 by much more
MAX_NUMBER = 10**12  # of frames or seconds
CURE = "Export the project's tasks as JSON and give that."


def labelstudio_text(timeline: Timeline) -> str:
    """A timeline as one task to import, its plays as an annotation."""
    result = [_region(number, play, timeline) for number, play in enumerate(timeline.plays, 1)]
    fps = round(float(timeline.rate), 9)
    task = {"data": {"video": timeline.media, "fps": fps}, "annotations": [{"result": result}]}
    return json.dumps([task], ensure_ascii=False, indent=1) + "\n"


def read_labelstudio(text: str, *, name: str, tape: TapeFacts) -> list[Play]:
    """Read an export as plays: one task, in the JSON or the JSON-MIN form."""
    try:
        content: object = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{name}: not JSON ({error}). {CURE}") from error
    given = [task for task in _list(content) if isinstance(task, dict)]
    own = [task for task in given if _is_of(task, tape.media)]
    tasks = [task for task in own or given if next(_regions(task, name), None)]
    if len(tasks) > 1:
        ids = ", ".join(str(task.get("id", "?")) for task in tasks[:5])
        raise InputError(
            f"{name}: {len(tasks)} tasks have labels ({ids}), and a list is of one tape. "
            "Export the task of this tape alone, or give the tape under its name in Label Studio."
        )
    if not tasks:
        raise InputError(f"{name}: no task has a label on the timeline. {CURE}")
    rate = _rate(tasks[0], name, tape)
    return [_play(region, where, rate, tape) for region, where in _regions(tasks[0], name)]


def is_labelstudio(text: str) -> bool:
    """Whether JSON text looks like tasks of Label Studio."""
    return '"annotations"' in text or '"timelinelabels"' in text


def _region(number: int, play: Play, timeline: Timeline) -> dict[str, object]:
    first, past = span_of(play, timeline.rate)
    region: dict[str, object] = {
        "id": f"play-{number}",
        "from_name": "plays",
        "to_name": "video",
        "type": "timelinelabels",
        "origin": "manual",
        "value": {
            "ranges": [{"start": first + 1, "end": past}],
            "timelinelabels": [clean_text(play.label)],
        },
    }
    if play.score is not None:
        region["score"] = play.score / 100
    if play.title:
        region["meta"] = {"text": [clean_text(play.title)]}
    return region


def _is_of(task: dict[str, object], media: str) -> bool:
    """Whether a task's video bears the tape's name; an upload puts a code and a dash before it."""
    data = task.get("data", task)
    texts = [v for v in data.values() if isinstance(v, str)] if isinstance(data, dict) else []
    names = [unquote(text).replace("?d=", "/").rpartition("/")[2] for text in texts]
    return any(media and (n == media or n.endswith(f"-{media}")) for n in names)


def _regions(task: dict[str, object], name: str) -> Iterator[tuple[dict[str, object], str]]:
    """The labelled regions of a task, and where each stands."""
    if "annotations" not in task:  # JSON-MIN: a list of values under each control's name
        for key, value in task.items():
            for index, row in enumerate(_list(value) if isinstance(value, list) else []):
                if isinstance(row, dict) and _words(row):
                    yield {"value": row}, f"{name}: {key}[{index}]"
        return
    given = [a for a in _list(task["annotations"]) if isinstance(a, dict)]
    used = [a for a in given if a.get("was_cancelled") is not True and _labelled(a)]
    truths = [a for a in used if a.get("ground_truth") is True]
    if len(truths or used) > 1:
        raise InputError(
            f"{name}: {len(truths or used)} people have labelled task {task.get('id', '?')}. "
            "Mark one annotation as the ground truth and export it anew."
        )
    for annotation in truths or used:
        for index, region in enumerate(_labelled(annotation)):
            yield region, f"{name}: label {index + 1}"


def _labelled(annotation: dict[str, object]) -> list[dict[str, object]]:
    rows = [row for row in _list(annotation.get("result")) if isinstance(row, dict)]
    return [row for row in rows if isinstance(row.get("value"), dict) and _words(row["value"])]


def _words(value: object) -> list[str]:
    """The labels of a region on the timeline; a region of another kind has none."""
    if not isinstance(value, dict) or not ("ranges" in value or "start" in value):
        return []
    found = next((value[kind] for kind in KINDS if kind in value), None)
    return [word for word in _list(found) if isinstance(word, str)]


def _rate(task: dict[str, object], name: str, tape: TapeFacts) -> Fraction | None:
    """Frames a second that ranges count in: the tape's, which a task's own has to agree with."""
    data = task.get("data", task)
    told = data.get("fps") if isinstance(data, dict) else None
    if isinstance(told, bool) or not isinstance(told, int | float) or not 1 <= told <= 1000:
        return tape.rate
    rate = Fraction(told).limit_denominator(1001)
    if tape.rate is not None and abs(rate / tape.rate - 1) > RATE_SLACK:
        raise InputError(
            f"{name}: labelled at {rate_text(rate)} frames a second, but the tape has "
            f"{rate_text(tape.rate)}. Give the tape that was labelled."
        )
    return tape.rate or rate


def _play(region: dict[str, object], where: str, rate: Fraction | None, tape: TapeFacts) -> Play:
    value = region["value"]
    assert isinstance(value, dict)
    start_s, end_s = _times(value, where, rate)
    meta, score = region.get("meta"), region.get("score")
    texts = _list(meta.get("text")) if isinstance(meta, dict) else []
    share = None if score is None else _number(score, f"{where} (score)")
    return checked_play(
        start_s,
        end_s,
        where=where,
        tape=tape,
        label=", ".join(_words(value)),
        title=" ".join(text for text in texts if isinstance(text, str)),
        score=None if share is None else round(100 * float(share), 9),
    )


def _times(
    value: dict[str, object], where: str, rate: Fraction | None
) -> tuple[Fraction, Fraction]:
    if "ranges" not in value:
        return _number(value.get("start"), where), _number(value.get("end"), where)
    ranges = [r for r in _list(value["ranges"]) if isinstance(r, dict)]
    if len(ranges) != 1:
        raise InputError(f"{where} has {len(ranges)} ranges, not one. {CURE}")
    if rate is None:
        raise InputError(
            f"{where} counts frames, and the tape's rate is not known. Give the tape too."
        )
    first, last = (_number(ranges[0].get(key), where) for key in ("start", "end"))
    if first < 1:
        raise InputError(f"{where} starts at frame {first}, but the first is 1. Correct it.")
    return time_of(int(first) - 1, rate), time_of(int(last), rate)


def _number(value: object, where: str) -> Fraction:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not -MAX_NUMBER < value < MAX_NUMBER:  # type: ignore[operator]
        raise InputError(f"{where}: {str(value)[:40]} is no number. {CURE}")
    return Fraction(repr(value))


def _list(value: object) -> list[object]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
