"""Plain files as rows whose faults can be named by file and line.

What a row means is for the modules beside this one.
"""

import csv
import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from gametape.errors import InputError

MAX_BYTES = 1 << 30  # whole prediction files of the largest public sets stay below a fifth of it
Step = str | int


@dataclass(frozen=True)
class Place:
    """Where something stands in a file; the line is looked up only when somebody asks."""

    file: str
    line: int | None = None
    text: str = field(default="", repr=False)  # JSON text in which `steps` lead to the place
    steps: tuple[Step, ...] = ()

    def __str__(self) -> str:
        line = self.line or (line_of(self.text, self.steps) if self.text else None)
        steps = "".join(f"[{s}]" if isinstance(s, int) else f".{s}" for s in self.steps)
        named = f" ({steps.lstrip('.')})" if steps else ""
        return (self.file if line is None else f"{self.file}, line {line}") + named

    def inside(self, *steps: Step) -> "Place":
        """A place further inside."""
        return Place(self.file, self.line, self.text, (*self.steps, *steps))


@dataclass(frozen=True)
class Row:
    """Named values at a place."""

    values: Mapping[str, object]
    place: Place

    def number(self, *names: str, default: float | None = None) -> float:
        """A finite number under the first of these names that is there."""
        value = self._value(names, default)
        try:
            number = float(value) if isinstance(value, int | float | str) else math.nan
        except ValueError:
            number = math.nan
        if isinstance(value, bool) or not math.isfinite(number):
            raise self.fault(f"{names[0]} is {value!r}, not a number", "Write it as 12.5")
        return number

    def integer(self, *names: str, default: int | None = None) -> int:
        """A whole number."""
        number = self.number(*names, default=default)
        if number != int(number):
            raise self.fault(f"{names[0]} is {number}, not a whole number", "Round it")
        return int(number)

    def words(self, *names: str, default: str | None = None) -> str:
        """A text that is not empty."""
        value = self._value(names, default)
        if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
            raise self.fault(f"{names[0]} is {value!r}, not a text", "Name it")
        return str(value)

    def rows(self, name: str) -> list["Row"]:
        """A list of objects."""
        value = self._value((name,), None)
        if not isinstance(value, list):
            raise self.fault(f"{name} is no list", f'Write "{name}": [...]')
        return [row_of(item, self.place.inside(name, i)) for i, item in enumerate(value)]

    def fault(self, reason: str, cure: str) -> InputError:
        """An error that names this place."""
        return InputError(f"{self.place}: {reason}. {cure}.")

    def _value(self, names: Sequence[str], default: object) -> object:
        for name in names:
            value = self.values.get(name)
            if value is not None and value != "":
                return value
        if default is None:
            raise self.fault(f"{names[0]} is missing", "Every entry needs it")
        return default


def row_of(value: object, place: Place) -> Row:
    """An object of a JSON file as a row."""
    if not isinstance(value, dict):
        raise InputError(f"{place}: this is no object. Write it in braces.")
    return Row(value, place)


def read_text(path: Path) -> str:
    """A text file as UTF-8."""
    if not path.is_file():
        raise InputError(f"{path}: there is no such file. Check the path.")
    if path.stat().st_size > MAX_BYTES:
        raise InputError(f"{path}: larger than {MAX_BYTES >> 20} MB. Split the file.")
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: no UTF-8 text ({error.reason}). Save it as UTF-8.") from error


def read_json(path: Path) -> tuple[object, Place]:
    """A JSON file and the place that faults inside it start from."""
    text = read_text(path)

    def unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
        content = dict(pairs)
        if len(content) < len(pairs):
            names = [name for name, _ in pairs]
            twice = next(name for name in names if names.count(name) > 1)
            raise InputError(f"{path}: {twice!r} stands twice in one object. Keep one.")
        return content

    def no_number(word: str) -> float:
        line = text[: max(0, text.find(word))].count("\n") + 1
        raise InputError(f"{path}, line {line}: {word} is no number. Leave that entry out.")

    try:
        content = json.loads(text, object_pairs_hook=unique, parse_constant=no_number)
    except json.JSONDecodeError as error:
        raise InputError(
            f"{path}, line {error.lineno}: not JSON ({error.msg}). Correct that line."
        ) from error
    return content, Place(str(path), text=text)


