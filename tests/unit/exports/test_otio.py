"""Any OTIO timeline is read: clips' ranges on the tape, or markers where there are no clips."""

import json
from fractions import Fraction
from typing import Any

import opentimelineio as otio
import pytest
from opentimelineio.opentime import RationalTime, TimeRange

from gametape.errors import InputError
from gametape.exports.otio import otio_text, read_otio
from gametape.exports.timeline import Play, TapeFacts, Timeline

NTSC = Fraction(30000, 1001)
AT_25 = TapeFacts(rate=Fraction(25), media="match.mp4")


def span(start: float, length: float, rate: float = 25) -> TimeRange:
    return TimeRange(RationalTime(start, rate), RationalTime(length, rate))


def clip(start: float, length: float, *, rate: float = 25, **more: Any) -> Any:
    url = more.pop("url", "match.mp4")
    media = otio.schema.ExternalReference(url, available_range=more.pop("whole", None))
    return otio.schema.Clip(more.pop("name", "Goal"), media, span(start, length, rate), **more)


def text_of(*items: Any, kind: str = "Video") -> str:
    made = otio.schema.Timeline("edit")
    made.tracks.append(otio.schema.Track("t", items, kind=kind))
    return str(otio.adapters.write_to_string(made, "otio_json"))


def read(text: str, tape: TapeFacts = AT_25) -> list[tuple[Fraction, Fraction]]:
    plays = read_otio(text, name="plays.otio", tape=tape)
    return [(play.start_s, play.end_s) for play in plays]


def test_the_librarys_own_clip_holds_what_we_know() -> None:
    play = Play(Fraction(1), Fraction(2), "rally", "Kim serves", 88.5, {"set": "2"})
    timeline = Timeline(
        "Final", "a b.mp4", Fraction(600), Fraction(25), (play,), start_frame=90_000
    )
    made = otio.adapters.read_from_string(otio_text(timeline), "otio_json")
    (found,) = made.video_tracks()[0]
    assert found.name == "Kim serves"
    assert found.source_range == span(90_025, 25)
    assert found.media_reference.target_url == "a%20b.mp4"
    assert found.media_reference.available_range == span(90_000, 15_000)
    assert found.markers[0].name == "Kim serves"
    facts = found.metadata["gametape"]
    assert (facts["label"], facts["score"], facts["notes"]["set"]) == ("rally", 88.5, "2")
    assert [track.kind for track in made.tracks] == ["Video", "Audio"]


def test_clips_count_from_the_medias_start_and_gaps_do_not_matter() -> None:
    whole = span(90_000, 15_000)
    items = [otio.schema.Gap(duration=RationalTime(50, 25)), clip(90_025, 25, whole=whole)]
    assert read(text_of(*items)) == [(1, 2)]


def test_without_the_medias_start_the_tapes_own_timecode_counts() -> None:
    own = TapeFacts(rate=Fraction(25), start_frame=90_000)
    assert read(text_of(clip(90_025, 25)), own) == [(1, 2)]
    assert read(text_of(clip(25, 25)), own) == [(1, 2)]


def test_a_rounded_rate_stands_for_the_exact_one() -> None:
    tape = TapeFacts(rate=NTSC)
    for rate in (29.97, 30000 / 1001):
        assert read(text_of(clip(107_892, 30, rate=rate)), tape)[0][0] == 107_892 / NTSC


def test_times_that_are_no_frames_fit_every_tape() -> None:
    assert read(text_of(clip(1500, 500, rate=1000))) == [(Fraction(3, 2), 2)]


def test_another_rate_than_the_tapes_is_refused_with_both() -> None:
    with pytest.raises(InputError, match=r"clip 1 \('Goal'\): it counts 30 frames a second, but"):
        read(text_of(clip(30, 30, rate=30)))
    with pytest.raises(InputError, match=r"counts 30 frames a second, but the tape has 29\.97"):
        read(text_of(clip(30, 30, rate=30)), TapeFacts(rate=NTSC))


