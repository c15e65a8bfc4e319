"""What the sport packs promise about their values."""

from importlib.resources import files

import pytest

from gametape.profile import load_profile, profile_names


def test_every_sport_has_its_pack() -> None:
    assert set(profile_names()) == {
        "volleyball-indoor",
        "volleyball-beach",
        "football-college",
        "basketball",
        "cricket-nets",
        "soccer",
        "tennis",
    }


@pytest.mark.parametrize("name", profile_names())
def test_a_pack_has_a_title_for_people(name: str) -> None:
    assert load_profile(name).title != name
    assert load_profile(name).name == name


@pytest.mark.parametrize(
    ("name", "min_play_s", "continuation_s", "boundary", "min_density"),
    [("volleyball-indoor", 1.0, 2.0, 0.35, 0.25), ("volleyball-beach", 0.5, 3.0, 0.25, 0.15)],
)
def test_volleyball_keeps_the_known_presets(
    name: str, min_play_s: float, continuation_s: float, boundary: float, min_density: float
) -> None:
    fusion = load_profile(name).fusion
    assert (fusion.min_play_s, fusion.continuation_s) == (min_play_s, continuation_s)
    assert (fusion.boundary, fusion.min_density) == (boundary, min_density)


def test_football_clips_are_padded_and_clamped_as_known() -> None:
    fusion = load_profile("football-college").fusion
    assert (fusion.pad_before_s, fusion.pad_after_s, fusion.merge_gap_s) == (3.0, 5.0, 0.75)
    assert (fusion.clip_min_s, fusion.clip_max_s) == (5.0, 40.0)


@pytest.mark.parametrize("name", profile_names())
def test_every_value_of_a_pack_says_why(name: str) -> None:
    text = (files("gametape") / "profiles" / f"{name}.yaml").read_text(encoding="utf-8")
    values = [line for line in text.splitlines() if line.startswith("  ")]
    assert [line for line in values if " # " not in line] == []
    assert len(values) > 10
