"""FCPXML (Final Cut Pro, Resolve): one sequence of clips, all times as exact fractions of a second.

Written by hand: the usual adapter counts 29.97 as 29 frames a second.
"""

import re
from fractions import Fraction
from typing import overload
from urllib.parse import quote

from gametape.errors import InputError
from gametape.exports.facts import Facts, fact_lines, facts_in
from gametape.exports.sources import SourcedPlay, label_of, plays_of_tape
from gametape.exports.timecode import frames_of, time_of
from gametape.exports.timeline import Play, TapeFacts, Timeline, checked_play
from gametape.exports.xmlsafe import XmlElement, read_xml, xml_text

VERSION = "1.9"  # read by Final Cut Pro from 10.4.9 on, and by Resolve
TIME = re.compile(r"(-?\d{1,18})(?:/(\d{1,12})|\.(\d{1,12}))?s", re.ASCII)
CLIPS = ("asset-clip", "clip", "video", "sync-clip")


def fcpxml_text(timeline: Timeline) -> str:
    """A timeline as FCPXML: the plays one after another, each a clip of the tape."""
    root = XmlElement("fcpxml", {"version": VERSION})
    _add_resources(root.add("resources"), timeline)
    event = root.add("library").add("event", name=timeline.name)
    project = event.add("project", name=timeline.name)
    spans = [_frames(play, timeline.rate) for play in timeline.plays]
    count_as = {"tcStart": "0s", "tcFormat": "DF" if timeline.is_drop_frame else "NDF"}
    length = _time(sum(end - start for start, end in spans), timeline.rate)
    spine = project.add("sequence", format="r1", duration=length, **count_as).add("spine")
    offset = 0
    for play, (start, end) in zip(timeline.plays, spans, strict=True):
        _add_clip(spine, play, timeline, offset=offset, start=start, length=end - start)
        offset += end - start
    return xml_text(root, doctype="fcpxml")


def _add_resources(resources: XmlElement, timeline: Timeline) -> None:
    size = {}
    if timeline.width and timeline.height:
        size = {"width": str(timeline.width), "height": str(timeline.height)}
    resources.add("format", id="r1", frameDuration=_time(1, timeline.rate), **size)
    sound = {"hasAudio": "1", "audioSources": "1", "audioChannels": "2"}
    asset = resources.add(
        "asset",
        id="r2",
        name=timeline.name,
        start=_time(timeline.start_frame, timeline.rate),
        duration=_time(frames_of(timeline.duration_s, timeline.rate), timeline.rate),
        hasVideo="1",
        format="r1",
        **(sound if timeline.has_sound else {}),
    )
    asset.add("media-rep", kind="original-media", src=f"./{quote(timeline.media)}")


def _add_clip(
    spine: XmlElement, play: Play, timeline: Timeline, *, offset: int, start: int, length: int
) -> None:
    rate = timeline.rate
    start_time = _time(timeline.start_frame + start, rate)
    clip = spine.add(
        "asset-clip",
        ref="r2",
        name=play.text,
        offset=_time(offset, rate),
        start=start_time,
        duration=_time(length, rate),
        format="r1",
        tcFormat="DF" if timeline.is_drop_frame else "NDF",
    )
    clip.add("note", "\n".join(fact_lines(play)))
    clip.add("keyword", start=start_time, duration=_time(length, rate), value=play.label)


def read_fcpxml(text: str, *, name: str, tape: TapeFacts) -> list[Play]:
    """Read an FCPXML's clips; its times are seconds, so the tape's rate does not matter."""
    root = read_xml(text, name=name)
    if root.tag != "fcpxml":
        raise InputError(f"{name}, line {root.line}: <{root.tag[:40]}> is not FCPXML.")
    assets = {asset.attributes.get("id", ""): asset for asset in root.all("asset")}
    begins = _begins(assets, name=name, tape=tape)
    found = [
        _read_clip(clip, assets, begins, where=f"{name}, line {clip.line}, <{clip.tag}>", tape=tape)
        for clip in _clips(root)
    ]
    return plays_of_tape(found, name=name, tape=tape)


def is_fcpxml(text: str) -> bool:
    """Whether text looks like FCPXML."""
    return "<fcpxml" in text[:4096]


