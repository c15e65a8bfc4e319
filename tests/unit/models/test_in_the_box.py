"""Which model in the box scores a pack: of its name, of a pack it extends, of its sport."""

from pathlib import Path

import pytest

from gametape.errors import InputError
from gametape.profile import Profile, load_profile
from resources.learning.champions import chosen_model, embedded_model, suits

LEARNED = "scorer: {name: learned}"


def pack(folder: Path, text: str, *, name: str = "our-club") -> Profile:
    (folder / f"{name}.yaml").write_text(f"name: {name}\ntitle: Ours\n{LEARNED}\n{text}\n")
    return load_profile(name, folder=folder)


@pytest.mark.parametrize(
    ("text", "model"),
    [
        ("sport: football", "football-college"),  # the only one of this sport
        ("sport: tennis", "tennis"),
        ("extends: volleyball-beach", "volleyball-beach"),  # nearer than its sport
        ("extends: tennis\nsport: padel", "tennis"),
    ],
)
def test_a_pack_of_ones_own_takes_the_nearest(tmp_path: Path, text: str, model: str) -> None:
    profile = pack(tmp_path, text)
    chosen = chosen_model(profile, tmp_path)
    assert chosen is not None
    assert (chosen.profile, chosen.version) == (model, "embedded")
    assert suits(model, profile) and not suits("basketball", profile)


def test_the_nearest_of_many_packs_is_taken(tmp_path: Path) -> None:
    pack(tmp_path, "extends: volleyball-beach", name="beach-club")
    profile = pack(tmp_path, "extends: beach-club")
    assert profile.extends == ("beach-club", "volleyball-beach")
    assert embedded_model(profile).profile == "volleyball-beach"
    own = pack(tmp_path, "extends: tennis", name="tennis")  # the built-in one, with changes
    assert own.extends == () and embedded_model(own).profile == "tennis"


def test_two_models_of_a_sport_are_named_and_one_can_be_chosen(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="volleyball-beach and volleyball-indoor") as said:
        chosen_model(pack(tmp_path, "sport: volleyball"), tmp_path)
    assert "scorer.model=embedded/NAME" in str(said.value)
    changes = {"scorer.model": "embedded/volleyball-indoor"}
    profile = load_profile("our-club", folder=tmp_path, changes=changes)
    chosen = chosen_model(profile, tmp_path)
    assert chosen is not None and chosen.profile == "volleyball-indoor"


def test_without_any_the_error_lists_what_there_is(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="of sport handball") as said:
        chosen_model(pack(tmp_path, "sport: handball"), tmp_path)
    for word in ("soccer", "volleyball-indoor", "gametape train our-club", "main-camera"):
        assert word in str(said.value)
    changes = {"scorer.model": "embedded/handball"}
    with pytest.raises(InputError, match="The box has basketball, football-college"):
        chosen_model(load_profile("our-club", folder=tmp_path, changes=changes), tmp_path)
