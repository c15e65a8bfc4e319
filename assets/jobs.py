"""The one job: a tape's whole line in one run, in one process."""

import dagster as dg

tape = dg.define_asset_job(
    "tape",
    selection=dg.AssetSelection.groups("video"),
    executor_def=dg.in_process_executor,
    description="A tape's whole line: from the file to its clips.",
)
