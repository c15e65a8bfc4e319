"""`gametape open`: pages of a real library, made where they are stale, with clips beside them."""

import json
import re
import shutil
from pathlib import Path

import pytest

from gametape.report.pages.frames import frames_at


@pytest.fixture(scope="module")
def own(library: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the library, so that others do not see its labels."""
    folder = tmp_path_factory.mktemp("own") / "library"
    shutil.copytree(library, folder)
    return folder


def tape_of(library: Path) -> str:
    (order,) = (library / "inbox").glob("*.json")
    return order.stem


def test_pages_are_made_once_and_again_when_labels_come(type_in, own, match, tmp_path) -> None:
    first = type_in("open", "--library", own, "--print")
    assert (first.code, first.out.strip()) == (0, str(own / "pages" / "index.html"))
    assert type_in("open", "--library", own, "--json").value["made"] == []
    plays = [{"start_s": p.core.start_s, "end_s": p.core.end_s} for p in match.truth.plays()]
    (tmp_path / "plays.json").write_text(json.dumps({"segments": plays}), "utf-8")
    assert type_in("label", tape_of(own), tmp_path / "plays.json", "--library", own).code == 0
    opened = type_in("open", tape_of(own), "--library", own, "--json").value
    assert "dashboards" in opened["made"] and "errors" in opened["made"]
    assert opened["page"].endswith(f"pages/tapes/{tape_of(own)}.html")
    text = Path(opened["page"]).read_text("utf-8")
    assert f'"truth":[[{plays[0]["start_s"]}' in text


def test_every_file_that_a_tape_page_leads_to_is_there(type_in, own) -> None:
    page = Path(type_in("open", tape_of(own), "--library", own, "--print").out.strip())
    text = page.read_text("utf-8")
    named = set(re.findall(r"\.\./\.\./videos/[^\"\\]+", text))
    assert any(name.endswith("0001.mp4") for name in named)
    assert any(name.endswith("proxies/video.mp4") for name in named)
    assert all((page.parent / name).is_file() for name in named)
    assert "data:image/jpeg;base64," in text


def test_frames_for_errors_come_from_what_the_one_decode_left(own) -> None:
    thumbs = own / "videos" / tape_of(own) / "signals" / "thumbs.parquet"
    assert all(frame is not None for frame in frames_at(thumbs, [0.0, 10.2, 89.0]))


def test_what_is_not_there_is_refused_in_a_sentence(type_in, own) -> None:
    page = type_in("open", "--library", own, "--page", "../etc")
    assert page.code == 2 and "no such page" in page.err
    tape = type_in("open", "nobody-000000000000", "--library", own, "--print")
    assert tape.code == 2 and "no such tape" in tape.err


def test_without_a_browser_the_path_is_printed(type_in, own, monkeypatch) -> None:
    monkeypatch.setattr("webbrowser.open", lambda _address: False)
    shown = type_in("open", "--library", own, "--page", "costs")
    assert shown.code == 0
    assert str(own / "pages" / "costs.html") in shown.out
    assert "No browser" in shown.out
