"""Asset `queue`: the stretches of unlabelled tapes where a label would teach most."""

import dagster as dg

from assets.publishing import OWNERS
from gametape.errors import GametapeError, InputError
from gametape.fingerprint import hash_file
from gametape.queue import QueueSettings
from gametape.report.summary import markdown_table
from gametape.schema import Progress
from resources.learning.queueing import QUEUE, make_queue
from resources.store import Store

SHOWN = 20


@dg.asset(
    group_name="learning",
    owners=[OWNERS["learning"]],
    kinds={"python", "parquet"},
    tags={"reads": "tables"},
    code_version="1",
    metadata={"dagster/storage_kind": "parquet"},
    deps=[
        dg.AssetDep(name, partition_mapping=dg.AllPartitionMapping())
        for name in ("signals", "predictions", "segments", "labels")
    ],
)
def queue(
    context: dg.AssetExecutionContext,
    store: dg.ResourceParam[Store],
    progress: dg.ResourceParam[Progress],
) -> dg.MaterializeResult[None]:
    """What to label next: undecided scores, scorers that disagree, tapes unlike labelled ones."""
    try:
        found = make_queue(store, QueueSettings(count=200), progress=progress)
    except GametapeError as error:
        is_worth_another = not isinstance(error, InputError)
        raise dg.Failure(str(error), allow_retries=is_worth_another) from error
    tapes = found["tape"].n_unique()
    context.log.info("queue: %d stretches of %d tapes", found.height, tapes)
    return dg.MaterializeResult(
        data_version=dg.DataVersion(hash_file(store.root / QUEUE)),
        metadata={
            "dagster/row_count": dg.MetadataValue.int(found.height),
            "tapes": dg.MetadataValue.int(tapes),
            "queue": dg.MetadataValue.md(markdown_table(found.head(SHOWN))),
            "file": dg.MetadataValue.path(store.root / QUEUE),
        },
    )
