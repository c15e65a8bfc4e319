"""Fine-tuned backbones: registered with what speaks for them, pulled, named by a sport pack."""

import json
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import polars as pl
import pytest

import assets.features
from app.main import run
from gametape.errors import InputError, ToolError
from gametape.exports.cutlist import write_cutlist
from gametape.features import read_index
from gametape.line import Order
from gametape.models.heads.files import digest_of
from gametape.schema import Segment, Source, VideoStream, no_progress
from gametape.tables import write_table
from gametape.training.finetune import read_finetuned
from gametape.video.proxy import PassReport
from resources.learning.comparing import Desk
from resources.learning.registering import push
from resources.learning.registry import CHALLENGER
from resources.learning.tunedfiles import tuned_folder, weights_digest
from resources.learning.weights import Weights
from resources.planning.plans import make_plan
from resources.publishing import write_json
from resources.settings import load_settings
from resources.store import Store
from resources.tape import Tape
from tests.unit.models.backbones.test_cheap import signals
from tests.unit.training.test_finetune import filmed, weights_folder

SPORT = "rally"
NAME = f"gametape-{SPORT}-videomae"
LENGTH_S = 8
PACK = f"extends: tennis\nname: {SPORT}\nsport: {SPORT}\n"
SCORERS = "scorer: {name: main-camera}\n"
QUICK = ("--epochs", "2", "--batch", "4", "--rate", "3e-3")


def add_tape(store: Store, number: int, video: Path) -> Tape:
    """A labelled tape whose proxy is a made video; play is from 2 to 5 s."""
    order = Order(
        id=f"tape-{number:04d}", name=video.name, path=str(video), content_hash=f"{number:064x}",
        profile=SPORT, game={"game": f"game {number}"},
    )  # fmt: skip
    store.put_order(order)
    tape = store.tape(order.id)
    write_cutlist(tape.labels_file, [Segment(2.0, 5.0)])
    stream = VideoStream(
        index=0, codec="h264", width=64, height=48, display_width=64, display_height=48,
        pixel_format="yuv420p", time_base=Fraction(1, 15), start_pts=0, average_rate=Fraction(15),
    )  # fmt: skip
    source = Source(
        name=order.name, bytes=video.stat().st_size, content_hash=order.content_hash,
        container="mp4", duration_s=LENGTH_S, video=stream,
    )  # fmt: skip
    report = PassReport(
        seconds=LENGTH_S, frames=120, proxy_frames=120, rate=Fraction(15),
        review_rate=Fraction(15), width=64, height=48, has_sound=False,
    )  # fmt: skip

    def proxies(aside: Path) -> None:
        (aside / "proxies").mkdir()
        (aside / "proxies" / "video.mp4").write_bytes(video.read_bytes())
        write_json(aside / "proxies" / "report.json", report)

    def measured(aside: Path) -> None:
        write_table(aside / "signals.parquet", signals().head(4 * LENGTH_S))
        write_table(aside / "signals/cuts.parquet", pl.DataFrame(schema={"time_s": pl.Float64}))

    tape.publish("sources", lambda f: write_json(f / "sources.json", source), run_id="made")
    tape.publish("proxies", proxies, run_id="made")
    tape.publish("signals", measured, run_id="made")
    return tape


def pack(library: Path, more: str = "") -> None:
    (library / "profiles").mkdir(parents=True, exist_ok=True)
    (library / "profiles" / f"{SPORT}.yaml").write_text(PACK + SCORERS + more)


def desk_of(library: Path) -> Desk:
    flags = {"library": str(library)}
    return Desk.of(load_settings(flags, environment={}, folder=library).settings)


@pytest.fixture(scope="module")
def tuned(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, dict[str, object]]]:
    """A library in which a tiny VideoMAE was fine-tuned by the command, and what that said."""
    folder = tmp_path_factory.mktemp("tuned")
    library = folder / "library"
    pack(library)
    store = Store(library, library / "profiles")
    for number in range(1, 5):
        add_tape(store, number, filmed(folder / "videos", f"match-{number}").video)
    weights = weights_folder(folder / "weights" / "videomae")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("app.finetuning.print_json", lambda told: said.update(told))
        said: dict[str, object] = {}
        words = ["train", SPORT, "--finetune", "videomae", "--weights", str(weights), *QUICK]
        assert run([*words, "--library", str(library), "--json"]) == 0
    yield library, said


