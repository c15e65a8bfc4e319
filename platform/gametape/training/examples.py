"""From labelled tapes to what training reads: targets a row, and varied stretches of tape.

Everything random follows from a seed and the number of the step, so a run that is killed goes on
as if it had not been.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gametape.errors import InputError
from gametape.fingerprint import fingerprint
from gametape.models.base import TrainingTape
from gametape.models.heads.inputs import (
    Array,
    Weights,
    encode,
    joined,
    joined_names,
    project,
    quantiles_of,
)
from gametape.schema import Span
from gametape.training.settings import TrainSettings

REGION = re.compile(r"(.*_r\d+c)(\d+)((?:_rank|_off)?)$")
# Groups are told by what a name begins with; numbered embeddings are a group each.
GROUP = re.compile(r"^([^.]*\.[a-z]+)")
# A tape normalised by a stretch of itself, as short clips are, so often.
OWN_STRETCH = 0.5
SHORTEST_S = 6.0
FARTHEST = 5.0  # that a column ending in _off goes, as the backbone `cheap` has it


@dataclass(frozen=True)
class Example:
    """One tape as training reads it."""

    id: str
    game: str
    blocks: tuple[Array, ...]  # joined and projected, (rows, columns) each
    targets: Array  # (rows, 1 + classes): share of the row that is dead, play, ...
    step_s: float


def check_tapes(tapes: Sequence[TrainingTape], settings: TrainSettings) -> None:
    """Refuse what cannot be learned from, and say what is wrong with which tape."""
    games = {tape.game for tape in tapes}
    if len(games) < 2 * settings.inner_folds - 1 and len(games) < 4:
        raise InputError(
            f"{len(tapes)} labelled tapes of {len(games)} games: too few to learn from and to hold "
            "some back. Label tapes of at least 4 games (`gametape label`)."
        )
    first = tapes[0]
    names, steps = joined_names(first.features), [s.step_s for s in first.features]
    weights = {s.backbone: s.weights for s in first.features}
    for tape in tapes:
        if not tape.features or joined_names(tape.features) != names:
            raise InputError(
                f"{tape.id}: has other features than {first.id}. "
                "Materialize the features of all tapes with the same sport pack settings."
            )
        other = [s.backbone for s in tape.features if s.weights != weights[s.backbone]]
        if other:
            raise InputError(
                f"{tape.id}: its features of {other[0]} were made with other weights than those of "
                f"{first.id}. `gametape run` makes what is stale; else remove the features' "
                "sidecar (_meta/features.json) of the older one and run it again."
            )
        if [s.step_s for s in tape.features] != steps:
            raise InputError(
                f"{tape.id}: its features have another step than those of {first.id}. "
                "Use one signals.rate_hz for all."
            )
        for play in (*tape.plays, *tape.services):
            if not -1.0 <= play.start_s < play.end_s <= tape.duration_s + 1.0:
                raise InputError(
                    f"{tape.id}: a play from {play.start_s:g} to {play.end_s:g} s lies outside the "
                    f"tape of {tape.duration_s:g} s. Correct its labels."
                )
    if not any(tape.plays for tape in tapes):
        raise InputError("None of the tapes has a labelled play. Label some first.")
    if "service" in settings.classes and not any(tape.services for tape in tapes):
        raise InputError("No tape has labelled services. Label some, or train play alone.")


def targets_of(tape: TrainingTape, classes: Sequence[str]) -> Array:
    """(rows, 1 + classes) share of each row that is dead time, play and, where asked, service.

    Where service is no class of its own it is play.
    """
    first = tape.features[0]
    play = covered(first.time_s, first.step_s, (*tape.plays, *tape.services))
    parts = [play]
    if "service" in classes:
        service = covered(first.time_s, first.step_s, tape.services)
        parts = [np.maximum(play - service, 0.0), service]
    known = np.stack(parts, axis=1)
    dead = np.maximum(1.0 - known.sum(axis=1, keepdims=True), 0.0)
    both = np.concatenate([dead, known], axis=1)
    return np.asarray(both / both.sum(axis=1, keepdims=True), np.float32)


def covered(time_s: np.ndarray, step_s: float, spans: Sequence[Span]) -> np.ndarray:
    """Share of each row that lies in one of the spans."""
    share = np.zeros(len(time_s))
    for span in spans:
        inside = np.minimum(time_s + step_s, span.end_s) - np.maximum(time_s, span.start_s)
        share = np.maximum(share, np.clip(inside / step_s, 0.0, 1.0))
    return share


def examples_of(
    tapes: Sequence[TrainingTape], weights: Weights, classes: Sequence[str]
) -> list[Example]:
    """Tapes in the order of their ids, with the projection applied once and for all."""
    return [
        Example(
            tape.id,
            tape.game,
            tuple(project(joined(tape.features), weights)),
            targets_of(tape, classes),
            tape.features[0].step_s,
        )
        for tape in sorted(tapes, key=lambda tape: tape.id)
    ]


def data_hash(tapes: Sequence[TrainingTape]) -> str:
    """Hash of all that is learned from, whatever the order of the tapes."""
    import hashlib

    inputs = {}
    for tape in tapes:
        digest = hashlib.sha256()
        for sequence in tape.features:
            digest.update(np.ascontiguousarray(sequence.values, np.float32).tobytes())
        spans = [(span.start_s, span.end_s) for span in (*tape.plays, *tape.services)]
        inputs[tape.id] = f"{digest.hexdigest()} {tape.game} {spans}"
    return fingerprint(inputs=inputs, parameters={}, code="training-data/1")


def mirrored(names: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Order and sign of columns in a picture seen in a mirror."""
    place = {name: index for index, name in enumerate(names)}
    most: dict[str, int] = {}
    for name in names:
        if found := REGION.match(name):
            kind = found[1] + found[3]
            most[kind] = max(most.get(kind, 0), int(found[2]))
    order, sign = np.arange(len(names)), np.ones(len(names), np.float32)
    for index, name in enumerate(names):
        if found := REGION.match(name):
            across = most[found[1] + found[3]] - int(found[2])
            order[index] = place.get(f"{found[1]}{across}{found[3]}", index)
        if name.endswith("pan_x"):
            sign[index] = -1.0
    return order, sign


