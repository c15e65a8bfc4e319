"""The method of a clip follows from the packet map, the wanted frames and what each way costs."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gametape.errors import InputError
from gametape.schema import Finding, Segment, Source, VideoStream
from gametape.video.cutting.choice import Choice, Method, TapeFacts, choose, costs
from gametape.video.cutting.clipjob import ClipPlan
from gametape.video.gops import GopMap

# Of a progressive 8-bit tape: a sequence and a picture parameter set of x264.
SETS = (
    bytes.fromhex("6764000bacd942867e7c0440000003004000000c83c50a6580"),
    bytes.fromhex("68ebe0ecb22c"),
)


def groups(*sizes: int, bframes: int = 2) -> tuple[list[int], list[int]]:
    """Stamps in stored order of closed groups, and the rows at which they begin."""
    stored: list[int] = []
    starts: list[int] = []
    for size in sizes:
        first = len(stored)
        starts.append(first)
        stored.append(first)
        place = first + 1
        while place < first + size:
            anchor = min(place + bframes, first + size - 1)
            stored += [anchor, *range(place, anchor)]
            place = anchor + 1
    return stored, starts


def facts_of(
    pts: list[int],
    starts: list[int],
    *,
    codec: str = "h264",
    bad: tuple[int, ...] = (),
    findings: tuple[Finding, ...] = (),
) -> TapeFacts:
    rows = np.arange(len(pts))
    gops = GopMap(
        codec=codec,
        time_base=Fraction(1, 25),
        pts=np.array(pts, np.int64),
        size=np.ones(len(pts), np.int64),
        is_start=np.isin(rows, starts),
        is_key=np.isin(rows, starts),
        is_bad=np.isin(rows, bad),
        unit_size=4,
        sets=SETS,
        flaw="",
    )
    video = VideoStream(
        index=0,
        codec=codec,
        width=160,
        height=180,
        display_width=160,
        display_height=180,
        pixel_format="yuv420p",
        time_base=Fraction(1, 25),
        start_pts=0,
        frame_count=len(pts) - len(bad),
    )
    source = Source(
        name="tape",
        bytes=1,
        content_hash="",
        container="mov",
        duration_s=len(pts) / 25,
        video=video,
        findings=findings,
    )
    return TapeFacts(gops, source)


def plan(first: int, until: int) -> ClipPlan:
    return ClipPlan(7, Segment(first / 25, until / 25), first, until)


def shown(facts: TapeFacts, choice: Choice) -> list[int]:
    return sorted([*choice.head, *facts.gops.pts[list(choice.rows)].tolist(), *choice.tail])


@given(
    st.lists(st.integers(1, 20), min_size=1, max_size=6),
    st.integers(0, 4),
    st.data(),
    st.sampled_from(["auto", "smart"]),
)
def test_every_choice_shows_exactly_the_frames_asked_for(
    sizes: list[int], bframes: int, data: st.DataObject, method: Method
) -> None:
    pts, starts = groups(*sizes, bframes=bframes)
    facts = facts_of(pts, starts)
    first = data.draw(st.integers(0, len(pts) - 1))
    until = data.draw(st.integers(first + 1, len(pts)))
    try:
        choice = choose(facts, plan(first, until), method)
    except InputError:
        assert method == "smart"
        return
    if choice.method == "re-encode":
        return
    assert shown(facts, choice) == list(range(first, until))
    assert facts.gops.is_start[choice.rows[0]]
    assert choice.rows == tuple(range(choice.rows[0], choice.rows[-1] + 1))
    assert (choice.method == "copy") == (not choice.head and not choice.tail)


def test_between_key_pictures_nothing_can_be_copied() -> None:
    choice = choose(facts_of(*groups(25, 25)), plan(3, 20), "auto")
    assert choice.method == "re-encode"
    assert choice.reason.startswith("it begins on no key picture")


def test_edges_are_encoded_only_where_that_is_cheaper() -> None:
    facts = facts_of(*groups(25, 25, 25))
    for bounds, method in (((24, 60), "smart"), ((2, 27), "re-encode")):
        choice = choose(facts, plan(*bounds), "auto")
        smart, whole = costs(facts.gops, choose(facts, plan(*bounds), "smart"), plan(*bounds))
        assert choice.method == method
        assert (smart < whole) == (method == "smart")


def test_pictures_shown_before_an_open_start_are_left_out_of_hevc() -> None:
    pts = [0, 3, 1, 2, 6, 4, 5, 9, 7, 8]
    facts = facts_of(pts, [0, 4], codec="hevc")
    choice = choose(facts, plan(6, 10), "auto")
    assert (choice.method, choice.rows) == ("copy", (4, 7, 8, 9))
    assert choose(facts_of(pts, [0, 4]), plan(6, 10), "auto").method == "re-encode"


def test_edges_of_hevc_are_not_encoded() -> None:
    facts = facts_of(*groups(25, 25), codec="hevc")
    choice = choose(facts, plan(24, 50), "auto")
    assert choice.method == "re-encode"
    assert "HEVC" in choice.reason


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        (facts_of(*groups(25), bad=(4,)), "damaged there, or hides"),
        (
            facts_of(
                *groups(25), findings=(Finding(code="partial", message="", start_s=0.2, end_s=0.3),)
            ),
            "the tape is damaged there",
        ),
        (
            facts_of(*groups(25), findings=(Finding(code="restart", message=""),)),
            "clock begins anew",
        ),
    ],
)
def test_damaged_and_hidden_pictures_are_not_copied(facts: TapeFacts, words: str) -> None:
    choice = choose(facts, plan(0, 25), "auto")
    assert choice.method == "re-encode"
    assert words in choice.reason


def test_packets_that_are_not_one_picture_each_are_not_copied() -> None:
    facts = facts_of(*groups(25))
    halved = facts.source.model_copy(
        update={"video": facts.source.video.model_copy(update={"frame_count": 13})}
    )
    assert "one picture each" in choose(TapeFacts(facts.gops, halved), plan(0, 25), "auto").reason


def test_a_refusal_names_the_nearest_times_that_can_be_copied() -> None:
    facts = facts_of(*groups(25, 25, 25))
    with pytest.raises(InputError) as refused:
        choose(facts, plan(30, 57), "copy")
    words = str(refused.value)
    assert "Segment 7 (1.2 to 2.28 s)" in words
    assert "begin at 1.000 s or 2.000 s" in words
    assert "end at 2.280 s." in words