def read_csv(path: Path) -> Iterator[Row]:
    """The rows of a CSV file with a header; commas, semicolons or tabs."""
    text = read_text(path)
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.DictReader(text.splitlines(), delimiter=delimiter)
    try:
        for values in reader:
            place = Place(str(path), line=reader.line_num)
            if None in values:
                raise InputError(
                    f"{place}: more cells than the header has. Quote texts with commas."
                )
            yield Row({(k or "").strip(): (v or "").strip() for k, v in values.items()}, place)
    except csv.Error as error:
        raise InputError(f"{path}, line {reader.line_num}: not CSV ({error}).") from error


def read_parquet(path: Path) -> Iterator[Row]:
    """The rows of a Parquet table."""
    import polars as pl

    from gametape.tables import read_table

    try:
        table = read_table(path)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise InputError(f"{path}: no Parquet table ({error}). Write it again.") from error
    for number, values in enumerate(table.iter_rows(named=True), start=1):
        yield Row(values, Place(f"{path}, row {number}"))


def read_lines(path: Path) -> Iterator[tuple[list[str], Place]]:
    """The lines of a text file that say something, cut at commas and white space."""
    for number, line in enumerate(read_text(path).splitlines(), start=1):
        words = line.replace(",", " ").split()
        if words and not line.lstrip().startswith("#"):
            yield words, Place(str(path), line=number)


def number_in(word: str, place: Place) -> float:
    """A word as a finite number."""
    try:
        number = float(word)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise InputError(f"{place}: {word!r} is not a number. Correct that line.")
    return number


def whole_in(word: str, place: Place) -> int:
    """A word as a whole number."""
    number = number_in(word, place)
    if number != int(number):
        raise InputError(f"{place}: {word!r} is not a whole number. Correct that line.")
    return int(number)


def files_of(
    path: Path, suffixes: Sequence[str], *, name: Callable[[Path], str] | None = None
) -> dict[str, Path]:
    """The files a path stands for, by tape: itself, or what a folder holds at any depth."""
    if path.is_file():
        return {(name(path) if name else path.stem): path}
    if not path.is_dir():
        raise InputError(f"{path}: there is no such file or folder. Check the path.")
    found: dict[str, Path] = {}
    for file in sorted(p for p in path.rglob("*") if p.is_file() and p.suffix in suffixes):
        tape = name(file) if name else file.relative_to(path).with_suffix("").as_posix()
        if tape in found:
            raise InputError(f"{file}: {found[tape].name} stands for {tape} too. Keep one of them.")
        found[tape] = file
    if not found:
        kinds = " or ".join(suffix or "no suffix" for suffix in suffixes)
        raise InputError(f"{path}: no file with {kinds} in this folder. Check the path.")
    return found


def line_of(text: str, steps: Sequence[Step]) -> int:
    """The line of JSON text where a chain of keys and positions leads to."""
    position = _skip(text, 0)
    for step in steps:
        position = _enter(text, position, step)
    return text.count("\n", 0, position) + 1


def _enter(text: str, position: int, step: Step) -> int:
    decoder = json.JSONDecoder()
    is_object = text[position] == "{"
    here = _skip(text, position + 1)
    count = 0
    while text[here] not in "]}":
        name: object = count
        if is_object:
            name, here = decoder.raw_decode(text, here)
            here = _skip(text, _skip(text, here) + 1)
        if name == step:
            return here
        _, here = decoder.raw_decode(text, here)
        here = _skip(text, here)
        if text[here] == ",":
            here = _skip(text, here + 1)
        count += 1
    return position


def _skip(text: str, position: int) -> int:
    while position < len(text) and text[position] in " \t\r\n":
        position += 1
    return position
