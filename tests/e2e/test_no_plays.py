"""`gametape label TAPE --no-plays`: a tape on which nobody plays, from the command to the pages."""

import shutil
from collections.abc import Callable
from pathlib import Path


def test_a_tape_without_play_is_labelled_judged_counted_and_shown(
    library: Path, type_in: Callable, tmp_path: Path
) -> None:
    own = Path(shutil.copytree(library, tmp_path / "library"))
    (tape,) = (path.stem for path in (own / "inbox").glob("*.json"))
    there = ("--library", own)
    for name, text in (("none.json", '{"segments": []}'), ("none.csv", "start_s,end_s,label\n")):
        (tmp_path / name).write_text(text)
        refused = type_in("label", tape, tmp_path / name, *there)
        assert refused.code == 2 and "--no-plays" in refused.err and name in refused.err
    assert type_in("label", tape, *there).code == 2
    assert type_in("label", tape, tmp_path / "none.json", "--no-plays", *there).code == 2
    assert not (own / "labels").exists()

    said = type_in("label", tape, "--no-plays", *there, "--json")
    assert said.code == 0, said.err
    score = next(row for row in said.value["scores"] if row["iou"] == 0.5)
    assert score["found_count"] > 0 and score["true_count"] == 0
    assert (score["precision"], score["recall"], score["f1"]) == (0.0, None, 0.0)
    assert "none of them is one" in type_in("label", tape, "--no-plays", *there).out

    assert type_in("tables", *there).code == 0
    (row,) = type_in(
        *("sql", "select is_labelled, labels, play_share from label_coverage", "--json", *there)
    ).value
    assert row == {"is_labelled": True, "labels": 0, "play_share": 0.0}
    for page in ("index", "evaluation", "errors"):
        shown = type_in("open", "--page", page, "--print", *there)
        assert shown.code == 0, shown.err
    page = Path(type_in("open", tape, "--print", *there).out.strip())
    text = page.read_text()
    assert "0 missed" in text and "gametape label TAPE FILE" not in text
