"""Suites of expectations: what the tables of a whole library look like where the line works.

They are data, beside the SQL. Great Expectations judges them; it is an extra (`suites`), imported
in here only, and it sees small tables that DuckDB has summed up.
"""

import importlib.util
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from gametape.errors import InputError
from resources.warehouse.building import EXAMPLES, query
from resources.warehouse.sqlmodels import FOLDER, tables_read

if TYPE_CHECKING:
    from great_expectations.core import ExpectationValidationResult


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Expectation(_Strict):
    """One sentence, and how Great Expectations is to judge it."""

    type: str
    description: str
    kwargs: Mapping[str, object]


class View(_Strict):
    """A select over tables, and what is expected of its rows."""

    sql: str
    expectations: tuple[Expectation, ...]


class Suite(_Strict):
    """One file of `dbt_like_sql/expectations`."""

    says: str
    table: str  # whose asset check this is
    views: Mapping[str, View]

    def reads(self) -> tuple[str, ...]:
        """The tables that its views select from."""
        found = {name for view in self.views.values() for _, name in tables_read(view.sql)}
        return tuple(sorted(found))


@dataclass(frozen=True)
class Verdict:
    """What became of one expectation."""

    says: str
    holds: bool
    observed: str
    counter_examples: pl.DataFrame  # at most ten rows; none where a whole column is judged


def can_judge() -> bool:
    """Whether the extra `suites` is installed."""
    return importlib.util.find_spec("great_expectations") is not None


@cache
def load_suites() -> dict[str, Suite]:
    """All suites by name, which is the name of what they judge."""
    found = {}
    for path in sorted((FOLDER / "expectations").glob("*.yaml")):
        try:
            found[path.stem] = Suite.model_validate(yaml.safe_load(path.read_text("utf-8")))
        except (yaml.YAMLError, ValidationError) as error:
            raise InputError(f"{path.name}: not a suite ({error}). Correct the file.") from error
    return found


def judge(suite: Suite, tables: Path) -> list[Verdict]:
    """Hold a suite against the tables in a folder; of nothing, everything holds."""
    verdicts: list[Verdict] = []
    for name, view in suite.views.items():
        rows = query(view.sql, tables)
        if rows.is_empty():
            empty = [Verdict(e.description, True, "no rows", rows) for e in view.expectations]
            verdicts += empty
        else:
            verdicts += _validate(f"{suite.table}, {name}", rows, view.expectations)
    return verdicts


def _validate(name: str, rows: pl.DataFrame, expectations: Sequence[Expectation]) -> list[Verdict]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import great_expectations as gx
        from great_expectations.data_context.types.base import ProgressBarsConfig

        # In memory only: no project folder is made, no account is looked for, nothing is sent.
        context = gx.get_context(mode="ephemeral")
        context.enable_analytics(False)
        context.variables.progress_bars = ProgressBarsConfig(globally=False)
        asset = context.data_sources.add_pandas("tables").add_dataframe_asset(name)
        batch = asset.add_batch_definition_whole_dataframe("all").get_batch(
            {"dataframe": rows.to_pandas()}
        )
        suite = gx.ExpectationSuite(name, [e.model_dump() for e in expectations])
        found = batch.validate(suite, result_format="COMPLETE")
    by_words = {c.description: r for r in found.results if (c := r.expectation_config)}
    return [_verdict(name, e.description, by_words[e.description], rows) for e in expectations]


def _verdict(
    name: str, says: str, result: "ExpectationValidationResult", rows: pl.DataFrame
) -> Verdict:
    facts = result.result
    if not facts:  # It could not be judged at all: a column that is not there, a wrong argument.
        raise InputError(
            f"Suite of {name}: {says!r} cannot be judged ({result.exception_info}). "
            "Correct its file in dbt_like_sql/expectations."
        )
    if "unexpected_count" in facts:
        observed = f"{facts['unexpected_count']} of {facts['element_count']} rows differ"
        numbers = [int(number) for number in facts["unexpected_index_list"] or ()]
    else:
        observed, numbers = f"{facts['observed_value']:.6g}", []
    return Verdict(says, bool(result.success), observed, rows[numbers[:EXAMPLES]])