def test_clips_in_stacks_sound_and_hidden_ones_are_told_apart() -> None:
    nested = otio.schema.Stack("nest")
    nested.append(otio.schema.Track("inner", [clip(25, 25)], kind="Video"))
    hidden = clip(500, 25)
    hidden.enabled = False
    made = otio.schema.Timeline("edit")
    made.tracks.append(otio.schema.Track("V", [nested, hidden], kind="Video"))
    made.tracks.append(otio.schema.Track("A", [clip(25, 25), clip(75, 25)], kind="Audio"))
    text = str(otio.adapters.write_to_string(made, "otio_json"))
    assert read(text) == [(1, 2)]
    assert read(text_of(clip(25, 25), clip(25, 25), kind="Audio")) == [(1, 2)]


def test_a_collection_of_timelines_and_a_lone_clip_are_read_too() -> None:
    lone = str(otio.adapters.write_to_string(clip(25, 25), "otio_json"))
    assert read(lone) == [(1, 2)]
    many = otio.schema.SerializableCollection("c", [otio.schema.Timeline("t")])
    many[0].tracks.append(otio.schema.Track("V", [clip(50, 25)]))
    assert read(str(otio.adapters.write_to_string(many, "otio_json"))) == [(2, 3)]


def test_markers_are_plays_where_there_are_no_clips() -> None:
    made = otio.schema.Timeline("edit")
    made.tracks.markers.append(otio.schema.Marker("Ace", marked_range=span(25, 75)))
    made.tracks.markers.append(otio.schema.Marker("point", marked_range=span(50, 0)))
    text = str(otio.adapters.write_to_string(made, "otio_json"))
    (play,) = read_otio(text, name="plays.otio", tape=AT_25)
    assert (play.start_s, play.end_s, play.label) == (1, 4, "Ace")


def test_only_the_tapes_clips_of_an_edit_of_several_tapes_are_taken() -> None:
    items = [clip(0, 25, url="G:/a/other.mp4"), clip(50, 25, url="file:///m/match.mp4")]
    assert read(text_of(*items)) == [(2, 3)]


@pytest.mark.parametrize(
    ("start", "length", "reason"),
    [
        (-5, 25, "the start -0.2 s lies before the tape"),
        (5, -3, "the end 0.08 s comes before the start 0.2 s"),
        (5, 0, "nothing is in between"),
        (10**12, 5, "is no time on a tape"),
    ],
)
def test_a_fault_is_named_with_its_clip(start: float, length: float, reason: str) -> None:
    with pytest.raises(InputError, match=r"^plays\.otio, clip 2 \('Goal'\): ") as caught:
        read(text_of(clip(0, 5), clip(start, length)))
    assert reason in str(caught.value)


def test_a_play_beyond_the_end_is_named() -> None:
    tape = TapeFacts(rate=Fraction(25), duration_s=Fraction(1))
    with pytest.raises(InputError, match=r"clip 1 .* passes the end of the tape at 1\.0 s"):
        read(text_of(clip(0, 50)), tape)


def changed(**facts: Any) -> str:
    content = json.loads(text_of(clip(25, 25)))
    content["tracks"]["children"][0]["children"][0].update(facts)
    return json.dumps(content)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "line 1: not JSON"),
        ("{", "line 1: not JSON"),
        ("[]", "not an OTIO file"),
        ("{}", "not an OTIO file"),
        ("7", "not an OTIO file"),
        ('{"OTIO_SCHEMA": "Nothing.7"}', "not an OTIO file"),
        ('{"OTIO_SCHEMA": "Timeline.1", "tracks": 5}', "not an OTIO file"),
        ('{"x": NaN}', "NaN is not a number"),
        ("[" * 100_000, "not usable JSON"),
        (changed(metadata={"gametape": {"score": "many"}}), "the score 'many' is no number"),
        (changed(metadata={"gametape": {"score": 101}}), "101.0 is not between 0 and 100"),
        (changed(source_range=None), "no range on the tape is stated"),
    ],
)
def test_what_is_no_timeline_is_named(text: str, reason: str) -> None:
    with pytest.raises(InputError, match=r"^plays\.otio") as caught:
        read(text)
    assert reason in str(caught.value)


def test_metadata_of_any_shape_does_no_harm() -> None:
    for facts in (5, "x", [], {"label": 7, "notes": [1]}, {"label": None}):
        assert read(changed(metadata={"gametape": facts})) == [(1, 2)]


def test_a_huge_number_is_refused_as_a_number() -> None:
    content = text_of(clip(25, 25)).replace('"rate": 25.0', '"rate": 1e400')
    with pytest.raises(InputError, match=r"^plays\.otio"):
        read(content)
