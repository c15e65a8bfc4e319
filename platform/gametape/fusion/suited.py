"""Fusion for a learned model: its own borders on its own probabilities, the sport pack's the rest.

A sport pack's borders were set for its explicit scorer, whose scores mean something else. What
somebody changed by hand wins over both.
"""

from collections.abc import Mapping

from pydantic import ValidationError

from gametape.errors import InputError
from gametape.profile import FusionSettings

# What a clip shows around a play is a matter of taste, not of probabilities.
OF_THE_PACK = frozenset(["pad_before_s", "pad_after_s", "clip_min_s", "clip_max_s", "overlap"])


def suited(
    settings: FusionSettings,
    model: Mapping[str, object],
    changes: Mapping[str, object],
) -> FusionSettings:
    """The pack's fusion with the model's values, and on top `changes` such as fusion.enter."""
    by_hand = {
        key.removeprefix("fusion."): value
        for key, value in changes.items()
        if key.startswith("fusion.")
    }
    own = {key: value for key, value in model.items() if key not in OF_THE_PACK}
    try:
        return FusionSettings.model_validate({**settings.model_dump(), **own, **by_hand})
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise InputError(
            f"The model's card and the changes of fusion do not go together ({faults}). "
            "Correct the changes, or choose another model."
        ) from error
