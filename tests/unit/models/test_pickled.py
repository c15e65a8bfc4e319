"""Pickles: their arrays come out, and nothing in them runs."""

import os
import pickle
from pathlib import Path

import numpy as np
import pytest

from gametape.errors import InputError
from gametape.models.pickled import read_pickled_arrays


def dumped(value: object) -> bytes:
    return pickle.dumps(value, protocol=4)


def test_nested_arrays_come_out_as_they_went_in() -> None:
    rng = np.random.default_rng(1)
    tree = {
        "params": {"conv": {"kernel": rng.random((2, 3, 4)).astype(np.float32)}},
        "stats": {"mean": rng.random(5), "count": np.arange(300, dtype=np.int64)},
        "empty": {},
    }
    found = read_pickled_arrays(dumped(tree), name="w.ckpt")
    assert found["empty"] == {}
    assert np.array_equal(found["params"]["conv"]["kernel"], tree["params"]["conv"]["kernel"])
    for name, array in tree["stats"].items():
        assert found["stats"][name].dtype == array.dtype
        assert np.array_equal(found["stats"][name], array)


class Malicious:
    """What makes a pickle a program."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self.path),)


@pytest.mark.parametrize("protocol", [2, 4])
def test_a_call_of_anything_else_is_refused_and_not_made(tmp_path: Path, protocol: int) -> None:
    target = tmp_path / "made by a pickle"
    content = pickle.dumps({"a": Malicious(target)}, protocol=protocol)
    with pytest.raises(InputError, match=r"w\.ckpt: holds .*not opened"):
        read_pickled_arrays(content, name="w.ckpt")
    assert not target.exists()
    pickle.loads(content)  # it would have been
    assert target.exists()


@pytest.mark.parametrize(
    "value",
    [
        {"a": np.array([object()])},
        {"a": "text"},
        {"a": np.zeros((2, 3), order="F")},
        {"a": np.array(["x"])},
        [np.zeros(2)],
    ],
    ids=["objects", "text", "fortran", "strings", "a list"],
)
def test_what_is_no_plain_array_is_refused(value: object) -> None:
    with pytest.raises(InputError, match="not arrays alone"):
        read_pickled_arrays(dumped(value), name="w.ckpt")


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_a_file_that_is_cut_short_is_told(share: float) -> None:
    content = dumped({"a": np.arange(100.0)})
    with pytest.raises(InputError, match=r"cut short|damaged"):
        read_pickled_arrays(content[: int(len(content) * share)], name="w.ckpt")


def test_what_is_no_pickle_is_told() -> None:
    with pytest.raises(InputError, match=r"w\.ckpt"):
        read_pickled_arrays(b"<html>not found</html>", name="w.ckpt")
