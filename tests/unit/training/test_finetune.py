"""Fine-tuning of VideoMAE on made tapes: it learns, survives kills, and refuses bad input."""

import json
import signal
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file

from gametape.errors import InputError, ToolError
from gametape.models.backbones.base import Material
from gametape.models.backbones.videomae import videomae
from gametape.models.backbones.videomaefiles import (
    CONFIG,
    WEIGHTS,
    VideoMaeShape,
    config_text,
    shapes_of,
)
from gametape.models.backbones.videomaenet import load_network
from gametape.schema import Span
from gametape.training import tuning
from gametape.training.filmedtapes import (
    FilmedTape,
    all_windows,
    class_weights,
    epoch_windows,
    held_out_games,
)
from gametape.training.finetune import FineTuneSettings, finetune, read_finetuned
from gametape.training.laststates import LastStates
from gametape.video.media import create_media

RATE = 15
TINY = {
    "model_type": "videomae",
    "hidden_size": 24,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 48,
    "image_size": 32,
    "patch_size": 16,
}


def weights_folder(folder: Path, classes: tuple[str, ...] = ()) -> Path:
    """Tiny random weights, two layers at 32 pixels."""
    shape = VideoMaeShape.model_validate({**TINY, "id2label": dict(enumerate(classes))})
    rng = np.random.default_rng(0)
    folder.mkdir(parents=True)
    (folder / CONFIG).write_text(config_text(shape, classes))
    tensors = {
        name: (rng.normal(0, 0.1, size) + ("norm" in name)).astype(np.float32)
        for name, size in shapes_of(shape).items()
    }
    save_file(tensors, folder / WEIGHTS)
    return folder


def filmed(folder: Path, name: str, *, game: str | None = None, length_s: int = 8) -> FilmedTape:
    """A tape that is bright during play, from 2 s to 5 s, and dark otherwise."""
    path = folder / f"{name}.mp4"
    folder.mkdir(parents=True, exist_ok=True)
    play = Span(2.0, 5.0)
    with create_media(path) as file:
        stream = file.add_stream("libx264", rate=RATE)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.codec_context.gop_size = RATE
        stream.codec_context.options = {"preset": "ultrafast", "qp": "20", "tune": "zerolatency"}
        for number in range(length_s * RATE):
            is_play = play.start_s <= number / RATE < play.end_s
            picture = np.full((48, 64, 3), 200 if is_play else 40, np.uint8)
            picture[10 + number % 20, 10:30] = 120
            frame = av.VideoFrame.from_ndarray(picture, "rgb24")
            frame.pts, frame.time_base = number, Fraction(1, RATE)
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return FilmedTape(name, game or name, path, (play,), float(length_s))


@pytest.fixture(scope="module")
def tapes(tmp_path_factory: pytest.TempPathFactory) -> list[FilmedTape]:
    folder = tmp_path_factory.mktemp("tapes")
    return [filmed(folder, name) for name in ("one", "two", "three")]


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return weights_folder(tmp_path_factory.mktemp("weights") / "videomae")


def settings(weights: Path, **changes: object) -> FineTuneSettings:
    values: dict[str, object] = {"profile": "tennis", "source": weights, "epochs": 4, "batch": 4}
    values |= {"rate": 3e-3, "windows_a_tape": 6, "checkpoint_steps": 2}
    return FineTuneSettings.model_validate({**values, **changes})


class Killed(BaseException):
    """As sudden as a kill, for one process."""


def killed_at(step: int) -> object:
    def progress(_what: str, done: float, _total: float) -> None:
        if done == step:
            raise Killed

    return progress