class Stretches:
    """Varied stretches of tapes: a batch for every step, the same for the same seed and step."""

    def __init__(
        self, examples: Sequence[Example], weights: Weights, names: Sequence[str],
        settings: TrainSettings,
    ) -> None:  # fmt: skip
        self.examples = list(examples)
        self.weights = weights
        self.settings = settings
        self.own = [[quantiles_of(block) for block in e.blocks] for e in self.examples]
        widths = [block.shape[1] for block in self.examples[0].blocks]
        is_named = sum(widths) == len(names)  # else some block was projected: no regions there
        columns = (
            list(names)
            if is_named
            else [f"b{n}.{i}" for n, w in enumerate(widths) for i in range(w)]
        )
        self.order, self.sign = mirrored(columns)
        self.can_flip = settings.flip and bool((self.order != np.arange(len(columns))).any())
        self.groups = _groups(columns, widths, copies=2 if settings.own_ranks else 1)
        self.to_rank = np.array([c.endswith("_rank") for c in columns])
        self.to_centre = np.array([c.endswith("_off") for c in columns])

    def batch(self, step: int) -> tuple[Array, Array, Array]:
        """(stretches, rows, inputs), targets and (stretches, rows) 1 where a row is of the tape."""
        rng = np.random.default_rng([self.settings.seed, 71, step])
        count = self.settings.batch
        # Every tape comes up once before any comes up twice.
        chosen = [self._turn(step * count + i) for i in range(count)]
        parts = [self._stretch(index, rng) for index in chosen]
        longest = max(len(rows) for rows, _ in parts)
        inputs = np.zeros((count, longest, parts[0][0].shape[1]), np.float32)
        targets = np.zeros((count, longest, parts[0][1].shape[1]), np.float32)
        mask = np.zeros((count, longest), np.float32)
        for place, (rows, wanted) in enumerate(parts):
            inputs[place, : len(rows)], targets[place, : len(rows)] = rows, wanted
            mask[place, : len(rows)] = 1.0
        return inputs, targets, mask

    def _turn(self, number: int) -> int:
        around, place = divmod(number, len(self.examples))
        rng = np.random.default_rng([self.settings.seed, 72, around])
        return int(rng.permutation(len(self.examples))[place])

    def _stretch(self, index: int, rng: np.random.Generator) -> tuple[Array, Array]:
        example, settings = self.examples[index], self.settings
        total = len(example.targets)
        longest = min(total, round(settings.crop_s / example.step_s))
        least = min(longest, round(SHORTEST_S / example.step_s))
        is_short = rng.random() < OWN_STRETCH
        length = int(rng.integers(least, longest + 1)) if is_short else longest
        first = int(rng.integers(0, total - length + 1))
        take = self._tempo(first, length, total, rng)
        blocks = [block[take] for block in example.blocks]
        if self.can_flip and rng.random() < 0.5:
            blocks = self._flip(blocks)
        # Half of the short ones are judged as clips of their own, as real clips are.
        own: list[Array] | None = self.own[index]
        if is_short and rng.random() < 0.5:
            blocks, own = self._alone(blocks), None
        has_own = settings.own_ranks
        inputs = encode(blocks, self.weights, has_own_ranks=has_own, own=own)
        inputs += rng.normal(0.0, settings.noise, inputs.shape).astype(np.float32)
        for group in self.groups:
            if rng.random() < settings.hide:
                inputs[:, group] = 0.0
        return inputs, example.targets[take]

    def _tempo(self, first: int, length: int, total: int, rng: np.random.Generator) -> np.ndarray:
        """Rows of a stretch that runs a little faster or slower than the tape."""
        spread = self.settings.stretch
        speed = float(np.exp(rng.uniform(-spread, spread)))
        rows = first + np.round(np.arange(round(length / speed)) * speed).astype(np.int64)
        return np.asarray(rows[rows < total])

    def _flip(self, blocks: Sequence[Array]) -> list[Array]:
        every = np.concatenate(blocks, axis=1)[:, self.order] * self.sign
        return _split_like(every, blocks)

    def _alone(self, blocks: Sequence[Array]) -> list[Array]:
        """What is set against the tape, set against this stretch, as if there were no more."""
        every = np.concatenate(blocks, axis=1)
        every[:, self.to_rank] = _placed(every[:, self.to_rank])
        off = every[:, self.to_centre]
        low, middle, high = np.quantile(off, [0.1, 0.5, 0.9], axis=0)
        spread = np.maximum((high - low) / 2.0, 1e-3)
        every[:, self.to_centre] = np.clip((off - middle) / spread, -FARTHEST, FARTHEST)
        return _split_like(every, blocks)


def _placed(rows: Array) -> Array:
    """Each value's rank in its column, -1 to 1; equals share a rank."""
    from scipy.stats import rankdata

    if rows.size == 0:
        return rows
    return np.asarray(2.0 * (rankdata(rows, axis=0) - 0.5) / len(rows) - 1.0, np.float32)


def _split_like(every: Array, blocks: Sequence[Array]) -> list[Array]:
    borders = np.cumsum([block.shape[1] for block in blocks])[:-1]
    return [np.asarray(part, np.float32) for part in np.split(every, borders, axis=1)]


def _groups(columns: Sequence[str], widths: Sequence[int], *, copies: int) -> list[np.ndarray]:
    """Inputs that are hidden together: all ranks of the columns whose names begin alike."""
    places: dict[str, list[int]] = {}
    start, offset = 0, 0
    for width in widths:
        for index in range(width):
            name = columns[start + index]
            found = GROUP.match(name)
            key = found[1] if found else name
            own = places.setdefault(key, [])
            own.extend(offset + copy * width + index for copy in range(copies))
        start, offset = start + width, offset + copies * width
    return [np.array(sorted(group)) for group in places.values()]
