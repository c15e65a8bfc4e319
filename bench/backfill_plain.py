"""The reference of `bench.backfill`: the line of a few tapes in one process, without runs.

Prints the processor seconds of one tape, the first left out, which pays for imports.
"""

import importlib
import inspect
import os
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from definitions import build_defs
from gametape.fingerprint import hash_file
from gametape.line import STEPS, order_of
from resources.settings import load_settings
from resources.store import Store
from resources.tape import Tape


def make_tape(tape: Tape, *, with_views: bool) -> None:
    """Publish every step of a tape; look at each as the UI and its check do, where asked."""
    from assets import checks

    against: dict[str, Callable[[Tape], object]] = {
        "sources": checks._source_is_playable,
        "proxies": checks._proxy_matches_source,
        "signals": checks._signals_cover_the_tape,
        "predictions": checks._predictions_are_gapless,
        "segments": checks._segments_are_well_formed,
        "clips": checks._every_clip_is_exact,
    }
    at_hand: dict[str, object] = {
        "progress": lambda _what, _done, _total: None,
        "weights": (build_defs(load_settings().settings).resources or {})["weights"],
    }
    for step in STEPS:
        asset = importlib.import_module(f"assets.{step.name}")
        asked = inspect.signature(asset.make).parameters
        given = {name: value for name, value in at_hand.items() if name in asked}
        tape.publish(step.name, partial(asset.make, tape, **given), run_id="bench")
        if with_views:
            asset.show(tape)
            against.get(step.name, str)(tape)


def _processor_s() -> float:
    return sum(os.times()[:4])  # with children that have ended


def main() -> None:
    """Make the tapes of a folder in a store of its own."""
    season, with_views = Path(sys.argv[1]), "--views" in sys.argv
    used: list[float] = []
    with tempfile.TemporaryDirectory() as place:
        store = Store(Path(place))
        for video in sorted(season.glob("*.mp4")):
            order = order_of(video, content_hash=hash_file(video), profile="tennis")
            store.put_order(order)
            before = _processor_s()
            make_tape(store.tape(order.id), with_views=with_views)
            used.append(_processor_s() - before)
    print(sum(used[1:]) / len(used[1:]))


if __name__ == "__main__":
    main()
