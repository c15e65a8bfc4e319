"""The inbox, with real files, a real library and a real Dagster instance: nothing is lost."""

import itertools
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import av
import dagster as dg
import numpy as np
import pytest

from definitions import build_defs
from gametape.line import Order
from resources.arrivals.examining import MAX_ATTEMPTS, Examiner, examine
from resources.arrivals.intake import Asked, Intake
from resources.arrivals.ledger import Entry, Ledger
from resources.arrivals.listing import Folder, look_at
from resources.settings import Settings
from resources.store import Store
from sensors.inbox import MAX_REQUESTS, inbox_sensor, read_arrivals

NUMBERS = itertools.count()


class Inbox:
    """An inbox, its library, and the sensor that looks into it when told to."""

    def __init__(self, folder: Path, video: bytes, instance: dg.DagsterInstance) -> None:
        self.root = folder / "inbox"
        self.root.mkdir()
        self.settings = Settings(
            library=folder / "library", inbox=self.root, inbox_settle_s=0, profile="tennis"
        )
        self.store = Store(self.settings.library)
        self.ledger = Ledger(self.settings.ledger)
        self.instance = instance
        self.video = video
        self.start()

    def start(self) -> None:
        """Begin as after a restart: the sensor remembers nothing."""
        self.sensor = inbox_sensor(self.settings)
        self.repository = build_defs(self.settings).get_repository_def()

    def put(self, name: str, *, content: bytes | None = None, is_done: bool = True) -> Path:
        """Put a video of its own content there, said to be whole."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(self.new_content() if content is None else content)
        if is_done:
            path.with_name(path.name + ".done").touch()
        return path

    def new_content(self) -> bytes:
        """A playable video unlike all before: the same picture and one more, empty, box."""
        return self.video + (16).to_bytes(4) + b"free" + next(NUMBERS).to_bytes(8)

    def look(self) -> "Tick":
        """One tick of the sensor."""
        with dg.build_sensor_context(
            instance=self.instance,
            instance_ref=self.instance.get_ref(),
            repository_def=self.repository,
            resources={"store": self.store},
        ) as context:
            tick = self.sensor.evaluate_tick(context)
        keys = [(r.partition_key or "", r.run_key or "") for r in tick.run_requests or ()]
        return Tick(keys, tick.skip_message or "")

    def entry(self, name: str) -> Entry:
        with self.ledger.reading() as book:
            found = book.get(str(self.root / name))
        assert found is not None
        return found

    def states(self) -> dict[str, str]:
        with self.ledger.reading() as book:
            found = book.current().values()
        return {
            os.path.relpath(e.name, self.root): "missing" if e.missing_since_s else e.state
            for e in found
        }

    def order(self, name: str) -> Order:
        tape = self.entry(name).tape
        assert tape is not None
        return self.store.tape(tape).order

    def partitions(self) -> set[str]:
        return {
            t for t in self.store.tape_ids() if self.instance.has_dynamic_partition("videos", t)
        }

    def run(self, run_key: str, status: dg.DagsterRunStatus = dg.DagsterRunStatus.SUCCESS) -> str:
        """What the daemon does with a request."""
        job = self.repository.get_job("tape")
        tags = {"dagster/run_key": run_key, "dagster/sensor_name": "inbox"}
        return self.instance.create_run_for_job(job, status=status, tags=tags).run_id


class Tick:
    """What came of one look: requests as (tape, run key), and what was said."""

    def __init__(self, requests: list[tuple[str, str]], said: str) -> None:
        self.requests = requests
        self.tapes = [tape for tape, _ in requests]
        self.said = said


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("video") / "v.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.width = stream.height = 64
        stream.pix_fmt = "yuv420p"
        for grey in range(0, 200, 20):
            frame = av.VideoFrame.from_ndarray(np.full((64, 64, 3), grey, np.uint8), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path.read_bytes()


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.local_temp(str(tmp_path_factory.mktemp("dagster"))) as instance:
        yield instance


@pytest.fixture
def inbox(tmp_path: Path, video: bytes, instance: dg.DagsterInstance) -> Inbox:
    return Inbox(tmp_path, video, instance)


def test_a_file_is_taken_when_two_looks_agree_and_not_while_it_grows(inbox: Inbox) -> None:
    content = inbox.new_content()
    path = inbox.put("a.mp4", content=content[:500], is_done=False)
    assert inbox.look().requests == []
    for end in (900, 1300, len(content)):
        path.write_bytes(content[:end])
        assert inbox.look().requests == []
        assert inbox.states() == {"a.mp4": "settling"}
    tick = inbox.look()
    assert tick.tapes == [inbox.order("a.mp4").id]
    assert inbox.partitions() == set(tick.tapes)
    assert inbox.order("a.mp4").file.read_bytes() == content


def test_a_marker_saves_the_wait(inbox: Inbox) -> None:
    inbox.put("a.mp4")
    assert len(inbox.look().requests) == 1


def test_what_is_no_video_by_its_name_is_left_out_and_named(inbox: Inbox) -> None:
    inbox.put("a.mp4.part", is_done=False)
    inbox.put("notes.txt", is_done=False)
    said = inbox.look().said
    assert "1 temporary (a.mp4.part)" in said
    assert "1 no video (notes.txt)" in said
    assert not inbox.store.tape_ids()


def test_the_same_content_under_two_names_is_one_tape_and_one_run(inbox: Inbox) -> None:
    content = inbox.new_content()
    inbox.put("a.mp4", content=content)
    inbox.put("b.mp4", content=content)
    tick = inbox.look()
    inbox.put("later/c.mp4", content=content)
    inbox.look()
    assert len(tick.requests) == 1
    assert sorted(inbox.states().values()) == ["linked", "linked", "ordered"]
    assert inbox.store.tape_ids() == tick.tapes


def test_an_overwritten_file_is_a_new_tape_and_the_old_one_stays(inbox: Inbox) -> None:
    path = inbox.put("a.mp4")
    [old] = inbox.look().tapes
    inbox.put("a.mp4")
    new = [tape for tape in inbox.look().tapes if tape != old]
    with inbox.ledger.reading() as book:
        history = [(e.version, e.state, e.tape) for e in book.history(str(path))]
    assert history == [(1, "superseded", old), (2, "ordered", new[0])]
    assert inbox.partitions() == {old, new[0]}


def test_a_file_that_was_only_touched_is_no_new_version(inbox: Inbox) -> None:
    path = inbox.put("a.mp4")
    [tape] = inbox.look().tapes
    os.utime(path, (1, 1))
    inbox.look()
    inbox.look()
    assert (inbox.entry("a.mp4").version, inbox.entry("a.mp4").tape) == (1, tape)


def test_a_file_that_goes_is_missing_and_when_it_is_back_nothing_is_read_again(
    inbox: Inbox, tmp_path: Path
) -> None:
    path = inbox.put("a.mp4")
    [tape] = inbox.look().tapes
    before = inbox.entry("a.mp4")
    path.rename(tmp_path / "away.mp4")
    assert "1 missing" in inbox.look().said or inbox.states() == {"a.mp4": "missing"}
    assert inbox.store.tape_ids() == [tape]
    (tmp_path / "away.mp4").rename(path)
    inbox.look()
    assert inbox.entry("a.mp4") == before


def test_an_inbox_that_is_not_mounted_loses_no_file(inbox: Inbox, tmp_path: Path) -> None:
    inbox.put("a.mp4")
    [(_, key)] = inbox.look().requests
    inbox.run(key)
    inbox.root.rename(tmp_path / "unmounted")
    assert "inbox folder is not there" in inbox.look().said
    assert inbox.states() == {"a.mp4": "ordered"}


def test_the_order_follows_a_file_that_was_renamed_and_nothing_runs_again(inbox: Inbox) -> None:
    path = inbox.put("a.mp4")
    [(tape, key)] = inbox.look().requests
    inbox.run(key)
    path.rename(inbox.root / "b.mp4")
    inbox.look()
    assert inbox.look().requests == []
    assert (inbox.order("b.mp4").id, inbox.order("b.mp4").path) == (tape, str(inbox.root / "b.mp4"))
    assert inbox.states() == {"a.mp4": "missing", "b.mp4": "ordered"}


def test_the_order_moves_to_another_name_of_its_content_when_the_first_goes(inbox: Inbox) -> None:
    path = inbox.put("a.mp4")
    inbox.put("b.mp4", content=path.read_bytes())
    inbox.look()
    path.unlink()
    inbox.look()
    assert inbox.order("b.mp4").path == str(inbox.root / "b.mp4")
    assert inbox.states() == {"a.mp4": "missing", "b.mp4": "ordered"}


def test_a_sub_folder_names_the_sport(inbox: Inbox) -> None:
    inbox.put("soccer/2026/a.mp4")
    inbox.put("spring/b.mp4")
    inbox.look()
    assert inbox.order("soccer/2026/a.mp4").profile == "soccer"
    assert inbox.order("spring/b.mp4").profile == "tennis"


def test_a_file_moved_to_another_sport_is_judged_anew_as_the_same_tape(inbox: Inbox) -> None:
    path = inbox.put("tennis/a.mp4")
    [(tape, key)] = inbox.look().requests
    inbox.run(key)
    (inbox.root / "soccer").mkdir()
    path.rename(inbox.root / "soccer" / "a.mp4")
    inbox.look()
    assert inbox.look().requests == [(tape, f"{tape}:2")]
    assert inbox.order("soccer/a.mp4").profile == "soccer"


def test_a_bad_file_is_refused_with_its_reason_and_read_again_only_when_it_changes(
    inbox: Inbox,
) -> None:
    inbox.put("a.mp4", content=b"this is not a video\n" * 50)
    for _ in range(3):
        assert "a.mp4 is text, not a video" in inbox.look().said
    assert (inbox.entry("a.mp4").state, inbox.entry("a.mp4").attempts) == ("failed", 1)
    assert inbox.partitions() == set()
    inbox.put("a.mp4")
    assert len(inbox.look().requests) == 1


def test_a_run_is_asked_for_until_it_was_seen_and_then_never_again(inbox: Inbox) -> None:
    inbox.put("a.mp4")
    first = inbox.look().requests
    inbox.start()
    assert inbox.look().requests == first != []
    inbox.run(first[0][1], dg.DagsterRunStatus.NOT_STARTED)  # made, and the daemon died
    assert inbox.look().requests == first
    inbox.run(first[0][1], dg.DagsterRunStatus.STARTED)
    assert inbox.look().requests == []
    assert inbox.look().requests == []


def test_a_tape_whose_run_failed_runs_again_when_a_person_wants(inbox: Inbox) -> None:
    inbox.put("a.mp4")
    [(tape, key)] = inbox.look().requests
    inbox.run(key, dg.DagsterRunStatus.FAILURE)
    assert inbox.look().requests == []
    with inbox.ledger.writing() as book:
        book.want_another_run(tape, now_s=time.time())
    assert inbox.look().requests == [(tape, f"{tape}:2")]


def test_a_lost_ledger_costs_reading_and_neither_a_tape_nor_a_run(inbox: Inbox) -> None:
    inbox.put("a.mp4")
    [(tape, key)] = inbox.look().requests
    inbox.run(key, dg.DagsterRunStatus.FAILURE)
    inbox.ledger.path.unlink()
    inbox.start()
    # The line was not walked to its end, so the tape is wanted; the key of old would be ignored.
    assert inbox.look().requests == [(tape, f"{tape}:2")]
    assert inbox.store.tape_ids() == [tape]


def test_requests_are_bounded_and_go_on_in_the_next_tick(inbox: Inbox) -> None:
    for number in range(MAX_REQUESTS + 3):
        inbox.put(f"{number}.mp4")
    first = inbox.look().requests
    for _, key in first:
        inbox.run(key)
    second = inbox.look().requests
    assert (len(first), len(second)) == (MAX_REQUESTS, 3)
    assert len({key for _, key in first + second}) == MAX_REQUESTS + 3


def test_names_that_are_no_text_arrive_too(inbox: Inbox) -> None:
    inbox.put(os.fsdecode(b"caf\xe9.mp4"))
    [(tape, _)] = inbox.look().requests
    assert inbox.store.tape(tape).order.file.exists()


def test_a_file_that_changes_while_it_is_read_is_not_taken(inbox: Inbox) -> None:
    path = inbox.put("a.mp4")
    assert (listed := look_at(path)) is not None

    def write_more(done: int, total: int) -> None:
        if done <= total:
            with path.open("ab") as stream:
                stream.write(b"more")

    assert examine(listed, write_more) is None


def test_a_file_at_which_the_process_dies_is_given_up_and_takes_no_other_with_it(
    inbox: Inbox,
) -> None:
    inbox.put("a.mp4")
    inbox.put("bad.mp4")
    listing = Folder(inbox.root).listing()
    intake = Intake(inbox.store, inbox.ledger, "tennis", lambda _tapes: None)
    intake.notice(listing, now_s=0, settle_s=0)
    with inbox.ledger.writing() as book:  # What is left when it died at `bad.mp4` each time.
        book.put(replace(inbox_entry(book.current(), "bad.mp4"), attempts=MAX_ATTEMPTS))
        book.put(replace(inbox_entry(book.current(), "a.mp4"), attempts=1))
    said = inbox.look()
    assert inbox.states() == {"a.mp4": "ordered", "bad.mp4": "failed"}
    assert "tried 5 times" in inbox.entry("bad.mp4").note
    assert len(said.requests) == 1


def inbox_entry(entries: dict[str, Entry], name: str) -> Entry:
    return next(entry for entry in entries.values() if Path(entry.name).name == name)


class Died(BaseException):
    """Stands for the end of the process."""


POINTS = ("orders-written", "partitions-added", "ledger-written")


@pytest.mark.parametrize("point", POINTS)
def test_dying_between_any_two_writes_loses_and_doubles_nothing(inbox: Inbox, point: str) -> None:
    content = inbox.new_content()
    inbox.put("a.mp4", content=content)
    inbox.put("b.mp4", content=content)
    inbox.put("c.mp4")

    def die(passed: str) -> None:
        if passed == point:
            raise Died

    intake = intake_of(inbox, die)
    intake.notice(Folder(inbox.root).listing(), now_s=time.time(), settle_s=0)
    with pytest.raises(Died):
        read_arrivals(intake, Examiner(inbox.ledger), inbox.root, read_s=20)
    inbox.start()
    tapes = inbox.look().tapes
    assert len(tapes) == len(set(tapes)) == 2
    assert set(inbox.store.tape_ids()) == inbox.partitions() == set(tapes)
    assert sorted(inbox.states().values()) == ["linked", "ordered", "ordered"]


def intake_of(inbox: Inbox, passing: Callable[[str], None]) -> Intake:
    def add_partitions(tapes: list[str]) -> None:
        inbox.instance.add_dynamic_partitions("videos", tapes)

    return Intake(inbox.store, inbox.ledger, "tennis", add_partitions, passing)


KILLED_AT = """
import os, signal, sys, time
from pathlib import Path
from resources.arrivals.examining import Examiner
from resources.arrivals.intake import Intake
from resources.arrivals.ledger import Ledger
from resources.arrivals.listing import Folder
from resources.store import Store
from sensors.inbox import read_arrivals

