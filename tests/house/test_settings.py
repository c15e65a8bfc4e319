"""Settings: which place wins, and where each value comes from."""

from pathlib import Path

import pytest

from gametape.errors import InputError
from resources.settings import environment_with, load_settings


def settings_in(folder: Path, flags: dict[str, object] | None = None, **environment: str):
    environment.setdefault("XDG_CONFIG_HOME", str(folder / "user"))
    return load_settings(flags, environment=environment, folder=folder)


def test_defaults_name_themselves(tmp_path: Path) -> None:
    resolved = settings_in(tmp_path)
    assert resolved.settings.ui.host == "127.0.0.1"
    assert set(resolved.origins.values()) == {"default"}


def test_flags_win_over_environment_over_project_over_user_file(tmp_path: Path) -> None:
    (tmp_path / "user").mkdir()
    (tmp_path / "user" / "gametape.yaml").write_text("profile: soccer\nui: {port: 1}\n")
    assert settings_in(tmp_path).settings.profile == "soccer"
    (tmp_path / "gametape.yaml").write_text("profile: tennis\n")
    assert settings_in(tmp_path).settings.profile == "tennis"
    assert settings_in(tmp_path, GAMETAPE_PROFILE="basketball").settings.profile == "basketball"
    resolved = settings_in(tmp_path, {"profile": "cricket-nets"}, GAMETAPE_UI__PORT="4000")
    assert (resolved.settings.profile, resolved.settings.ui.port) == ("cricket-nets", 4000)
    assert resolved.origins["profile"] == "flag"
    assert resolved.origins["ui.port"] == "environment GAMETAPE_UI__PORT"


def test_a_folder_in_a_file_is_meant_from_that_file(tmp_path: Path) -> None:
    (tmp_path / "gametape.yaml").write_text("library: tapes\n")
    assert settings_in(tmp_path).settings.library == tmp_path / "tapes"


def test_an_unknown_setting_is_refused_with_its_place(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="environment GAMETAPE_LIBARY"):
        settings_in(tmp_path, GAMETAPE_LIBARY="x")


def test_a_wrong_value_is_refused_with_its_place(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"ui\.port \(environment GAMETAPE_UI__PORT\)"):
        settings_in(tmp_path, GAMETAPE_UI__PORT="many")


def test_an_inbox_in_a_file_is_meant_from_that_file_and_an_empty_one_is_none(
    tmp_path: Path,
) -> None:
    (tmp_path / "gametape.yaml").write_text("inbox: arrivals\n")
    assert settings_in(tmp_path).settings.inbox == tmp_path / "arrivals"
    assert settings_in(tmp_path, GAMETAPE_INBOX="").settings.inbox is None


@pytest.mark.parametrize(("library", "inbox"), [("in/lib", "in"), ("lib", "lib/in"), ("x", "x")])
def test_an_inbox_and_a_library_within_one_another_are_refused(
    tmp_path: Path, library: str, inbox: str
) -> None:
    with pytest.raises(InputError, match="clips would arrive as tapes"):
        settings_in(tmp_path, {"library": library, "inbox": inbox})


def test_a_program_that_is_started_gets_the_settings_in_force(tmp_path: Path) -> None:
    settings = settings_in(tmp_path, {"inbox": "in", "ui.port": "4000"}).settings
    environment = environment_with(settings, {"X": "1"})
    assert environment["X"] == "1"
    again = load_settings(environment=environment, folder=tmp_path / "elsewhere").settings
    assert again == settings
