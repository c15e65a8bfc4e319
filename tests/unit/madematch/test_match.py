"""A made match on disk: what the video shows is what the truth says."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import polars as pl
import pytest

from gametape.errors import InputError
from gametape.fingerprint import hash_file
from gametape.madematch import barcode
from gametape.madematch.match import MadeMatch, make_match
from gametape.madematch.settings import MatchSettings
from gametape.madematch.truth import Truth, read_truth, read_truth_table

SMALL = {"width": 320, "height": 180}


@pytest.fixture(scope="module")
def tennis(tmp_path_factory: pytest.TempPathFactory) -> MadeMatch:
    wish = MatchSettings(sport="tennis", length_s=40, rate="29.97", seed=3, **SMALL)
    return make_match(tmp_path_factory.mktemp("made") / "tennis", wish)


def _decoded(path: Path) -> list[tuple[int, Fraction, int | None]]:
    with av.open(str(path)) as container:
        return [
            (f.pts, f.time_base, barcode.read(f.to_ndarray(format="gray")))
            for f in container.decode(video=0)
        ]


def test_every_frame_says_its_number_at_its_exact_time(tennis: MadeMatch) -> None:
    frames = _decoded(tennis.video)
    assert [number for _, _, number in frames] == list(range(tennis.truth.frame_count))
    assert all(pts * base == Fraction(1001, 30000) * n for pts, base, n in frames)


def test_a_variable_tape_has_the_times_of_the_truth(tmp_path: Path) -> None:
    wish = MatchSettings(length_s=8, rate="variable", seed=2, difficulty="hard", **SMALL)
    made = make_match(tmp_path / "m", wish)
    frames = _decoded(made.video)
    assert [number for _, _, number in frames] == list(range(made.truth.frame_count))
    assert made.truth.pts is not None
    assert [pts * base for pts, base, _ in frames] == [
        pts * Fraction(made.truth.time_base) for pts in made.truth.pts
    ]


def test_the_same_wish_gives_the_same_bytes_and_another_seed_does_not(tmp_path: Path) -> None:
    wish = MatchSettings(length_s=5, difficulty="severe", coverage="broadcast", **SMALL)
    one, two = (make_match(tmp_path / n, wish) for n in ("one", "two"))
    other = make_match(tmp_path / "three", wish.model_copy(update={"seed": 2}))
    assert one.truth == two.truth
    for name in ("match.mp4", "truth.json", "truth/players.parquet", "truth/frames.parquet"):
        assert hash_file(one.folder / name) == hash_file(two.folder / name)
    assert other.truth.content_hash != one.truth.content_hash


def test_a_second_run_does_nothing_and_damage_is_noticed(tmp_path: Path) -> None:
    wish = MatchSettings(length_s=4, has_audio=False, **SMALL)
    first = make_match(tmp_path / "m", wish)
    stamp = first.video.stat().st_mtime_ns
    second = make_match(tmp_path / "m", wish)
    assert (first.is_new, second.is_new) == (True, False)
    assert second.video.stat().st_mtime_ns == stamp
    first.video.write_bytes(first.video.read_bytes()[:-100])
    assert make_match(tmp_path / "m", wish).is_new
    assert sorted(p.name for p in (tmp_path / "m").iterdir()) == [
        "match.mp4",
        "truth",
        "truth.json",
    ]


def test_tables_agree_with_the_truth(tennis: MadeMatch) -> None:
    truth = read_truth(tennis.folder)
    frames = read_truth_table(tennis.folder, "frames")
    assert frames.height == truth.frame_count
    for segment in truth.segments:
        part = frames[segment.start_frame : segment.end_frame]
        assert part["is_in_play"].all()
        assert part["time_s"][0] == segment.start_s
    for shot in truth.shots:
        part = frames[shot.start_frame : shot.end_frame]
        assert part["camera"].unique().to_list() == [shot.camera]
    players = read_truth_table(tennis.folder, "players")
    shown = frames.filter(pl.col("camera").is_in(["main", "alternate", "closeup", "replay"]))
    assert players.height == 2 * shown.height
    seen = players.filter("is_visible")
    assert seen["x_px"].is_between(0, 320).all()
    assert seen["y_px"].is_between(0, 180).all()


def test_players_are_painted_where_the_truth_says(tmp_path: Path) -> None:
    wish = MatchSettings(length_s=6, difficulty="easy", width=640, height=360, has_audio=False)
    made = make_match(tmp_path / "m", wish)
    people = read_truth_table(made.folder, "players")
    with av.open(str(made.video)) as container:
        pictures = [f.to_ndarray(format="gray").astype(int) for f in container.decode(video=0)]
    empty = np.median(np.array(pictures[::5]), axis=0)
    hits = []
    for row in people.filter(pl.col("is_visible") & (pl.col("frame") % 10 == 0)).iter_rows(
        named=True
    ):
        x, y = int(row["x_px"]), int(row["y_px"])
        around = np.s_[max(0, y - 25) : max(1, y - 3), max(0, x - 4) : x + 5]
        picture = pictures[row["frame"]]
        if row["y_m"] < 0:  # the near side; the far one is behind the net
            hits.append(np.abs(picture[around] - empty[around]).max() > 12)
    assert np.mean(hits) > 0.85


def test_whistles_are_heard_when_they_are_said_to_sound(tmp_path: Path) -> None:
    wish = MatchSettings(length_s=30, difficulty="easy", width=160, height=120, seed=7)
    made = make_match(tmp_path / "m", wish)
    with av.open(str(made.video)) as container:
        parts = [f.to_ndarray()[0] for f in container.decode(audio=0)]
        rate = container.streams.audio[0].rate
    sound = np.concatenate(parts)
    assert len(sound) / rate == pytest.approx(30, abs=1.1)
    level = []
    for start in range(0, len(sound) - 2400, 2400):  # 50 ms
        power = np.abs(np.fft.rfft(sound[start : start + 2400])) ** 2
        hz = np.fft.rfftfreq(2400, 1 / rate)
        level.append(power[(hz > 3500) & (hz < 5600)].sum() / (power[hz > 200].sum() + 1e-9))
    loud = np.array(level) > 0.4
    assert made.truth.whistles
    for whistle in made.truth.whistles:
        middle = int((whistle.time_s + whistle.length_s / 2) / 0.05)
        assert loud[middle - 1 : middle + 2].any()
    said = sum(w.length_s + 0.1 for w in made.truth.whistles)
    assert loud.sum() * 0.05 <= said + 0.3


def test_a_folder_without_a_truth_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no truth\.json"):
        read_truth(tmp_path)
    (tmp_path / "truth.json").write_text("{}")
    with pytest.raises(InputError, match="Make the match again"):
        read_truth(tmp_path)


def test_a_file_in_the_way_is_refused_and_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("mine")
    with pytest.raises(InputError, match="Name a folder"):
        make_match(file, MatchSettings(length_s=4, **SMALL))
    assert file.read_text() == "mine"


def test_the_truth_reads_back_as_it_was(tennis: MadeMatch) -> None:
    assert read_truth(tennis.video) == tennis.truth
    assert Truth.model_validate_json(tennis.truth.model_dump_json()) == tennis.truth
    assert [s.length_s for s in tennis.truth.plays()] == [
        s.end_s - s.start_s for s in tennis.truth.segments
    ]
