"""`gametape plan` and `gametape run` on real tapes: only what changed is made again."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from app.main import run
from assets import predictions
from gametape.line import STEPS
from gametape.madematch.match import make_match
from gametape.madematch.settings import MatchSettings

SPORT = "volleyball-indoor"
TAPES = 5
Made = dict[tuple[str, str], tuple[str, int]]


@pytest.fixture(scope="module")
def videos(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Made matches of five seconds; one more than the library gets at first."""
    folder = tmp_path_factory.mktemp("videos")
    found = []
    for seed in range(1, TAPES + 2):
        wish = MatchSettings(
            sport=SPORT, seed=seed, length_s=5, width=160, height=120, difficulty="easy"
        )
        made = make_match(folder / str(seed), wish)
        found.append(made.video.rename(folder / f"match-{seed}.mp4"))
    return found


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory, videos: list[Path]) -> Path:
    """A library of five tapes with a sport pack of its own, in which everything is right."""
    library = tmp_path_factory.mktemp("finished") / "library"
    put_pack(library, "fusion: {min_play_s: 0.5}")
    added = ("add", *videos[:TAPES], "--sport", "our-club", "--library", library)
    assert run([str(word) for word in added]) == 0
    assert run(["run", "--library", str(library)]) == 0
    return library


@pytest.fixture
def library(finished: Path, tmp_path: Path) -> Path:
    """A copy of the finished library, to be changed."""
    return Path(shutil.copytree(finished, tmp_path / "library"))


def put_pack(library: Path, change: str) -> None:
    """The library's own sport pack."""
    (library / "profiles").mkdir(parents=True, exist_ok=True)
    text = f"extends: {SPORT}\nname: our-club\n{change}\n"
    (library / "profiles" / "our-club.yaml").write_text(text)


def made(library: Path) -> Made:
    """Every artifact's sidecar: its content, and when it was written."""
    found = {}
    for place in ("videos/*/_meta", "tables/_meta"):
        for path in library.glob(f"{place}/[!.]*.json"):
            with suppress(FileNotFoundError):  # a step that runs takes its sidecar away first
                value = (path.read_text(), path.stat().st_mtime_ns)
                found[path.parents[1].name, path.stem] = value
    return found


def made_again(before: Made, after: Made) -> dict[str, list[str]]:
    """By step the tapes for which it ran; tables under their own name."""
    steps: dict[str, list[str]] = {}
    for tape, step in sorted(key for key in after if before.get(key) != after[key]):
        steps.setdefault("tables" if tape == "tables" else step, []).append(tape)
    return steps


def tapes_of(library: Path) -> list[str]:
    return sorted(path.name for path in (library / "videos").iterdir())


def test_a_threshold_runs_fusion_and_clips_of_all_tapes_and_no_decode(
    library: Path, type_in: Callable
) -> None:
    tapes, before = tapes_of(library), made(library)
    assert len(tapes) == TAPES
    put_pack(library, "fusion: {min_play_s: 0.5, pad_after_s: 0.25}")
    decoded = {p: p.stat().st_mtime_ns for p in library.glob("videos/*/proxies/*")}
    planned = type_in("plan", "--library", library, "--json").value
    assert [[s["step"] for s in tape["steps"]] for tape in planned["tapes"]] == [
        ["segments", "clips"]
    ] * TAPES
    causes = planned["tapes"][0]["steps"][0]["causes"]
    assert [cause["says"] for cause in causes] == ["fusion.pad_after_s 3.0 -> 0.25"]
    assert planned["tapes"][0]["steps"][0]["measurements"] == TAPES
    assert 0 < planned["seconds"] < 60
    assert planned["unknown"] == 0
    assert [pages["step"] for pages in planned["pages"]] == ["dashboards"]
    shown = {p: p.read_bytes() for p in library.glob("pages/tapes/*.html")}
    assert len(shown) == TAPES
    assert type_in("run", "--library", library).code == 0
    ran = made_again(before, made(library))
    assert ran.pop("tables") == ["tables"] * len(planned["tables"])
    assert ran == {"segments": tapes, "clips": tapes}
    assert {p: p.stat().st_mtime_ns for p in library.glob("videos/*/proxies/*")} == decoded
    assert all(p.read_bytes() != was for p, was in shown.items())
    again = type_in("run", "--library", library)
    assert (again.code, "Nothing to do" in again.out) == (0, True)


def test_a_scorer_runs_predictions_and_what_follows_of_the_tapes_asked_for(
    library: Path, type_in: Callable
) -> None:
    tapes, before = tapes_of(library), made(library)
    put_pack(library, "fusion: {min_play_s: 0.5}\nscorer: {whistle: 0.75}")
    assert type_in("run", tapes[1], "--library", library).code == 0
    ran = made_again(before, made(library))
    assert ran.pop("tables")
    assert ran == {step: [tapes[1]] for step in ("predictions", "segments", "clips")}
    left = type_in("plan", "--library", library, "--json").value
    assert [tape["tape"] for tape in left["tapes"]] == [t for t in tapes if t != tapes[1]]


