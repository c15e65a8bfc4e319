"""Real clips with hand labels as tapes of a library, up to their features. Nothing is judged here.

The folder is that of `bench.real_clips`; a clip that the library has already is left alone.
"""

from collections.abc import Sequence
from pathlib import Path

from app.ordering import make_order
from app.settings import in_force
from assets import features, proxies, signals, sources
from bench.real_clips import PROFILE_OF, SUFFIXES, plays
from gametape.exports.cutlist import write_cutlist
from gametape.features import read_sequence
from gametape.models.base import TrainingTape
from gametape.schema import Segment, no_progress
from gametape.tables import read_table
from resources.learning.weights import Weights
from resources.store import Store
from resources.tape import Tape

GAME = "real"  # of every such tape


def add_real(library: Path, folder: Path, profiles: Sequence[str]) -> int:
    """Put the labelled clips of these sport packs into a library; how many there are."""
    count = 0
    for video in sorted(path for path in folder.rglob("*") if path.suffix in SUFFIXES):
        named = [PROFILE_OF[part] for part in video.absolute().parts if part in PROFILE_OF]
        marked = video.with_suffix(".labels.json")
        if named and named[-1] in profiles and marked.is_file():
            _add(library, video, marked, named[-1])
            count += 1
    return count


def _add(library: Path, video: Path, marked: Path, profile: str) -> None:
    settings = in_force(library=library).settings
    store = Store(settings.library, settings.profiles)
    order = make_order(video, settings, sport=profile)
    order = order.model_copy(update={"game": {"game": GAME, "clip": video.stem}})
    store.put_order(order)
    tape = store.tape(order.id)
    tape.publish("sources", lambda aside: sources.make(tape, aside), run_id="bench")
    tape.publish("proxies", lambda aside: proxies.make(tape, aside, no_progress), run_id="bench")
    tape.publish("signals", lambda aside: signals.make(tape, aside), run_id="bench")
    weights = Weights(library / "weights")
    tape.publish(
        "features", lambda aside: features.make(tape, aside, weights, no_progress), run_id="bench"
    )
    end_s = sources.read_source(tape).duration_s  # labels were rounded, some past it
    found = [Segment(play.start_s, min(play.end_s, end_s)) for play in plays(marked)]
    if found:
        write_cutlist(tape.labels_file, found)


def without_play(tape: Tape, backbones: Sequence[str]) -> TrainingTape:
    """A tape of dead time only, which no list of plays can say: one has a play at least."""
    return TrainingTape(
        id=tape.order.id,
        game=GAME,
        features=tuple(read_sequence(tape.folder, name) for name in backbones),
        plays=(),
        duration_s=sources.read_source(tape).duration_s,
        strata={},
        cuts_s=tuple(read_table(tape.path("signals/cuts.parquet"))["time_s"].to_list()),
    )
