"""The line: what must run again when something changes, and what must not."""

from gametape.line import Order, expected_fingerprints, tape_id
from gametape.profile import load_profile

ORDER = Order(
    id="match-0123456789ab",
    name="match.mp4",
    path="match.mp4",
    content_hash="0" * 64,
    profile="tennis",
)


def changed_steps(order: Order = ORDER, **changes: object) -> list[str]:
    before = expected_fingerprints(ORDER, load_profile("tennis"))
    after = expected_fingerprints(order, load_profile("tennis", changes=changes))
    return [name for name in after if before[name] != after[name]]


def test_a_changed_threshold_touches_fusion_and_clips_but_no_decode() -> None:
    assert changed_steps(**{"fusion.merge_gap_s": 0.123}) == ["segments", "clips"]


def test_a_changed_scorer_touches_predictions_and_what_follows() -> None:
    assert changed_steps(**{"scorer.stride_s": 0.123}) == ["predictions", "segments", "clips"]


def test_a_changed_proxy_touches_everything_but_the_source() -> None:
    assert changed_steps(**{"proxy.quantizer": 31}) == [
        "proxies",
        "signals",
        "features",
        "predictions",
        "segments",
        "clips",
    ]


def test_another_backbone_touches_features_and_no_explicit_score() -> None:
    assert changed_steps(**{"features.backbone": "none"}) == ["features"]


def test_other_content_is_another_everything() -> None:
    other = ORDER.model_copy(update={"content_hash": "1" * 64})
    assert changed_steps(other) == list(expected_fingerprints(ORDER, load_profile("tennis")))


def test_a_moved_file_changes_nothing() -> None:
    assert changed_steps(ORDER.model_copy(update={"path": "elsewhere/match.mp4"})) == []


def test_a_cut_list_needs_no_detection() -> None:
    listed = ORDER.model_copy(update={"cut_list": ()})
    assert list(expected_fingerprints(listed, load_profile("tennis"))) == [
        "sources",
        "segments",
        "clips",
    ]


def test_a_tape_is_named_after_its_file_and_its_content() -> None:
    assert tape_id("Köln vs. Bonn (2).MP4", "abc" * 22) == "k-ln-vs-bonn-2-abcabcabcabc"
    assert tape_id("$(rm -rf).mp4", "f" * 64) == "rm-rf-ffffffffffff"
    assert tape_id("日本.mp4", "f" * 64) == "tape-ffffffffffff"
