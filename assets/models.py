"""Asset `models`: one head a sport pack, trained on the library's labelled tapes and registered."""

import dagster as dg
from pydantic import Field

from assets.publishing import OWNERS
from gametape.errors import GametapeError, InputError
from gametape.profile import profile_names
from gametape.promotion import Decision
from gametape.report.summary import markdown_table
from gametape.schema import Progress
from resources.learning.comparing import Desk, compare
from resources.learning.promoting import keep_decision
from resources.learning.registering import push
from resources.learning.training import Request, Trained, train_model
from resources.settings import Settings
from resources.store import Store

BETTER = "challenger_is_better"


class TrainConfig(dg.Config):
    """What is asked for; as `gametape train` takes it."""

    tapes: list[str] = Field(default_factory=list)
    dataset: str = ""
    kind: str = "temporal"
    seed: int = 0
    steps: int = 0  # at most; 0: as many as there are by default
    hold_out: float | None = None  # None: as the dataset is split
    learning_curve: bool = False


def models_asset(settings: Settings) -> dg.AssetsDefinition:
    """The asset for these settings: a partition for each sport pack, the library's own too."""

    @dg.asset(
        partitions_def=dg.StaticPartitionsDefinition(profile_names(settings.profiles)),
        group_name="learning",
        owners=[OWNERS["learning"]],
        kinds={"python", "safetensors", "mlflow"},
        tags={"reads": "tables"},
        code_version="2",
        deps=[
            dg.AssetDep(dg.AssetKey("datasets")),  # of the same sport; its check stops this one
            dg.AssetDep(dg.AssetKey("features"), partition_mapping=dg.AllPartitionMapping()),
        ],
        check_specs=[
            dg.AssetCheckSpec(
                BETTER,
                asset="models",
                description="The challenger beats what scores this sport today, on unseen tapes.",
            )
        ],
    )
    def models(
        context: dg.AssetExecutionContext,
        config: TrainConfig,
        store: dg.ResourceParam[Store],
        desk: dg.ResourceParam[Desk],
        progress: dg.ResourceParam[Progress],
    ) -> dg.MaterializeResult:  # type: ignore[type-arg]  # Dagster knows only this with checks
        """A model of one sport, trained on some games, judged on others, made challenger."""
        del store  # opening it says that this process is alive
        try:
            return make(desk, context.partition_key, config, progress)
        except GametapeError as error:
            is_worth_another = not isinstance(error, InputError)
            raise dg.Failure(str(error), allow_retries=is_worth_another) from error

    return models


def make(
    desk: Desk, profile: str, config: TrainConfig, progress: Progress
) -> dg.MaterializeResult[None]:
    """Train, register, and judge; nothing takes over by itself.

    Where neither tapes nor a dataset nor a share are named, it learns from the sport's own dataset.
    """
    asked = config.model_dump(exclude_none=True)
    is_plain = not (config.tapes or config.dataset or config.hold_out)
    dataset = profile if is_plain else config.dataset
    named = {"profile": profile, "dataset": dataset, "steps": asked["steps"] or None}
    request = Request.model_validate({**asked, **named})
    trained = train_model(desk.store, request, progress=progress)
    version, folder = push(desk, trained.folder)
    decision = compare(desk, profile, challenger=version.version, progress=progress)
    keep_decision(desk.library, decision)
    return dg.MaterializeResult(
        data_version=dg.DataVersion(trained.digest),
        metadata={
            "model": dg.MetadataValue.text(decision.challenger.label),
            "version": dg.MetadataValue.int(int(version.version)),
            "folder": dg.MetadataValue.path(folder),
            "figures": dg.MetadataValue.md(_figures(trained)),
            "against": dg.MetadataValue.md(comparison_markdown(decision)),
            "seconds": dg.MetadataValue.float(trained.record.seconds),
        },
        check_results=[_check(decision)],
    )


def comparison_markdown(decision: Decision) -> str:
    """A decision's figures and strata as a table."""
    rows = [
        {
            "figure": row.what,
            "tapes": row.tapes,
            decision.challenger.label: row.challenger,
            decision.incumbent.label: row.incumbent,
            "difference": row.difference,
            "low": row.low,
            "high": row.high,
        }
        for row in (*decision.figures, *decision.strata)
    ]
    return markdown_table(rows) if rows else "There is nothing to compare on."


def _figures(trained: Trained) -> str:
    rows = [{"figure": n, **i.model_dump()} for n, i in trained.card.figures.items()]
    return markdown_table(rows)


def _check(decision: Decision) -> dg.AssetCheckResult:
    reasons = "\n".join(f"- {reason}" for reason in decision.reasons)
    words = reasons or f"Promote it: `gametape models promote {decision.profile}`."
    return dg.AssetCheckResult(
        check_name=BETTER,
        passed=decision.is_better,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={
            "against": dg.MetadataValue.text(decision.incumbent.label),
            "reasons": dg.MetadataValue.md(words),
            "table": dg.MetadataValue.md(comparison_markdown(decision)),
        },
    )
