"""Asset `signals`: all cheap evidence of each tape on one time grid, and its cuts."""

from pathlib import Path

import dagster as dg

from assets.proxies import read_report
from assets.publishing import Metadata, publish_step, table_facts, tape_asset
from gametape.report.summary import findings_table
from gametape.schema import Findings
from gametape.signals import gather
from gametape.tables import read_table, write_table
from gametape.video.preflight import preflight
from gametape.video.scenes import find_cuts
from resources.publishing import write_json
from resources.store import Store
from resources.tape import Tape


@tape_asset("video", kinds={"python", "parquet"}, reads="tables")
def signals(
    context: dg.AssetExecutionContext, store: dg.ResourceParam[Store]
) -> dg.MaterializeResult[None]:
    """Cuts, motion, main-camera similarity, field colour, whistle and crowd, four rows a second."""
    return publish_step(context, store, make, show)


def make(tape: Tape, aside: Path) -> None:
    """Bring what the one decode measured, and what the sound says, onto one grid."""
    settings = tape.profile.signals
    frames = read_table(tape.path("signals/frames.parquet"))
    cuts = find_cuts(frames, settings)
    wav = tape.path("proxies/audio.wav")
    table = gather(
        frames,
        read_table(tape.path("signals/samples.parquet")),
        read_table(tape.path("signals/layouts.parquet")),
        cuts,
        wav if wav.is_file() else None,
        settings,
    )
    write_table(aside / "signals.parquet", table)
    write_table(aside / "signals" / "cuts.parquet", cuts)
    found = preflight(
        frames["time_s"], frames["luma"], frames["change_1"], duration_s=read_report(tape).seconds
    )
    write_json(aside / "signals" / "findings.json", Findings(findings=tuple(found)))


def show(tape: Tape) -> Metadata:
    """Counts and findings for the UI."""
    table = read_table(tape.path("signals.parquet"))
    cuts = read_table(tape.path("signals/cuts.parquet"))
    noticed = Findings.model_validate_json(tape.path("signals/findings.json").read_bytes())
    return {
        **table_facts(table, "signals.parquet"),
        "cuts": dg.MetadataValue.int(cuts.height),
        "findings": dg.MetadataValue.md(findings_table(noticed.findings)),
    }
