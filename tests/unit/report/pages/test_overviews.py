"""The pages on the library, its errors and its costs."""

import io
import re

import numpy as np
import polars as pl
from PIL import Image

from gametape.report.pages.costs import costs_page
from gametape.report.pages.errors import MOST_SHOWN, Mistake, errors_page, worst_of
from gametape.report.pages.frames import frames_at, small_picture
from gametape.report.pages.library import library_page
from gametape.report.pages.trouble import Trouble

HOSTILE = "<img src=x onerror=alert(1)>\"'.mp4"
LIBRARY = {
    "tape": pl.String, "name": pl.String, "profile": pl.String,
    "duration_s": pl.Float64, "source_bytes": pl.Int64,
    "segments": pl.Int64, "clip_s": pl.Float64, "mean_score": pl.Float64, "labels": pl.Int64,
    "is_labelled": pl.Boolean,
    "work_s": pl.Float64, "artifact_bytes": pl.Decimal(38, 0),
}  # fmt: skip
SCORES = {"tape": pl.String, "iou": pl.Float64, "f1": pl.Float64}
CLIPS = {"tape": pl.String, "is_exact": pl.Boolean}


def library(*rows: tuple) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=LIBRARY, orient="row")


def row(tape: str, name: str = "a.mp4", labels: int | None = None) -> tuple:
    told = (labels or 0, labels is not None)
    return (tape, name, "tennis", 90.0, 10, 3, 20.0, 60.0, *told, 9.0, 2_500_000)


def index(rows: list[tuple], troubles: tuple[Trouble, ...] = (), clips: tuple = ()) -> str:
    return library_page(
        library=library(*rows),
        evaluation=pl.DataFrame([("t-1", 0.5, 0.75)], schema=SCORES, orient="row"),
        clips=pl.DataFrame(clips, schema=CLIPS, orient="row"),
        troubles=troubles,
        finished={"t-1": "2026-01-02 03:04"},
        mark="00",
    )


def words_of(text: str) -> str:
    body = text[text.index("<body") :]
    return re.sub(r"<[^>]+>", " ", body)


def test_an_empty_library_says_how_to_begin() -> None:
    assert "gametape demo" in index([]) and "<table" not in index([])


def test_the_library_counts_tapes_plays_and_exact_clips() -> None:
    shown = words_of(
        index([row("t-1", labels=4), row("t-2")],
              clips=(("t-1", True), ("t-1", False)))
    )  # fmt: skip
    assert "1 of 2 1 clip not exact" in shown
    assert "3 min 0 s" in shown
    assert shown.count("tennis") == 2  # also of a tape on which nothing was found
    assert "0.75" in shown and "100 ms/s" in shown and "2026-01-02\u00a003:04" in shown


def test_a_library_without_labels_says_how_to_give_some() -> None:
    assert "gametape label TAPE FILE" in index([row("t-1")])
    assert "gametape label TAPE FILE" not in index([row("t-1", labels=1)])


def test_a_tape_on_which_nobody_plays_counts_as_labelled() -> None:
    shown = words_of(index([row("t-1", labels=0), row("t-2")]))
    assert "Labelled tapes 1 of 2 0 labelled plays" in " ".join(shown.split())
    assert "gametape label TAPE FILE" not in shown


def test_what_failed_and_what_waits_are_told_apart() -> None:
    failed = Trouble("t-2", HOSTILE, "proxies", "no space " * 100, "2026-01-02 03:04")
    text = index([row("t-1", HOSTILE)], (failed, Trouble("t-3", "b.mp4")))
    assert "1 tape not run yet" in text
    assert "<img src=x" not in text and text.count("no space") < 50


def test_ten_thousand_tapes_are_one_page() -> None:
    text = index([row(f"t-{i}") for i in range(10_000)])
    assert text.count("<tr") == 10_001
    assert len(text) < 9_000_000


