"""Running the line from a command: the same assets and the same run history as the UI."""

import logging
import warnings
from pathlib import Path

from gametape.aside import write_bytes
from gametape.errors import GametapeError, ToolError
from gametape.schema import Progress
from resources.settings import Settings

TELEMETRY_OFF = {
    "DAGSTER_DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "GX_ANALYTICS_ENABLED": "false",
    "HF_HUB_DISABLE_TELEMETRY": "1",
}


def prepare_instance(settings: Settings) -> Path:
    """Put the instance's configuration beside the library's run history; return that folder."""
    configuration = project_folder() / "dagster.yaml"
    wanted = configuration.read_bytes()
    home = settings.dagster_home
    home.mkdir(parents=True, exist_ok=True)
    placed = home / "dagster.yaml"
    if not placed.is_file() or placed.read_bytes() != wanted:
        write_bytes(placed, wanted)
    return home


def project_folder() -> Path:
    """The checkout that holds workspace.yaml and dagster.yaml."""
    import definitions

    folder = Path(definitions.__file__).resolve().parent.parent
    if not (folder / "dagster.yaml").is_file():
        raise ToolError(
            f"{folder}: dagster.yaml is not there. gametape runs from its checkout: "
            "clone it and use `make setup`."
        )
    return folder


def materialize(settings: Settings, tape_id: str, steps: list[str], *, progress: Progress) -> None:
    """Materialize these steps of a tape, in this process, as one run of the job `tape`."""
    home = prepare_instance(settings)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import dagster as dg

        from definitions import build_defs

        logging.getLogger("dagster").setLevel(logging.ERROR)
        with dg.DagsterInstance.from_config(str(home)) as instance:
            instance.add_dynamic_partitions("videos", [tape_id])
            job = build_defs(settings, progress=progress).resolve_job_def("tape")
            try:
                job.execute_in_process(
                    partition_key=tape_id,
                    asset_selection=[dg.AssetKey(step) for step in steps],
                    instance=instance,
                    tags={"gametape/face": "command line"},
                    run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
                )
            except dg.Failure as failure:
                if isinstance(failure.__cause__, GametapeError):
                    raise failure.__cause__ from failure
                raise
