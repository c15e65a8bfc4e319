"""`gametape demo`: what a newcomer sees first."""


def test_the_demo_makes_cuts_and_compares_a_match(type_in, tmp_path) -> None:
    words = ("--out", tmp_path / "out", "--library", tmp_path / "library", "--length", "30")
    shown = type_in("demo", *words)
    assert shown.code == 0
    assert "precision" in shown.out
    assert "make up" in shown.out
    made = {p.relative_to(tmp_path / "out").as_posix() for p in (tmp_path / "out").rglob("*.*")}
    assert {"match/match.mp4", "match/truth.json", "manifest.json", "timeline.png"} <= made
    again = type_in("demo", *words, "--json").value
    assert again["ran"] == []
    assert {score["iou"] for score in again["scores"]} == {0.3, 0.5, 0.7}
    assert len(again["plays"]) >= again["scores"][0]["true_count"]
