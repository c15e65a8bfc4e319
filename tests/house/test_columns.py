"""Columns are shown with the meanings that docs/artifacts.md gives them."""

import polars as pl
import pytest

from assets.columns import meaning, table_schema
from gametape.evaluation import EVALUATION_COLUMNS, MATCH_COLUMNS
from gametape.exports.shotlist import SHOT_COLUMNS
from gametape.figures import FIGURE_COLUMNS, SCENE_COLUMNS
from gametape.tables import SEGMENT_COLUMNS


def test_a_column_is_shown_with_name_type_meaning_and_unit() -> None:
    [column] = table_schema(pl.DataFrame({"pan_speed": [0.5]}), "signals.parquet").columns
    assert (column.name, column.type) == ("pan_speed", "float64")
    assert column.description == "how fast the camera turns, whichever way (heights/s)"


def test_a_column_that_means_the_same_elsewhere_is_explained_from_there() -> None:
    expected = meaning("signals/samples.parquet", "zoom")
    assert expected == "how the picture grows (share/s)"
    assert meaning("signals.parquet", "zoom") == expected


def test_every_region_is_explained_by_the_first() -> None:
    assert meaning("signals.parquet", "fast_r2c3") == "`moving_share` of one region (0 to 1)"


def test_a_column_that_the_paper_does_not_name_is_shown_without_meaning() -> None:
    [column] = table_schema(pl.DataFrame({"mystery": [1]}), "signals.parquet").columns
    assert (column.type, column.description) == ("int64", None)


@pytest.mark.parametrize(
    ("name", "columns"),
    [
        ("evaluation.parquet", EVALUATION_COLUMNS),
        ("figures.parquet", FIGURE_COLUMNS),
        ("scenes.parquet", SCENE_COLUMNS),
        ("matches.parquet", MATCH_COLUMNS),
        ("shots.parquet", SHOT_COLUMNS),
        ("labels.parquet", SEGMENT_COLUMNS),
    ],
)
def test_every_column_of_truth_is_in_the_paper(name: str, columns: dict[str, object]) -> None:
    assert [column for column in columns if not meaning(name, column)] == []
