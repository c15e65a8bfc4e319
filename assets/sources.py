"""Asset `sources`: what each tape's file is."""

from pathlib import Path

import dagster as dg

from assets.publishing import Metadata, publish_step, tape_asset
from gametape.errors import InputError
from gametape.fingerprint import hash_file
from gametape.report.summary import findings_table, source_table
from gametape.schema import Source
from gametape.video.probe import probe
from resources.publishing import write_json
from resources.store import Store
from resources.tape import Tape


@tape_asset("video", kinds={"python", "video"}, reads="media")
def sources(
    context: dg.AssetExecutionContext, store: dg.ResourceParam[Store]
) -> dg.MaterializeResult[None]:
    """What the file of a tape is: identity, streams, length in s, exact time base, findings."""
    return publish_step(context, store, make, show)


def make(tape: Tape, aside: Path) -> None:
    """Probe the file, and refuse it if it is no longer the one that was ordered."""
    source = probe(tape.order.file)
    if source.content_hash != tape.order.content_hash:
        raise _changed(tape)
    write_json(aside / "sources.json", source)


def show(tape: Tape) -> Metadata:
    """Facts and findings for the UI."""
    source = read_source(tape)
    game = {"game": dg.MetadataValue.json(tape.order.game)} if tape.order.game else {}
    return {
        **game,
        "source": dg.MetadataValue.md(source_table(source)),
        "findings": dg.MetadataValue.md(findings_table(source.findings)),
        "duration_s": dg.MetadataValue.float(source.duration_s),
    }


def read_source(tape: Tape) -> Source:
    """The published facts of a tape's file."""
    return Source.model_validate_json(tape.path("sources.json").read_bytes())


def source_file(tape: Tape) -> Path:
    """The tape's file, for a later step: still there, and still the one that was added.

    Its content is read again only if something about it is newer than what is known of it.
    """
    file, known = tape.order.file, tape.path("sources.json")
    try:
        status = file.stat()
    except OSError as error:
        raise InputError(
            f"{tape.order.id}: {tape.order.path} is not there any more. Put it back, or add it "
            "again from where it lies now."
        ) from error
    if status.st_size != read_source(tape).bytes:
        raise _changed(tape)
    is_newer = max(status.st_mtime_ns, status.st_ctime_ns) >= known.stat().st_mtime_ns
    if is_newer and hash_file(file) != tape.order.content_hash:
        raise _changed(tape)
    return file


def _changed(tape: Tape) -> InputError:
    return InputError(
        f"{tape.order.id}: {tape.order.path} is not the file that was added; its content "
        "changed. Add it again: it becomes a tape of its own."
    )
