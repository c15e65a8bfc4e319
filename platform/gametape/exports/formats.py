"""The catalog of list formats: which there are, how a file's is found, and the only file access.

Each format is one row of FORMATS; its module holds pure functions on text.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from gametape.aside import write_text
from gametape.errors import InputError
from gametape.exports.chapters import ffmetadata_text, matroska_text
from gametape.exports.csvlist import csv_text, is_csv, read_csv
from gametape.exports.datavolley import is_dvw, read_dvw
from gametape.exports.edl import edl_text, read_edl
from gametape.exports.fcpxml import fcpxml_text, is_fcpxml, read_fcpxml
from gametape.exports.fiftyone import fiftyone_text
from gametape.exports.jsonlist import is_json_cutlist, json_text, read_json
from gametape.exports.keeplists import keeplist3_text, keeplist_text
from gametape.exports.labelstudio import is_labelstudio, labelstudio_text, read_labelstudio
from gametape.exports.longomatch import is_longomatch, longomatch_text, read_longomatch
from gametape.exports.losslesscut import is_llc, llc_text, read_llc
from gametape.exports.otio import otio_text, read_otio
from gametape.exports.sportscode import is_sportscode, read_sportscode, sportscode_text
from gametape.exports.subtitles import read_srt, read_vtt, srt_text, vtt_text
from gametape.exports.timeline import UNKNOWN_TAPE, Play, TapeFacts, Timeline, checked_count
from gametape.exports.xmeml import is_xmeml, read_xmeml, xmeml_text
from gametape.exports.youtube import youtube_text

MAX_BYTES = 32 << 20  # 8,000 plays in the wordiest format, OTIO; a match has a few hundred
ENCODING = re.compile(
    rb"""<\?xml[^>]{0,80}encoding\s*=\s*["'](windows-125\d|iso-8859-\d{1,2})""", re.I
)


class Reader(Protocol):
    """Reads a format's text; `name` is the file's, as errors name it."""

    def __call__(self, text: str, /, *, name: str, tape: TapeFacts) -> list[Play]:
        """Plays in the order of the text; a fault is an InputError with the place and value."""
        ...


def _never(_text: str) -> bool:
    """Say of no content that it is of this format."""
    return False


@dataclass(frozen=True)
class Format:
    """One list format: what it is called, how its files end, who writes and who reads it."""

    name: str  # as options name it: edl
    title: str  # for people: EDL (CMX3600), for Premiere, Resolve and Avid
    suffix: str  # of its files, with the dot; several formats may share one
    write: Callable[[Timeline], str] | None = None  # None: it is only read
    read: Reader | None = None  # None: it is only written
    is_like: Callable[[str], bool] = _never  # by content, where another format has the suffix too
    code_page: str = ""  # of files that are no UTF-8, where a format has such


# Order matters where suffixes collide: the first whose `is_like` agrees is taken.
FORMATS: tuple[Format, ...] = (
    Format("csv", "CSV, for spreadsheets", ".csv", csv_text, read_csv, is_csv),
    Format("json", "JSON cut list", ".json", json_text, read_json, is_json_cutlist),
    Format("otio", "OpenTimelineIO, for Resolve and others", ".otio", otio_text, read_otio),
    Format("edl", "EDL (CMX3600), for Premiere, Resolve, Avid", ".edl", edl_text, read_edl),
    Format("fcpxml", "FCPXML, for Final Cut Pro", ".fcpxml", fcpxml_text, read_fcpxml, is_fcpxml),
    Format("xmeml", "Premiere XML (XMEML)", ".xml", xmeml_text, read_xmeml, is_xmeml),
    Format(
        "sportscode",
        "Sportscode XML, for Hudl Sportscode, LongoMatch, Nacsport and Metrica Nexus",
        ".xml",
        sportscode_text,
        read_sportscode,
        is_sportscode,
    ),
    Format(
        "longomatch",
        "LongoMatch's CSV",
        ".csv",
        longomatch_text,
        read_longomatch,
        is_longomatch,
    ),
    Format("vtt", "WebVTT, for players on the web", ".vtt", vtt_text, read_vtt),
    Format("srt", "SRT subtitles, for players", ".srt", srt_text, read_srt, code_page="cp1252"),
    Format("youtube", "chapters for a YouTube description", ".txt", youtube_text),
    Format("ffmetadata", "chapters for ffmpeg (MP4, MKV)", ".ffmetadata", ffmetadata_text),
    Format("matroska", "chapters for mkvmerge (MKV)", ".chapters.xml", matroska_text),
    Format("losslesscut", "LosslessCut project", ".llc", llc_text, read_llc, is_llc),
    Format("auto-editor", "auto-editor keep list, version 1", ".json", keeplist_text),
    Format("auto-editor-3", "auto-editor keep list, version 3", ".json", keeplist3_text),
    Format(
        "labelstudio",
        "Label Studio task",
        ".json",
        labelstudio_text,
        read_labelstudio,
        is_labelstudio,
    ),
    Format("fiftyone", "FiftyOne temporal detections", ".json", fiftyone_text),
    Format("datavolley", "DataVolley scout", ".dvw", None, read_dvw, is_dvw, code_page="cp1252"),
)


