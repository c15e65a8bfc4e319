"""How the result of a cut is shown to a person."""

from pathlib import Path

from rich.markup import escape
from rich.table import Table

from app.console import out
from gametape.exports.manifest import Manifest, read_manifest
from gametape.report.summary import tape_time
from resources.tape import Tape

SHOWN_CLIPS = 40


def show_result(
    tape: Tape, ran: list[str], folder: Path | None, *, changed: int, with_evidence: bool
) -> None:
    """The clips as a table, what a person should know of the tape, and where everything lies."""
    manifest = read_manifest(tape.path("manifest.json"))
    for finding in manifest.findings:
        out.print(f"[yellow]note[/] {escape(finding.message)}")
    if manifest.clips:
        out.print(clip_table(manifest, with_evidence=with_evidence))
        if len(manifest.clips) > SHOWN_CLIPS:
            out.print(f"... and {len(manifest.clips) - SHOWN_CLIPS} more in the manifest")
    else:
        out.print("No play was found. --debug draws what was seen; perhaps another --sport fits.")
    if not ran and not changed:
        out.print("[green]Nothing to do:[/] every clip is already there and right.")
    elif not ran:
        out.print(f"[green]Nothing to compute:[/] {changed} files copied from the library.")
    out.print(f"Tape   {tape.order.id}  ({tape.order.profile})", markup=False, soft_wrap=True)
    out.print(
        f"Clips  {folder / 'clips' if folder else tape.path('clips')}", markup=False, soft_wrap=True
    )


def clip_table(manifest: Manifest, *, with_evidence: bool) -> Table:
    """One row a clip."""
    table = Table("clip", "start", "end", "length", "score", "label", box=None, pad_edge=False)
    for column in table.columns[:5]:
        column.justify = "right"
    if with_evidence:
        table.add_column("evidence")
    for clip in manifest.clips[:SHOWN_CLIPS]:
        row = [
            f"{clip.number:04d}",
            tape_time(clip.start_s),
            tape_time(clip.end_s),
            f"{clip.end_s - clip.start_s:.1f} s",
            f"{clip.score:.0f}",
            escape(clip.label),
        ]
        if with_evidence:
            row.append("  ".join(f"{k} {v:.2f}" for k, v in clip.evidence.items()))
        table.add_row(*row)
    return table


def show_timings(tape: Tape) -> None:
    """Where the time went, by step and by part, as it was when each artifact was made."""
    table = Table("step", "part", "seconds", box=None, pad_edge=False)
    table.columns[2].justify = "right"
    total = 0.0
    for name in tape.needed_steps():
        sidecar = tape.sidecar(name)
        if sidecar is None:
            continue
        total += sidecar.seconds
        table.add_row(name, "", f"{sidecar.seconds:.2f}")
        for part, seconds in sidecar.parts.items():
            table.add_row("", part, f"{seconds:.2f}")
    table.add_row("all", "", f"{total:.2f}")
    out.print(table)
