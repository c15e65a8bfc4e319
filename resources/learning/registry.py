"""The registry of models, in MLflow: runs of training, versions, and which is champion.

Nothing here trains or judges. A version counts only with its tag `state` = ready, which is written
when its files have been read back; whoever dies before leaves one that is never used.
"""

import contextlib
import logging
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from gametape.errors import InputError, ToolError
from gametape.models.heads.files import digest_of
from resources.crashpoints import Point, pass_point
from resources.learning.moving import ARTIFACTS, settle
from resources.learning.names import files_of
from resources.learning.reaching import check_reachable, saying
from resources.settings import Settings, quiet_mlflow

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities.model_registry import ModelVersion

CHAMPION, CHALLENGER = "champion", "challenger"
READY, FAILED, NEW = "ready", "failed", "new"
STATE, DIGEST = "gametape.state", "gametape.digest"
EVIDENCE = "evidence"  # folder of a run: what it was trained on, plots
MOST_TAG = 4000  # characters; MLflow takes 5000


@dataclass(frozen=True)
class Version:
    """One registered model."""

    name: str
    version: str
    state: str
    digest: str
    tags: Mapping[str, str]
    aliases: tuple[str, ...]
    source: str
    run_id: str
    created_ms: int


@dataclass(frozen=True)
class Evidence:
    """What a run logs beside the model: the reasons to believe in it."""

    parameters: Mapping[str, object]
    metrics: Mapping[str, float]
    tags: Mapping[str, str]
    files: tuple[Path, ...] = ()  # plots, tables
    series: Mapping[str, tuple[float, ...]] | None = None  # by step: the learning curve