library, inbox, point = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]

def die(passed):
    if passed == point:
        os.kill(os.getpid(), signal.SIGKILL)

ledger = Ledger(library / "ledger.sqlite")
intake = Intake(Store(library), ledger, "tennis", lambda tapes: None, die)
intake.notice(Folder(inbox).listing(), now_s=time.time(), settle_s=0)
read_arrivals(intake, Examiner(ledger), inbox, read_s=60)
"""


def test_a_process_that_is_killed_leaves_a_ledger_that_goes_on(inbox: Inbox) -> None:
    inbox.put("a.mp4")
    words = [str(inbox.settings.library), str(inbox.root), "partitions-added"]
    done = subprocess.run([sys.executable, "-c", KILLED_AT, *words], check=False, timeout=120)
    assert done.returncode == -signal.SIGKILL
    assert inbox.states() == {"a.mp4": "complete"}
    assert len(inbox.look().requests) == 1
    assert inbox.states() == {"a.mp4": "ordered"}


def test_two_that_take_in_the_same_files_make_each_tape_once(inbox: Inbox) -> None:
    for number in range(6):
        content = inbox.new_content()
        inbox.put(f"{number}.mp4", content=content)
        inbox.put(f"{number}-again.mp4", content=content)
    intake = intake_of(inbox, lambda _point: None)
    intake.notice(Folder(inbox.root).listing(), now_s=time.time(), settle_s=0)

    def work() -> None:
        read_arrivals(intake, Examiner(inbox.ledger), inbox.root, read_s=30)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(inbox.store.tape_ids()) == 6
    assert sorted(inbox.states().values()) == ["linked"] * 6 + ["ordered"] * 6
    assert len(inbox.look().requests) == 6


def test_what_a_person_said_of_a_tape_is_kept_when_its_file_arrives(inbox: Inbox) -> None:
    path = inbox.put("a.mp4")
    listed = look_at(path)
    assert listed is not None
    examined = examine(listed)
    assert examined is not None
    asked = Asked("soccer", {"teams": "A v B"})
    intake_of(inbox, lambda _point: None).register(
        [examined], lambda _name: asked, now_s=0, by_hand=[listed]
    )
    inbox.look()
    assert (inbox.order("a.mp4").profile, inbox.order("a.mp4").game) == ("soccer", asked.game)
