"""Made football follows the rules, and the feeds say what happened."""

import json
from pathlib import Path

import polars as pl
import pytest

from gametape.madematch.match import write_script
from gametape.madematch.playbyplay import write_feeds
from gametape.madematch.scorebug import choose_look
from gametape.madematch.script import Script
from gametape.madematch.settings import MatchSettings, frame_times
from gametape.madematch.timeline import lay_out

MATCHES = [MatchSettings(sport="football", seed=s, length_s=1800) for s in range(6)]


@pytest.fixture(scope="module")
def scripts() -> list[Script]:
    return [write_script(wish) for wish in MATCHES]


def _feeds(folder: Path, wish: MatchSettings) -> tuple[list[dict], dict, pl.DataFrame]:
    script = write_script(wish)
    line = lay_out(script, frame_times(wish))
    look = choose_look(wish, (0, 0, 200), (200, 0, 0))
    write_feeds(folder, script, wish, look, line)
    cfbd = json.loads((folder / "cfbd_plays.json").read_text())
    espn = json.loads((folder / "espn_summary.json").read_text())
    return cfbd, espn, pl.read_parquet(folder / "plays.parquet")


def test_downs_and_distances_follow_from_the_play_before(scripts: list[Script]) -> None:
    followed = 0
    for script in scripts:
        for snap, after in zip(script.snaps, script.snaps[1:], strict=False):
            if not (snap.down and after.down) or snap.drive != after.drive:
                continue
            followed += 1
            assert after.yards_to_goal == snap.yards_to_goal - snap.yards_gained
            if snap.yards_gained >= snap.distance:
                assert after.down == 1
            else:
                assert (after.down, after.distance) == (
                    snap.down + 1,
                    snap.distance - snap.yards_gained,
                )
    assert followed > 100


def test_scores_only_grow_and_by_what_football_knows(scripts: list[Script]) -> None:
    gains = set()
    for script in scripts:
        for snap, after in zip(script.snaps, script.snaps[1:], strict=False):
            gains.add(after.home_score - snap.home_score)
            gains.add(after.away_score - snap.away_score)
    assert gains <= {0, 1, 3, 6}
    assert {0, 6} <= gains


def test_the_clock_stops_after_an_incomplete_pass_and_runs_after_a_tackle(
    scripts: list[Script],
) -> None:
    stopped, ran = 0, 0
    for script in scripts:
        for snap in script.snaps:
            end_s = script.plays[snap.play].end_s
            if end_s + 3 > script.length_s:
                continue
            before, after = script.clock_at(end_s + 0.01), script.clock_at(end_s + 2.5)
            if snap.play_type == "Pass Incompletion":
                stopped += 1
                assert before == after
            elif snap.play_type == "Sack" and before[1] > 5:
                ran += 1
                assert before[1] - after[1] in (2, 3)
    assert stopped > 10
    assert ran > 2


def test_every_row_of_the_feed_has_the_clock_that_the_bug_shows_at_the_snap(tmp_path: Path) -> None:
    wish = MATCHES[0]
    cfbd, espn, answers = _feeds(tmp_path, wish)
    script = write_script(wish)
    where = {r["feed_id"]: r for r in answers.iter_rows(named=True)}
    assert len(cfbd) > 30
    for row in cfbd:
        period, clock_s = script.clock_at(where[row["id"]]["start_s"] - 0.02)
        assert row["period"] == period
        assert abs(row["clock"]["minutes"] * 60 + row["clock"]["seconds"] - clock_s) <= 1
    plays = [p for d in espn["drives"]["previous"] for p in d["plays"]]
    assert [p["id"] for p in plays] == [r["id"] for r in cfbd]
    assert plays[3]["clock"]["displayValue"].count(":") == 1


def test_kicks_after_touchdowns_are_on_the_tape_but_not_in_the_feed(tmp_path: Path) -> None:
    _, _, answers = _feeds(tmp_path, MATCHES[0])
    extra = answers.filter(pl.col("feed_id").is_null())
    assert extra.height > 0
    assert extra["play_type"].str.starts_with("Extra Point").all()


def test_from_hard_on_some_clocks_of_the_feed_are_late(tmp_path: Path) -> None:
    wish = MATCHES[0].model_copy(update={"difficulty": "hard"})
    cfbd, _, answers = _feeds(tmp_path, wish)
    true_s = dict(answers.select("feed_id", "clock_s").drop_nulls().iter_rows())
    late = [true_s[r["id"]] - (r["clock"]["minutes"] * 60 + r["clock"]["seconds"]) for r in cfbd]
    assert 0 < sum(s > 0 for s in late) < len(late) / 2
    assert max(late) <= 6


@pytest.mark.shared
def test_rows_have_the_fields_of_the_real_feed(tmp_path: Path, shared_data: Path) -> None:
    real = json.loads((shared_data / "pbp/cfb/cfbd_v2_shape_plays.json").read_text())[0]
    made = _feeds(tmp_path, MATCHES[0])[0][0]
    assert list(made) == list(real)
    for name, value in real.items():
        assert made[name] is None or type(made[name]) is type(value), name