def test_costs_are_shown_by_step_in_the_order_of_the_line() -> None:
    costs = pl.DataFrame(
        [("clips", 1, 6.0, 6.0, 6.0, 0.06, 9), ("sources", 1, 2.0, 2.0, 2.0, 0.02, 1)],
        schema=["asset", "tapes", "seconds", "median_s", "longest_s", "seconds_per_tape_second",
                "bytes"], orient="row",
    )  # fmt: skip
    steps = pl.DataFrame(
        [("t-1", "clips", 6.0, 9), ("t-1", "sources", 2.0, 1)],
        schema=["tape", "asset", "seconds", "bytes"], orient="row",
    )  # fmt: skip
    text = costs_page(
        library=library(row("t-1", HOSTILE)), costs=costs, steps=steps, cuts=pl.DataFrame(),
        troubles=[Trouble("t-1", HOSTILE, "clips", HOSTILE), Trouble("t-2", "waits")], mark="00",
    )  # fmt: skip
    assert text.index(">sources<") < text.index(">clips<")
    assert "75.0 %" in text and "89 ms/s" in text
    assert "1 tape whose last run failed" in text and "waits" not in text
    assert "<img src=x" not in text


def mistakes(kind: str, count: int, score: float | None = None) -> list[Mistake]:
    return [
        Mistake("t-1", kind, 10.0 * i, 10.0 * i + 5, score=score, raw=i / count)
        for i in range(count)
    ]


def test_the_worst_of_both_kinds_are_shown() -> None:
    shown = worst_of([*mistakes("missed", 1000), *mistakes("extra", 1000, 50.0)])
    kinds = [m.kind for m in shown]
    assert (kinds.count("missed"), kinds.count("extra")) == (MOST_SHOWN // 2, MOST_SHOWN // 2)
    assert shown[0].raw == 0.0  # the scores saw nothing of it
    few = worst_of([*mistakes("missed", 3), *mistakes("extra", 1000, 50.0)])
    assert len(few) == MOST_SHOWN and [m.kind for m in few].count("missed") == 3
    assert len(worst_of(mistakes("missed", 1000))) == MOST_SHOWN


def gallery(found: list[Mistake], labelled: int = 1, name: str = "a.mp4") -> str:
    counts = {kind: sum(m.kind == kind for m in found) for kind in ("missed", "extra")}
    shown = found[:MOST_SHOWN]
    return errors_page(
        mistakes=shown, counts=counts, names={"t-1": name}, labelled=labelled, mark="00"
    )


def test_an_error_leads_to_its_moment_on_the_tape() -> None:
    text = gallery(mistakes("missed", 2), name=HOSTILE)
    assert 'href="tapes/t-1.html#t=9.00"' in text
    assert "2 plays missed and 0 extra" in text
    assert "<img src=x" not in text


def test_what_is_left_out_of_the_gallery_is_said() -> None:
    assert "worst are shown" in gallery(mistakes("missed", MOST_SHOWN + 1))
    assert "worst are shown" not in gallery(mistakes("missed", 5))


def test_no_labels_and_no_errors_are_two_things() -> None:
    assert "gametape label" in gallery([], labelled=0)
    assert "every play was found" in gallery([], labelled=3)


def jpeg(grey: int, size: tuple[int, int] = (224, 126)) -> bytes:
    out = io.BytesIO()
    Image.new("L", size, grey).save(out, "JPEG")
    return out.getvalue()


def test_the_frame_of_an_error_is_the_nearest_one(tmp_path) -> None:
    path = tmp_path / "[thumbs].parquet"
    jpegs = [jpeg(0), jpeg(100), jpeg(200)]
    pl.DataFrame({"time_s": [0.0, 0.5, 1.0], "jpeg": jpegs}).write_parquet(path)
    found = frames_at(path, [0.6, 1.2, 60.0])
    greys = [None if f is None else np.asarray(Image.open(io.BytesIO(f))).mean() for f in found]
    assert greys[2] is None
    assert abs(greys[0] - 100) < 3 and abs(greys[1] - 200) < 3
    assert frames_at(tmp_path / "none.parquet", [1.0]) == [None]


def test_a_thumbnail_keeps_its_shape_and_a_broken_one_is_none() -> None:
    picture = small_picture(jpeg(9, (640, 360)))
    assert picture is not None
    assert Image.open(io.BytesIO(picture)).size == (168, 94)
    assert small_picture(b"no picture") is None
    assert small_picture(jpeg(9)[:300]) is None
