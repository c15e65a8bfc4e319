"""The jobs: a tape's whole line, its truth, and the tables over all tapes; one process a run."""

import dagster as dg

tape = dg.define_asset_job(
    "tape",
    selection=dg.AssetSelection.groups("video"),
    executor_def=dg.in_process_executor,
    description="A tape's whole line: from the file to its clips.",
)
truth = dg.define_asset_job(
    "truth",
    selection=dg.AssetSelection.groups("truth"),
    executor_def=dg.in_process_executor,
    description="A tape's labels, and how well what was found agrees with them.",
)
tables = dg.define_asset_job(
    "tables",
    selection=dg.AssetSelection.groups("tables", "pages"),
    executor_def=dg.in_process_executor,
    tags={"gametape/warehouse": "yes"},  # dagster.yaml lets one such run work at a time
    description="All tables over all tapes, the database for readers, and the pages.",
)
labelling = dg.define_asset_job(
    "labelling",
    selection=dg.AssetSelection.assets("queue"),
    executor_def=dg.in_process_executor,
    description="What to label next, over all tapes.",
)
learning = dg.define_asset_job(
    "learning",
    selection=dg.AssetSelection.assets("datasets", "models"),
    executor_def=dg.in_process_executor,
    description="The labelled tapes of one sport as a dataset, and a model that learns from it.",
)
