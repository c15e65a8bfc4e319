"""Running the line from a command: the same assets and the same run history as the UI."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.runs.history import end_lost_runs, run_history
from gametape.errors import GametapeError, InputError
from gametape.schema import Progress
from resources.settings import Settings
from resources.store import Store

if TYPE_CHECKING:
    import dagster as dg

TELEMETRY_OFF = {
    "DAGSTER_DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "GX_ANALYTICS_ENABLED": "false",
    "HF_HUB_DISABLE_TELEMETRY": "1",
}


@dataclass(frozen=True)
class Worker:
    """The line of one library, ready to run in this process."""

    definitions: "dg.Definitions"
    instance: "dg.DagsterInstance"
    store: Store

    def run(self, job: str, tape_id: str | None, steps: Sequence[str] | None) -> None:
        """Materialize these assets (None: all) of a job, for a tape if it is one's."""
        import dagster as dg

        if tape_id is not None:
            self.instance.add_dynamic_partitions("videos", [tape_id])
        try:
            self._execute(job, tape_id, steps, {})
        except dg.DagsterError as failure:  # a blocking check ends a run without a counter-example
            if tape_id is not None and (refused := self.store.tape(tape_id).refusals()):
                raise InputError(" ".join(refused)) from failure
            raise

    def learn(
        self, profile: str, config: Mapping[str, object], steps: Sequence[str] | None
    ) -> None:
        """Train a model of a sport pack: these assets of `learning`, None: its dataset, too."""
        import dagster as dg

        from resources.learning.examples import refuse_leaks

        try:
            given = {"ops": {"models": {"config": dict(config)}}}
            self._execute("learning", profile, steps, given)
        except dg.DagsterError:  # its check stopped the run without a counter-example
            if steps is None:
                refuse_leaks(self.store, profile)
            raise

    def _execute(
        self,
        job: str,
        partition: str | None,
        steps: Sequence[str] | None,
        config: Mapping[str, object],
    ) -> None:
        import dagster as dg

        definition = self.definitions.resolve_job_def(job)
        silent = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
        try:
            definition.execute_in_process(
                partition_key=partition,
                asset_selection=[dg.AssetKey(s) for s in steps] if steps is not None else None,
                instance=self.instance,
                # Dagster's daemon cannot try this run again: who typed the command can.
                tags={"gametape/face": "command line", "dagster/max_retries": "0"},
                run_config={**silent, **config},
            )
        except dg.Failure as failure:
            if isinstance(failure.__cause__, GametapeError):
                raise failure.__cause__ from failure
            raise
        except dg.DagsterExecutionInterruptedError:  # what Dagster makes of Ctrl-C, once tidied up
            raise KeyboardInterrupt from None


@contextmanager
def worker(settings: Settings, *, progress: Progress, has_tables: bool) -> Iterator[Worker]:
    """Make the line ready; tables take half a second to define, and only where they are asked."""
    with run_history(settings) as instance:
        from definitions import build_defs

        end_lost_runs(instance, settings)
        definitions = build_defs(settings, progress=progress, has_tables=has_tables)
        yield Worker(definitions, instance, Store(settings.library, settings.profiles))


def materialize(
    settings: Settings,
    tape_id: str | None,
    steps: Sequence[str] | None,
    *,
    progress: Progress,
    job: str = "tape",
) -> None:
    """Materialize these assets (None: all) of a job, for a tape if it is one's, in this process."""
    with worker(settings, progress=progress, has_tables=job == "tables") as ready:
        ready.run(job, tape_id, steps)


def learn(
    settings: Settings,
    profile: str,
    config: Mapping[str, object],
    steps: Sequence[str] | None,
    *,
    progress: Progress,
) -> None:
    """Train a model of a sport pack, in this process."""
    with worker(settings, progress=progress, has_tables=False) as ready:
        ready.learn(profile, config, steps)
