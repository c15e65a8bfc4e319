"""The plumbing that every asset of a tape shares: define, run the step, publish, tell the UI."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal

import dagster as dg
import polars as pl

from assets.columns import table_schema
from assets.pictures import Picture, shown_picture
from assets.videos import videos
from gametape.errors import GametapeError, InputError
from gametape.line import STEP
from gametape.report.summary import markdown_table
from resources.store import Store
from resources.tape import Tape

Metadata = Mapping[str, dg.MetadataValue | Picture]


MOST_FILES = 20  # that the UI lists; the sidecar names them all
# Whom to ask, by group.
OWNERS = {
    "video": "team:tapes",
    "truth": "team:labelling",
    "learning": "team:learning",
    "tables": "team:analysis",
}


def tape_asset(
    group: str, *, kinds: set[str], reads: Literal["media", "tables"]
) -> Callable[[Callable[..., dg.MaterializeResult[None]]], dg.AssetsDefinition]:
    """An asset of every tape: named as its function, with inputs and version as the line states.

    `reads` says whether it opens media, which is slow, or only tables, which is not.
    """

    def define(function: Callable[..., dg.MaterializeResult[None]]) -> dg.AssetsDefinition:
        step = STEP[function.__name__]
        return dg.asset(
            partitions_def=videos,
            group_name=group,
            owners=[OWNERS[group]],
            kinds=kinds,
            tags={"reads": reads},
            code_version=step.code,
            deps=[dg.AssetDep(dg.AssetKey(key)) for key in step.inputs],
            metadata={"dagster/storage_kind": "parquet"} if "parquet" in kinds else None,
        )(function)

    return define


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
        published = tape.publish(
            asset,
            lambda aside: make(tape, aside),
            run_id=context.run.run_id,
            check=STEP[asset].check,
        )
        shown = show(tape)
        metadata = {
            name: shown_picture(value, context.instance, tape=tape.order.id, asset=asset)
            if isinstance(value, Picture)
            else value
            for name, value in shown.items()
        }
    except GametapeError as error:
        # Trying again with the same input is no use; a tool or a full disk may recover.
        raise dg.Failure(str(error), allow_retries=not isinstance(error, InputError)) from error
    sidecar = published.sidecar
    if not published.is_new:
        context.log.info("%s of %s: already right, nothing to do", asset, tape.order.id)
    return dg.MaterializeResult(
        data_version=dg.DataVersion(sidecar.fingerprint),
        metadata={
            **metadata,
            "made_now": dg.MetadataValue.bool(published.is_new),
            "seconds": dg.MetadataValue.float(sidecar.seconds),
            "bytes": dg.MetadataValue.int(sidecar.bytes),
            "files": dg.MetadataValue.md(files_table(sidecar.files)),
            "folder": dg.MetadataValue.path(tape.folder),
        },
    )


def files_table(files: Mapping[str, int]) -> str:
    """The files of an artifact with their bytes, as Markdown; those of folders come last."""
    names = sorted(files, key=lambda name: (name.count("/"), name))
    rows = [{"file": name, "bytes": files[name]} for name in names]
    return markdown_table(rows, most=MOST_FILES)


def table_facts(table: pl.DataFrame, name: str) -> Metadata:
    """Rows and columns of a published table, where the UI looks for them; `name` is its file's."""
    return {
        "dagster/row_count": dg.MetadataValue.int(table.height),
        "dagster/column_schema": dg.MetadataValue.table_schema(table_schema(table, name)),
    }
