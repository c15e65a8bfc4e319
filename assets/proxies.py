"""Asset `proxies`: the one decode of each tape, and all that comes from it."""

from pathlib import Path

import dagster as dg

from assets.publishing import Metadata, publish_step, tape_asset
from assets.sources import source_file
from gametape.report.summary import findings_table, markdown_table
from gametape.schema import Progress
from gametape.video.proxy import PassReport, run_pass
from resources.publishing import write_json
from resources.store import Store
from resources.tape import Tape


@tape_asset("video", kinds={"python", "video"}, reads="media")
def proxies(
    context: dg.AssetExecutionContext,
    store: dg.ResourceParam[Store],
    progress: dg.ResourceParam[Progress],
) -> dg.MaterializeResult[None]:
    """The 480p analysis proxy, the sound at 16 kHz and all raw signals, from a single decode."""
    return publish_step(context, store, lambda tape, aside: make(tape, aside, progress), show)


def make(tape: Tape, aside: Path, progress: Progress) -> None:
    """Decode the tape once; the tables go beside the signals that are made from them."""
    folder = aside / "proxies"
    report = run_pass(
        source_file(tape),
        folder,
        settings=tape.profile.proxy,
        limit_s=tape.order.limit_s,
        progress=progress,
    )
    tape.parts = report.timings
    (aside / "signals").mkdir()
    for table in folder.glob("*.parquet"):
        table.rename(aside / "signals" / table.name)
    # Times spent are the sidecar's; the artifact is the same each time it is made.
    write_json(folder / "report.json", report.model_copy(update={"timings": {}}))


def show(tape: Tape) -> Metadata:
    """What was written, and where the time went, for the UI."""
    report = read_report(tape)
    sidecar = tape.sidecar("proxies")
    parts = sidecar.parts if sidecar else {}
    rows = [{"part": part, "seconds": round(seconds, 2)} for part, seconds in parts.items()]
    return {
        "frames": dg.MetadataValue.int(report.frames),
        "analysed_s": dg.MetadataValue.float(report.seconds),
        "proxy": dg.MetadataValue.text(
            f"{report.width} x {report.height}, {float(report.rate):.3f} pictures a second"
        ),
        "findings": dg.MetadataValue.md(findings_table(report.findings)),
        "time_spent": dg.MetadataValue.md(markdown_table(rows)),
    }


def read_report(tape: Tape) -> PassReport:
    """The published report of the one decode."""
    return PassReport.model_validate_json(tape.path("proxies/report.json").read_bytes())
