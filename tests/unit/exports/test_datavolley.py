"""DataVolley scouts: rallies from the serve on, and what real files do oddly."""

import json
import re
from fractions import Fraction
from pathlib import Path

import pytest

from gametape.errors import InputError
from gametape.exports.datavolley import read_dvw
from gametape.exports.formats import read_plays
from gametape.exports.timeline import UNKNOWN_TAPE, Play, TapeFacts

HEAD = "[3DATAVOLLEYSCOUT]\nFILEFORMAT: 2.0\n[3TEAMS]\n1;Görlitz;3;\n2;Łódź;1;\n[3SCOUT]\n"


def line(code: str, time_text: str = "", *, set_number: int = 1, video: str = "1") -> str:
    return f"{code};;;;;;;20.15.00;{set_number};1;6;{video};{time_text};;4;7;12;2;16;1;18;10;\n"


def read(*lines: str, tape: TapeFacts = UNKNOWN_TAPE) -> list[Play]:
    return read_dvw(HEAD + "".join(lines), name="a.dvw", tape=tape)


OPENING = (line("*P04>LUp"), line("*z2>LUp"), line("aP37>LUp"))
ACE = (line("*04SM#~~~18C", "12"), line("a06RM=~~~18C", "13"), line("*p01:00", "19"))


def test_a_rally_lasts_from_the_serve_to_the_second_of_the_last_touch() -> None:
    (play,) = read(*OPENING, *ACE)
    assert (play.start_s, play.end_s, play.label) == (12, 14, "rally")
    assert play.title == "Set 1, 1:0, serve Görlitz"
    assert play.notes == {
        "set": "1",
        "serving": "Görlitz",
        "point": "Görlitz",
        "score": "1:0",
        "point_coded_s": "19",
        "codes": "*04SM#~~~18C a06RM=~~~18C",
    }


def test_a_rally_ends_with_the_tape_if_that_ends_within_its_last_second() -> None:
    (play,) = read(*ACE, tape=TapeFacts(duration_s=Fraction("13.48")))
    assert (play.start_s, play.end_s) == (12, Fraction("13.48"))
    with pytest.raises(
        InputError, match=r"a\.dvw, line 7: .* passes the end of the tape at 12.98 s"
    ):
        read(*ACE, tape=TapeFacts(duration_s=Fraction("12.98")))


def test_a_point_without_a_serve_is_no_rally_and_automatic_codes_are_no_touches() -> None:
    plays = read(line("*$$&H#", "8"), line("ap00:01", "9"), *ACE, line("**1set"))
    assert [play.start_s for play in plays] == [12]


def test_an_unknown_server_serves_too() -> None:
    (play,) = read(line("a$$SH=", "30"), line("*p01:00", "32"))
    assert (play.start_s, play.end_s, play.notes["serving"]) == (30, 31, "Łódź")


def test_a_replayed_rally_is_a_play_without_a_point() -> None:
    plays = read(line("*04SM+", "12"), line("a06RM-", "13"), line("*04SM+", "40"), line("*p01:00"))
    assert [(p.start_s, p.end_s, p.notes.get("score")) for p in plays] == [
        (12, 14, None),
        (40, 41, "1:0"),
    ]


def test_a_rally_whose_serve_has_no_time_begins_with_its_first_timed_touch() -> None:
    (play,) = read(line("*04SM+"), line("a06RM-", "13"), line("*p01:00", "15"))
    assert play.start_s == 13
    assert "the serve has no video time" in play.notes["start"]


def test_rallies_without_a_time_are_left_out_and_told(caplog: pytest.LogCaptureFixture) -> None:
    plays = read(*ACE, line("*04SM+"), line("ap01:01"))
    assert len(plays) == 1
    assert "a.dvw: 1 of 2 rallies have no video time" in caplog.text


def test_windows_line_ends_and_short_lines_are_read() -> None:
    text = (HEAD + "".join(ACE) + "*T\n\n").replace("\n", "\r\n")
    assert len(read_dvw(text, name="a.dvw", tape=UNKNOWN_TAPE)) == 1


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_names_are_read_in_either_encoding(encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "a.DVW"
    text = HEAD.replace("Łódź", "Köln") + "".join(ACE)
    path.write_bytes(text.encode(encoding) + b"\0")  # as one real file ends
    assert read_plays(path)[0].notes["serving"] == "Görlitz"


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ((line("*04SM+"), line("*p01:00")), "none of its 1 rallies has a video time"),
        (OPENING, "no serve is in [3SCOUT]"),
        ((line("*04SM+", "x1"), line("*p01:00")), "a.dvw, line 7: the video time 'x1' is not"),
        ((line("*04SM+", "90"), line("*p01:00")), "line 7: 90.0 to 91.0 s passes the end"),
        (
            (*ACE, line("*04SM+", "5", video="2"), line("*p02:00")),
            "its times count on 2 videos (1, 2)",
        ),
        ((line("*04SM+", "50"), line("a06RM-", "20")), "line 8: the video time 20 lies before"),
    ],
)
def test_a_scout_that_cannot_be_placed_on_the_tape_is_refused(
    lines: tuple[str, ...], said: str
) -> None:
    with pytest.raises(InputError) as caught:
        read(*lines, tape=TapeFacts(duration_s=Fraction(60)))
    assert said in str(caught.value)
    assert str(caught.value).startswith("a.dvw")


def test_a_file_without_a_scout_is_refused() -> None:
    with pytest.raises(InputError, match=re.escape("the section [3SCOUT] is missing")):
        read_dvw("[3MATCH]\n", name="a.dvw", tape=UNKNOWN_TAPE)


@pytest.mark.shared
@pytest.mark.parametrize("stem", ["190301_kats_beds", "stuttgart-schwerin-2018"])
def test_real_scouts_give_the_rallies_and_the_progress_of_the_score(
    stem: str, shared_data: Path
) -> None:
    folder = shared_data / "labels" / "volleyball"
    truth = json.loads((folder / f"{stem}.rallies.json").read_text(encoding="utf-8"))["rallies"]
    plays = read_plays(folder / f"{stem}.dvw")
    assert [(p.start_s, p.end_s, p.notes["score"].replace(":", "-")) for p in plays] == [
        (row["start"], row["end"], row["score"]) for row in truth
    ]
    counts: dict[str, int] = {}
    for play in plays:
        number = play.notes["set"]
        counts[number] = counts.get(number, 0) + 1
        home, visiting = (int(part) for part in play.notes["score"].split(":"))
        assert home + visiting == counts[number]


@pytest.mark.shared
@pytest.mark.parametrize(
    "name", ["DCup-7.dvw", "PM06.dvw", "example-click-scout.dvw", "mlafin_braslovce_nkbm.dvw"]
)
def test_real_scouts_without_video_times_are_refused_with_the_cure(
    name: str, shared_data: Path
) -> None:
    path = shared_data / "labels" / "volleyball" / name
    with pytest.raises(InputError, match=r"rallies has a video time.* Synchronise the scout"):
        read_plays(path)
    counted = int(re.findall(r"none of its (\d+) rallies", _error_of(path))[0])
    points = re.findall(rb"(?m)^[*a]p\d+:\d+", path.read_bytes())
    assert abs(counted - len(points)) <= 1  # a sanction's point has no serve, a replay no point


def _error_of(path: Path) -> str:
    try:
        read_plays(path)
    except InputError as error:
        return str(error)
    return ""
