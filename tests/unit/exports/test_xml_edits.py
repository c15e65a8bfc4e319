"""FCPXML and Premiere XML as other programs write them, and as an attacker would."""

from fractions import Fraction

import pytest

from gametape.errors import InputError
from gametape.exports.fcpxml import read_fcpxml
from gametape.exports.timeline import Play, TapeFacts
from gametape.exports.xmeml import read_xmeml
from gametape.exports.xmlsafe import XmlElement, read_xml, xml_text

NTSC = Fraction(30000, 1001)
AT_25 = TapeFacts(rate=Fraction(25), media="match.mp4")


def fcpxml(clips: str, *, assets: str = "", version: str = "1.10") -> str:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE fcpxml>\n'
        f'<fcpxml version="{version}"><resources><format id="r1" frameDuration="1/25s"/>{assets}'
        "</resources><library><event><project><sequence format='r1'><spine>\n"
        f"{clips}\n</spine></sequence></project></event></library></fcpxml>"
    )


def asset(number: int = 2, *, start: str = "0s", src: str = "file:///x/match.mp4") -> str:
    return f'<asset id="r{number}" start="{start}" duration="600s"><media-rep src="{src}"/></asset>'


def seconds(plays: list[Play]) -> list[tuple[Fraction, Fraction]]:
    return [(play.start_s, play.end_s) for play in plays]


def from_fcpxml(text: str, tape: TapeFacts = AT_25) -> list[tuple[Fraction, Fraction]]:
    return seconds(read_fcpxml(text, name="plays.fcpxml", tape=tape))


def test_fcpxml_times_are_seconds_whatever_the_rate_of_the_tape() -> None:
    clip = '<asset-clip ref="r2" start="30030/30000s" duration="1001/30000s"/>'
    for tape in (AT_25, TapeFacts(rate=NTSC), TapeFacts()):
        found = from_fcpxml(fcpxml(clip, assets=asset()), tape)
        assert found == [(Fraction(1001, 1000), Fraction(1001, 1000) + Fraction(1001, 30000))]


def test_a_clip_counts_from_its_assets_start() -> None:
    clip = '<asset-clip ref="r2" start="3610s" duration="5s"/><asset-clip ref="r2" duration="2s"/>'
    assert from_fcpxml(fcpxml(clip, assets=asset(start="3600s"))) == [(10, 15), (0, 2)]


def test_an_asset_for_each_clip_means_the_tapes_own_time() -> None:
    assets = asset(2, start="0/1s") + asset(3, start="346/25s")
    clips = '<asset-clip ref="r2" start="0/1s" duration="346/25s"/>'
    clips += '<asset-clip ref="r3" start="346/25s" duration="2s"/>'
    whole = Fraction(346, 25)
    assert from_fcpxml(fcpxml(clips, assets=assets)) == [(0, whole), (whole, whole + 2)]


def test_a_clip_around_a_video_is_followed_to_the_tape() -> None:
    clip = (
        '<clip name="Goal" start="3610s" duration="4s">'
        '<video ref="r2" offset="3600s" start="3600s" duration="600s"/></clip>'
    )
    assert from_fcpxml(fcpxml(clip, assets=asset(start="3600s"))) == [(10, 14)]


def test_gaps_titles_and_hidden_clips_are_no_plays() -> None:
    clips = (
        '<gap duration="5s"/><title duration="5s" ref="r9"/>'
        '<asset-clip ref="r2" enabled="0" start="1s" duration="5s"/>'
        '<asset-clip ref="r2" start="7s" duration="5s"><title ref="r9" duration="5s"/></asset-clip>'
    )
    assert from_fcpxml(fcpxml(clips, assets=asset())) == [(7, 12)]


def test_only_the_tapes_clips_of_a_compilation_are_taken() -> None:
    assets = asset(2, src="file:///x/match.mp4") + asset(3, src="file:///x/other%20game.mov")
    clips = '<asset-clip ref="r3" start="1s" duration="1s"/>'
    clips += '<asset-clip ref="r2" start="4s" duration="1s"/>'
    assert from_fcpxml(fcpxml(clips, assets=assets)) == [(4, 5)]
    with pytest.raises(InputError, match=r"clips are of 2 files \(other game, match\)"):
        from_fcpxml(fcpxml(clips, assets=assets), TapeFacts())


