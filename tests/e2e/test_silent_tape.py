"""A tape on which no play is found, and of which a person says that there is none."""

from pathlib import Path

from gametape.madematch.match import make_match
from gametape.madematch.settings import MatchSettings
from gametape.tables import read_table


def test_a_tape_without_a_play_goes_through_the_whole_line(type_in, tmp_path: Path) -> None:
    wish = MatchSettings(sport="tennis", seed=3, length_s=4, width=160, height=120)
    video, library = make_match(tmp_path / "match", wish).video, tmp_path / "library"
    words = ("--sport", "tennis", "--set", "fusion.enter=1.0", "--library", library, "--json")
    cut = type_in("cut", video, *words)
    assert cut.code == 0, cut.err
    (tape,) = (library / "videos").iterdir()
    assert read_table(tape / "segments.parquet").is_empty()
    assert (tape / "manifest.json").is_file()
    labelled = type_in("label", tape.name, "--no-plays", "--library", library, "--json")
    assert labelled.code == 0, labelled.err
    assert read_table(tape / "labels.parquet").is_empty()
