"""Tables in words: what was found, against what is true, as rows and as Markdown."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict

from gametape.metrics.segments import SegmentScores, match_segments, overlap_iou
from gametape.report.clock import tape_time
from gametape.schema import CutReport, Segment, Span

Row = Mapping[str, object]


def markdown_table(rows: Sequence[Row], *, most: int | None = None) -> str:
    """Rows with equal keys as a Markdown table; floats with two decimals, None as a dash."""
    if not rows:
        return "_none_"
    shown = rows if most is None else rows[:most]
    names = list(rows[0])
    is_number = [all(isinstance(row[n], int | float) for row in rows) for n in names]
    lines = [_line(names), _line(["--:" if number else ":--" for number in is_number])]
    lines += [_line([_cell(row[name]) for name in names]) for row in shown]
    left = len(rows) - len(shown)
    return "\n".join(lines) + (f"\n\n_and {left} more_" if left else "")


def segment_rows(segments: Sequence[Segment]) -> list[dict[str, object]]:
    """One row a segment: number, times, length, label, score."""
    return [
        {
            "number": number,
            "start": tape_time(s.start_s),
            "end": tape_time(s.end_s),
            "length_s": round(s.length_s, 2),
            "label": s.label,
            "score": round(s.score, 1),
        }
        for number, s in enumerate(segments, start=1)
    ]


def clip_rows(reports: Sequence[CutReport]) -> list[dict[str, object]]:
    """One row a clip: file, times, frames, size, and whether it is exact."""
    return [
        {
            "clip": r.file,
            "start": tape_time(r.first_s),
            "length_s": round(r.duration_s, 2),
            "frames": r.frame_count,
            "kB": round(r.bytes / 1000),
            "method": r.method,
            "exact": "yes" if r.is_exact else "NO",
        }
        for r in reports
    ]


def comparison_rows(
    found: Sequence[Segment], truth: Sequence[Span | Segment], *, iou: float = 0.5
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


def score_rows(scores: SegmentScores) -> list[dict[str, object]]:
    """One row a figure of a comparison."""
    return [{"measure": name, "value": value} for name, value in asdict(scores).items()]


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


def _cell(value: object) -> str:
    if value is None:
        return "–"
    text = f"{value:.2f}" if isinstance(value, float) else str(value)
    return text.replace("|", "\\|").replace("\n", " ")


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