def test_another_programs_keywords_and_names_become_label_and_title() -> None:
    clip = (
        '<asset-clip ref="r2" name="left foot" duration="2s"><keyword value="goal"/></asset-clip>'
    )
    (play,) = read_fcpxml(fcpxml(clip, assets=asset()), name="x", tape=AT_25)
    assert (play.label, play.title) == ("goal", "left foot")


@pytest.mark.parametrize(
    ("attributes", "reason"),
    [
        ('start="nan" duration="2s"', "start 'nan' is no time"),
        ('start="1/0s" duration="2s"', "start '1/0s' is no time"),
        ('start="2s" duration="-1s"', "duration -1/1s is below zero"),
        ('start="-2s" duration="1s"', "start -2.0 s lies before the tape"),
        ('start="2s" duration="0s"', "nothing is in between"),
        ('start="2s" duration="1e9s"', "duration '1e9s' is no time"),
        ('start="2s" duration="999999999999s"', "is no time on a tape"),
        ('start="1201/2s" duration="1s"', "passes the end of the tape at 600.0 s"),
    ],
)
def test_a_fault_of_fcpxml_is_named_with_line_and_element(attributes: str, reason: str) -> None:
    text = fcpxml(f'<asset-clip ref="r2" {attributes}/>', assets=asset())
    tape = TapeFacts(rate=Fraction(25), duration_s=Fraction(600))
    with pytest.raises(InputError, match=r"^plays\.fcpxml, line 4, <asset-clip>: ") as caught:
        from_fcpxml(text, tape)
    assert reason in str(caught.value)


def xmeml(items: str, *, timebase: int = 25, ntsc: str = "FALSE") -> str:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE xmeml>\n<xmeml version="5"><sequence>'
        f"<rate><timebase>{timebase}</timebase><ntsc>{ntsc}</ntsc></rate>"
        f"<media><video><track>\n{items}\n</track></video></media></sequence></xmeml>"
    )


def item(start: str, end: str, *, more: str = "") -> str:
    return (
        f"<clipitem><name>Goal</name><start>0</start><end>9</end>"
        f"<in>{start}</in><out>{end}</out>{more}</clipitem>"
    )


def from_xmeml(text: str, tape: TapeFacts = AT_25) -> list[tuple[Fraction, Fraction]]:
    return seconds(read_xmeml(text, name="plays.xml", tape=tape))


def test_premiere_counts_from_the_first_frame_at_the_stated_rate() -> None:
    assert from_xmeml(xmeml(item("25", "50")), TapeFacts()) == [(1, 2)]
    found = from_xmeml(xmeml(item("30", "60"), timebase=30, ntsc="TRUE"), TapeFacts(rate=NTSC))
    assert found == [(Fraction(1001, 1000), Fraction(2002, 1000))]


def test_another_rate_than_the_tapes_is_refused_with_both() -> None:
    for timebase, ntsc, said in (
        (30, "FALSE", "30"),
        (30, "TRUE", "29.97"),
        (24, "TRUE", "23.976"),
    ):
        text = xmeml(item("25", "50"), timebase=timebase, ntsc=ntsc)
        with pytest.raises(InputError, match=r"line 4, <clipitem>: it counts") as caught:
            from_xmeml(text)
        assert f"counts {said} frames a second, but the tape has 25." in str(caught.value)


def test_a_clips_own_rate_goes_before_the_sequences() -> None:
    own = "<rate><timebase>50</timebase><ntsc>FALSE</ntsc></rate>"
    assert from_xmeml(xmeml(item("50", "100", more=own)), TapeFacts()) == [(1, 2)]


def test_a_file_is_described_once_and_referred_to_later() -> None:
    first = (
        '<file id="f1"><name>other.mov</name><pathurl>file://localhost/a/other.mov</pathurl></file>'
    )
    tape = '<file id="f2"><name>match.mp4</name></file>'
    items = item("1", "2", more=first) + item("3", "4", more=tape)
    items += item("5", "6", more='<file id="f1"/>') + item("7", "8", more='<file id="f2"/>')
    assert from_xmeml(xmeml(items)) == [
        (Fraction(3, 25), Fraction(4, 25)),
        (Fraction(7, 25), Fraction(8, 25)),
    ]