def format_named(name: str) -> Format:
    """The format of that name."""
    for form in FORMATS:
        if form.name == name:
            return form
    names = ", ".join(form.name for form in FORMATS)
    raise InputError(f"{name}: no such format. There are {names}.")


def format_for(path: Path, *, text: str | None = None, is_written: bool = False) -> Format:
    """The format of a file by its suffix and, where formats share one, by its content."""
    able = [f for f in FORMATS if (f.write if is_written else f.read) is not None]
    found = [form for form in able if path.name.lower().endswith(form.suffix)]
    found.sort(key=lambda form: -len(form.suffix))  # .chapters.xml says more than .xml
    if not found:
        verb = "written" if is_written else "read"
        endings = ", ".join(sorted({form.suffix for form in able}))
        raise InputError(f"{path.name}: no list with this ending is {verb}. There are {endings}.")
    if text is not None and len(found) > 1:
        alike = [form for form in found if form.is_like(text)]
        if not alike:
            names = ", ".join(form.name for form in found)
            raise InputError(
                f"{path.name}: its content is none of {names}. Export it anew as one of them."
            )
        return alike[0]
    return found[0]


def write_format(path: Path, timeline: Timeline, name: str | None = None) -> None:
    """Write a timeline as a file, whole or not at all; the format by name or by the suffix."""
    form = format_for(path, is_written=True) if name is None else format_named(name)
    if form.write is None:
        raise InputError(f"{form.name}: this format is only read. Choose another one.")
    write_text(path, form.write(timeline))


def read_plays(
    path: Path, *, tape: TapeFacts = UNKNOWN_TAPE, name: str | None = None
) -> list[Play]:
    """Read the plays of a list in the order of the file; the format by name or by the content."""
    text = read_list_text(path)
    form = format_for(path, text=text) if name is None else format_named(name)
    if form.read is None:
        raise InputError(f"{form.name}: this format is only written. Choose another one.")
    plays = form.read(text, name=path.name, tape=tape)
    return checked_count(plays, name=path.name)


def read_list_text(path: Path) -> str:
    """The text of a list file: UTF-8 with or without its mark, or UTF-16 with it.

    Older formats come in a code page, too; zero bytes at the end are left-overs of a program.
    """
    try:
        size = path.stat().st_size if path.is_file() else -1
        if size > MAX_BYTES:
            raise InputError(
                f"{path.name}: {size >> 20} MB are too many for a list ({MAX_BYTES >> 20} MB at "
                "most). Give the list, not another file."
            )
        content = path.read_bytes()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InputError(
            f"{path.name}: cannot be read ({reason}). Give the path of a list."
        ) from error
    text = _decoded(content, path.name)
    if "\0" in text:
        raise InputError(f"{path.name}: not text, it holds zero bytes. Give a list.")
    return text


def _decoded(content: bytes, name: str) -> str:
    """Bytes as text: by their mark, by what an XML says of itself, or by the format's code page."""
    is_wide = content[:2] in (b"\xff\xfe", b"\xfe\xff")
    told = None if is_wide else ENCODING.match(content)
    if told:
        return content.decode(told[1].decode("ascii"), "replace")
    try:
        return content.decode("utf-16" if is_wide else "utf-8-sig").rstrip("\0")
    except UnicodeDecodeError as error:
        pages = [f.code_page for f in FORMATS if f.code_page and name.lower().endswith(f.suffix)]
        if pages:
            return content.decode(pages[0], "replace").rstrip("\0")
        raise InputError(
            f"{name}: not text in UTF-8 (byte {error.start}). Save it as UTF-8."
        ) from error
