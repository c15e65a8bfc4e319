"""The page of formats and the catalog stay in step."""

import re
from pathlib import Path

from gametape.exports.formats import FORMATS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "formats.md"
ROW = re.compile(r"^\| `([^`]+)` \| `([^`]+)` \| ([wr ]+) \|", re.MULTILINE)


def test_the_page_of_formats_names_each_with_its_ending_and_what_it_can() -> None:
    written = ROW.findall(PAGE.read_text(encoding="utf-8"))
    able = [
        (form.name, form.suffix, " ".join("w" * bool(form.write) + "r" * bool(form.read)))
        for form in FORMATS
    ]
    assert written == able
