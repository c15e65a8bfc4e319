"""The plumbing that every asset of the line shares: run the step, publish, tell the UI about it."""

import base64
from collections.abc import Callable, Mapping
from pathlib import Path

import dagster as dg

from gametape.errors import GametapeError, InputError
from gametape.line import STEP
from gametape.report.preview import small_jpeg
from resources.store import Store, Tape

Metadata = Mapping[str, dg.MetadataValue]


def upstream(name: str) -> list[dg.AssetDep]:
    """The Dagster dependencies of a step, as the line states them."""
    return [dg.AssetDep(dg.AssetKey(key)) for key in STEP[name].inputs]


def publish_step(
    context: dg.AssetExecutionContext,
    store: Store,
    make: Callable[[Tape, Path], None],
    show: Callable[[Tape], Metadata],
) -> dg.MaterializeResult[None]:
    """Materialize one step of one tape; where it is done already, say so and show what is there."""
    asset = context.asset_key.path[-1]
    try:
        tape = store.tape(context.partition_key)
        published = tape.publish(asset, lambda aside: make(tape, aside), run_id=context.run_id)
        shown = show(tape)
    except GametapeError as error:
        # Trying again with the same input is no use; a tool or a full disk may recover.
        raise dg.Failure(str(error), allow_retries=not isinstance(error, InputError)) from error
    sidecar = published.sidecar
    if not published.is_new:
        context.log.info("%s of %s: already right, nothing to do", asset, tape.order.id)
    return dg.MaterializeResult(
        data_version=dg.DataVersion(sidecar.fingerprint),
        metadata={
            **shown,
            "made_now": dg.MetadataValue.bool(published.is_new),
            "seconds": dg.MetadataValue.float(sidecar.seconds),
            "bytes": dg.MetadataValue.int(sidecar.bytes),
            "folder": dg.MetadataValue.path(tape.folder),
        },
    )


def picture(content: bytes, *, alt: str) -> dg.MetadataValue:
    """A picture that the UI shows in place; made small first, since the event log keeps it."""
    encoded = base64.b64encode(small_jpeg(content)).decode()
    return dg.MetadataValue.md(f"![{alt}](data:image/jpeg;base64,{encoded})")
