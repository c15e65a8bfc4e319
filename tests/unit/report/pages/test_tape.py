"""The page of one tape: small enough at three hours, safe with any name, useful without labels."""

import io
import json
import re
from fractions import Fraction

import numpy as np
import polars as pl
from PIL import Image

from gametape.evaluation import MATCH_COLUMNS, match_table
from gametape.exports.manifest import Clip
from gametape.profile import load_profile
from gametape.report.pages.tape import tape_page
from gametape.report.pages.tapeview import TapeView
from gametape.schema import CutReport, Finding, Segment, Span

HOSTILE = "</script><img src=x onerror=alert(1)>\"'"


def clip(number: int, segment: Segment) -> Clip:
    cut = CutReport(
        number=number, file=f"{number:04d}.mp4", thumbnail=f"{number:04d}.jpg",
        asked_start_s=segment.start_s, asked_end_s=segment.end_s, first_pts=0, last_pts=1,
        time_base=Fraction(1, 25), first_s=segment.start_s, last_s=segment.end_s, frame_count=2,
        counted_frames=2, duration_s=segment.length_s, bytes=9, width=1, height=1, is_exact=True,
    )  # fmt: skip
    return Clip(
        id=f"{number:04d}", number=number, file=f"clips/{number:04d}.mp4",
        thumbnail=f"clips/{number:04d}.jpg", start_s=segment.start_s, end_s=segment.end_s,
        duration_s=segment.length_s, play_start_s=segment.core.start_s,
        play_end_s=segment.core.end_s, label=segment.label, score=segment.score, evidence={},
        cut=cut,
    )  # fmt: skip


def view(**given) -> TapeView:
    facts = {"id": "tape-1", "name": "a.mp4", "profile": "tennis", "duration_s": 60.0}
    return TapeView(**(facts | given))


def data_of(text: str) -> dict:
    found = re.search(r'<script type="application/json" id="tape">(.*?)</script>', text)
    assert found is not None
    return json.loads(found.group(1))


def noise(seed: int) -> bytes:
    pixels = np.random.default_rng(seed).integers(0, 255, (94, 168, 3)).astype(np.uint8)
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "JPEG", quality=55)
    return out.getvalue()


def test_three_hours_fit_into_two_megabytes_with_every_row() -> None:
    time_s = np.arange(43_200) / 4
    random = np.random.default_rng(0)
    names = ("similarity", "changed_share", "pan_speed", "field_share", "crowd_db", "whistle_share")
    signals = pl.DataFrame(
        {"time_s": time_s, "has_sound": 1.0} | {name: random.random(43_200) for name in names}
    )
    windows = pl.DataFrame(
        {"start_s": time_s[:-3], "end_s": time_s[:-3] + 1, "play": random.random(43_197)}
    )
    segments = [Segment(25.0 * i, 25.0 * i + 12) for i in range(400)]
    text = tape_page(
        view(
            duration_s=10_800.0, signals=signals, predictions=windows, segments=segments,
            settings=load_profile("tennis").fusion,
            clips=[clip(i, s) for i, s in enumerate(segments, start=1)],
            pictures={i: noise(i) for i in range(1, 401)},  # noise is the worst that can be shown
            labels=[s.core for s in segments], matches=match_table([], segments),
        ),
        mark="00",
    )  # fmt: skip
    assert len(text.encode()) < 2_000_000
    assert len(data_of(text)["lanes"]) == 6
    assert "../../videos/tape-1/clips/0400.jpg" in text  # what is too much lies beside its clip


def test_nothing_that_a_person_wrote_is_markup() -> None:
    segments = [Segment(1.0, 5.0, HOSTILE)]
    text = tape_page(
        view(
            name=HOSTILE, segments=segments, clips=[clip(1, segments[0])],
            game={HOSTILE: HOSTILE}, trouble=HOSTILE,
            findings=[Finding(code=HOSTILE, message=HOSTILE)],
        ),
        mark="00",
    )  # fmt: skip
    assert "<img src=x" not in text
    assert text.count("</script>") == 2  # the data's and the page's own
    assert data_of(text)["found"][0][5] == HOSTILE


def test_a_card_leads_to_its_clip_in_the_library() -> None:
    segments = [Segment(1.0, 5.0)]
    text = tape_page(view(segments=segments, clips=[clip(1, segments[0])]), mark="00")
    assert 'href="../../videos/tape-1/clips/0001.mp4"' in text
    assert data_of(text)["clips"] == [[1, "../../videos/tape-1/clips/0001.mp4", 1.0, 5.0]]


def test_truth_and_mistakes_are_on_the_timeline() -> None:
    found = [Segment(10.0, 20.0), Segment(40.0, 50.0)]
    truth = [Span(10.0, 20.0), Span(30.0, 35.0)]
    text = tape_page(
        view(segments=found, labels=truth, matches=match_table(truth, found)), mark="00"
    )
    data = data_of(text)
    assert data["truth"] == [[10.0, 20.0], [30.0, 35.0]]
    assert data["wrong"] == [["missed", 30.0, 35.0], ["extra", 40.0, 50.0]]
    assert 'href="#t=30.00"' in text
    assert "1 missed, 1 extra" in text


def test_a_tape_without_labels_says_how_to_give_some() -> None:
    text = tape_page(view(segments=[Segment(1.0, 2.0)]), mark="00")
    assert "gametape label TAPE FILE" in text
    assert data_of(text)["truth"] is None


def test_a_labelled_tape_without_a_mistake_says_so() -> None:
    truth = [Span(1.0, 2.0)]
    matches = pl.DataFrame([("matched", 1.0, 2.0, 1.0, 2.0, 1.0, 50.0)], schema=MATCH_COLUMNS,
                           orient="row")  # fmt: skip
    text = tape_page(view(segments=[Segment(1.0, 2.0)], labels=truth, matches=matches), mark="00")
    assert "every labelled play was found" in text


def test_a_given_list_has_no_threshold_to_try() -> None:
    assert 'id="threshold"' not in tape_page(view(segments=[Segment(1.0, 2.0)]), mark="00")


def test_a_tape_without_plays_says_what_to_try() -> None:
    assert "gametape profiles" in tape_page(view(), mark="00")
