"""How long a plan takes for 200 and for ten thousand finished tapes of twenty clips each.

The reference timed in the same run is one bare walk through all files of the library's tapes.
"""

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from gametape.line import Order, fingerprint_of, inputs_of, parameters_of, steps_for
from gametape.profile import load_profile
from resources.planning.plans import make_plan
from resources.publishing import Sidecar, sidecar_path
from resources.store import Store

PROFILE = load_profile("tennis")
CLIPS = 20


def put_tape(store: Store, video: Path, number: int) -> None:
    """A finished tape: an order, sidecars, and empty files of the sizes that they name."""
    order = Order(
        id=f"tape-{number:012d}",
        name=video.name,
        path=str(video),
        content_hash=f"{number:064x}",
        profile=PROFILE.name,
    )
    folder = store.root / "videos" / order.id
    (folder / "_meta").mkdir(parents=True)
    (folder / "clips").mkdir()
    known: dict[str, str] = {}
    for step in steps_for(order):
        known[step.name] = fingerprint_of(step, order, PROFILE, known)
        names = [f"clips/{n:04d}.{kind}" for n in range(CLIPS) for kind in ("mp4", "jpg", "webp")]
        files = dict.fromkeys(names if step.name == "clips" else [f"{step.name}.bin"], 1)
        if step.name == "sources":
            facts = json.dumps({"duration_s": 3600.0, "bytes": 1})
            (folder / "sources.json").write_text(facts)
            files = {"sources.json": len(facts)}
        for name in files.keys() - {"sources.json"}:
            (folder / name).write_bytes(b"1")
        sidecar = Sidecar(
            asset=step.name,
            fingerprint=known[step.name],
            inputs={name: known[name] for name in inputs_of(step, order)},
            parameters=parameters_of(step, order, PROFILE),
            code=step.code,
            run_id="bench",
            seconds=60.0,
            files=files,
        )
        sidecar_path(folder, step.name).write_text(sidecar.model_dump_json(indent=2))
    inbox = store.root / "inbox"
    inbox.mkdir(exist_ok=True)
    (inbox / f"{order.id}.json").write_text(order.model_dump_json())


def walk(root: Path) -> None:
    """Look at every file of a folder, and nothing else."""
    for folder, _, names in os.walk(root):
        for name in names:
            os.stat(os.path.join(folder, name))  # noqa: PTH116, PTH118 (the bare system call)


def best_of(work: Callable[[], object], times: int = 3) -> tuple[float, float]:
    """Least seconds by the clock, and of the processor, of a few tries."""
    spent = []
    for _ in range(times):
        began, used = time.monotonic(), time.process_time()
        work()
        spent.append((time.monotonic() - began, time.process_time() - used))
    return min(spent)


def main() -> None:
    """Plan libraries of growing size: with nothing stale, and with a changed threshold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tapes", type=int, nargs="*", default=[200, 2_000, 10_000])
    for count in parser.parse_args().tapes:
        with tempfile.TemporaryDirectory() as place:
            store, video = Store(Path(place)), Path(place) / "match.mp4"
            video.write_bytes(b"1")
            for number in range(count):
                put_tape(store, video, number)
            reference_s, _ = best_of(partial(walk, store.root / "videos"))
            print(f"{count:6d} tapes, walk (reference)  {reference_s:7.2f} s")
            told: dict[str, dict[str, str | int | float | bool | None]] = {"nothing stale": {}}
            told["a threshold changed"] = {"fusion.enter": 0.9}
            for words, changes in told.items():
                seconds, used_s = best_of(partial(make_plan, store, changes=changes))
                print(
                    f"{count:6d} tapes, {words:20s}  {seconds:7.2f} s  {used_s:6.2f} s processor  "
                    f"{seconds / reference_s:5.1f} x walking"
                )


if __name__ == "__main__":
    main()
