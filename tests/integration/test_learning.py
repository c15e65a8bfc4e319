"""From labelled tapes to a champion and back, with a real registry: what moves, what is stale."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import assets.predictions
from gametape.errors import InputError, ToolError
from gametape.exports.cutlist import write_cutlist
from gametape.features import write_features
from gametape.line import STEPS, Order
from gametape.models.backbones.base import Grid, Material, Rows
from gametape.schema import Segment, Source, VideoStream, no_progress
from gametape.tables import write_table
from gametape.video.proxy import PassReport
from resources.champions import champions
from resources.comparing import Desk, compare
from resources.crashpoints import Point
from resources.planning import make_plan
from resources.promoting import decisions, promote, rollback, sync
from resources.publishing import write_json
from resources.registering import push
from resources.registry import CHALLENGER, CHAMPION, NEW, registered_name
from resources.settings import Settings, load_settings
from resources.store import Store, Tape
from resources.training import Request, train_model
from sensors.promotions import wanted

ROWS, STEP_S = 480, 0.25
SPORT, OTHER = "rally", "other"
TAPES = 9  # of the sport, a game each; the two of the other are nobody's business
PACK = """extends: tennis
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
    desk: Desk,
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

    first = wanted(store, most=2)
    assert [w.tape for w in first] == scored[:2] and {w.job for w in first} == {"tape"}
    for wish in first:
        score(store, wish.tape)
    second = [w for w in wanted(store, most=3) if w.job == "tape"]
    assert not {w.tape for w in second} & {w.tape for w in first}
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
