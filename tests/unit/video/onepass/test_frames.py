"""What is measured of every frame, and the files it goes to."""

import numpy as np
import polars as pl
import pytest
from av import VideoFrame

from gametape.profile import ProxySettings
from gametape.video.onepass.frames import CHANGES, LOOK_LENGTH, FrameMeter
from gametape.video.onepass.planes import Scaler
from gametape.video.onepass.rowfile import BYTES, RowFile
from gametape.video.proxy import run_pass


def grey_frame(level: int) -> VideoFrame:
    frame = VideoFrame(320, 180, "yuv420p")
    for plane, value in zip(frame.planes, (level, 128, 128), strict=True):
        plane.update(bytes([value]) * plane.buffer_size)
    return frame


def test_changes_are_counted_from_each_of_the_last_five_frames() -> None:
    meter = FrameMeter(Scaler())
    rows = [meter.update(grey_frame(level)) for level in (50, 60, 80, 80, 81, 91)]
    assert [rows[5][name] for name in CHANGES] == pytest.approx([10, 11, 11, 31, 41])
    assert [rows[1][name] for name in CHANGES] == pytest.approx([10, 0, 0, 0, 0])
    assert rows[5]["change_calm"] == pytest.approx(10)
    assert rows[2]["luma"] == pytest.approx(80)


def test_a_caption_does_not_change_the_calm_part() -> None:
    meter = FrameMeter(Scaler())
    plain = np.full((270, 320), 128, np.uint8)
    plain[:180] = 60
    with_caption = plain.copy()
    with_caption[150:175, 20:300] = 230
    meter.update(VideoFrame.from_ndarray(plain, format="yuv420p"))
    row = meter.update(VideoFrame.from_ndarray(with_caption, format="yuv420p"))
    assert row["change_1"] > 10
    assert row["change_calm"] == 0


def test_frames_table_has_a_row_for_each_displayed_frame(write_tape, numbered, tmp_path) -> None:
    stamps = [9000 + round(i * 90_000 / 29.97) for i in range(70)]
    from fractions import Fraction

    tape = write_tape(
        [numbered(i) for i in range(70)],
        stamps=stamps,
        time_base=Fraction(1, 90_000),
        name="tape.ts",
    )
    run_pass(tape, tmp_path / "out", settings=ProxySettings(analysis=False))
    table = pl.read_parquet(tmp_path / "out/frames.parquet")
    pts = table["pts"].to_numpy()
    assert len(table) == 70
    assert (np.diff(pts) == np.diff(stamps)).all()
    assert table["time_s"].to_numpy() == pytest.approx((pts - pts[0]) / 90_000, abs=1e-12)
    assert table["is_key"][0]
    assert table.schema["look"] == pl.Array(pl.UInt8, LOOK_LENGTH)
    assert table["change_1"][0] == 0
    assert (table["change_1"][1:] > 0).all()


def test_samples_stand_on_the_ticks_of_the_proxy(write_tape, numbered, tmp_path) -> None:
    tape = write_tape([numbered(i) for i in range(60)], rate=50)
    report = run_pass(tape, tmp_path / "out", settings=ProxySettings(analysis=False))
    samples = pl.read_parquet(tmp_path / "out/samples.parquet")
    layouts = pl.read_parquet(tmp_path / "out/layouts.parquet")
    expected = [tick / float(report.rate) for tick in range(20)]
    assert samples["time_s"].to_list() == pytest.approx(expected)
    assert layouts["time_s"].to_list() == pytest.approx([0.0, 0.3, 0.54, 0.78, 1.02])


def test_a_row_file_has_all_rows_over_several_groups(tmp_path) -> None:
    columns = {"time_s": "float64", "cells": 3, "jpeg": BYTES}
    file = RowFile(tmp_path / "rows.parquet", columns, rows_a_group=4)
    for index in range(10):
        cells = np.full((3,), index, np.uint8)
        file.add({"time_s": index / 2, "cells": cells, "jpeg": bytes([index])})
    assert not (tmp_path / "rows.parquet").exists()
    file.close()
    table = pl.read_parquet(tmp_path / "rows.parquet")
    assert table["time_s"].to_list() == [index / 2 for index in range(10)]
    assert table["cells"].to_numpy()[9].tolist() == [9, 9, 9]
    assert table["jpeg"][7] == b"\x07"


def test_a_discarded_row_file_leaves_nothing(tmp_path) -> None:
    file = RowFile(tmp_path / "rows.parquet", {"time_s": "float64"}, rows_a_group=4)
    file.add({"time_s": 1.0})
    file.discard()
    assert list(tmp_path.iterdir()) == []
