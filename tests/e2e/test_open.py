"""`gametape open`: pages of a real library, made where they are stale, with clips beside them."""

import html
import json
import re
import shutil
import subprocess
from itertools import pairwise
from pathlib import Path

import pytest

from gametape.metrics.segments import score_segments
from gametape.report.pages.frames import frames_at
from gametape.schema import Span
from gametape.tables import read_table

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture(scope="module")
def own(library: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the library, so that others do not see its labels."""
    folder = tmp_path_factory.mktemp("own") / "library"
    shutil.copytree(library, folder)
    return folder


def tape_of(library: Path) -> str:
    (order,) = (library / "inbox").glob("*.json")
    return order.stem


def label(type_in, own: Path, match, folder: Path) -> list[dict[str, float]]:
    """Hand in the truth of the made match."""
    plays = [{"start_s": p.core.start_s, "end_s": p.core.end_s} for p in match.truth.plays()]
    (folder / "plays.json").write_text(json.dumps({"segments": plays}), "utf-8")
    assert type_in("label", tape_of(own), folder / "plays.json", "--library", own).code == 0
    return plays


def test_pages_are_made_once_and_again_when_labels_come(type_in, own, match, tmp_path) -> None:
    first = type_in("open", "--library", own, "--print")
    assert (first.code, first.out.strip()) == (0, str(own / "pages" / "index.html"))
    assert type_in("open", "--library", own, "--json").value["made"] == []
    plays = label(type_in, own, match, tmp_path)
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


def seen(page: Path, folder: Path) -> str:
    """What a browser makes of a page, once its script has run; its words without markup."""
    options = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder}"]
    done = subprocess.run(
        [str(BROWSER), *options, "--dump-dom", page.as_uri()],
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    body = re.sub(r"<(script|style).*?</\1>", "", done.stdout, flags=re.DOTALL)
    return html.unescape(re.sub(r"<[^>]+>", " ", body))


@pytest.mark.skipif(BROWSER is None, reason="no chromium on this machine")
def test_scripts_of_the_pages_run_in_a_browser(type_in, own, match, tmp_path) -> None:
    label(type_in, own, match, tmp_path)
    page = Path(type_in("open", tape_of(own), "--library", own, "--print").out.strip())
    tape = own / "videos" / tape_of(own)
    windows = read_table(tape / "predictions.parquet")
    middles = ((windows["start_s"] + windows["end_s"]) / 2).to_list()
    edges = [0.0, *((a + b) / 2 for a, b in pairwise(middles)), 90.0]
    enter = json.loads(re.search(r'"enter":([\d.]+)', page.read_text("utf-8")).group(1))
    over, begun = [], None
    for place, play in enumerate([*windows["play"].to_list(), -1.0]):
        if play >= enter and begun is None:
            begun = edges[place]
        if play < enter and begun is not None:
            over.append(Span(begun, edges[place]))
            begun = None
    true = [Span(*row) for row in read_table(tape / "labels.parquet")["start_s", "end_s"].rows()]
    scores = score_segments(true, over)
    words = seen(page, tmp_path / "browser")
    assert f"{len(over)} stretch" in words
    assert f"{scores.matched_count} of {len(true)} labelled matched" in words
    assert "over the threshold on the slider" in words
    evaluation = seen(own / "pages" / "evaluation.html", tmp_path / "browser")
    assert "In force (threshold" in evaluation and "Reliability" in evaluation
    assert re.search(r"\d+ shown|None:", seen(own / "pages" / "errors.html", tmp_path / "browser"))
