"""From labelled tapes to a champion and back, with a real registry: what moves, what is stale."""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import dagster as dg
import numpy as np
import polars as pl
import pytest

import assets.predictions
from app.main import run
from definitions import build_defs
from gametape.errors import InputError, ToolError
from gametape.exports.cutlist import write_cutlist
from gametape.features import write_features
from gametape.line import STEPS, Order
from gametape.models.backbones.base import Grid, Material, Rows
from gametape.models.heads.files import digest_of
from gametape.schema import Segment, Source, VideoStream, no_progress
from gametape.tables import write_table
from gametape.video.proxy import PassReport
from resources.crashpoints import Point
from resources.datasets.exporting import export_dataset
from resources.learning.champions import champions, model_folder
from resources.learning.comparing import Desk, compare
from resources.learning.names import registered_name
from resources.learning.promoting import decisions, promote, rollback, sync
from resources.learning.registering import pull, push
from resources.learning.registry import CHALLENGER, CHAMPION, NEW
from resources.learning.training import Request, record_of, train_model
from resources.planning.plans import make_plan
from resources.publishing import write_json
from resources.settings import Settings, load_settings
from resources.store import Store
from resources.tape import Tape
from sensors.promotions import promotions_sensor, wanted

ROWS, STEP_S = 480, 0.25
SPORT, OTHER = "rally", "other"
TAPES = 9  # of the sport, a game each; the two of the other are nobody's business
PACK = """extends: cricket-nets
name: {name}
sport: {name}
scorer: {{name: learned, model: champion}}
"""
NAME = registered_name(SPORT)
LINE = [step.name for step in STEPS]
TYPED = "import sys; from app.main import run; sys.exit(run(sys.argv[1:]))"


@dataclass(frozen=True)
class Seen:
    """A backbone whose numbers the test makes: one column that tells play, others that do not."""

    play: np.ndarray
    seed: int
    name: str = "cheap"
    code: str = "1"
    weights: str = ""
    reads: tuple[str, ...] = ("proxies", "signals")

    def grid(self, _material: Material) -> Grid:
        names = ("cheap_a", "cheap_b", "cheap_c")
        return Grid(ROWS, STEP_S, len(names), names)

    def rows(self, _material: Material, first: int, end: int) -> Rows:
        random = np.random.default_rng(self.seed)
        noise = random.normal(size=(ROWS, 3))
        noise[:, 0] += 3.0 * self.play
        return noise.astype(np.float32)[first:end]


def spans_of(seed: int) -> list[Segment]:
    random = np.random.default_rng(seed)
    found, at = [], 4.0
    while at < ROWS * STEP_S - 14:
        length = float(random.uniform(5, 9))
        found.append(Segment(round(at, 2), round(at + length, 2)))
        at += length + float(random.uniform(5, 8))
    return found


def order_of(tape: str, sport: str, seed: int, library: Path) -> Order:
    return Order(
        id=tape,
        name=f"{tape}.mp4",
        path=str(library.parent / f"{tape}.mp4"),
        content_hash=f"{seed:064x}",
        profile=sport,
        game={"game": f"game {seed}", "light": "day" if seed % 2 else "night"},
    )


def add_tape(store: Store, sport: str, seed: int) -> Tape:
    """A tape as the line would leave it, but for its predictions; no media is made."""
    order = order_of(f"{sport}-{seed:04d}", sport, seed, store.root)
    order.file.write_bytes(b"as good as a video")
    store.put_order(order)
    tape = store.tape(order.id)
    plays = spans_of(seed)
    write_cutlist(tape.labels_file, plays)
    middles = (np.arange(ROWS) + 0.5) * STEP_S
    is_play = np.array([any(p.start_s <= m < p.end_s for p in plays) for m in middles], float)

    def sources(aside: Path) -> None:
        video = VideoStream(
            index=0, codec="h264", width=64, height=48, display_width=64, display_height=48,
            pixel_format="yuv420p", time_base=Fraction(1, 90000), start_pts=0,
            average_rate=Fraction(25),
        )  # fmt: skip
        source = Source(
            name=order.name, bytes=order.file.stat().st_size, content_hash=order.content_hash,
            container="mp4", duration_s=ROWS * STEP_S, video=video,
        )  # fmt: skip
        write_json(aside / "sources.json", source)

    def proxies(aside: Path) -> None:
        rate = Fraction(25)
        report = PassReport(
            seconds=ROWS * STEP_S, frames=1, proxy_frames=1, rate=rate, review_rate=rate,
            width=64, height=48, has_sound=False,
        )  # fmt: skip
        write_json(aside / "proxies" / "report.json", report)

    def signals(aside: Path) -> None:
        write_table(aside / "signals.parquet", pl.DataFrame({"time_s": np.arange(ROWS) * STEP_S}))
        write_table(aside / "signals/cuts.parquet", pl.DataFrame(schema={"time_s": pl.Float64}))

    def features(aside: Path) -> None:
        material = Material(tape.folder, duration_s=ROWS * STEP_S, stride_s=1.0)
        write_features(Seen(is_play, seed), material, aside, made_from={"proxies": "p", "signals": "s"}, chunk_s=600)  # fmt: skip # noqa: E501

    for asset, make in (
        ("sources", sources),
        ("proxies", proxies),
        ("signals", signals),
        ("features", features),
    ):
        tape.publish(asset, make, run_id="made")
    return tape


