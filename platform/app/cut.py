"""`gametape cut`: one video in, its clips out."""

from pathlib import Path
from typing import Annotated

import typer

from app.console import print_json, progress_bars
from app.handover import copy_clips
from app.options import AsJson, Library
from app.settings import in_force
from app.views.results import show_result, show_timings
from gametape.errors import InputError, ToolError
from gametape.schema import Progress
from resources.settings import Settings
from resources.store import Store
from resources.tape import Tape

MOST_NAMED = 10  # wrong clips in an error; the check shows as many


def cut(
    video: Annotated[Path, typer.Argument(help="The video file of a match.")],
    sport: Annotated[
        str | None, typer.Option(metavar="NAME", help="Sport pack; `gametape profiles` lists them.")
    ] = None,
    segments: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Cut this list instead of looking for play: JSON, CSV, EDL, OTIO, FCPXML, "
            "Sportscode XML ...; `gametape export --to list` tells them all.",
        ),
    ] = None,
    out_folder: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIR", help="Receives clips, pictures, manifest and reel."),
    ] = None,
    limit: Annotated[
        float | None, typer.Option(metavar="S", help="Look at the first so many seconds only.")
    ] = None,
    changes: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="KEY=VALUE", help="Change one value of the profile: fusion.enter=0.6"
        ),
    ] = None,
    auto_stride: Annotated[
        bool,
        typer.Option(help="Keep a window's stride in seconds whatever the frame rate."),
    ] = True,
    debug: Annotated[
        bool, typer.Option("--debug", help="Add a timeline picture and each segment's evidence.")
    ] = False,
    timings: Annotated[bool, typer.Option("--timings", help="Say where the time went.")] = False,
    library: Library = None,
    as_json: AsJson = False,
) -> None:
    """Find every play of a match and cut it out as a clip.

    Cutting the same file twice does nothing the second time.
    """
    from app.ordering import make_order

    settings = in_force(library=library).settings
    with progress_bars() as progress:
        order = make_order(
            video,
            settings,
            sport=sport,
            changes=changes or (),
            cut_list=segments,
            limit_s=limit,
            is_stride_scaled=auto_stride,
            progress=progress,
        )
        store = Store(settings.library, settings.profiles)
        store.put_order(order)
        tape = store.tape(order.id)
        ran = bring_up_to_date(settings, tape, progress=progress)
        changed = 0
        if out_folder is not None:
            changed = copy_clips(tape, out_folder, with_timeline=debug)
    if as_json:
        print_json(as_values(tape, ran, out_folder))
        return
    show_result(tape, ran, out_folder, changed=changed, with_evidence=debug)
    if timings:
        show_timings(tape)


def bring_up_to_date(settings: Settings, tape: Tape, *, progress: Progress) -> list[str]:
    """Run the steps whose artifacts are missing or no longer right; say which."""
    refuse_refused(tape)
    stale = tape.stale_steps()
    if stale:
        from app.runs.materialize import materialize

        try:
            materialize(settings, tape.order.id, stale, progress=progress)
        except Exception:
            refuse_wrong_clips(tape)  # a blocking check that ends a run does not name them
            raise
    refuse_wrong_clips(tape)
    return stale


def refuse_refused(tape: Tape) -> None:
    """Go no further where a blocking check did not let an earlier run go on."""
    if refused := tape.refusals():
        refuse_wrong_clips(tape)  # tells of each
        raise InputError(" ".join(refused))


def refuse_wrong_clips(tape: Tape) -> None:
    """Hand nothing over while a clip does not hold exactly the frames that were asked for."""
    from gametape.exports.manifest import read_manifest, wrong_clips

    if "clips" in tape.stale_steps():  # an earlier cut is handed over in no case
        return
    wrong = wrong_clips(read_manifest(tape.path("manifest.json")))
    if wrong:
        named = "; ".join(
            f"{c.file} ({c.cut.method}): {c.cut.frame_count} frames from {c.cut.first_s:.3f} s to "
            f"{c.cut.last_s:.3f} s asked for, {c.cut.counted_frames} there"
            for c in wrong[:MOST_NAMED]
        )
        raise ToolError(
            f"{len(wrong)} of the clips of {tape.order.id} are not exact, so none is handed over: "
            f"{named}. Cut again with --set clips.method=re-encode."
        )


def as_values(tape: Tape, ran: list[str], out_folder: Path | None) -> dict[str, object]:
    """The result as plain values."""
    from gametape.exports.manifest import read_manifest

    manifest = read_manifest(tape.path("manifest.json"))
    sidecars = {name: tape.sidecar(name) for name in tape.needed_steps()}
    return {
        "tape": tape.order.id,
        "profile": tape.order.profile,
        "status": "done" if ran else "nothing to do",
        "ran": ran,
        "folder": str(tape.folder),
        "out": str(out_folder) if out_folder else None,
        "clips": [clip.model_dump(mode="json") for clip in manifest.clips],
        "findings": [finding.model_dump(mode="json") for finding in manifest.findings],
        "timings": {
            name: {"seconds": s.seconds, "parts": s.parts} for name, s in sidecars.items() if s
        },
    }
