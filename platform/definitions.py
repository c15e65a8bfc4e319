"""The one joint: assets, jobs and resources become what Dagster loads."""

from collections.abc import Iterator

import dagster as dg

from assets.checks import ON_THE_LINE, ON_TRUTH
from assets.clips import clips
from assets.dashboards import dashboards
from assets.datasets import datasets_asset, leak_check
from assets.evaluation import evaluation
from assets.features import features
from assets.jobs import labelling, learning, tables, tape, truth
from assets.labels import labels
from assets.models import models_asset
from assets.predictions import predictions
from assets.proxies import proxies
from assets.queue import queue
from assets.segments import segments
from assets.signals import signals
from assets.sources import sources
from assets.suites import all_suites
from assets.tables import all_tables
from assets.upkeep import nightly, upkeep_job
from gametape.schema import Progress
from resources.learning.comparing import Desk
from resources.learning.weights import Weights
from resources.progress import logged_progress
from resources.settings import Settings, load_settings
from resources.store import Store
from resources.upkeep import alive
from sensors.inbox import inbox_sensor
from sensors.promotions import promotions_sensor
from sensors.reaper import reaper_sensor


def build_defs(
    settings: Settings, *, progress: Progress | None = None, has_tables: bool = True
) -> dg.Definitions:
    """Everything Dagster knows of gametape, on one library.

    A command that runs one tape's line needs no tables, which take half a second to define.
    """
    line = [sources, proxies, signals, features, predictions, segments, clips]
    datasets = datasets_asset(settings)
    beside = [labels, evaluation, datasets, models_asset(settings), queue]
    checks = [*ON_THE_LINE, *ON_TRUTH, leak_check(datasets)]
    upkeep = upkeep_job(settings)
    return dg.Definitions(
        assets=[*line, *beside, *([*all_tables(), dashboards] if has_tables else ())],
        asset_checks=[*checks, *(all_suites() if has_tables else ())],
        jobs=[tape, truth, learning, labelling, *([tables, upkeep] if has_tables else ())],
        schedules=[nightly(upkeep)] if has_tables else [],
        sensors=[inbox_sensor(settings), promotions_sensor(settings), reaper_sensor(settings)],
        resources={
            "store": _store(settings),
            "desk": Desk.of(settings),
            "weights": Weights.of(settings),
            "progress": progress or logged_progress(),
        },
        executor=dg.in_process_executor,
    )


def _store(settings: Settings) -> dg.ResourceDefinition:
    """The store, which every asset uses: a run that opens it has a process that is alive."""

    @dg.resource(description="Where the artifacts of all tapes lie.")
    def store(context: dg.InitResourceContext) -> Iterator[Store]:
        if context.run is not None:
            alive.hold(settings.alive, context.run.run_id)
        yield Store(settings.library, settings.profiles)

    return store


@dg.definitions
def defs() -> dg.Definitions:
    """What `workspace.yaml` loads: the library that the settings name."""
    return build_defs(load_settings().settings)
