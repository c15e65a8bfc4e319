"""Where and with what gametape runs: the only reader of the environment.

Order: flags, environment (GAMETAPE_..., nested with __), project file (gametape.yaml), user file,
defaults. How a sport is judged is not here but in profiles.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from gametape.errors import InputError

PREFIX = "GAMETAPE_"
CRASH_AT = "GAMETAPE_CRASH_AT"
# Variables that share the prefix and are not settings: the tests' folder of real clips, the mark of
# processes that `gametape up` started, and where a test lets the process die.
NOT_SETTINGS = {"GAMETAPE_TEST_DATA", "GAMETAPE_TREE", CRASH_AT}


class UiSettings(BaseModel):
    """The Dagster UI that `gametape up` starts."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: str = Field("127.0.0.1", description="Address the UI listens at; loopback by default.")
    port: int = Field(3000, ge=1, le=65535, description="Port of the UI.")


class RegistrySettings(BaseModel):
    """Where trained models are registered, and what a new one may cost."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    uri: str | None = Field(
        None,
        description="MLflow server (https://...) or database; without, a SQLite in the library.",
    )
    timeout_s: float = Field(
        10.0, gt=0, description="Seconds after which a server that does not answer is given up."
    )
    max_cost_share: float = Field(
        1.0, gt=0, description="Features and scores may take this share of a tape's length."
    )
    tapes_per_tick: int = Field(
        5, ge=1, description="After a promotion, tapes to score again in one tick of the sensor."
    )

    @field_validator("uri", mode="before")
    @classmethod
    def _nothing_is_none(cls, value: object) -> object:
        return None if value == "" else value


class Settings(BaseModel):
    """All settings of a place that runs gametape."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    library: Path = Field(
        Path("~/.local/share/gametape"),
        description="Folder of the library: tapes, artifacts, run history.",
    )
    profile: str = Field("volleyball-indoor", description="Sport pack where none is named.")
    inbox: Path | None = Field(
        None, description="Folder whose videos are processed as they arrive; none by default."
    )
    inbox_interval_s: int = Field(30, ge=1, description="Seconds between two looks into the inbox.")
    inbox_settle_s: float = Field(
        30.0, ge=0, description="A file that has not changed for so many seconds is complete."
    )
    history_days: int = Field(
        30,
        ge=1,
        description="Days after which what a run logged goes; the last word on a tape stays.",
    )
    weights: Path = Field(
        Path("~/.cache/gametape/weights"),
        description="Folder of backbones' weights that `gametape models pull` got.",
    )
    feature_workers: int = Field(
        0, ge=0, description="Processes that compute the features of one tape; 0: one a core."
    )
    ui: UiSettings = UiSettings()
    registry: RegistrySettings = RegistrySettings()

    @field_validator("inbox", mode="before")
    @classmethod
    def _nothing_is_none(cls, value: object) -> object:
        return None if value == "" else value

    @property
    def dagster_home(self) -> Path:
        """Where Dagster keeps this library's run history."""
        return self.library / "dagster"

    @property
    def alive(self) -> Path:
        """Locks of the processes that work on runs."""
        return self.dagster_home / "alive"

    @property
    def profiles(self) -> Path:
        """A library's own sport packs."""
        return self.library / "profiles"

    @property
    def registry_uri(self) -> str:
        """The registry of models in force."""
        return self.registry.uri or f"sqlite:///{self.library / 'mlflow' / 'mlflow.sqlite'}"

    @property
    def ledger(self) -> Path:
        """What became of every file that arrived."""
        return self.library / "ledger.sqlite"


@dataclass(frozen=True)
class Resolved:
    """The settings in force, and where each value comes from."""

    settings: Settings
    origins: dict[str, str]  # dotted name -> "flag", "environment X", "file ...", "default"


