"""Premiere XML (XMEML, from Final Cut Pro 7): a sequence of clips, counted in whole frames.

Written by hand: a rate is a whole timebase and the word ntsc, never 29.97.
"""

from collections.abc import Iterator
from fractions import Fraction
from urllib.parse import quote

from gametape.errors import InputError
from gametape.exports.facts import fact_lines, facts_in
from gametape.exports.sources import SourcedPlay, label_of, plays_of_tape
from gametape.exports.timecode import (
    Timecode,
    base_of,
    check_rate,
    countable_rate,
    frames_of,
    is_ntsc,
    time_of,
)
from gametape.exports.timeline import Play, TapeFacts, Timeline, checked_play
from gametape.exports.xmlsafe import XmlElement, read_xml, xml_text

FILE_ID = "file-1"


def xmeml_text(timeline: Timeline) -> str:
    """A timeline as Premiere XML: the plays one after another, each with a marker of its name."""
    rate = countable_rate(timeline.rate, where=timeline.name)
    root = XmlElement("xmeml", {"version": "4"})
    sequence = root.add("sequence", id="sequence-1")
    sequence.add("name", timeline.name)
    spans = [_frames(play, rate) for play in timeline.plays]
    sequence.add("duration", str(sum(end - start for start, end in spans)))
    _add_rate(sequence, rate)
    _add_timecode(sequence, 0, timeline)
    media = sequence.add("media")
    kinds = ("video", "audio") if timeline.has_sound else ("video",)
    for kind in kinds:
        track = _add_kind(media, kind, timeline).add("track")
        offset = 0
        for number, (play, span) in enumerate(zip(timeline.plays, spans, strict=True), 1):
            is_first = kind == "video" and number == 1
            clip = track.add("clipitem", id=f"{kind}-{number}")
            _fill_clip(clip, play, timeline, span=span, offset=offset, has_file=is_first)
            _add_links(clip, kinds, number)
            offset += span[1] - span[0]
    offset = 0
    for play, (start, end) in zip(timeline.plays, spans, strict=True):
        _add_marker(sequence, play, offset)
        offset += end - start
    return xml_text(root, doctype="xmeml")


def _add_rate(parent: XmlElement, rate: Fraction) -> None:
    element = parent.add("rate")
    element.add("timebase", str(base_of(rate)))
    element.add("ntsc", "TRUE" if is_ntsc(rate) else "FALSE")


def _add_timecode(parent: XmlElement, frame: int, timeline: Timeline) -> None:
    element = parent.add("timecode")
    _add_rate(element, timeline.rate)
    element.add("string", Timecode(timeline.rate, timeline.is_drop_frame).text(frame))
    element.add("frame", str(frame))
    element.add("displayformat", "DF" if timeline.is_drop_frame else "NDF")


def _add_kind(media: XmlElement, kind: str, timeline: Timeline) -> XmlElement:
    element = media.add(kind)
    if kind == "video":
        looks = element.add("format").add("samplecharacteristics")
        _add_size(looks, timeline)
    return element


def _add_size(looks: XmlElement, timeline: Timeline) -> None:
    _add_rate(looks, timeline.rate)
    if timeline.width and timeline.height:
        looks.add("width", str(timeline.width))
        looks.add("height", str(timeline.height))


def _fill_clip(
    clip: XmlElement,
    play: Play,
    timeline: Timeline,
    *,
    span: tuple[int, int],
    offset: int,
    has_file: bool,
) -> None:
    start, end = span
    clip.add("name", play.text)
    clip.add("enabled", "TRUE")
    clip.add("duration", str(frames_of(timeline.duration_s, timeline.rate)))
    _add_rate(clip, timeline.rate)
    for tag, frame in (("start", offset), ("end", offset + end - start), ("in", start)):
        clip.add(tag, str(frame))
    clip.add("out", str(end))
    file = clip.add("file", id=FILE_ID)
    if has_file:
        _fill_file(file, timeline)
    log = clip.add("logginginfo")
    log.add("description", play.title)
    log.add("lognote", "\n".join(fact_lines(play)))


def _fill_file(file: XmlElement, timeline: Timeline) -> None:
    file.add("name", timeline.media.rpartition("/")[2])
    file.add("pathurl", quote(timeline.media))
    _add_rate(file, timeline.rate)
    file.add("duration", str(frames_of(timeline.duration_s, timeline.rate)))
    _add_timecode(file, timeline.start_frame, timeline)
    media = file.add("media")
    _add_size(media.add("video").add("samplecharacteristics"), timeline)
    if timeline.has_sound:
        media.add("audio").add("channelcount", "2")


def _add_links(clip: XmlElement, kinds: tuple[str, ...], number: int) -> None:
    """Picture and sound of a play belong together: moved and deleted as one."""
    for kind in kinds if len(kinds) > 1 else ():
        link = clip.add("link")
        link.add("linkclipref", f"{kind}-{number}")
        link.add("mediatype", kind)
        link.add("trackindex", "1")
        link.add("clipindex", str(number))