def score(store: Store, tape_id: str) -> Tape:
    """Make what hangs on a tape's scores: predictions for real, the rest in name only."""
    tape = store.tape(tape_id)
    tape.publish("predictions", lambda aside: assets.predictions.make(tape, aside), run_id="made")
    for asset in ("segments", "clips"):
        tape.publish(asset, lambda aside: (aside / f"{aside.name}.txt").write_text("x"), run_id="m")  # type: ignore[arg-type,return-value]
    return tape


def settings_of(library: Path, **more: str) -> Settings:
    flags = {"library": str(library), **more}
    return load_settings(flags, environment={}, folder=library).settings


@pytest.fixture(scope="module")
def taught(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A library with two registered models: version 1 finds every play, version 2 hardly any."""
    library = tmp_path_factory.mktemp("learning") / "library"
    (library / "profiles").mkdir(parents=True)
    for name in (SPORT, OTHER):
        (library / "profiles" / f"{name}.yaml").write_text(PACK.format(name=name))
    desk = Desk.of(settings_of(library))
    for seed in range(1, TAPES + 1):
        add_tape(desk.store, SPORT, seed)
    for seed in (101, 102):
        add_tape(desk.store, OTHER, seed)
    for kind, steps in (("linear-hmm", None), ("temporal", 2)):
        asked = Request(profile=SPORT, kind=kind, steps=steps, hold_out=0.4)
        push(desk, train_model(desk.store, asked, progress=no_progress).folder)
    return desk


@pytest.fixture
def desk(taught: Desk) -> Iterator[Desk]:
    """The same library; what a test moved is taken back."""
    yield taught
    shutil.rmtree(taught.library / "models" / "decisions", ignore_errors=True)
    (taught.library / "models" / "champions.json").unlink(missing_ok=True)
    taught.registry.point(NAME, CHAMPION, None)
    taught.registry.point(NAME, CHALLENGER, "2")


def install(desk: Desk, version: str) -> None:
    """Let a version take over without asking how good it is."""
    other = "1" if version == "2" else "2"
    decision = compare(desk, SPORT, challenger=version, against=other)
    promote(desk, decision, by="the test", why="to begin with")


def stale(desk: Desk, sport: str) -> dict[str, tuple[str, ...]]:
    """Steps of the line of a sport's tapes that are stale, with the first cause of each."""
    plan = make_plan(desk.store, sport=sport)
    found = {t.tape: [s for s in t.steps if s.name in LINE] for t in plan.tapes}
    return {
        tape: tuple(f"{step.name}: {step.causes[0].says}" for step in steps)
        for tape, steps in found.items()
        if steps
    }


def tick(desk: Desk, instance: dg.DagsterInstance, *, most: int) -> list[str]:
    """A whole tick of the sensor `promotions`: tapes whose line it asks for."""
    rate = desk.settings.registry.model_copy(update={"tapes_per_tick": most})
    settings = desk.settings.model_copy(update={"registry": rate})
    repository = build_defs(settings, has_tables=False).get_repository_def()
    with dg.build_sensor_context(
        instance=instance,
        instance_ref=instance.get_ref(),
        repository_def=repository,
        resources={"store": desk.store},
    ) as context:
        asked = promotions_sensor(settings).evaluate_tick(context).run_requests or ()
    return [str(request.partition_key) for request in asked if request.job_name == "tape"]


def test_a_worse_challenger_is_refused_with_reasons_and_nothing_moves(desk: Desk) -> None:
    install(desk, "1")
    decision = compare(desk, SPORT)
    assert decision.challenger.version == "2" and not decision.is_better
    assert "F1@0.50" in decision.reasons[0] and "worse" in decision.reasons[0]
    with pytest.raises(InputError, match="version 2 does not take over"):
        promote(desk, decision)
    assert champions(desk.library)[SPORT].version == "1"
    assert desk.registry.holder(NAME, CHAMPION).version == "1"  # type: ignore[union-attr]
    assert [d.is_applied for d in decisions(desk.library)] == [True, False]


def test_models_are_judged_only_on_games_that_neither_has_learned_from(desk: Desk) -> None:
    decision = compare(desk, SPORT, challenger="1", against="2")
    judged = {row.what for row in decision.tapes}
    assert judged and judged.isdisjoint(decision.left_out)
    assert len(judged) + len(decision.left_out) == TAPES
    assert decision.is_better and decision.figures[0].low > 0  # type: ignore[operator]


def test_a_promotion_makes_exactly_the_scores_of_its_sport_stale_and_rollback_takes_it_back(
    desk: Desk, tmp_path: Path
) -> None:
    store = desk.store
    install(desk, "2")
    scored = [score(store, t).order.id for t in store.tape_ids() if t.startswith(SPORT)]
    before = stale(desk, OTHER)
    assert stale(desk, SPORT) == {}
    promote(desk, compare(desk, SPORT, challenger="1"))
    said = f"predictions: the champion of {SPORT} changed from v2 to v1"
    now = stale(desk, SPORT)
    assert sorted(now) == scored
    assert {steps[0] for steps in now.values()} == {said}
    assert {tuple(s.split(":")[0] for s in steps[:3]) for steps in now.values()} == {
        ("predictions", "segments", "clips")
    }
    assert stale(desk, OTHER) == before

    silent = {"telemetry": {"enabled": False}}
    with dg.DagsterInstance.local_temp(str(tmp_path), overrides=silent) as instance:
        assert tick(desk, instance, most=100) == scored
        assert tick(desk, instance, most=2) == scored[:2]
        status, tags = dg.DagsterRunStatus.STARTED, {"dagster/sensor_name": "promotions"}
        for _ in range(2):
            instance.add_run(dg.DagsterRun(job_name="tape", status=status, tags=tags))
        assert tick(desk, instance, most=2) == []
        for tape in scored[:2]:
            score(store, tape)
        assert tick(desk, instance, most=100) == scored[2:]
        left, place = [], ""
        for _ in store.tape_ids():  # a tick that has time for one tape goes on with the next
            found = wanted(store, most=100, behind=place, look_s=0.0)
            left, place = [*left, *(w.tape for w in found.wishes if w.job == "tape")], found.place
        assert left == scored[2:]
    rows = pl.read_parquet(store.tape(scored[0]).path("predictions.parquet"))
    assert rows["model"].unique().to_list() == [store.tape(scored[0]).model.label]  # type: ignore[union-attr]
    assert rows["model"][0].startswith(f"{NAME}/1 ")

    rollback(desk, SPORT)
    assert champions(desk.library)[SPORT].version == "2"
    back = {t for t, steps in stale(desk, SPORT).items() if steps[0].startswith("predictions")}
    assert back == set(scored[:2])


def test_the_first_champion_rolled_back_leaves_none(desk: Desk) -> None:
    install(desk, "1")
    rollback(desk, SPORT)
    assert champions(desk.library) == {}
    assert desk.registry.holder(NAME, CHAMPION) is None
    with pytest.raises(InputError, match="none to go back from"):
        rollback(desk, SPORT)


def test_a_sport_without_any_model_says_how_to_get_one(desk: Desk) -> None:
    plan = make_plan(desk.store, sport=OTHER)
    [causes] = {t.steps[0].causes for t in plan.tapes}
    assert plan.tapes[0].is_stuck and f"gametape train {OTHER}" in causes[0].says


def test_an_alias_moved_in_the_registry_itself_is_followed(desk: Desk) -> None:
    install(desk, "2")
    desk.registry.point(NAME, CHAMPION, "1")
    assert sync(desk) == [f"{SPORT}: version 1 is champion"]
    assert champions(desk.library)[SPORT].before[-1].version == "2"
    assert sync(desk) == []


def test_the_same_model_pushed_twice_is_one_version(desk: Desk) -> None:
    version, folder = push(desk, desk.bring(desk.registry.version(NAME, "1"), SPORT))
    assert (version.version, version.aliases) == ("1", (CHALLENGER,))
    assert len(desk.registry.versions(NAME)) == 2
    assert json.loads((folder / "training.json").read_text())["held_out"]


def test_a_registry_that_does_not_answer_is_told_in_seconds_and_the_model_is_kept(
    desk: Desk, tmp_path: Path
) -> None:
    away = Desk.of(settings_of(desk.library, **{"registry.uri": "http://127.0.0.1:9"}))
    folder = desk.bring(desk.registry.version(NAME, "1"), SPORT)
    began = time.monotonic()
    with pytest.raises(ToolError, match=r"does not answer.*gametape models push"):
        push(away, folder)
    assert time.monotonic() - began < 5
    assert (folder / "card.json").is_file()
    with pytest.raises(InputError, match="no longer keeps models"):
        push(Desk.of(settings_of(desk.library, **{"registry.uri": str(tmp_path)})), folder)


def test_a_library_that_was_copied_or_moved_takes_its_registry_along(
    desk: Desk, tmp_path: Path
) -> None:
    install(desk, "2")
    copied, moved = tmp_path / "copied", tmp_path / "moved on, über all"
    shutil.copytree(desk.library, copied)
    copy = Desk.of(settings_of(copied))
    assert all(v.source.startswith(copied.as_uri()) for v in copy.registry.versions(NAME))
    assert all(v.source.startswith(desk.library.as_uri()) for v in desk.registry.versions(NAME))

    copied.rename(moved)
    there = Desk.of(settings_of(moved))
    shutil.rmtree(model_folder(moved, SPORT, there.registry.version(NAME, "1").digest))
    version, folder = pull(there, f"{NAME}/1")
    assert folder.is_relative_to(moved) and digest_of(folder) == version.digest
    assert record_of(folder) is not None  # what it learned from came along
    another = tmp_path / "another"
    shutil.copytree(folder, another)
    card = json.loads((another / "card.json").read_text())
    (another / "card.json").write_text(json.dumps({**card, "notes": ["made after the move"]}))
    new, _ = push(there, another)
    assert new.source.startswith(f"{moved.as_uri()}/") and new.version == "3"
    promote(there, compare(there, SPORT, challenger=new.version))
    assert champions(moved)[SPORT].version == "3"
    assert [v.version for v in desk.registry.versions(NAME)] == ["2", "1"]


def die(point: Point, library: Path, *words: str) -> int:
    """Type a command that is to die at a point; its exit code."""
    environment = {**os.environ, "GAMETAPE_CRASH_AT": str(point)}
    command = [sys.executable, "-c", TYPED, "models", *words, "--library", str(library)]
    done = subprocess.run(command, env=environment, check=False, capture_output=True, timeout=250)
    return done.returncode


@pytest.mark.parametrize(
    "point",
    [
        pytest.param(Point.DECISION_WRITTEN, marks=pytest.mark.slow),
        Point.ALIAS_MOVED,
        pytest.param(Point.MIRROR_WRITTEN, marks=pytest.mark.slow),
    ],
)
def test_a_promotion_killed_at_any_point_is_whole_after_sync(desk: Desk, point: Point) -> None:
    install(desk, "2")
    assert die(point, desk.library, "promote", SPORT, "1") == -signal.SIGKILL
    sync(desk)
    has_moved = point != Point.DECISION_WRITTEN
    assert champions(desk.library)[SPORT].version == ("1" if has_moved else "2")
    assert desk.registry.holder(NAME, CHAMPION).version == champions(desk.library)[SPORT].version  # type: ignore[union-attr]
    if has_moved:
        rollback(desk, SPORT)
        assert champions(desk.library)[SPORT].version == "2"


@pytest.mark.parametrize(
    "point", [Point.VERSION_MADE, pytest.param(Point.RUN_LOGGED, marks=pytest.mark.slow)]
)
def test_a_push_killed_half_way_leaves_no_version_that_can_be_used(
    desk: Desk, point: Point, tmp_path: Path
) -> None:
    good = desk.bring(desk.registry.version(NAME, "1"), SPORT)
    folder = tmp_path / "model"
    shutil.copytree(good, folder)
    card = json.loads((folder / "card.json").read_text())
    (folder / "card.json").write_text(json.dumps({**card, "notes": [f"killed at {point}"]}))
    assert die(point, desk.library, "push", str(folder)) == -signal.SIGKILL
    new = [v for v in desk.registry.versions(NAME) if int(v.version) > 2]
    assert [v.state for v in new] == ([NEW] if point == Point.VERSION_MADE else [])
    assert all(v.aliases == () for v in new)
    for half in new:
        with pytest.raises(InputError, match="never completed"):
            desk.registry.point(NAME, CHAMPION, half.version)
    version, _ = push(desk, folder)
    assert version.state == "ready" and version.aliases == (CHALLENGER,)
    for made in desk.registry.versions(NAME):
        if int(made.version) > 2:
            desk.registry.point(NAME, CHALLENGER, "2")
            desk.registry.client.delete_model_version(NAME, made.version)


def test_what_is_on_both_sides_stops_the_training_before_it_begins(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    """The asset `models` hangs on `datasets`, whose check ends the command in a sentence."""
    learned, judge = (f"{SPORT}-{seed:04d}" for seed in sides(desk))
    path = desk.library / "inbox" / f"{judge}.json"
    kept = path.read_bytes()
    copy = json.loads(kept) | {"content_hash": desk.store.tape(learned).order.content_hash}
    before = len(desk.registry.versions(NAME))
    path.write_text(json.dumps(copy))
    try:
        assert run(["train", SPORT, "--library", str(desk.library)]) == 2
    finally:
        path.write_bytes(kept)
    said = capsys.readouterr().err
    assert f"{learned} and {judge} are on both sides" in said
    assert len(desk.registry.versions(NAME)) == before


def sides(desk: Desk) -> tuple[int, int]:
    """The seed of a tape that learns, and of one that judges, as the sport's dataset is split."""
    split = export_dataset(desk.store, SPORT, profile=SPORT).version.split
    assert split is not None
    return int(split.train[0][-4:]), int(split.held_out[0][-4:])


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[str, "subprocess.Popen[bytes]"]]:
    """A real MLflow server with its own database and artifacts, and its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = ["server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    words += ["--backend-store-uri", f"sqlite:///{tmp_path / 'server.sqlite'}"]
    words += ["--artifacts-destination", str(tmp_path / "kept")]
    with (tmp_path / "server.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "mlflow", *words],
            stdout=log,
            stderr=log,
            start_new_session=True,
            env={**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true"},
        )
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(1200):
            with contextlib.suppress(OSError), urllib.request.urlopen(f"{address}/health"):
                break
            assert process.poll() is None, (tmp_path / "server.log").read_text()
            time.sleep(0.1)
        yield address, process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.mark.slow
def test_a_server_over_http_keeps_models_and_says_so_when_it_is_gone(
    desk: Desk,
    server: tuple[str, "subprocess.Popen[bytes]"],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    address, process = server
    monkeypatch.setenv("GAMETAPE_REGISTRY__URI", address)
    library = tmp_path / "library"
    shutil.copytree(desk.library, library, ignore=shutil.ignore_patterns("mlflow"))
    there = Desk.of(settings_of(library, **{"registry.uri": address}))

    for version in ("1", "2"):
        given = desk.bring(desk.registry.version(NAME, version), SPORT)
        assert run(["models", "push", str(given), "--library", str(library)]) == 0
    install(there, "1")
    holder = there.registry.holder(NAME, CHAMPION)
    assert holder is not None and champions(library)[SPORT].version == holder.version == "1"
    capsys.readouterr()
    assert run(["models", "list", "--library", str(library), "--json"]) == 0
    listed = {one["version"]: one for one in json.loads(capsys.readouterr().out)}
    assert listed["1"]["in_force_here"] and listed["1"]["aliases"] == [CHAMPION]
    assert listed["2"]["state"] == "ready" and listed["2"]["aliases"] == [CHALLENGER]
    # Another library on another machine gets the very model.
    other = Desk.of(settings_of(tmp_path / "other", **{"registry.uri": address}))
    _, folder = pull(other, f"{NAME}/1")
    assert digest_of(folder) == holder.digest

    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    began = time.monotonic()
    assert run(["models", "list", "--library", str(library)]) == 3
    assert run(["models", "push", str(folder), "--library", str(library)]) == 3
    assert time.monotonic() - began < 20
    assert "does not answer" in capsys.readouterr().err
    assert make_plan(there.store, sport=SPORT).tapes  # plans never ask it
