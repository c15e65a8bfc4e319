"""Sport packs."""

from pathlib import Path

import pytest

from gametape.errors import InputError
from gametape.profile import load_profile, profile_names

NAMED = {
    "volleyball-indoor",
    "volleyball-beach",
    "football-college",
    "basketball",
    "cricket-nets",
    "soccer",
    "tennis",
}


def test_every_promised_sport_pack_is_there_and_valid() -> None:
    assert set(profile_names()) == NAMED
    assert {load_profile(name).name for name in NAMED} == NAMED


def test_an_unknown_profile_is_refused_with_the_known_names() -> None:
    with pytest.raises(InputError, match="tennis"):
        load_profile("curling")


def test_an_unknown_value_is_refused_by_name() -> None:
    with pytest.raises(InputError, match=r"fusion\.entre"):
        load_profile("tennis", changes={"fusion.entre": 0.4})


def test_thresholds_in_the_wrong_order_are_refused() -> None:
    with pytest.raises(InputError, match="boundary <= leave <= enter"):
        load_profile("tennis", changes={"fusion.enter": 0.1, "fusion.leave": 0.6})


def test_a_librarys_own_pack_extends_a_built_in_one(tmp_path: Path) -> None:
    (tmp_path / "padel.yaml").write_text(
        "extends: tennis\nname: padel\nfusion: {min_play_s: 7.5}\n", encoding="utf-8"
    )
    padel = load_profile("padel", folder=tmp_path)
    assert padel.fusion.min_play_s == 7.5
    assert padel.scorer == load_profile("tennis").scorer
    assert "padel" in profile_names(tmp_path)


def test_packs_that_extend_each_other_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("extends: b\n", encoding="utf-8")
    (tmp_path / "b.yaml").write_text("extends: a\n", encoding="utf-8")
    with pytest.raises(InputError, match="circle"):
        load_profile("a", folder=tmp_path)


def test_a_pack_that_is_not_yaml_is_refused_by_file(tmp_path: Path) -> None:
    (tmp_path / "odd.yaml").write_text("name: [", encoding="utf-8")
    with pytest.raises(InputError, match=r"odd\.yaml"):
        load_profile("odd", folder=tmp_path)


def test_a_librarys_pack_may_be_the_built_in_one_of_its_name_but_for_a_value(
    tmp_path: Path,
) -> None:
    (tmp_path / "tennis.yaml").write_text("extends: tennis\nscorer: {name: learned}\n")
    mine, built_in = load_profile("tennis", folder=tmp_path), load_profile("tennis")
    assert mine.scorer.name == "learned"
    assert mine.fusion == built_in.fusion and mine.scorer.hits == built_in.scorer.hits
