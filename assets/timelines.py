"""The timeline picture of a tape, from what its steps have published."""

from collections.abc import Sequence

from assets.findings import all_findings
from gametape.report.timeline import draw_timeline
from gametape.schema import Segment, Source, Span
from gametape.tables import read_table
from gametape.video.proxy import PassReport
from resources.tape import Tape


def timeline_of(tape: Tape, segments: Sequence[Segment], truth: Sequence[Span] = ()) -> bytes:
    """A PNG of signals, scores and segments over time; a given list has segments only."""
    if tape.order.cut_list is not None:
        source = Source.model_validate_json(tape.path("sources.json").read_bytes())
        return draw_timeline(
            title=tape.order.name, duration_s=source.duration_s, segments=segments, truth=truth
        )
    report = PassReport.model_validate_json(tape.path("proxies/report.json").read_bytes())
    return draw_timeline(
        title=tape.order.name,
        duration_s=report.seconds,
        signals=read_table(tape.path("signals.parquet")),
        predictions=read_table(tape.path("predictions.parquet")),
        cuts=read_table(tape.path("signals/cuts.parquet")),
        segments=segments,
        truth=truth,
        settings=tape.fusion,
        findings=all_findings(tape),
    )
