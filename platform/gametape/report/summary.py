"""Tables in words, as rows and as Markdown, and times as people write them. No pictures."""

from collections.abc import Mapping, Sequence

import polars as pl

from gametape.exports.manifest import Manifest
from gametape.schema import CutReport, Finding, Segment, Source

Row = Mapping[str, object]

MOST_ROWS = 100  # a longer table is read in the file, not in the UI


def tape_time(time_s: float) -> str:
    """Tape time to a tenth of a second: h:mm:ss.t."""
    tenths = round(max(0.0, time_s) * 10)
    return f"{tenths // 36000}:{tenths // 600 % 60:02d}:{tenths // 10 % 60:02d}.{tenths % 10}"


def short_time(time_s: float) -> str:
    """Tape time to a second, for an axis: m:ss, or h:mm:ss from an hour on."""
    seconds = round(max(0.0, time_s))
    if seconds < 3600:
        return f"{seconds // 60}:{seconds % 60:02d}"
    return f"{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def length(length_s: float) -> str:
    """A length in words: 7.4 s, 3 min 20 s, 1 h 52 min."""
    if length_s < 60:
        return f"{length_s:.1f} s"
    seconds = round(length_s)
    if seconds < 3600:
        return f"{seconds // 60} min {seconds % 60} s"
    return f"{seconds // 3600} h {seconds // 60 % 60} min"


def markdown_table(table: pl.DataFrame | Sequence[Row], *, most: int = MOST_ROWS) -> str:
    """Rows with equal keys as a Markdown table; floats with two decimals, None as a dash."""
    rows: Sequence[Row] = table.to_dicts() if isinstance(table, pl.DataFrame) else table
    if not rows:
        return "_none_"
    shown = rows[:most]
    names = list(rows[0])
    lines = [_line(names), _line([_alignment([row[name] for row in rows]) for name in names])]
    lines += [_line([_cell(row[name]) for name in names]) for row in shown]
    left = len(rows) - len(shown)
    return "\n".join(lines) + (f"\n\n_and {left} more_" if left else "")


def segments_markdown(segments: Sequence[Segment]) -> str:
    """The segments of a tape as a table."""
    return markdown_table(segment_rows(segments))


def clips_markdown(manifest: Manifest) -> str:
    """The clips of a tape as a table."""
    return markdown_table(clip_rows([clip.cut for clip in manifest.clips]))


def findings_table(findings: Sequence[Finding]) -> str:
    """Findings about a tape as a table."""
    return markdown_table(
        [
            {
                "finding": f.code,
                "severity": f.severity,
                "what": f.message,
                "from": None if f.start_s is None else tape_time(f.start_s),
                "to": None if f.end_s is None else tape_time(f.end_s),
            }
            for f in findings
        ]
    )


def source_table(source: Source) -> str:
    """What a source file is, as a table of facts."""
    video = source.video
    rate = "unknown" if video.average_rate is None else f"{float(video.average_rate):.3f} fps"
    facts = {
        "name": source.name,
        "length": f"{tape_time(source.duration_s)} ({length(source.duration_s)})",
        "size": f"{source.bytes / 1e6:.1f} MB",
        "container": source.container,
        "picture": f"{video.codec}, {video.display_width} x {video.display_height}, "
        f"{rate}{', variable' if video.is_variable_rate else ''}",
        "frames": video.frame_count,
        "sound": "; ".join(f"{a.codec}, {a.rate_hz} Hz, {a.channels} ch" for a in source.audio)
        or "none",
        "content hash": source.content_hash[:16],
    }
    return markdown_table([{"fact": name, "value": value} for name, value in facts.items()])


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


def asked_and_got(reports: Sequence[CutReport]) -> list[dict[str, object]]:
    """One row a clip: the frames it was asked to hold, and those that it holds."""
    return [
        {
            "clip": r.file,
            "asked_from": tape_time(r.asked_start_s),
            "asked_to": tape_time(r.asked_end_s),
            "asked_frames": r.frame_count,
            "got_frames": r.counted_frames,
            "first_pts": r.first_pts,
            "last_pts": r.last_pts,
            "method": r.method,
        }
        for r in reports
    ]


def _alignment(values: Sequence[object]) -> str:
    known = [value for value in values if value is not None]
    return "--:" if known and all(isinstance(value, int | float) for value in known) else ":--"


def _cell(value: object) -> str:
    if value is None:
        return "–"
    text = f"{value:.2f}" if isinstance(value, float) else str(value)
    return text.replace("|", "\\|").replace("\n", " ")


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
