"""Found segments against true ones, as rows for tables. The measures themselves are in metrics."""

from collections.abc import Sequence

from gametape.metrics.segments import match_segments, overlap_iou
from gametape.report.summary import tape_time
from gametape.schema import Segment, Span


def comparison_rows(
    found: Sequence[Span | Segment], truth: Sequence[Span | Segment], *, iou: float = 0.5
) -> list[dict[str, object]]:
    """Found against true in order of time: matched pairs with their errors, misses and extras."""
    true_spans = [Span(t.start_s, t.end_s) for t in truth]
    found_spans = [Span(f.start_s, f.end_s) for f in found]
    pairs = match_segments(true_spans, found_spans, iou=iou)
    rows = [(true_spans[t].start_s, _pair(true_spans[t], found_spans[f], t, f)) for t, f in pairs]
    matched_true, matched_found = {t for t, _ in pairs}, {f for _, f in pairs}
    for t, span in enumerate(true_spans):
        if t not in matched_true:
            rows.append((span.start_s, _lonely("missed", span, true=t + 1)))
    for f, span in enumerate(found_spans):
        if f not in matched_found:
            rows.append((span.start_s, _lonely("extra", span, found=f + 1)))
    return [row for _, row in sorted(rows, key=lambda pair: pair[0])]


def _pair(true: Span, found: Span, t: int, f: int) -> dict[str, object]:
    return {
        "outcome": "matched",
        "true": t + 1,
        "found": f + 1,
        "start": tape_time(true.start_s),
        "end": tape_time(true.end_s),
        "iou": round(overlap_iou(true, found), 2),
        "onset_s": round(found.start_s - true.start_s, 2),
        "offset_s": round(found.end_s - true.end_s, 2),
    }


def _lonely(
    outcome: str, span: Span, *, true: int | None = None, found: int | None = None
) -> dict[str, object]:
    return {
        "outcome": outcome,
        "true": true,
        "found": found,
        "start": tape_time(span.start_s),
        "end": tape_time(span.end_s),
        "iou": None,
        "onset_s": None,
        "offset_s": None,
    }
