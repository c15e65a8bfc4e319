"""auto-editor's keep lists, versions 1 and 3, in frames of the tape.

Version 1 lists what to keep and what to cut over the whole tape, so plays that overlap become one.
Version 3 lists the plays one after the other and lets them overlap.
"""

import json

from gametape.errors import InputError
from gametape.exports.spans import by_start, frames_in, span_of
from gametape.exports.timeline import Timeline

KEPT, CUT = 1.0, 99999.0  # speeds; auto-editor leaves out what plays at the second
SAMPLE_RATE_HZ = 48_000


def keeplist_text(timeline: Timeline) -> str:
    """A timeline as version 1: `auto-editor this.json -o out.mp4`."""
    chunks = ",\n    ".join(json.dumps(chunk) for chunk in chunks_of(timeline))
    source = json.dumps(timeline.media, ensure_ascii=False)
    return f'{{\n  "version": "1",\n  "source": {source},\n  "chunks": [\n    {chunks}\n  ]\n}}\n'


def chunks_of(timeline: Timeline) -> list[tuple[int, int, float]]:
    """First frame, frame after the last, and speed, over the whole tape without a gap."""
    total = frames_in(timeline)
    chunks: list[tuple[int, int, float]] = []
    done = 0
    for play in by_start(timeline.plays):
        first, past = (min(total, frame) for frame in span_of(play, timeline.rate))
        if past <= done:
            continue
        if first > done:
            chunks.append((done, first, CUT))
        elif chunks and chunks[-1][2] == KEPT:
            first = chunks.pop()[0]  # plays that touch or overlap are kept in one
        chunks.append((max(first, 0), past, KEPT))
        done = past
    return [*chunks, (done, total, CUT)] if done < total else chunks


def keeplist3_text(timeline: Timeline) -> str:
    """A timeline as version 3: the plays as clips of one video and one audio layer."""
    if timeline.width is None or timeline.height is None:
        raise InputError(
            f"{timeline.name}: version 3 of a keep list asks for the size of the picture, which is "
            "not known here. Give the tape, or write version 1."
        )
    video, audio, at = [], [], 0
    for play in timeline.plays:
        first, past = span_of(play, timeline.rate)
        clip = {"src": timeline.media, "start": at, "dur": past - first, "offset": first}
        video.append({"name": "video", **clip, "speed": 1.0, "stream": 0})
        audio.append({"name": "audio", **clip, "speed": 1.0, "volume": 1, "stream": 0})
        at += past - first
    content = {
        "version": "3",
        "resolution": [timeline.width, timeline.height],
        "timebase": f"{timeline.rate.numerator}/{timeline.rate.denominator}",
        "samplerate": SAMPLE_RATE_HZ,
        "background": "#000",
        "v": [video],
        "a": [audio] if timeline.has_sound else [],
    }
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"
