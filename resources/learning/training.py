"""From the labelled tapes of a library to a model folder with the evidence for it beside it.

Nothing is registered here. What a run leaves is whole or not there: `models/{sport}/{digest}/` with
the model, `training.json` (what it learned from, what it was judged on) and pictures.
"""

import shutil
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from pydantic import Field, ValidationError

from gametape.aside import write_bytes, write_text
from gametape.errors import InputError
from gametape.metrics.bootstrap import intervals
from gametape.metrics.segments import SegmentTally, segment_tally
from gametape.metrics.tally import ALL, all_once, figures_of
from gametape.models.base import FeatureSequence, Interval, LearningPoint, ModelCard
from gametape.models.heads.apply import TrainedHead
from gametape.models.heads.files import CARD, WEIGHTS, digest_of, write_head
from gametape.profile import load_profile
from gametape.promotion import IOUS
from gametape.schema import Noun, Progress, Segment, Span
from resources.learning.champions import model_folder
from resources.learning.examples import Example, Known, labelled_examples, sides_of
from resources.learning.heldout import Bin, bins_of, judged_by, learning_of
from resources.learning.judging import Learned, find_all
from resources.learning.plots import learning_plots
from resources.store import Store

if TYPE_CHECKING:
    from gametape.training.settings import TrainSettings

RECORD = "training.json"
PROBE_ROWS = 48  # of the known input whose output proves that a model was loaded right
KEPT_FIGURES = ("F1@0.50", "F1@0.30", "F1@0.70", "precision@0.50", "recall@0.50")


class Request(Noun):
    """What somebody asked to be trained."""

    profile: str
    tapes: tuple[str, ...] = ()  # ids; none: all labelled tapes of the sport pack
    dataset: str = ""  # or the tapes of a dataset
    kind: str = "temporal"
    seed: int = Field(0, ge=0)
    steps: int | None = Field(None, ge=1)  # at most; None: as many as there are by default
    hold_out: float = Field(0.25, gt=0, lt=1)  # share of games that judge and never train
    learning_curve: bool = False  # whether heads of fewer games are trained beside it


class Record(Noun):
    """`training.json`: what a model learned from and was judged on, so that it can be weighed."""

    request: Request
    trained: tuple[Known, ...]
    held_out: tuple[Known, ...]
    data_hash: str
    code_version: str
    seconds: float
    figures: dict[str, Interval]
    tapes: dict[str, float]  # F1 of each held-out tape
    calibration_error: float | None = None  # on the held-out tapes
    reliability: tuple[Bin, ...] = ()  # of the same; tenths without a row are left out
    # F1 of heads that learned from fewer games, the model itself last; empty where none was asked.
    learning: tuple[LearningPoint, ...] = ()
    probe: tuple[float, ...]  # what the model says of a known input


@dataclass(frozen=True)
class Trained:
    """A finished model in the library."""

    folder: Path
    digest: str
    card: ModelCard
    record: Record


def train_model(store: Store, request: Request, *, progress: Progress) -> Trained:
    """Train on some games, judge on the others, and put model and evidence into the library."""
    started = time.monotonic()
    profile = load_profile(request.profile, folder=store.profiles)
    examples = labelled_examples(store, profile, ids=request.tapes, dataset=request.dataset)
    own, held = sides_of(store, examples, dataset=request.dataset, share=request.hold_out)
    if not any(e.training.plays for e in held):
        raise InputError(
            "None of the tapes that judge has a labelled play. Label tapes of more games."
        )
    settings = _settings_of(request)
    learning: tuple[LearningPoint, ...] = ()
    head = _train(store, own, settings, progress)
    with tempfile.TemporaryDirectory() as scratch:
        write_head(Path(scratch) / "head", head)
        rival = Learned.of(Path(scratch) / "head", profile=profile.name, version="new")
        found = find_all(rival, held, profile)
        tally = tally_of(held, {name: one.plays for name, one in found.items()})
        figures = intervals_of(tally)
        head = replace(head, card=head.card.model_copy(update={"figures": figures}))
        sides = [e.training for e in own], [e.training for e in held]
        honest = judged_by(head, sides[1])
        if request.learning_curve:
            whole = figures[KEPT_FIGURES[0]]
            learning = learning_of(*sides, settings, profile.fusion, whole=whole, progress=progress)
        record = Record(
            request=request,
            trained=tuple(e.known for e in own),
            held_out=tuple(e.known for e in held),
            data_hash=head.card.data_hash,
            code_version=head.card.code_version,
            seconds=round(time.monotonic() - started, 3),
            figures=figures,
            tapes=_by_tape(tally),
            calibration_error=round(honest.calibration_error, 6),
            reliability=bins_of(honest),
            learning=learning,
            probe=probe_of(head),
        )
        plots = learning_plots(honest, record.tapes)
    folder = keep(store.root, profile.name, head, record, plots)
    return Trained(folder, digest_of(folder), head.card, record)


