"""A cut list is read strictly: every fault is named by its line or its place in the list."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gametape.errors import InputError
from gametape.exports.cutlist import (
    MAX_BYTES,
    MAX_SEGMENTS,
    cutlist_text,
    read_cutlist,
    write_cutlist,
)
from gametape.schema import Segment


def listed(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "plays.json"
    path.write_text(text, encoding="utf-8")
    return path


def test_segments_come_in_the_order_of_the_file_and_may_overlap(tmp_path: Path) -> None:
    rows = [
        {"start_s": 8, "end_s": 12.5, "label": "serve"},
        {"start_s": 1.25, "end_s": 9, "label": "räl|ly"},
        {"start_s": 0, "end_s": 1},
    ]
    path = listed(tmp_path, json.dumps({"segments": rows, "made_by": "someone"}))
    assert read_cutlist(path) == [
        Segment(8.0, 12.5, "serve"),
        Segment(1.25, 9.0, "räl|ly"),
        Segment(0.0, 1.0, "play"),
    ]


def test_a_byte_order_mark_is_no_fault(tmp_path: Path) -> None:
    path = listed(tmp_path, '\ufeff{"segments": [{"start_s": 1, "end_s": 2, "label": "play"}]}')
    assert read_cutlist(path) == [Segment(1.0, 2.0)]


@given(
    st.lists(
        st.builds(
            lambda start, length, label, score, evidence: Segment(
                start, start + length, label, score, evidence
            ),
            st.floats(0, 40_000),
            st.floats(0.001, 600),
            st.sampled_from(["play", "serve", "Überzahl"]),
            st.floats(0, 100),
            st.dictionaries(st.sampled_from(["play_mean", "contrast"]), st.floats(-10, 10)),
        ),
        min_size=1,
        max_size=5,
    )
)
def test_what_is_written_is_read_back_to_the_last_bit(segments: list[Segment]) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "plays.json"
        write_cutlist(path, segments)
        assert read_cutlist(path) == segments
        assert path.read_text(encoding="utf-8") == cutlist_text(segments)


ROW = '{"start_s": 1, "end_s": 2, "label": "play"}'


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"segments": [\n  {"start_s": 1,\n}]}', r"line 3: not JSON"),
        ("", r"line 1: not JSON"),
        ("[]", r'"segments" is missing'),
        ('{"plays": []}', r'"segments" is missing'),
        ('{"segments": {}}', r'"segments" is an object, not a list'),
        ('{"segments": null}', r'"segments" is null, not a list'),
        ('{"segments": []}', r"list of segments is empty"),
        (f'{{"segments": [{ROW}, 7]}}', r"segments\[1\] is a number, not an object"),
        ('{"segments": [{"end_s": 2, "label": "x"}]}', r"segments\[0\]: start_s is missing"),
        ('{"segments": [{"start_s": 2, "label": "x"}]}', r"segments\[0\]: end_s is missing"),
        ('{"segments": [{"start": 2, "end_s": 3}]}', r"segments\[0\]: unknown key 'start'"),
        (
            f'{{"segments": [{ROW}, {{"start_s": "1", "end_s": 2}}]}}',
            r"segments\[1\]: start_s is text",
        ),
        (
            '{"segments": [{"start_s": true, "end_s": 2}]}',
            r"start_s is true or false, not a number",
        ),
        ('{"segments": [{"start_s": null, "end_s": 2}]}', r"start_s is null, not a number"),
        (
            '{"segments": [{"start_s": NaN, "end_s": 2}]}',
            r"segments\[0\]: start_s is NaN, not a finite number",
        ),
        (
            '{"segments": [{"start_s": 1, "end_s": Infinity}]}',
            r"end_s is Infinity, not a finite number",
        ),
        (
            '{"segments": [{"start_s": 1, "end_s": 1e999}]}',
            r"end_s is Infinity, not a finite number",
        ),
        ('{"segments": [{"start_s": 1, "end_s": ' + "9" * 400 + "}]}", r"not a finite number"),
        ('{"segments": [{"start_s": 1, "end_s": ' + "9" * 5000 + "}]}", r"not usable JSON"),
        ('{"segments": [{"start_s": -0.5, "end_s": 2}]}', r"segments\[0\]: start_s is -0.5"),
        ('{"segments": [{"start_s": 2, "end_s": 2}]}', r"end_s 2.0 is not after start_s 2.0"),
        ('{"segments": [{"start_s": 3, "end_s": 2}]}', r"end_s 2.0 is not after start_s 3.0"),
        ('{"segments": [{"start_s": 1, "end_s": 2, "label": 4}]}', r"label is a number, not text"),
        ('{"segments": [{"start_s": 1, "end_s": 2, "label": " "}]}', r"label is empty"),
        ('{"segments": [{"start_s": 1, "end_s": 2, "label": "a\\u0000b"}]}', r"not printable"),
        ('{"segments": [{"start_s": 1, "start_s": 3, "end_s": 4}]}', r"'start_s' stands twice"),
        ('{"segments": [{"start_s": 1, "end_s": 2, "score": 101}]}', r"score 101.0 is not between"),
        ('{"segments": [{"start_s": 1, "end_s": 2, "evidence": 3}]}', r"evidence is a number"),
        ("[" * 200_000, r"not usable JSON"),
    ],
)
def test_a_fault_is_named_with_its_place(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(InputError, match=words) as caught:
        read_cutlist(listed(tmp_path, text))
    assert str(caught.value).startswith("plays.json")


def test_a_segment_beyond_the_end_of_the_tape_is_refused(tmp_path: Path) -> None:
    text = '{"segments": [{"start_s": 1, "end_s": 2}, {"start_s": 8, "end_s": 10.5}]}'
    path = listed(tmp_path, text)
    assert len(read_cutlist(path)) == 2
    assert len(read_cutlist(path, duration_s=10.45)) == 2
    with pytest.raises(InputError, match=r"segments\[1\].*passes the end of the tape at 10.000 s"):
        read_cutlist(path, duration_s=10.0)


def test_a_huge_file_is_not_even_read(tmp_path: Path) -> None:
    path = tmp_path / "plays.json"
    with path.open("wb") as stream:
        stream.truncate(MAX_BYTES + (1 << 20))
    with pytest.raises(InputError, match="17 MB are too many"):
        read_cutlist(path)


def test_a_list_longer_than_any_match_is_refused(tmp_path: Path) -> None:
    text = '{"segments": [' + ",".join([ROW] * (MAX_SEGMENTS + 1)) + "]}"
    with pytest.raises(InputError, match="20001 segments are more than 20000"):
        read_cutlist(listed(tmp_path, text))


def test_a_file_that_is_no_text_a_folder_and_a_missing_one_are_named(tmp_path: Path) -> None:
    binary = tmp_path / "tape.mp4"
    binary.write_bytes(b"\x00\x00\x00\x20ftyp\xff\xfe")
    with pytest.raises(InputError, match=r"tape.mp4: not text in UTF-8"):
        read_cutlist(binary)
    with pytest.raises(InputError, match="is a directory"):
        read_cutlist(tmp_path)
    with pytest.raises(InputError, match=r"none.json: cannot be read \(no such file"):
        read_cutlist(tmp_path / "none.json")
