"""An EDL has no rate: the tape gives it, and what does not fit the tape is named with its line."""

from fractions import Fraction

import pytest

from gametape.errors import InputError
from gametape.exports.edl import edl_text, read_edl
from gametape.exports.timecode import frames_of
from gametape.exports.timeline import Play, TapeFacts, Timeline

NTSC = Fraction(30000, 1001)
AT_25 = TapeFacts(rate=Fraction(25))
AT_NTSC = TapeFacts(rate=NTSC)


def event(
    source: str, *, number: int = 1, reel: str = "MATCH", channel: str = "V", kind: str = "C"
) -> str:
    return f"{number:03d}  {reel:<8} {channel:<4} {kind:<8} {source} 01:00:00:00 01:00:01:00"


def read(text: str, tape: TapeFacts = AT_25) -> list[tuple[int, int]]:
    assert tape.rate is not None
    plays = read_edl(text, name="plays.edl", tape=tape)
    return [(frames_of(p.start_s, tape.rate), frames_of(p.end_s, tape.rate)) for p in plays]


def test_the_text_is_what_editing_programs_expect() -> None:
    play = Play(1800 / NTSC, 1860 / NTSC, "rally", "Kim serves", 88.5, {"set": "2"})
    timeline = Timeline(
        "Final", "media/Final 2025 (a).mp4", Fraction(100), NTSC, (play,), is_drop_frame=True
    )
    assert edl_text(timeline) == (
        "TITLE: Final\n"
        "FCM: DROP FRAME\n"
        "\n"
        "001  FINAL202 AA/V  C        00:01:00;02 00:01:02;02 01:00:00;00 01:00:02;00\n"
        "* FROM CLIP NAME: Final 2025 (a).mp4\n"
        "* LOC: 01:00:00;00 GREEN   Kim serves\n"
        "* GAMETAPE label: rally\n"
        "* GAMETAPE title: Kim serves\n"
        "* GAMETAPE score: 88.5\n"
        "* GAMETAPE note set = 2\n"
    )


def test_drop_frame_is_read_from_the_fcm_line_and_from_semicolons() -> None:
    drop = "FCM: DROP FRAME\n" + event("00:01:00:02 00:10:00:00")
    marked = event("00:01:00;02 00:10:00;00")
    plain = "FCM: NON-DROP FRAME\n" + event("00:01:00:02 00:10:00:00")
    assert read(drop, AT_NTSC) == read(marked, AT_NTSC) == [(1800, 17_982)]
    assert read(plain, AT_NTSC) == [(1802, 18_000)]


def test_the_way_of_counting_may_change_on_the_way() -> None:
    text = "\n".join(
        [
            "FCM: NON-DROP FRAME",
            event("00:10:00:00 00:10:01:00"),
            "FCM: DROP FRAME",
            event("00:10:00:00 00:10:01:00", number=2),
        ]
    )
    assert read(text, AT_NTSC) == [(18_000, 18_030), (17_982, 18_012)]


@pytest.mark.parametrize(
    ("line", "tape", "reason"),
    [
        (event("00:00:01:24 00:00:02:25"), AT_25, "00:00:02:25 counts frame 25, but at 25 frames"),
        (event("00:01:00;00 00:01:02;00"), AT_NTSC, "00:01:00;00 does not exist in drop-frame"),
        (event("00:01:00;02 00:01:02;00"), AT_25, "there is none. Give the tape"),
        (event("00:00:02:00 00:00:01:00"), AT_25, "the end 00:00:01:00 comes before the start"),
        (event("00:00:02:00 00:00:02:00"), AT_25, "nothing is in between"),
        ("001 MATCH V C 00:00:01:00 00:00:02:00", AT_25, "is no event. It should look like 001"),
        ("1.5 2.5 0", AT_25, "'1.5 2.5 0' is no event"),
        ("001 M V C nan inf 00:00:01:00 00:00:02:00", AT_25, "is no event"),
        (event("00:00:01:00 00:00:99:00"), AT_25, "00:00:99:00 is no time of a day"),
        (
            event("00:00:01:00 00:00:02:00"),
            TapeFacts(Fraction(25), Fraction(1)),
            "passes the end of the tape at 1.0 s",
        ),
    ],
)
def test_a_fault_is_named_with_its_line(line: str, tape: TapeFacts, reason: str) -> None:
    text = f"TITLE: x\n\n{event('00:00:00:01 00:00:00:02')}\n{line}\n"
    with pytest.raises(InputError, match=r"^plays\.edl, line 4: ") as caught:
        read_edl(text, name="plays.edl", tape=tape)
    assert reason in str(caught.value)


def test_drop_frame_on_a_tape_without_it_is_named_at_the_fcm_line() -> None:
    with pytest.raises(InputError, match=r"line 2: FCM: DROP FRAME.*tape runs at 25 frames"):
        read("TITLE: x\nFCM: DROP FRAME\n" + event("00:00:01:00 00:00:02:00"))