def keep(
    library: Path, profile: str, head: TrainedHead, record: Record, plots: Mapping[str, bytes]
) -> Path:
    """Put a model with its evidence into the library; the model folder itself comes last."""
    parent = library / "models" / profile
    parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=".new-", dir=parent))
    try:
        digest = write_head(aside / "model", head)
        folder = model_folder(library, profile, digest)
        for name, content in plots.items():
            write_bytes(aside / "model" / name, content)
        write_text(aside / "model" / RECORD, record.model_dump_json(indent=2) + "\n")
        if not (folder / CARD).is_file():
            shutil.rmtree(folder, ignore_errors=True)
            (aside / "model").replace(folder)
        elif record.learning:  # the same model, with more evidence
            write_text(folder / RECORD, record.model_dump_json(indent=2) + "\n")
        return folder
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def adopt(library: Path, profile: str, source: Path) -> Path:
    """Copy a model folder into the library, under its digest; one that is there is left alone."""
    digest = digest_of(source)
    folder = model_folder(library, profile, digest)
    if (folder / CARD).is_file() and digest_of(folder) == digest:
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=".new-", dir=folder.parent))
    try:
        for path in sorted(source.iterdir()):
            if path.name in (WEIGHTS, CARD, RECORD) or path.suffix == ".png":
                shutil.copyfile(path, aside / path.name)
        shutil.rmtree(folder, ignore_errors=True)
        aside.chmod(0o755)
        aside.replace(folder)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return folder


def record_of(folder: Path) -> Record | None:
    """What a model's training left; None for a model from elsewhere."""
    try:
        return Record.model_validate_json((folder / RECORD).read_bytes())
    except FileNotFoundError:
        return None
    except ValidationError as error:
        raise InputError(
            f"{folder / RECORD}: not readable ({error.errors()[0]['msg']}). Train the model again."
        ) from error


def probe_of(head: TrainedHead) -> tuple[float, ...]:
    """What a model says of an input that is the same everywhere."""
    card = head.card
    random = np.random.default_rng(7)
    widths = [int(card.shape[f"width_{number}"]) for number in range(len(card.backbones))]
    sequences = []
    names = list(card.feature_names)
    for backbone, wide in zip(card.backbones, widths, strict=True):
        own = tuple(name.partition(".")[2] for name in names[:wide])
        del names[:wide]
        sequences.append(
            FeatureSequence(
                backbone=backbone,
                time_s=np.asarray(np.arange(PROBE_ROWS) * card.step_s, np.float64),
                values=random.normal(size=(PROBE_ROWS, wide)).astype(np.float32),
                step_s=card.step_s,
                names=own,
            )
        )
    said = head.probabilities(tuple(sequences))[:, 0]
    return tuple(round(float(value), 6) for value in said)


def tally_of(examples: Sequence[Example], found: Mapping[str, Sequence[Span]]) -> SegmentTally:
    """True plays against found ones, tape by tape."""
    truth = {e.training.id: _segments(e.training.plays) for e in examples}
    return segment_tally(truth, {name: _segments(found[name]) for name in truth}, ious=IOUS)


def intervals_of(tally: SegmentTally) -> dict[str, Interval]:
    """The figures that a card tells, each with its interval over tapes."""
    values, drawn = figures_of(tally), intervals(tally)
    told = {}
    for name in KEPT_FIGURES:
        value, interval = values[name, ALL], drawn.get((name, ALL))
        low, high = (interval.low, interval.high) if interval else (value, value)
        told[name] = Interval(value=round(value, 6), low=round(low, 6), high=round(high, 6))
    return told


def _by_tape(tally: SegmentTally) -> dict[str, float]:
    once = all_once(tally)
    alone = {}
    for index, name in enumerate(tally.tapes):
        weights = np.zeros_like(once)
        weights[index] = 1
        alone[name] = round(tally.figures(weights)[KEPT_FIGURES[0], ALL], 6)
    return alone


def _segments(spans: Sequence[Span]) -> list[Segment]:
    return [Segment(span.start_s, span.end_s) for span in spans]


def _train(
    store: Store, examples: Sequence[Example], settings: "TrainSettings", progress: Progress
) -> TrainedHead:
    """The head, with checkpoints in the library, so that a run that is killed goes on."""
    from gametape.training.validate import train_for_use

    profile = load_profile(settings.profile, folder=store.profiles)
    checkpoints = store.root / "models" / settings.profile / ".checkpoints"
    head, _ = train_for_use(
        [e.training for e in examples],
        settings,
        profile.fusion,
        progress=progress,
        checkpoints=checkpoints,
    )
    shutil.rmtree(checkpoints, ignore_errors=True)
    return head


def _settings_of(request: Request) -> "TrainSettings":
    """How the request wants it trained."""
    from gametape.training.settings import TrainSettings

    values: dict[str, object] = {
        "profile": request.profile,
        "kind": request.kind,
        "seed": request.seed,
    }
    if request.steps is not None:
        values |= {"max_steps": request.steps, "check_steps": min(30, request.steps)}
    try:
        return TrainSettings.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise InputError(f"{where}: {first['msg']}. Correct what was asked for.") from error