def load_settings(
    flags: Mapping[str, object] | None = None,
    *,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> Resolved:
    """Read the settings in force; `flags` are dotted names that a command line gave."""
    env = dict(os.environ if environment is None else environment)
    folder = folder or Path.cwd()
    user_file = Path(env.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "gametape.yaml"
    layers = [
        *(_from_file(path) for path in (user_file, folder / "gametape.yaml")),
        _from_environment(env),
        {name: (value, "flag") for name, value in (flags or {}).items() if value is not None},
    ]
    values: dict[str, object] = {}
    origins = dict.fromkeys(_names(Settings), "default")
    for layer in layers:
        for name, (value, origin) in layer.items():
            if name not in origins:
                raise InputError(
                    f"{origin}: there is no setting {name!r}. `gametape config` lists them all."
                )
            _put(values, name, value)
            origins[name] = origin
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(map(str, first["loc"]))
        raise InputError(f"Setting {name} ({origins.get(name, '?')}): {first['msg']}.") from error
    library = _absolute(folder, settings.library)
    inbox = settings.inbox and _absolute(folder, settings.inbox)
    if inbox and (library.is_relative_to(inbox) or inbox.is_relative_to(library)):
        raise InputError(
            f"Setting inbox ({origins['inbox']}): {inbox} and the library {library} lie one in the "
            "other, so that clips would arrive as tapes. Choose a folder beside the library."
        )
    weights = _absolute(folder, settings.weights)
    places = {"library": library, "inbox": inbox, "weights": weights}
    return Resolved(settings.model_copy(update=places), origins)


def crash_wanted() -> str | None:
    """Where this process is to die, for tests; see `resources.crashpoints`."""
    return os.environ.get(CRASH_AT)


def quiet_mlflow(timeout_s: float) -> None:
    """Before MLflow is imported: no telemetry, no bars of its own, and no waiting for long."""
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    os.environ["DO_NOT_TRACK"] = "1"
    os.environ["MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR"] = "false"
    os.environ["MLFLOW_LOGGING_LEVEL"] = "ERROR"
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", str(max(1, round(timeout_s))))
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")


def environment_with(settings: Settings, extra: Mapping[str, str]) -> dict[str, str]:
    """This process's environment, these settings, and more, for a program about to be started."""
    values = {name: _dig(settings, name) for name in _names(Settings)}
    named = {
        PREFIX + name.upper().replace(".", "__"): "" if value is None else str(value)
        for name, value in values.items()
    }
    return {**os.environ, **named, **extra}


def _absolute(folder: Path, path: Path) -> Path:
    return Path(os.path.abspath(folder / path.expanduser()))  # noqa: PTH100


def _dig(settings: object, dotted: str) -> object:
    for part in dotted.split("."):
        settings = getattr(settings, part)
    return settings


def _names(model: type[BaseModel], prefix: str = "") -> list[str]:
    names: list[str] = []
    for name, field in model.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            names += _names(inner, f"{prefix}{name}.")
        else:
            names.append(prefix + name)
    return names


def _from_environment(env: Mapping[str, str]) -> dict[str, tuple[object, str]]:
    return {
        key.removeprefix(PREFIX).lower().replace("__", "."): (value, f"environment {key}")
        for key, value in env.items()
        if key.startswith(PREFIX) and key not in NOT_SETTINGS
    }


def _from_file(path: Path) -> dict[str, tuple[object, str]]:
    if not path.is_file():
        return {}
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(
            f"{path}: not readable as YAML ({error}). Correct or remove it."
        ) from error
    if values is None:
        return {}
    if not isinstance(values, dict):
        raise InputError(f"{path}: must hold settings as `name: value`. Correct or remove it.")
    flat = _flatten(values)
    # A relative folder is meant from the file that names it.
    for name in ("library", "inbox", "weights"):
        if flat.get(name) is not None:
            flat[name] = path.parent / Path(str(flat[name])).expanduser()
    return {name: (value, f"file {path}") for name, value in flat.items()}


def _flatten(values: Mapping[str, object], prefix: str = "") -> dict[str, object]:
    flat: dict[str, object] = {}
    for key, value in values.items():
        if isinstance(value, dict):
            flat |= _flatten(value, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = value
    return flat


def _put(values: dict[str, object], name: str, value: object) -> None:
    section, _, item = name.partition(".")
    if not item:
        values[section] = value
        return
    inner = values.setdefault(section, {})
    if isinstance(inner, dict):
        inner[item] = value