def test_without_a_rate_or_a_countable_one_nothing_is_read() -> None:
    with pytest.raises(InputError, match="rate is not known"):
        read_edl(event("00:00:01:00 00:00:02:00"), name="plays.edl", tape=TapeFacts())
    with pytest.raises(InputError, match=r"cannot count 12\.5 frames"):
        read(event("00:00:01:00 00:00:02:00"), TapeFacts(rate=Fraction(25, 2)))


def test_an_empty_list_says_so() -> None:
    with pytest.raises(InputError, match="no event is in it"):
        read("TITLE: nothing\nFCM: NON-DROP FRAME\n")


def test_record_times_may_overlap_and_names_may_be_long_and_dotted() -> None:
    text = "\r\n".join(
        [
            "TITLE:   EDL  ",
            "000001  BOONE_SMITH_ON_CAMERA_HOST_-720P V     C        "
            "00:00:01:00 00:00:02:00 01:00:00:00 01:00:01:00 ",
            "*FROM CLIP NAME:  BOONE.NEW.01 ",
            "M2      AQ100                                     059.6 00:02:18:05 ",
            "000002  BOONE_SMITH_ON_CAMERA_HOST_-720P V     C        "
            "00:00:03:00 00:00:04:00 01:00:00:00 01:00:01:00 ",
        ]
    )
    assert read(text) == [(25, 50), (75, 100)]


def test_the_empty_half_of_a_dissolve_and_black_are_no_plays() -> None:
    text = "\n".join(
        [
            "001  MATCH    V     C        00:00:01:00 00:00:02:00 01:00:00:00 01:00:01:00",
            "002  MATCH    V     C        00:00:02:00 00:00:02:00 01:00:01:00 01:00:01:00",
            "002  MATCH    V     D    035 00:00:05:00 00:00:07:00 01:00:01:00 01:00:03:00",
            "* BLEND, DISSOLVE",
            "003  BL       V     C        00:00:00:00 00:00:01:00 01:00:03:00 01:00:04:00",
        ]
    )
    assert read(text) == [(25, 50), (125, 175)]


def test_sound_events_beside_the_picture_are_not_plays_of_their_own() -> None:
    picture = event("00:00:01:00 00:00:02:00")
    sound = event("00:00:00:20 00:00:02:00", channel="A", number=2)
    assert read(f"{picture}\n{sound}") == [(25, 50)]
    other = event("00:00:00:20 00:00:02:00", channel="A2", number=3)
    assert read(f"{sound}\n{other}") == [(20, 50)]


def test_resolves_markers_are_plays_from_its_first_hour_on() -> None:
    text = "\n".join(
        [
            "TITLE: Timeline 1",
            "FCM: NON-DROP FRAME",
            "",
            "001  001      V     C        01:00:10:00 01:00:10:01 01:00:10:00 01:00:10:01  ",
            "a fine one |C:ResolveColorBlue |M:Ace |D:75",
        ]
    )
    (play,) = read_edl(text, name="plays.edl", tape=AT_25)
    assert (play.start_s, play.end_s, play.title) == (10, 13, "Ace")
    own = TapeFacts(rate=Fraction(25), start_frame=90_000)
    assert read_edl(text, name="plays.edl", tape=own)[0].start_s == 10


def test_only_the_tapes_events_of_an_edit_of_several_tapes_are_taken() -> None:
    text = "\n".join(
        [
            event("00:00:01:00 00:00:02:00", reel="AX"),
            "* FROM CLIP NAME: Other.mov",
            event("00:00:03:00 00:00:04:00", reel="AX", number=2),
            "* FROM CLIP NAME: Match.mp4",
        ]
    )
    assert read(text, TapeFacts(rate=Fraction(25), media="match.mp4")) == [(75, 100)]
    with pytest.raises(InputError, match=r"clips are of 2 files \(other, match\), and none is a"):
        read(text, TapeFacts(rate=Fraction(25), media="a.mp4"))


def test_another_programs_names_become_label_and_title() -> None:
    text = "\n".join(
        [
            event("00:00:01:00 00:00:02:00"),
            "* FROM CLIP NAME:  Goal",
            "* LOC: 01:00:00:12 RED     left foot",
        ]
    )
    (play,) = read_edl(text, name="plays.edl", tape=AT_25)
    assert (play.label, play.title, play.score) == ("Goal", "left foot", None)
    renamed = text.replace("Goal", "match.mp4")
    assert read_edl(renamed, name="plays.edl", tape=AT_25)[0].label == "play"


def test_lines_without_end_are_read_in_time() -> None:
    long = "1 " + "a " * 500_000
    with pytest.raises(InputError, match="is no event"):
        read(long)
    flood = event("00:00:01:00 00:00:02:00") + "\n" + "|C:a |M:" * 300_000
    assert read(flood) == [(25, 50)]