def _clips(element: XmlElement) -> list[XmlElement]:
    """The clips of the edit; what lies inside a clip is its media or a title upon it."""
    if element.tag in CLIPS:
        return [] if element.attributes.get("enabled") == "0" else [element]
    if element.tag == "resources":  # compound clips and cameras, which the edit refers to
        return []
    return [clip for child in element.children for clip in _clips(child)]


def _read_clip(
    clip: XmlElement,
    assets: dict[str, XmlElement],
    begins: dict[str, Fraction],
    *,
    where: str,
    tape: TapeFacts,
) -> SourcedPlay:
    media = clip if "ref" in clip.attributes else next((v for v in clip.all("video")), clip)
    asset = assets.get(media.attributes.get("ref", ""), XmlElement("asset"))
    begin = begins.get(_source(asset), Fraction(0))
    start = _time_of(clip, "start", begin, where=where)
    if media is not clip:  # a clip counts by itself: its picture says what of the tape is where
        start += _time_of(media, "start", begin, where=where)
        start -= _time_of(media, "offset", begin, where=where)
    length = _time_of(clip, "duration", None, where=where)
    if length is None:
        length = _time_of(asset, "duration", Fraction(0), where=where)
    if length < 0:
        raise InputError(f"{where}: duration {_as_text(length)} is below zero. Correct it.")
    clip_name = clip.attributes.get("name", "")
    said = facts_in(clip.text_of("note").splitlines(), where=where)
    keyword = clip.child("keyword")
    word = keyword.attributes.get("value", "") if keyword is not None else ""
    play = checked_play(
        start - begin,
        start - begin + length,
        where=where,
        tape=tape,
        label=said.label or word or label_of(clip_name),
        title=_title(said, clip_name, word),
        score=said.score,
        notes=said.notes,
    )
    return SourcedPlay(play, _source(asset))


def _begins(assets: dict[str, XmlElement], *, name: str, tape: TapeFacts) -> dict[str, Fraction]:
    """Time that the first frame of each source has in this edit."""
    starts: dict[str, set[Fraction]] = {}
    for asset in assets.values():
        where = f"{name}, line {asset.line}, <asset>"
        start = _time_of(asset, "start", Fraction(0), where=where)
        starts.setdefault(_source(asset), set()).add(start)
    # Resolve makes an asset of each clip: then `start` is the clip's, and the tape's is its own.
    own = Fraction(tape.start_frame) / tape.rate if tape.rate else Fraction(0)
    return {source: one.pop() if len(one) == 1 else own for source, one in starts.items()}


def _source(asset: XmlElement) -> str:
    reps = [rep.attributes.get("src", "") for rep in asset.all("media-rep")]
    named = [asset.attributes.get("src", ""), *reps, asset.attributes.get("name", "")]
    return next((source for source in named if source), "")


def _title(said: Facts, clip_name: str, word: str) -> str:
    """The clip's name is the title where a keyword gave the label already."""
    if not said.is_empty:
        return said.title
    return label_of(clip_name) if word else ""


@overload
def _time_of(element: XmlElement, what: str, if_absent: Fraction, *, where: str) -> Fraction: ...
@overload
def _time_of(element: XmlElement, what: str, if_absent: None, *, where: str) -> Fraction | None: ...
def _time_of(
    element: XmlElement, what: str, if_absent: Fraction | None, *, where: str
) -> Fraction | None:
    """A time like `1001/30000s`, `5s` or `2.5s` of an element, exactly."""
    text = element.attributes.get(what, "")
    if not text:
        return if_absent
    match = TIME.fullmatch(text.strip())
    if match is None or (match[2] and not int(match[2])):
        raise InputError(
            f"{where}: {what} {text[:40]!r} is no time. It should look like 1001/30000s."
        )
    if match[3]:
        return Fraction(f"{match[1]}.{match[3]}")
    return Fraction(int(match[1]), int(match[2] or 1))


def _frames(play: Play, rate: Fraction) -> tuple[int, int]:
    start = frames_of(play.start_s, rate)
    return start, max(start + 1, frames_of(play.end_s, rate))


def _time(frames: int, rate: Fraction) -> str:
    """Frames as seconds in the form that Final Cut wants: whole frame durations."""
    time_s = time_of(frames, rate)
    if time_s.denominator == 1:
        return f"{time_s.numerator}s"
    return f"{frames * rate.denominator}/{rate.numerator}s"


def _as_text(time_s: Fraction) -> str:
    return f"{time_s.numerator}/{time_s.denominator}s"
