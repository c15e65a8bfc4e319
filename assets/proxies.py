"""Asset `proxies`: the one decode of each tape, and all that comes from it."""

from pathlib import Path

import dagster as dg

from assets.publishing import Metadata, publish_step, upstream
from assets.videos import videos
from gametape.line import STEP
from gametape.schema import Progress
from gametape.video.proxy import run_pass
from resources.publishing import write_json
from resources.store import Store, Tape


@dg.asset(
    partitions_def=videos,
    group_name="video",
    kinds={"python", "video"},
    code_version=STEP["proxies"].code,
    deps=upstream("proxies"),
)
def proxies(
    context: dg.AssetExecutionContext,
    store: dg.ResourceParam[Store],
    progress: dg.ResourceParam[Progress],
) -> dg.MaterializeResult[None]:
    """The 480p analysis proxy, the sound at 16 kHz and all raw signals, from a single decode."""

    def make(tape: Tape, aside: Path) -> None:
        report = run_pass(
            tape.order.file,
            aside / "proxies",
            settings=tape.profile.proxy,
            limit_s=tape.order.limit_s,
            progress=progress,
        )
        write_json(aside / "proxies" / "report.json", report)
        tape.parts = dict(report.timings)

    return publish_step(context, store, make, show)


def show(tape: Tape) -> Metadata:
    """What was written, for the UI."""
    return {}