def test_it_learns_what_play_looks_like_and_says_so_of_a_game_it_never_saw(
    tapes: list[FilmedTape], source: Path, tmp_path: Path
) -> None:
    done = finetune(tapes, settings(source, epochs=8), folder=tmp_path / "model")
    assert done.figures["balanced_accuracy"] > 0.9
    assert len(done.held_out) == 1
    assert done.trained_on["games"] == 2
    assert read_finetuned(tmp_path / "model") == done
    # As a backbone its rows end with the probabilities of dead time and play.
    backbone = videomae(tmp_path / "model")
    tape_folder = tmp_path / "tape"
    (tape_folder / "proxies").mkdir(parents=True)
    (tape_folder / "proxies" / "video.mp4").write_bytes(tapes[0].video.read_bytes())
    rows = backbone.rows(Material(tape_folder, 8.0, 1.0), 0, 8)
    assert rows[3, -1] > 0.5 > rows[6, -1]


def test_broken_off_at_any_step_it_ends_with_the_same_bytes(
    tapes: list[FilmedTape], source: Path, tmp_path: Path
) -> None:
    wanted = settings(source, epochs=2)
    whole = finetune(tapes, wanted, folder=tmp_path / "whole")
    assert whole.steps == 6
    for step in (1, 2, 5):
        folder = tmp_path / f"broken-{step}"
        with pytest.raises(Killed):
            finetune(tapes, wanted, folder=folder, progress=killed_at(step))  # type: ignore[arg-type]
        assert not folder.exists()
        again = finetune(list(reversed(tapes)), wanted, folder=folder)
        assert (folder / WEIGHTS).read_bytes() == (tmp_path / "whole" / WEIGHTS).read_bytes()
        assert again == whole
        assert not folder.with_name(f"{folder.name}.checkpoints").exists()


@pytest.mark.slow
def test_killed_with_signal_9_it_goes_on_and_ends_with_the_same_bytes(
    tapes: list[FilmedTape], source: Path, tmp_path: Path
) -> None:
    wanted = settings(source)
    finetune(tapes, wanted, folder=tmp_path / "whole")
    code = """
import json, os, signal, sys
from pathlib import Path
from gametape.schema import Span
from gametape.training.filmedtapes import FilmedTape
from gametape.training.finetune import FineTuneSettings, finetune
tapes = [FilmedTape(n, n, Path(p), (Span(2.0, 5.0),), 8.0) for n, p in json.loads(sys.argv[1])]
def progress(_what, done, _total):
    if done == 7:
        os.kill(os.getpid(), signal.SIGKILL)
finetune(tapes, FineTuneSettings.model_validate_json(sys.argv[2]), folder=Path(sys.argv[3]),
         progress=progress)
"""
    named = json.dumps([(tape.id, str(tape.video)) for tape in tapes])
    command = [sys.executable, "-c", code, named, wanted.model_dump_json(), str(tmp_path / "again")]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    steps: list[float] = []
    finetune(
        tapes, wanted, folder=tmp_path / "again", progress=lambda _w, done, _t: steps.append(done)
    )
    assert steps[0] == 7  # went on from step 6
    assert (tmp_path / "again" / WEIGHTS).read_bytes() == (
        tmp_path / "whole" / WEIGHTS
    ).read_bytes()