def test_subclips_are_followed_and_hidden_clips_left_out() -> None:
    shifted = "<subclipinfo><startoffset>100</startoffset></subclipinfo>"
    hidden = item("1", "2", more="<enabled>FALSE</enabled>")
    assert from_xmeml(xmeml(item("25", "50", more=shifted) + hidden)) == [(5, 6)]


def test_markers_with_a_length_are_plays_where_there_are_no_clips() -> None:
    text = (
        "<xmeml version='4'><clip><rate><timebase>25</timebase></rate>"
        "<marker><name>Ace</name><comment>wide</comment><in>25</in><out>100</out></marker>"
        "<marker><name>point</name><in>30</in><out>-1</out></marker></clip></xmeml>"
    )
    (play,) = read_xmeml(text, name="plays.xml", tape=AT_25)
    assert (play.start_s, play.end_s, play.label, play.title) == (1, 4, "Ace", "wide")


@pytest.mark.parametrize(
    ("start", "end", "reason"),
    [
        ("", "5", "<in> '' is no frame number"),
        ("1.5", "5", "<in> '1.5' is no frame number"),
        ("nan", "5", "<in> 'nan' is no frame number"),
        ("9", "5", "the end 0.2 s comes before the start 0.36 s"),
        ("-5", "5", "the start -0.2 s lies before the tape"),
        ("9" * 30, "5", "is no frame number"),
    ],
)
def test_a_fault_of_premiere_xml_is_named_with_line_and_element(
    start: str, end: str, reason: str
) -> None:
    with pytest.raises(InputError, match=r"^plays\.xml, line 4, <clipitem>: ") as caught:
        from_xmeml(xmeml(item(start, end)))
    assert reason in str(caught.value)


BILLION = (
    '<!DOCTYPE xmeml [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><xmeml>&b;</xmeml>'
)
OUTSIDE = '<!DOCTYPE xmeml [<!ENTITY x SYSTEM "file:///etc/passwd">]><xmeml>&x;</xmeml>'
UNSEEN = '<!DOCTYPE xmeml SYSTEM "http://127.0.0.1/x.dtd"><xmeml>&x;</xmeml>'


@pytest.mark.parametrize("text", [BILLION, OUTSIDE, UNSEEN], ids=["laughs", "file", "link"])
def test_entities_are_refused(text: str) -> None:
    with pytest.raises(InputError, match=r"^plays\.xml, line 1: .* is not allowed in a list"):
        from_xmeml(text)
    with pytest.raises(InputError, match=r"is not allowed in a list"):
        from_fcpxml(text.replace("xmeml", "fcpxml"))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no element found"),
        ("not xml at all", "line 1: not well-formed"),
        ("<xmeml><a></xmeml>", "mismatched tag"),
        ("<html/>", "<html> is not Premiere XML"),
        ("<a>" * 500, "nested too deeply"),
        ("<xmeml " + "".join(f'a{n}=""' for n in range(9)) + ">", "not well-formed"),
        ("<xmeml/>" + "<b/>", "junk after document element"),
    ],
)
def test_what_is_no_such_xml_is_named(text: str, reason: str) -> None:
    with pytest.raises(InputError, match=r"^plays\.xml") as caught:
        from_xmeml(text)
    assert reason in str(caught.value)


def test_any_text_is_written_so_that_it_comes_back() -> None:
    root = XmlElement("a", {"k": "\"<&>'\n\t"})
    root.add("b", " <&>\"' ]]> \r\n ü")
    back = read_xml(xml_text(root), name="x")
    assert back.attributes == root.attributes
    assert back.children[0].text == root.children[0].text


def test_what_xml_cannot_hold_becomes_a_blank() -> None:
    root = XmlElement("a", text="x\x00\x08\ud800\uffffy")
    assert read_xml(xml_text(root), name="x").text == "x    y"
