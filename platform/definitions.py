"""The one joint: assets, jobs and resources become what Dagster loads."""

import dagster as dg

from assets.checks import every_clip_is_exact
from assets.clips import clips
from assets.jobs import tape
from assets.library import library
from assets.predictions import predictions
from assets.proxies import proxies
from assets.segments import segments
from assets.signals import signals
from assets.sources import sources
from gametape.schema import Progress
from resources.progress import logged_progress
from resources.settings import Settings, load_settings
from resources.store import Store


def build_defs(settings: Settings, *, progress: Progress | None = None) -> dg.Definitions:
    """Everything Dagster knows of gametape, on one library."""
    return dg.Definitions(
        assets=[sources, proxies, signals, predictions, segments, clips, library],
        asset_checks=[every_clip_is_exact],
        jobs=[tape],
        resources={
            "store": Store(settings.library, settings.profiles),
            "progress": progress or logged_progress(),
        },
        executor=dg.in_process_executor,
    )


@dg.definitions
def defs() -> dg.Definitions:
    """What `workspace.yaml` loads: the library that the settings name."""
    return build_defs(load_settings().settings)
