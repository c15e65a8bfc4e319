"""The store: an artifact is there whole or not at all, and is made once."""

from pathlib import Path

import pytest

from gametape.errors import InputError, ToolError
from gametape.line import Order
from resources.store import Store
from resources.tape import Tape

ORDER = Order(
    id="match-0123456789ab",
    name="match.mp4",
    path="match.mp4",
    content_hash="0" * 64,
    profile="tennis",
)


@pytest.fixture
def tape(tmp_path: Path) -> Tape:
    store = Store(tmp_path)
    store.put_order(ORDER)
    return store.tape(ORDER.id)


def write(name: str, text: str):
    def make(aside: Path) -> None:
        (aside / name).parent.mkdir(parents=True, exist_ok=True)
        (aside / name).write_text(text)

    return make


def test_an_artifact_is_made_once_and_then_kept(tape: Tape) -> None:
    first = tape.publish("sources", write("sources.json", "{}"), run_id="1")
    second = tape.publish("sources", write("sources.json", "other"), run_id="2")
    assert (first.is_new, second.is_new) == (True, False)
    assert tape.path("sources.json").read_text() == "{}"
    assert second.sidecar.run_id == "1"


def test_a_step_that_fails_leaves_what_was_there(tape: Tape) -> None:
    tape.publish("sources", write("sources.json", "{}"), run_id="1")
    tape.path("sources.json").write_text("damaged by hand")

    def fail(aside: Path) -> None:
        (aside / "sources.json").write_text("half")
        raise ToolError("the encoder stopped")

    with pytest.raises(ToolError):
        tape.publish("sources", fail, run_id="2")
    assert tape.path("sources.json").read_text() == "damaged by hand"
    assert not tape.path(".aside").exists()


def test_a_damaged_artifact_is_made_again(tape: Tape) -> None:
    tape.publish("sources", write("sources.json", "{}"), run_id="1")
    tape.path("sources.json").write_text("longer than before")
    assert "sources" in tape.stale_steps()
    assert tape.publish("sources", write("sources.json", "{}"), run_id="2").is_new


def test_files_that_a_new_version_no_longer_has_are_removed(tape: Tape, tmp_path: Path) -> None:
    tape.publish("sources", write("old.json", "{}"), run_id="1")
    other = Tape(tape.folder, ORDER.model_copy(update={"content_hash": "1" * 64}))
    other.publish("sources", write("new.json", "{}"), run_id="2")
    assert not tape.path("old.json").exists()
    assert tape.path("new.json").exists()


def test_a_step_without_its_inputs_says_which(tape: Tape) -> None:
    with pytest.raises(InputError, match="proxies needs sources"):
        tape.publish("proxies", write("x", ""), run_id="1")


def test_a_full_disk_is_a_machine_fault_and_nothing_is_published(tape: Tape) -> None:
    def fill(_aside: Path) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(ToolError, match="no space left"):
        tape.publish("sources", fill, run_id="1")
    assert tape.sidecar("sources") is None


def test_what_a_killed_worker_left_aside_is_swept(tape: Tape) -> None:
    left = tape.folder / ".aside" / "sources"
    left.mkdir(parents=True)
    (left / "half.mp4").write_text("half")
    tape.publish("sources", write("sources.json", "{}"), run_id="1")
    assert not left.exists()
    assert not tape.path("half.mp4").exists()


def test_ids_that_could_leave_the_library_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be a tape"):
        Store(tmp_path).tape("../../secrets")


def test_files_put_early_are_there_before_the_step_ends_and_the_sidecar_is_not(
    tape: Tape,
) -> None:
    tape.publish("sources", write("sources.json", "old"), run_id="1")
    other = Tape(tape.folder, ORDER.model_copy(update={"content_hash": "1" * 64}))

    def make(aside: Path) -> None:
        write("clips/0001.mp4", "first")(aside)
        other.put_early("clips/0001.mp4")
        assert other.path("clips/0001.mp4").read_text() == "first"
        assert other.path("sources.json").read_text() == "old"
        assert other.sidecar("sources") is None
        write("manifest.json", "1 of 2")(aside)
        other.put_early("manifest.json")
        write("manifest.json", "2 of 2, longer")(aside)
        write("clips/0002.mp4", "second")(aside)

    published = other.publish("sources", make, run_id="2")
    assert published.sidecar.files == {
        "clips/0001.mp4": 5,
        "clips/0002.mp4": 6,
        "manifest.json": 14,
    }
    assert other.path("manifest.json").read_text() == "2 of 2, longer"
    assert not tape.path("sources.json").exists()
    assert other.sidecar("sources") is not None
    assert [p.name for p in tape.path("_meta").iterdir() if p.suffix == ".files"] == []


def test_what_a_killed_worker_put_in_place_is_swept_by_the_next(tape: Tape) -> None:
    tape.publish("sources", write("clips/0009.mp4", "of a longer list"), run_id="1")
    other = Tape(tape.folder, ORDER.model_copy(update={"content_hash": "1" * 64}))

    def die(aside: Path) -> None:
        for number in (1, 2, 3):
            write(f"clips/000{number}.mp4", "whole")(aside)
            other.put_early(f"clips/000{number}.mp4")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        other.publish("sources", die, run_id="2")
    assert tape.sidecar("sources") is None
    assert tape.path("clips/0009.mp4").exists()  # nobody knows yet what the new list will be
    tape.publish("sources", write("clips/0001.mp4", "new"), run_id="3")
    assert [p.name for p in tape.path("clips").iterdir()] == ["0001.mp4"]