def test_a_second_run_does_nothing_and_another_rate_does(
    tapes: list[FilmedTape], source: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "model"
    first = finetune(tapes, settings(source, epochs=1), folder=folder)
    calls: list[float] = []
    assert (
        finetune(
            *(tapes, settings(source, epochs=1)),
            folder=folder,
            progress=lambda _w, done, _t: calls.append(done),
        )
        == first
    )
    assert not calls
    other = finetune(tapes, settings(source, epochs=1, rate=1e-3), folder=folder)
    assert other.sha256 != first.sha256


def test_frozen_layers_stay_as_they_are_and_the_rest_learns(
    tapes: list[FilmedTape], source: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "model"
    finetune(tapes, settings(source, epochs=1, frozen_layers=1), folder=folder)
    before, after = load_file(source / WEIGHTS), load_file(folder / WEIGHTS)
    for name, value in before.items():
        is_frozen = name.startswith(("embeddings.", "encoder.layer.0."))
        assert np.array_equal(value, after[name]) == is_frozen, name


def test_it_goes_on_from_a_model_fine_tuned_before(
    tapes: list[FilmedTape], source: Path, tmp_path: Path
) -> None:
    first = finetune(tapes, settings(source, epochs=1), folder=tmp_path / "first")
    second = finetune(
        tapes, settings(tmp_path / "first", epochs=1, rate=1e-12), folder=tmp_path / "second"
    )
    assert second.source_sha256 == first.sha256
    old = load_file(tmp_path / "first" / WEIGHTS)["classifier.weight"]
    new = load_file(tmp_path / "second" / WEIGHTS)["classifier.weight"]
    assert np.allclose(old, new, atol=1e-6)


def test_what_the_machine_gets_wrong_is_tried_again_twice_and_no_more(
    tapes: list[FilmedTape], source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = settings(source, epochs=2)
    undisturbed = finetune(tapes, wanted, folder=tmp_path / "whole")
    learn = tuning.Tuner._learn
    failures = [3, 5]

    def failing(self: tuning.Tuner, *batch: NDArray[np.generic]) -> None:
        if failures and self.step == failures[0]:
            failures.pop(0)
            raise RuntimeError("device lost")
        learn(self, *batch)  # type: ignore[arg-type]

    monkeypatch.setattr(tuning.Tuner, "_learn", failing)
    assert finetune(tapes, wanted, folder=tmp_path / "twice") == undisturbed
    failures += [1, 3, 5]
    with pytest.raises(ToolError, match="after 3 attempts"):
        finetune(tapes, wanted, folder=tmp_path / "thrice")
    assert not (tmp_path / "thrice").exists()


def test_a_rate_that_makes_the_loss_no_number_is_told(
    tapes: list[FilmedTape], source: Path, tmp_path: Path
) -> None:
    with pytest.raises(ToolError, match="lower rate"):
        finetune(tapes, settings(source, rate=1e30), folder=tmp_path / "model")
    assert not (tmp_path / "model").exists()


def test_bad_input_is_refused_before_anything_is_written(
    tapes: list[FilmedTape], source: Path, tmp_path: Path
) -> None:
    one = tapes[0]

    def with_plays(*spans: Span) -> list[FilmedTape]:
        return [FilmedTape(one.id, one.game, one.video, spans, one.duration_s), tapes[1]]

    three = ("dead", "play", "service")
    tuned = weights_folder(tmp_path / "tuned", classes=three)
    foreign = weights_folder(tmp_path / "foreign")
    save_file({"conv1.weight": np.ones(3, np.float32)}, foreign / WEIGHTS)
    gone = FilmedTape("gone", "gone", tmp_path / "gone.mp4", one.plays, 8.0)
    cases: list[tuple[list[FilmedTape], dict[str, object], str]] = [
        (with_plays(Span(7.0, 30.0)), {}, "one: the label 7.0-30.0 s lies outside the tape"),
        (with_plays(Span(-4.0, 2.0)), {}, "lies outside the tape"),
        (with_plays(Span(5.0, 5.0)), {}, "ends before it starts"),
        (tapes[:1], {}, "1 labelled tapes, at least 2"),
        ([], {}, "0 labelled tapes"),
        ([one, one], {}, "named twice"),
        ([one, gone], {}, "proxy gone.mp4 is not there"),
        (tapes, {"classes": ("play",)}, "are not known"),
        (tapes, {"classes": three}, "on no tape are services marked"),
        (tapes, {"source": tuned}, r"for 3 classes .* not for 2"),
        (tapes, {"source": foreign}, "no part of it"),
        (tapes, {"source": tmp_path / "nothing"}, "gametape models pull"),
        (tapes, {"frozen_layers": 3}, "has 2"),
    ]
    for given, changes, reason in cases:
        with pytest.raises(InputError, match=reason):
            finetune(given, settings(source, **changes), folder=tmp_path / "model")
    silent = [FilmedTape(t.id, t.game, t.video, (), 8.0) for t in tapes]
    with pytest.raises(InputError, match="no tape to learn from shows 'play'"):
        finetune(silent, settings(source), folder=tmp_path / "model")
    assert not list(tmp_path.glob("model*"))


def test_services_are_a_class_of_their_own_where_they_are_marked(
    tapes: list[FilmedTape], source: Path, tmp_path: Path
) -> None:
    served = [FilmedTape(t.id, t.game, t.video, t.plays, 8.0, (Span(2.0, 3.0),)) for t in tapes]
    three = ("dead", "play", "service")
    labels = [w.label for w in all_windows(served[0], three, 0.5)]
    assert labels.count(2) == 2 and labels.count(1) == 4
    done = finetune(served, settings(source, epochs=1, classes=three), folder=tmp_path / "model")
    assert load_network(tmp_path / "model").shape.classes == done.classes == three


def test_windows_near_a_boundary_are_not_learned_from(tapes: list[FilmedTape]) -> None:
    found = all_windows(tapes[0], ("dead", "play"), 0.1)
    middles = np.array([window.middle_s for window in found])
    for edge_s in (2.0, 5.0):
        assert np.abs(middles - edge_s).min() >= 0.25
    assert all(w.label == (2.0 <= w.middle_s < 5.0) for w in found)


def test_rare_classes_count_as_much_as_common_ones(tapes: list[FilmedTape]) -> None:
    found = all_windows(tapes[0], ("dead", "play"), 0.5)
    weights = class_weights(found, ("dead", "play"))
    counts = np.bincount([window.label for window in found])
    assert np.allclose(weights * counts, len(found) / 2)


def test_an_epochs_windows_follow_from_seed_and_epoch_alone(tapes: list[FilmedTape]) -> None:
    own = [all_windows(tape, ("dead", "play"), 0.5) for tape in tapes]
    drawn = [epoch_windows(own, 5, seed=1, epoch=epoch) for epoch in (0, 0, 1)]
    assert drawn[0] == drawn[1] != drawn[2]
    assert {tape.id: sum(w.tape is tape for w in drawn[0]) for tape in tapes} == dict.fromkeys(
        ("one", "two", "three"), 5
    )


def test_games_are_held_out_whole_and_two_always_stay(tmp_path: Path) -> None:
    made = [FilmedTape(f"t{n}", f"g{n // 2}", tmp_path, (), 1.0) for n in range(12)]
    held = held_out_games(made, 0.34, 0)
    assert len(held) == 2
    assert len(held_out_games(made, 0.99, 0)) == 4
    assert held_out_games(made[:4], 0.5, 0) == frozenset()


def test_the_last_states_are_kept_and_a_damaged_one_is_passed_over(tmp_path: Path) -> None:
    states = LastStates(tmp_path / "states", "run", keep=2)
    for step in (10, 20, 30):
        states.save(step, {"weight": np.full(3, step, np.float32)})
    assert sorted(path.name for path in states.folder.iterdir()) == [
        "step-00000020.safetensors",
        "step-00000030.safetensors",
    ]
    found = states.last()
    assert found is not None and found[0] == 30
    newest = states.folder / "step-00000030.safetensors"
    newest.write_bytes(newest.read_bytes()[:40])
    found = states.last()
    assert found is not None and found[0] == 20 and found[1]["weight"][0] == 20
    assert LastStates(states.folder, "another run").last() is None


def test_games_that_are_chosen_to_judge_are_never_learned_from(
    tapes: list[FilmedTape], source: Path, tmp_path: Path
) -> None:
    wanted = settings(source, epochs=1, judges=("one",))
    done = finetune(tapes, wanted, folder=tmp_path / "model")
    assert done.held_out == ("one",) and done.trained_on["games"] == 2
