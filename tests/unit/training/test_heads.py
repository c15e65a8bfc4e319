"""Training: it learns, repeats itself to the last bit, survives a kill, and refuses rubbish."""

import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from gametape.errors import InputError
from gametape.models.base import TrainingTape
from gametape.models.heads.files import digest_of, write_head
from gametape.schema import Span
from gametape.training.heads import train, train_head
from tests.unit.training.made_tapes import QUICK, made_tape, made_tapes


class KilledError(Exception):
    """What a kill looks like from within."""


def agreement(tape: TrainingTape, said: np.ndarray) -> float:
    first = tape.features[0]
    middle = first.time_s + first.step_s / 2
    true = np.zeros(len(middle), bool)
    for play in tape.plays:
        true |= (middle >= play.start_s) & (middle < play.end_s)
    return float(((said > 0.5) == true).mean())


@pytest.mark.parametrize("kind", ["temporal", "linear-hmm"])
def test_a_head_tells_play_on_a_tape_that_it_never_saw(kind: str, tmp_path: Path) -> None:
    settings = QUICK.model_copy(update={"kind": kind})
    head = train_head(made_tapes(), settings)
    unseen = made_tape(99)
    assert agreement(unseen, head.probabilities(unseen.features)[:, 0]) > 0.93
    assert head.card.trained_on["tapes"] == 6
    assert head.card.shape["states"] == 2
    write_head(tmp_path / "m", head)  # fits its card


def test_the_same_tapes_in_any_order_on_any_number_of_threads_give_the_same_bytes(
    tmp_path: Path,
) -> None:
    import torch

    tapes = made_tapes()
    settings = QUICK.model_copy(update={"max_steps": 6, "check_steps": 3})
    first = write_head(tmp_path / "first", train_head(tapes, settings))
    threads = torch.get_num_threads()
    random.Random(4).shuffle(tapes)
    try:
        torch.set_num_threads(3)
        second = write_head(tmp_path / "second", train_head(tapes, settings))
    finally:
        torch.set_num_threads(threads)
    assert first == second
    other = settings.model_copy(update={"seed": 1})
    assert write_head(tmp_path / "other", train_head(tapes, other)) != first


def test_training_that_was_killed_goes_on_and_ends_as_if_it_had_not_been(tmp_path: Path) -> None:
    tapes = made_tapes()
    told: list[float] = []

    def until_killed(_what: str, done: float, _total: float) -> None:
        told.append(done)
        if len(told) == 3:
            raise KilledError

    with pytest.raises(KilledError):
        train_head(tapes, QUICK, progress=until_killed, checkpoints=tmp_path / "state")
    rest: list[float] = []
    resumed = train_head(
        tapes,
        QUICK,
        progress=lambda _what, done, _total: rest.append(done),
        checkpoints=tmp_path / "state",
    )
    whole: list[float] = []
    at_once = train_head(tapes, QUICK, progress=lambda _what, done, _total: whole.append(done))
    assert len(rest) < len(whole)
    assert write_head(tmp_path / "a", resumed) == write_head(tmp_path / "b", at_once)


def test_checkpoints_of_other_data_or_half_a_file_are_not_taken_up(tmp_path: Path) -> None:
    settings = QUICK.model_copy(update={"max_steps": 4, "check_steps": 2})
    state = tmp_path / "state"
    train_head(made_tapes(), settings, checkpoints=state)
    for path in state.iterdir():
        path.write_bytes(path.read_bytes()[:100])
    again = train_head(made_tapes(), settings, checkpoints=state)
    fewer = train_head(made_tapes(5), settings, checkpoints=state)
    write_head(tmp_path / "again", again)
    write_head(tmp_path / "clean", train_head(made_tapes(), settings))
    write_head(tmp_path / "fewer", fewer)
    write_head(tmp_path / "clean5", train_head(made_tapes(5), settings))
    assert digest_of(tmp_path / "again") == digest_of(tmp_path / "clean")
    assert digest_of(tmp_path / "fewer") == digest_of(tmp_path / "clean5")


