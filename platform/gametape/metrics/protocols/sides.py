"""What the protocols ask of both sides of an evaluation, whatever lies in them."""

from collections.abc import Iterable, Mapping, Sequence

from gametape.errors import InputError
from gametape.metrics.scorecard import Contents


def contents_of(
    truth: Mapping[str, Sequence[object]], found: Mapping[str, Sequence[object]], noun: str
) -> Contents:
    """How many tapes, true things and found things there are."""
    counts = [sum(len(items) for items in side.values()) for side in (truth, found)]
    return Contents(len({*truth, *found}), counts[0], counts[1], noun)


def labels_in(tapes: Mapping[str, Iterable[object]]) -> set[str]:
    """The classes that occur."""
    return {str(getattr(item, "label", "")) for items in tapes.values() for item in items}


def need_plays(protocol: str, truth: Mapping[str, Sequence[object]]) -> None:
    """Refuse a truth without anything to find: average precision has no meaning there."""
    if not any(truth.values()):
        raise InputError(f"{protocol}: the truth holds nothing to find. Give one with labels.")


def need_same_tapes(protocol: str, truth: Iterable[str], found: Iterable[str]) -> None:
    """Refuse sides that do not hold the same tapes."""
    if odd := sorted(set(truth) ^ set(found)):
        raise InputError(
            f"{protocol}: {len(odd)} tapes are on one side only ({', '.join(odd[:5])}). "
            "Give a file for each tape on both sides; it may be empty."
        )