@dataclass(frozen=True)
class Registry:
    """One MLflow: a server, or a database with its artifacts in a folder."""

    uri: str
    folder: Path  # of the library's own; artifacts lie in it where no server keeps them
    timeout_s: float

    @classmethod
    def of(cls, settings: Settings) -> "Registry":
        """The registry that the settings name."""
        return cls(settings.registry_uri, settings.library / "mlflow", settings.registry.timeout_s)

    @property
    def is_server(self) -> bool:
        """Whether another program keeps it."""
        return self.uri.startswith(("http://", "https://"))

    @property
    def own_file(self) -> Path | None:
        """The SQLite file, where it is one."""
        return Path(self.uri.removeprefix("sqlite:///")) if self.uri.startswith("sqlite") else None

    @cached_property
    def client(self) -> "MlflowClient":
        """MLflow's client; made at the first use, since MLflow takes seconds to import."""
        check_reachable(self.uri, self.timeout_s)
        quiet_mlflow(self.timeout_s)
        for name in ("mlflow", "alembic"):
            logging.getLogger(name).setLevel(logging.ERROR)
        if self.own_file is not None:
            self.own_file.parent.mkdir(parents=True, exist_ok=True)
        with saying(self.uri, "could not be opened"):
            if self.own_file is not None and self.own_file.parent == self.folder:
                settle(self.own_file)
            from mlflow import MlflowClient

            client = MlflowClient(tracking_uri=self.uri, registry_uri=self.uri)
            client.search_registered_models(max_results=1)
        return client

    def register(self, model: Path, name: str, evidence: Evidence) -> Version:
        """Register a model's folder with its run; a model that is there already is left alone.

        Whatever goes wrong on the way, no version is left that could be used.
        """
        digest = digest_of(model)
        for version in self.versions(name):
            if version.state == READY and version.digest == digest:
                return version
        run_id = self._log_run(model, name, evidence)
        with saying(self.uri, f"could not register {name}"):
            with contextlib.suppress(self._exists()):
                self.client.create_registered_model(name)
            pass_point(Point.RUN_LOGGED)
            tags = {**evidence.tags, STATE: NEW, DIGEST: digest}
            made = self.client.create_model_version(
                name,
                source=f"{self.client.get_run(run_id).info.artifact_uri}/model",
                run_id=run_id,
                tags={key: value[:MOST_TAG] for key, value in tags.items()},
            )
        pass_point(Point.VERSION_MADE)
        try:
            self._prove(name, str(made.version), digest)
        except BaseException:
            self._drop(name, str(made.version))
            raise
        return self.version(name, str(made.version))

    def versions(self, name: str) -> list[Version]:
        """All versions of a model, the newest first; none where it was never registered."""
        with saying(self.uri, f"could not list {name}"):
            found = self.client.search_model_versions(f"name='{name}'", max_results=1000)
            aliases = self._aliases(name) if found else {}
        made = [self._version(one, aliases) for one in found]
        return sorted(made, key=lambda one: -int(one.version))

    def version(self, name: str, version: str) -> Version:
        """One version of a model."""
        for one in self.versions(name):
            if one.version == version.removeprefix("v"):
                return one
        raise InputError(
            f"{name}: the registry has no version {version}. `gametape models list` shows them."
        )

    def names(self) -> list[str]:
        """Models of gametape that are registered."""
        with saying(self.uri, "could not be listed"):
            found = self.client.search_registered_models(
                filter_string="name LIKE 'gametape-%'", max_results=1000
            )
        return sorted(model.name for model in found)

    def holder(self, name: str, alias: str) -> Version | None:
        """The version that bears an alias."""
        return next((one for one in self.versions(name) if alias in one.aliases), None)

    def point(self, name: str, alias: str, version: str | None) -> None:
        """Move an alias to a version, or take it away."""
        with saying(self.uri, f"could not move {alias} of {name}"):
            if version is None:
                if alias in self._aliases(name):
                    self.client.delete_registered_model_alias(name, alias)
                return
            if self.version(name, version).state != READY:
                raise InputError(
                    f"{name}: version {version} was never completed, so it cannot be {alias}. "
                    "Register it again with `gametape models push FOLDER`."
                )
            self.client.set_registered_model_alias(name, alias, version)

    def tag(self, name: str, version: str, tags: Mapping[str, str]) -> None:
        """Write tags of a version."""
        with saying(self.uri, f"could not tag {name} {version}"):
            for key, value in tags.items():
                self.client.set_model_version_tag(name, version, key, value[:MOST_TAG])

    def fetch(self, version: Version, to: Path) -> None:
        """Copy a version's model into a folder, and prove that it is the one registered."""
        quiet_mlflow(self.timeout_s)
        with saying(self.uri, f"could not fetch {version.name} {version.version}"):
            from mlflow.artifacts import download_artifacts

            uri = self.client.get_model_version_download_uri(version.name, version.version)
            for file in files_of(version.name):
                download_artifacts(
                    artifact_uri=f"{uri}/{file}", dst_path=str(to), tracking_uri=self.uri
                )
        if version.digest and digest_of(to) != version.digest:
            raise ToolError(
                f"{version.name} {version.version}: what the registry keeps is not what was "
                f"registered. Register it again with `gametape models push FOLDER`."
            )

    def fetch_evidence(self, version: Version, to: Path) -> None:
        """Copy what a version's run logged beside the model; nothing where it has no run."""
        if not version.run_id:
            return
        what = f"could not fetch what speaks for {version.name} {version.version}"
        with saying(self.uri, what), tempfile.TemporaryDirectory() as scratch:
            for file in self.client.list_artifacts(version.run_id, EVIDENCE):
                got = self.client.download_artifacts(version.run_id, file.path, scratch)
                shutil.copyfile(got, to / Path(file.path).name)

    def _log_run(self, model: Path, name: str, evidence: Evidence) -> str:
        """A finished run with everything in it, or none: one that fails is marked so."""
        from mlflow.entities import Metric, Param

        with saying(self.uri, f"could not log the training of {name}"):
            run = self.client.create_run(
                self._experiment(name), run_name=digest_of(model)[:12], tags=dict(evidence.tags)
            )
            run_id = str(run.info.run_id)
            try:
                series = (evidence.series or {}).items()
                self.client.log_batch(
                    run_id,
                    params=[Param(k, str(v)[:500]) for k, v in evidence.parameters.items()],
                    metrics=[
                        *(Metric(k, v, 0, 0) for k, v in evidence.metrics.items()),
                        *(Metric(k, v, 0, i) for k, vs in series for i, v in enumerate(vs)),
                    ][:1000],
                )
                for file in files_of(name):
                    self.client.log_artifact(run_id, str(model / file), "model")
                for path in evidence.files:
                    self.client.log_artifact(run_id, str(path), EVIDENCE)
            except BaseException:
                with contextlib.suppress(Exception):
                    self.client.set_terminated(run_id, "FAILED")
                raise
            self.client.set_terminated(run_id, "FINISHED")
        return run_id

    def _experiment(self, name: str) -> str:
        found = self.client.get_experiment_by_name(name)
        if found is not None:
            return str(found.experiment_id)
        place = None if self.is_server else (self.folder / ARTIFACTS / name).as_uri()
        return str(self.client.create_experiment(name, artifact_location=place))

    def _prove(self, name: str, version: str, digest: str) -> None:
        """Read the files of a version back, and only then call it ready."""
        made = Version(name, version, NEW, digest, {}, (), "", "", 0)
        with tempfile.TemporaryDirectory() as folder:
            self.fetch(made, Path(folder))
        self.tag(name, version, {STATE: READY})

    def _drop(self, name: str, version: str) -> None:
        """Remove a version that did not come to its end; what cannot be removed stays unready."""
        with contextlib.suppress(Exception):
            self.client.delete_model_version(name, version)
            return
        with contextlib.suppress(Exception):
            self.client.set_model_version_tag(name, version, STATE, FAILED)

    def _aliases(self, name: str) -> dict[str, str]:
        found = self.client.get_registered_model(name).aliases
        return {str(alias): str(version) for alias, version in found.items()}

    def _version(self, one: "ModelVersion", aliases: Mapping[str, str]) -> Version:
        version = str(one.version)
        return Version(
            name=str(one.name),
            version=version,
            state=one.tags.get(STATE, FAILED),
            digest=one.tags.get(DIGEST, ""),
            tags=dict(one.tags),
            aliases=tuple(sorted(a for a, held in aliases.items() if held == version)),
            source=str(one.source),
            run_id=str(one.run_id or ""),
            created_ms=int(one.creation_timestamp or 0),
        )

    def _exists(self) -> type[Exception]:
        from mlflow.exceptions import MlflowException

        return MlflowException
