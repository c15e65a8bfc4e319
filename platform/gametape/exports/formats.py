"""The catalog of list formats: which there are, how a file's is found, and the only file access.

Each format is one row of FORMATS; its module holds pure functions on text.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from gametape.aside import write_text
from gametape.errors import InputError
from gametape.exports.csvlist import csv_text, is_csv, read_csv
from gametape.exports.jsonlist import is_json_cutlist, json_text, read_json
from gametape.exports.timeline import UNKNOWN_TAPE, Play, TapeFacts, Timeline, checked_count

MAX_BYTES = 32 << 20  # 20,000 plays in the wordiest format take less


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


# Order matters where suffixes collide: the first whose `is_like` agrees is taken.
FORMATS: tuple[Format, ...] = (
    Format("csv", "CSV, for spreadsheets", ".csv", csv_text, read_csv, is_csv),
    Format("json", "JSON cut list", ".json", json_text, read_json, is_json_cutlist),
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
    if not found:
        verb = "written" if is_written else "read"
        endings = ", ".join(sorted({form.suffix for form in able}))
        raise InputError(f"{path.name}: no list with this ending is {verb}. There are {endings}.")
    if text is not None and len(found) > 1:
        alike = [form for form in found if form.is_like(text)]
        if not alike:
            names = ", ".join(form.name for form in found)
            raise InputError(
                f"{path.name}: its content is none of {names}. Name its format, or export it anew."
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
    """The text of a list file: UTF-8 with or without its mark, or UTF-16 with it."""
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
    is_wide = content[:2] in (b"\xff\xfe", b"\xfe\xff")
    try:
        text = content.decode("utf-16" if is_wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path.name}: not text in UTF-8 (byte {error.start}). Save it as UTF-8."
        ) from error
    if "\0" in text:
        raise InputError(f"{path.name}: not text, it holds zero bytes. Give a list.")
    return text
