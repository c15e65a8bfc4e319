"""The asset graph, held in a snapshot: whoever changes it sees the change."""

import json
from pathlib import Path

import dagster as dg
import pytest

from definitions import build_defs
from gametape.line import STEPS
from resources.settings import load_settings

SNAPSHOT = Path(__file__).with_name("asset_graph.json")


def graph(tmp_path: Path) -> dict[str, dict]:
    settings = load_settings({"library": str(tmp_path)}, environment={}, folder=tmp_path).settings
    nodes = build_defs(settings).resolve_asset_graph()
    return {
        key.to_user_string(): {
            "group": nodes.get(key).group_name,
            "reads": sorted(k.to_user_string() for k in nodes.get(key).parent_keys),
            "partitions": getattr(nodes.get(key).partitions_def, "name", None),
            "kinds": sorted(nodes.get(key).kinds or ()),
            "owners": sorted(nodes.get(key).owners),
            "tags": {k: v for k, v in nodes.get(key).tags.items() if "kind/" not in k},
            "code_version": nodes.get(key).code_version,
            "says": nodes.get(key).description,
        }
        for key in nodes.toposorted_asset_keys
    }


def test_the_asset_graph_is_the_one_in_the_snapshot(tmp_path: Path) -> None:
    found = json.dumps(graph(tmp_path), indent=2, ensure_ascii=False) + "\n"
    if not SNAPSHOT.exists():  # Remove the file and run the test to take a new one.
        SNAPSHOT.write_text(found, encoding="utf-8")
        pytest.fail(f"{SNAPSHOT.name} was taken anew: read what changed, then run again")
    assert found == SNAPSHOT.read_text(encoding="utf-8")


def test_every_step_of_the_line_is_an_asset_that_reads_what_the_line_says(tmp_path: Path) -> None:
    nodes = graph(tmp_path)
    assert {s.name: sorted(s.inputs) for s in STEPS} == {
        s.name: nodes[s.name]["reads"] for s in STEPS
    }


def test_every_asset_has_a_group_an_owner_a_description_and_a_kind(tmp_path: Path) -> None:
    lacking = {
        name: [k for k in ("group", "owners", "says", "kinds") if not node[k]]
        for name, node in graph(tmp_path).items()
    }
    assert {name: what for name, what in lacking.items() if what} == {}


def test_importing_the_definitions_reads_and_writes_nothing() -> None:
    module = __import__("definitions")
    assert not any(isinstance(value, dg.Definitions) for value in vars(module).values())