def test_a_tape_that_is_added_is_the_only_one_that_runs(
    library: Path, videos: list[Path], type_in: Callable
) -> None:
    tapes, before = tapes_of(library), made(library)
    assert type_in("add", videos[-1], "--sport", "our-club", "--library", library).code == 0
    assert type_in("run", "--library", library).code == 0
    [new] = set(tapes_of(library)) - set(tapes)
    ran = made_again(before, made(library))
    assert ran.pop("tables")
    assert set(ran) == {step.name for step in STEPS}
    assert all(tapes == [new] for tapes in ran.values())


def test_labels_that_were_edited_run_labels_evaluation_and_tables_only(
    library: Path, type_in: Callable, tmp_path: Path
) -> None:
    tape = tapes_of(library)[0]
    listed = tmp_path / "labels.json"
    listed.write_text('{"segments": [{"start_s": 1, "end_s": 3}]}')
    assert type_in("label", tape, listed, "--library", library).code == 0
    assert type_in("run", "--library", library).code == 0
    before = made(library)
    ours = library / "labels" / f"{tape}.json"
    ours.write_text(ours.read_text().replace("3.0", "3.5"))
    planned = type_in("plan", "--library", library)
    assert "the labels were edited" in planned.out
    assert type_in("run", "--library", library).code == 0
    ran = made_again(before, made(library))
    tables = {name for place, name in before if place == "tables"}
    rebuilt = {n for (place, n), was in made(library).items() if before[place, n] != was} & tables
    assert {"stg_labels", "segment_evaluation", "warehouse"} <= rebuilt
    assert not {"stg_tapes", "stg_segments", "cuts"} & rebuilt
    ran.pop("tables")
    assert ran == {"labels": [tape], "evaluation": [tape]}


def test_a_tape_that_fails_is_named_and_the_others_go_on(
    library: Path, videos: list[Path], type_in: Callable, tmp_path: Path
) -> None:
    tapes = tapes_of(library)
    moved, content = tmp_path / "moved.mp4", videos[1].read_bytes()
    put_pack(library, "fusion: {min_play_s: 0.5}\nclips: {thumbnail_height: 64}")
    try:
        videos[0].rename(moved)
        videos[1].write_bytes(content[:-1] + b"!")  # same size, other content
        before = made(library)
        tried = type_in("run", "--library", library)
        assert tried.code == 2
        assert "is not where the order says" in tried.err
        assert "holds other content" in tried.err
        assert "2 of 6 failed" in tried.err
    finally:
        moved.rename(videos[0])
        videos[1].write_bytes(content)  # other tests use it; touched, it is read before it is used
    ran = made_again(before, made(library))
    bad = {tape for tape in tapes if tape.startswith(("match-1-", "match-2-"))}
    assert ran["clips"] == [tape for tape in tapes if tape not in bad]
    assert len(bad) == 2


def test_ctrl_c_leaves_what_is_finished_and_the_next_run_goes_on(
    library: Path, type_in: Callable
) -> None:
    tapes, before = tapes_of(library), made(library)
    put_pack(library, "fusion: {min_play_s: 0.5, pad_after_s: 0.5}")
    words = ["-c", "from app.main import main; main()", "run", "--library", str(library)]
    process = subprocess.Popen(
        [sys.executable, *words], stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    until = time.monotonic() + 120
    while "clips" not in made_again(before, made(library)) and time.monotonic() < until:
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert (process.returncode, "interrupted" in said) == (130, True)
    first = made(library)
    done = made_again(before, first)["clips"]
    assert 1 <= len(done) < TAPES
    again = type_in("run", "--library", library)
    assert again.code == 0, again.err
    then = made_again(first, made(library))
    assert sorted(done + then["clips"]) == tapes
    assert type_in("plan", "--library", library, "--json").value["tapes"] == []


def test_what_a_check_refused_stays_refused_until_it_is_made_again(
    library: Path, videos: list[Path], type_in: Callable, monkeypatch
) -> None:
    tape = tapes_of(library)[0]
    put_pack(library, "fusion: {min_play_s: 0.5}\nscorer: {whistle: 0.75}")
    score_windows = predictions.score_windows

    def with_a_hole(*given: Any) -> Any:
        """What a scorer hands back that leaves out the tape's middle."""
        table = score_windows(*given)
        return table.filter((table["start_s"] < 1.0) | (table["start_s"] > 3.0))

    with monkeypatch.context() as broken:
        broken.setattr(predictions, "score_windows", with_a_hole)
        first = type_in("run", tape, "--library", library)
    before = made(library)
    for words in (("run", tape), ("cut", videos[0], "--sport", "our-club")):
        tried = type_in(*words, "--library", library)
        assert tried.code == first.code == 2
        for said in (first.err, tried.err):
            assert f"{tape}: predictions_are_gapless does not hold" in said
            assert "what: no window until" in said
            assert f"gametape run {tape} --again" in said
    assert not made_again(before, made(library)).keys() - {"tables"}
    [planned] = type_in("plan", tape, "--library", library, "--json").value["tapes"]
    assert [(s["step"], s["is_blocked"]) for s in planned["steps"]] == [
        ("predictions", True), ("segments", True), ("clips", True),
    ]  # fmt: skip
    assert planned["steps"][0]["causes"][0]["kind"] == "refused"
    again = type_in("run", tape, "--again", "--library", library)
    assert again.code == 0, again.err
    assert set(made_again(before, made(library))) >= {"predictions", "segments", "clips"}
    assert type_in("plan", tape, "--library", library, "--json").value["tapes"] == []