def _add_marker(sequence: XmlElement, play: Play, frame: int) -> None:
    marker = sequence.add("marker")
    marker.add("name", play.text)
    marker.add("comment", play.label)
    marker.add("in", str(frame))
    marker.add("out", "-1")


def read_xmeml(text: str, *, name: str, tape: TapeFacts) -> list[Play]:
    """Read a Premiere XML's clips; without any, the markers that have a length."""
    root = read_xml(text, name=name)
    if root.tag != "xmeml":
        raise InputError(f"{name}, line {root.line}: <{root.tag[:40]}> is not Premiere XML.")
    files = {file.attributes.get("id", ""): file for file in root.all("file") if file.children}
    seen = list(_clips(root, "video", rate=None))
    clips = seen or list(_clips(root, "audio", rate=None))
    if clips:
        found = [_read_clip(clip, rate, files, name=name, tape=tape) for clip, rate in clips]
    else:
        found = list(_read_markers(root, None, name=name, tape=tape))
    return plays_of_tape(found, name=name, tape=tape, is_sound=not seen)


def is_xmeml(text: str) -> bool:
    """Whether text looks like Premiere XML."""
    return "<xmeml" in text[:4096]


def _clips(
    element: XmlElement, kind: str, *, rate: XmlElement | None
) -> Iterator[tuple[XmlElement, XmlElement | None]]:
    """The clips of all tracks of a kind, each with the rate that holds for it."""
    rate = element.child("rate") or rate
    if element.tag == "clipitem":
        if element.text_of("enabled").upper() != "FALSE":
            yield element, rate
        return
    for child in element.children:
        is_other_kind = child.tag in ("video", "audio") and child.tag != kind
        if not is_other_kind:
            yield from _clips(child, kind, rate=rate)


def _read_clip(
    clip: XmlElement,
    rate_element: XmlElement | None,
    files: dict[str, XmlElement],
    *,
    name: str,
    tape: TapeFacts,
) -> SourcedPlay:
    where = f"{name}, line {clip.line}, <clipitem>"
    rate = _rate(rate_element, where=where, tape=tape)
    inner = clip.child("subclipinfo")
    shift = (
        _number(inner, "startoffset", where=where) if inner and inner.child("startoffset") else 0
    )
    start, end = (_number(clip, tag, where=where) + shift for tag in ("in", "out"))
    clip_name = clip.text_of("name")
    log = clip.child("logginginfo") or clip
    said = facts_in(log.text_of("lognote").splitlines(), where=where)
    play = checked_play(
        time_of(start, rate),
        time_of(end, rate),
        where=where,
        tape=tape,
        label=said.label or label_of(clip_name),
        title=log.text_of("description") if said.is_empty else said.title,
        score=said.score,
        notes=said.notes,
    )
    named = clip.child("file") or XmlElement("file")
    file = files.get(named.attributes.get("id", ""), named)
    return SourcedPlay(play, file.text_of("pathurl") or file.text_of("name"))


def _read_markers(
    element: XmlElement, rate: XmlElement | None, *, name: str, tape: TapeFacts
) -> Iterator[SourcedPlay]:
    rate = element.child("rate") or rate
    for marker in element.children:
        if marker.tag != "marker":
            yield from _read_markers(marker, rate, name=name, tape=tape)
            continue
        where = f"{name}, line {marker.line}, <marker>"
        exact = _rate(rate, where=where, tape=tape)
        start, end = (_number(marker, tag, where=where) for tag in ("in", "out"))
        if end >= 0:
            times = time_of(start, exact), time_of(end, exact)
            title, label = marker.text_of("comment"), marker.text_of("name")
            play = checked_play(*times, where=where, tape=tape, label=label, title=title)
            yield SourcedPlay(play, "")


def _rate(element: XmlElement | None, *, where: str, tape: TapeFacts) -> Fraction:
    if element is None:
        return countable_rate(tape.rate, where=where)
    timebase = _number(element, "timebase", where=where)
    if not 0 < timebase <= 1000:
        raise InputError(f"{where}: the timebase {timebase} is no rate. Export the file anew.")
    is_slowed = element.text_of("ntsc").upper() == "TRUE"
    rate = Fraction(1000 * timebase, 1001) if is_slowed else Fraction(timebase)
    check_rate(rate, tape, where=where)
    return rate


def _number(element: XmlElement, tag: str, *, where: str) -> int:
    text = element.text_of(tag)
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit()) or len(text) > 18:
        raise InputError(f"{where}: <{tag}> {text[:40]!r} is no frame number. Correct it.")
    return int(text)


def _frames(play: Play, rate: Fraction) -> tuple[int, int]:
    start = frames_of(play.start_s, rate)
    return start, max(start + 1, frames_of(play.end_s, rate))