def test_it_is_registered_with_card_figures_data_hash_and_plots(
    tuned: tuple[Path, dict[str, object]],
) -> None:
    library, said = tuned
    assert (said["name"], said["version"]) == (NAME, "1")
    registry = desk_of(library).registry
    (version,) = registry.versions(NAME)
    assert version.state == "ready" and version.aliases == (CHALLENGER,)
    logged = registry.client.get_run(version.run_id).data
    assert logged.params["data_hash"] == said["data_hash"] == version.tags["gametape.data_hash"]
    assert logged.params["asked.epochs"] == "2"
    assert 0 <= logged.metrics["balanced_accuracy"] <= 1 and logged.metrics["loss"] > 0
    curve = registry.client.get_metric_history(version.run_id, "loss_curve")
    assert len(curve) == said["steps"]
    files = {one.path for one in registry.client.list_artifacts(version.run_id, "evidence")}
    assert files == {"evidence/loss.png", "evidence/classes.png"}
    files = {one.path for one in registry.client.list_artifacts(version.run_id, "model")}
    assert {"model/model.safetensors", "model/config.json", "model/card.json"} <= files


def test_the_commands_know_it_and_say_why_it_cannot_be_promoted(
    tuned: tuple[Path, dict[str, object]], capsys: pytest.CaptureFixture[str]
) -> None:
    library = str(tuned[0])

    def typed(*words: str) -> tuple[int, str, str]:
        code = run(["models", *words, "--library", library])
        said = capsys.readouterr()
        return code, said.out, " ".join(said.err.split())

    assert [v["name"] for v in json.loads(typed("list", SPORT, "--json")[1])] == [NAME]
    assert "windows" in typed("list")[1]
    code, out, _ = typed("show", f"{SPORT}-videomae")
    assert code == 0 and "dead, play" in out and f"{NAME}/1" in out
    for word in ("promote", "compare", "rollback"):
        code, _, err = typed(word, f"{SPORT}-videomae")
        assert code == 2 and "is a backbone" in err and f"gametape train {SPORT}" in err
    assert typed("sync")[0] == 0


def test_the_same_weights_pushed_again_are_one_version_and_damaged_ones_none(
    tuned: tuple[Path, dict[str, object]], tmp_path: Path
) -> None:
    library, said = tuned
    desk = desk_of(library)
    version, kept = push(desk, Path(str(said["folder"])))
    assert version.version == "1" and len(desk.registry.versions(NAME)) == 1
    assert kept == tuned_folder(library, NAME, "1") and read_finetuned(kept) is not None
    for name in ("config.json", "card.json"):
        (tmp_path / name).write_bytes((kept / name).read_bytes())
    with pytest.raises(InputError, match="missing"):
        push(desk, tmp_path)
    (tmp_path / "check.json").write_bytes((kept / "check.json").read_bytes())
    (tmp_path / "model.safetensors").write_bytes(b"no weights at all")
    with pytest.raises(InputError):
        push(desk, tmp_path)
    assert len(desk.registry.versions(NAME)) == 1
    away = {"library": str(library), "registry.uri": "http://127.0.0.1:9"}
    there = Desk.of(load_settings(away, environment={}, folder=library).settings)
    with pytest.raises(ToolError, match=rf"does not answer.*models push {said['folder']}`"):
        push(there, Path(str(said["folder"])))


def test_a_sport_pack_names_a_version_and_exactly_its_features_are_made_with_it(
    tuned: tuple[Path, dict[str, object]], capsys: pytest.CaptureFixture[str]
) -> None:
    library, _ = tuned
    store = Store(library, library / "profiles")
    version = f"{NAME}/1"
    kept = tuned_folder(library, NAME, "1")
    features = "features: {{backbone: videomae, weights: {}}}\n"
    pack(library, features.format(version))
    try:
        tape = store.tape("tape-0001")
        tape.publish(
            "features",
            lambda aside: assets.features.make(tape, aside, Weights(library), no_progress),
            run_id="made",
        )
        assert read_index(tape.folder, "videomae").weights == weights_digest(kept)
        stale = {one.tape: [s.name for s in one.steps] for one in make_plan(store).tapes}
        assert "features" not in stale["tape-0001"] and "features" in stale["tape-0002"]

        hidden = kept.rename(kept.with_name("hidden"))
        (look,) = make_plan(store, tapes=["tape-0002"]).tapes
        causes = {step.name: step.causes[0].says for step in look.steps}
        assert f"gametape models pull {version}" in causes["features"]
        assert run(["models", "pull", version, "--library", str(library)]) == 0
        assert digest_of(kept) == digest_of(hidden)
        pack(library, features.format(hidden))  # a folder will do as well
        assert "features" not in [
            step.name for t in make_plan(store, tapes=["tape-0001"]).tapes for step in t.steps
        ]
    finally:
        pack(library)
    pack(library, "features: {backbone: frames, weights: x}\n")
    assert run(["profiles", SPORT, "--library", str(library)]) == 2
    assert "weights are for videomae" in capsys.readouterr().err
    pack(library)
