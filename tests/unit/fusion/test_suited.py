"""Fusion for a learned model: its borders, the sport pack's padding, and a hand's last word."""

import pytest

from gametape.errors import InputError
from gametape.fusion.suited import suited
from gametape.profile import FusionSettings

PACK = FusionSettings(enter=0.6, leave=0.4, boundary=0.1, pad_before_s=1.5)


def test_a_models_borders_replace_the_packs_and_its_padding_does_not() -> None:
    found = suited(PACK, {"enter": 0.5, "pad_before_s": 9.0}, {})
    assert (found.enter, found.leave, found.pad_before_s) == (0.5, 0.4, 1.5)


def test_what_a_hand_changed_wins_over_the_model() -> None:
    found = suited(PACK, {"enter": 0.5}, {"fusion.enter": 0.7, "scorer.name": "learned"})
    assert found.enter == 0.7


def test_values_that_do_not_go_together_are_refused() -> None:
    with pytest.raises(InputError, match="do not go together"):
        suited(PACK, {"leave": 0.2, "boundary": 0.1}, {"fusion.enter": 0.15})
