"""Asset `datasets`: a version of each sport pack's labelled tapes, and the check on leaks."""

import dagster as dg

from assets.publishing import OWNERS
from gametape.datasets.nouns import CARD_PAGE
from gametape.errors import GametapeError, InputError
from gametape.profile import profile_names
from gametape.report.summary import markdown_table
from gametape.schema import Progress
from resources.datasets.exporting import export_dataset, leaks_of
from resources.datasets.versions import find_version
from resources.settings import Settings
from resources.store import Store
from resources.verdicts import counter_example

MOST_EXAMPLES = 10
CURE = (
    "Say that both tapes are of one game (`gametape add FILE --game game=NAME`), or take "
    "the labels of one away."
)


def datasets_asset(settings: Settings) -> dg.AssetsDefinition:
    """The asset for these settings: a partition for each sport pack, the library's own too."""

    @dg.asset(
        partitions_def=dg.StaticPartitionsDefinition(profile_names(settings.profiles)),
        group_name="learning",
        owners=[OWNERS["learning"]],
        kinds={"python", "json"},
        tags={"reads": "tables"},
        code_version="1",
        deps=[
            dg.AssetDep(dg.AssetKey(name), partition_mapping=dg.AllPartitionMapping())
            for name in ("labels", "features")
        ],
    )
    def datasets(
        context: dg.AssetExecutionContext,
        store: dg.ResourceParam[Store],
        progress: dg.ResourceParam[Progress],
    ) -> dg.MaterializeResult[None]:
        """The labelled tapes of one sport as a version: labels, features, games, split, card."""
        try:
            return make(store, context.partition_key, progress)
        except GametapeError as error:
            is_worth_another = not isinstance(error, InputError)
            raise dg.Failure(str(error), allow_retries=is_worth_another) from error

    return datasets


def make(store: Store, profile: str, progress: Progress) -> dg.MaterializeResult[None]:
    """Export what is labelled today, under the sport pack's name."""
    made = export_dataset(store, profile, profile=profile, progress=progress)
    version = made.version
    card = version.card
    return dg.MaterializeResult(
        data_version=dg.DataVersion(version.dataset.digest),
        metadata={
            "version": dg.MetadataValue.text(f"{card.name}@{version.dataset.version}"),
            "card": dg.MetadataValue.md((version.folder / CARD_PAGE).read_text(encoding="utf-8")),
            "tapes": dg.MetadataValue.int(card.tapes),
            "games": dg.MetadataValue.int(card.games),
            "plays": dg.MetadataValue.int(card.plays),
            "made_now": dg.MetadataValue.bool(made.is_new),
            "folder": dg.MetadataValue.path(version.folder),
        },
    )


def leak_check(datasets: dg.AssetsDefinition) -> dg.AssetChecksDefinition:
    """The check that stops training on a sport whose split is no split."""

    @dg.asset_check(
        asset=datasets,
        description="No game, no tape and no stretch of like frames is on both sides of the split.",
        blocking=True,
    )
    def nothing_is_on_both_sides(
        context: dg.AssetCheckExecutionContext, store: dg.ResourceParam[Store]
    ) -> dg.AssetCheckResult:
        try:
            leaks = leaks_of(find_version(store, context.op_execution_context.partition_key))
        except GametapeError as error:
            raise dg.Failure(str(error), allow_retries=False) from error
        wrong = [
            {"on both sides": k.kind, "train": k.trained, "held out": k.held_out, "what": k.what}
            for k in leaks
        ]
        return dg.AssetCheckResult(
            passed=not wrong,
            description=f"{counter_example(wrong[0])}. {CURE}" if wrong else None,
            metadata={
                "wrong": dg.MetadataValue.int(len(wrong)),
                "counter_examples": dg.MetadataValue.md(markdown_table(wrong[:MOST_EXAMPLES])),
                "cure": dg.MetadataValue.text(CURE),
            },
        )

    return nothing_is_on_both_sides
