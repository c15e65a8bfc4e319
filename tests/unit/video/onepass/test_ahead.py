"""Making things in a thread of their own: order, how far ahead, errors, and an early end."""

import threading
import time
from collections.abc import Iterator

import pytest
from av import AudioFrame, VideoFrame

from gametape.video.onepass.ahead import in_batches, made_ahead


def test_things_come_in_order_and_all_of_them() -> None:
    with made_ahead(iter(range(1000)), waiting=3) as numbers:
        assert list(numbers) == list(range(1000))


def test_things_are_made_in_another_thread() -> None:
    def makers() -> Iterator[int]:
        yield threading.get_ident()

    with made_ahead(makers()) as idents:
        assert list(idents) != [threading.get_ident()]


def test_no_more_wait_than_is_said() -> None:
    made: list[int] = []

    def making() -> Iterator[int]:
        for number in range(100):
            made.append(number)
            yield number

    with made_ahead(making(), waiting=4) as numbers:
        assert next(numbers) == 0
        time.sleep(0.2)  # the maker goes on as far as it may
        # One is in use, four wait, and one more is handed over when one of them is taken.
        assert 2 <= len(made) <= 6


def test_an_error_comes_after_the_things_before_it() -> None:
    def failing() -> Iterator[int]:
        yield 1
        yield 2
        raise ValueError("the third is broken")

    got = []
    with made_ahead(failing()) as numbers, pytest.raises(ValueError, match="third is broken"):
        for number in numbers:
            got.append(number)
    assert got == [1, 2]


def test_who_stops_early_leaves_no_thread_behind() -> None:
    def endless() -> Iterator[int]:
        number = 0
        while True:
            yield number
            number += 1

    before = threading.active_count()
    with pytest.raises(KeyError), made_ahead(endless(), waiting=2) as numbers:
        assert next(numbers) == 0
        raise KeyError
    assert threading.active_count() == before


def test_a_batch_holds_so_many_pictures_and_the_sound_between_them() -> None:
    picture, sound = VideoFrame(16, 16, "yuv420p"), AudioFrame("s16", "mono", 16)
    frames = [sound, picture, picture, sound, picture, sound]
    batches = list(in_batches(iter(frames), 2))
    assert batches == [[sound, picture, picture], [sound, picture, sound]]
