"""Asset checks of the tables by suites of expectations, where the extra `suites` is installed.

What is expected is data, in `dbt_like_sql/expectations`. A library that looks odd is a reason to
look, not to stop: none of these checks blocks.
"""

import dagster as dg
import polars as pl

from gametape.errors import GametapeError
from gametape.report.summary import markdown_table
from resources.store import Store
from resources.warehouse.suites import Suite, Verdict, can_judge, judge, load_suites


def all_suites() -> list[dg.AssetChecksDefinition]:
    """One check per suite; none where there is nothing to judge them with."""
    if not can_judge():
        return []
    return [_check(name, suite) for name, suite in load_suites().items()]


def _check(name: str, suite: Suite) -> dg.AssetChecksDefinition:
    @dg.asset_check(
        asset=suite.table,
        name=f"{name}_meet_their_expectations",
        description=suite.says,
        additional_deps=[table for table in suite.reads() if table != suite.table],
        blocking=False,
    )
    def check(store: dg.ResourceParam[Store]) -> dg.AssetCheckResult:
        try:
            verdicts = judge(suite, store.root / "tables")
        except GametapeError as error:
            raise dg.Failure(str(error), allow_retries=False) from error
        return _result(verdicts)

    return check


def _result(verdicts: list[Verdict]) -> dg.AssetCheckResult:
    """Every sentence with what was seen, and of those that do not hold the rows that differ."""
    wrong = [verdict for verdict in verdicts if not verdict.holds]
    table = pl.DataFrame(
        [
            {"holds": "yes" if v.holds else "no", "expectation": v.says, "observed": v.observed}
            for v in verdicts
        ]
    )
    shown = [
        f"{verdict.says}\n\n{markdown_table(verdict.counter_examples)}"
        for verdict in wrong
        if len(verdict.counter_examples)
    ]
    return dg.AssetCheckResult(
        passed=not wrong,
        severity=dg.AssetCheckSeverity.WARN,
        description="Not so: " + " ".join(v.says for v in wrong) if wrong else None,
        metadata={
            "wrong": dg.MetadataValue.int(len(wrong)),
            "expectations": dg.MetadataValue.md(markdown_table(table)),
            "counter_examples": dg.MetadataValue.md("\n\n".join(shown) or "none"),
        },
    )