def test_every_training_tape_has_scores_of_a_head_that_did_not_know_it() -> None:
    tapes = made_tapes()
    training = train(tapes, QUICK)
    assert set(training.held_back) == {tape.id for tape in tapes}
    for tape in tapes:
        assert agreement(tape, training.held_back[tape.id][:, 0]) > 0.9


def test_service_is_told_apart_from_the_rest_of_play_where_it_is_labelled() -> None:
    tapes = []
    for tape in made_tapes():
        services = tuple(Span(play.start_s, play.start_s + 1.5) for play in tape.plays)
        values = tape.features[0].values.copy()
        time_s = tape.features[0].time_s
        for service in services:
            values[(time_s >= service.start_s) & (time_s < service.end_s), 3] += 4.0
        features = (replace(tape.features[0], values=values),)
        tapes.append(replace(tape, services=services, features=features))
    changes = {"kind": "linear-hmm", "classes": ("play", "service")}
    settings = QUICK.model_copy(update=changes)
    found = train_head(tapes[1:], settings).probabilities(tapes[0].features)
    assert found.shape[1] == 2
    service = tapes[0].services[0]
    assert found[round(service.start_s * 4) + 2, 1] > 0.5
    with pytest.raises(InputError, match="No tape has labelled services"):
        train_head(made_tapes(), settings)


@pytest.mark.parametrize(
    ("spoilt", "says"),
    [
        (lambda t: replace(t, plays=(Span(50, 80),)), "lies outside the tape"),
        (lambda t: replace(t, plays=(Span(9, 4),)), "lies outside the tape"),
        (lambda t: replace(t, features=(replace(t.features[0], names=()),)), "other features"),
        (lambda t: replace(t, features=(replace(t.features[0], step_s=0.5),)), "another step"),
        (lambda t: replace(t, features=()), "other features"),
    ],
)
def test_a_tape_that_cannot_be_learned_from_is_named(spoilt, says: str) -> None:  # type: ignore[no-untyped-def]
    tapes = made_tapes()
    with pytest.raises(InputError, match=rf"tape-3.*{says}"):
        train_head([*tapes[:3], spoilt(tapes[3]), *tapes[4:]], QUICK)


def test_too_few_games_or_no_plays_are_refused() -> None:
    with pytest.raises(InputError, match="2 labelled tapes of 2 games: too few"):
        train_head(made_tapes(2), QUICK)
    same_game = [replace(tape, game="one") for tape in made_tapes()]
    with pytest.raises(InputError, match="6 labelled tapes of 1 games: too few"):
        train_head(same_game, QUICK)
    with pytest.raises(InputError, match="None of the tapes has a labelled play"):
        train_head([replace(tape, plays=()) for tape in made_tapes()], QUICK)
    with pytest.raises(InputError, match="0 labelled tapes"):
        train_head([], QUICK)


def with_weights(tape: TrainingTape, weights: str) -> TrainingTape:
    return replace(tape, features=tuple(replace(s, weights=weights) for s in tape.features))


def test_a_head_refuses_features_that_were_made_with_other_weights() -> None:
    tapes = [with_weights(tape, "a" * 64) for tape in made_tapes()]
    with pytest.raises(InputError, match=f"{tapes[1].id}: its features of .* other weights"):
        train_head([tapes[0], with_weights(tapes[1], "b" * 64), *tapes[2:]], QUICK)
    head = train_head(tapes, QUICK.model_copy(update={"kind": "linear-hmm"}))
    assert set(head.card.backbone_digests.values()) == {"a" * 64}
    head.probabilities(tapes[0].features)
    head.probabilities(with_weights(tapes[0], "").features)  # of an age that did not say
    with pytest.raises(InputError, match=r"features\.weights"):
        head.probabilities(with_weights(tapes[0], "b" * 64).features)
