"""Sportscode XML: instances with a code and labels; Hudl Sportscode, LongoMatch, Nacsport, Nexus.

Times are decimal seconds. What the programs write differently is read too: names of elements in
other case, decimal commas, `hh:mm:ss.mmm`, several texts in a label. A label's text stays text:
"007" is no number, and a group that comes twice in an instance is kept twice.
"""

import re
from collections.abc import Iterator
from fractions import Fraction

from gametape.errors import InputError
from gametape.exports.spans import by_start
from gametape.exports.timecode import time_of_clock
from gametape.exports.timeline import (
    Play,
    TapeFacts,
    Timeline,
    checked_play,
    clean_text,
    seconds_of,
    seconds_text,
)
from gametape.exports.xmlsafe import XmlElement, read_xml, xml_text

PLACES = 6  # of a second: a millionth names its frame at any rate
BARE = "label"  # the note that a label without a group becomes
SCORE = "score"  # the group that holds a play's score
AGAIN = re.compile(r"(.+) #\d+", re.DOTALL)  # a group's second, third, ... label in an instance
# Rows in colours that are told apart on a timeline: red, green, blue, 0 to 65535.
COLOURS = (
    (12079, 30069, 46517),
    (58339, 42919, 10023),
    (10537, 39835, 21331),
    (50629, 18761, 16705),
    (32639, 22359, 43947),
    (9509, 41377, 41377),
    (55255, 28527, 42405),
    (28013, 28013, 28013),
)


def sportscode_text(timeline: Timeline) -> str:
    """A timeline as Sportscode XML: an instance a play, a row in its own colour for each label."""
    root = XmlElement("file")
    root.add("SORT_INFO").add("sort_type", "sort order")
    instances = root.add("ALL_INSTANCES")
    for number, play in enumerate(timeline.plays, 1):
        _add_instance(instances, number, play)
    rows = root.add("ROWS")
    codes = dict.fromkeys(_code(play) for play in by_start(timeline.plays))
    for number, code in enumerate(codes):
        row = rows.add("row")
        row.add("sort_order", str(number + 1))
        row.add("code", code)
        for tag, level in zip("RGB", COLOURS[number % len(COLOURS)], strict=True):
            row.add(tag, str(level))
    return xml_text(root)


def read_sportscode(text: str, *, name: str, tape: TapeFacts) -> list[Play]:
    """Read the instances of a Sportscode XML as plays; the code is the label."""
    root = read_xml(text, name=name)
    found = _child(root, "ALL_INSTANCES")
    if found is None:
        raise InputError(
            f"{name}, line {root.line}: <ALL_INSTANCES> is missing in <{root.tag[:40]}>. "
            "Export the timeline as Sportscode XML."
        )
    instances = [child for child in found.children if child.tag.lower() == "instance"]
    return [_play(child, f"{name}, line {child.line}", tape) for child in instances]


def is_sportscode(text: str) -> bool:
    """Whether XML text is of Sportscode's kind."""
    return re.search(r"<\s*all_instances\b", text, re.IGNORECASE) is not None


def _add_instance(instances: XmlElement, number: int, play: Play) -> None:
    instance = instances.add("instance")
    instance.add("ID", str(number))
    instance.add("start", seconds_text(play.start_s, places=PLACES))
    instance.add("end", seconds_text(play.end_s, places=PLACES))
    instance.add("code", _code(play))
    if play.score is not None:
        _add_label(instance, SCORE, repr(play.score))
    for group, text in play.notes.items():
        again = AGAIN.fullmatch(group)
        is_again = again is not None and again[1] in play.notes
        _add_label(instance, again[1] if again and is_again else group, text)
    if play.title:
        instance.add("free_text", clean_text(play.title))


def _add_label(instance: XmlElement, group: str, text: str) -> None:
    label = instance.add("label")
    if group != BARE:
        label.add("group", clean_text(group))
    label.add("text", clean_text(text))


def _code(play: Play) -> str:
    return clean_text(play.label) or "play"


def _play(instance: XmlElement, where: str, tape: TapeFacts) -> Play:
    notes: dict[str, str] = {}
    score = ""
    for group, text in _labels(instance):
        if group == SCORE and not score and _is_score(text):
            score = text
            continue
        name, count = group, 1
        while name in notes:
            count += 1
            name = f"{group} #{count}"
        notes[name] = text
    return checked_play(
        _time(instance, "start", where),
        _time(instance, "end", where),
        where=where,
        tape=tape,
        label=_text(instance, "code"),
        title=_text(instance, "free_text"),
        score=float(score) if score else None,
        notes=notes,
    )


def _labels(instance: XmlElement) -> Iterator[tuple[str, str]]:
    """Group and text of every label, in their order."""
    for label in instance.children:
        if label.tag.lower() == "label":
            group = clean_text(_text(label, "group")) or BARE
            for child in label.children:
                if child.tag.lower() == "text" and child.text.strip():
                    yield group, child.text.strip()


def _is_score(text: str) -> bool:
    """Whether a label of the group "score" is one of ours; `12:10` is a match's, and a note."""
    return re.fullmatch(r"\d{1,3}(\.\d{1,20})?", text, re.ASCII) is not None and float(text) <= 100


def _time(instance: XmlElement, tag: str, where: str) -> Fraction:
    text = _text(instance, tag)
    if not text:
        raise InputError(f"{where}: <{tag}> is missing or empty. Write it in seconds, like 12.5.")
    if ":" in text:
        return time_of_clock(text, where=where)
    return seconds_of(text.replace(",", "."), where=where, what=tag)


def _text(element: XmlElement, tag: str) -> str:
    found = _child(element, tag)
    return found.text.strip() if found is not None else ""


def _child(element: XmlElement, tag: str) -> XmlElement | None:
    return next((c for c in element.children if c.tag.lower() == tag.lower()), None)
