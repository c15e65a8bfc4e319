"""The backbone videomae: which weights it takes, that none is lost, and what a row stands for."""

import json
import sys
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file

from gametape.errors import InputError, ToolError
from gametape.models.backbones import videomaenet
from gametape.models.backbones.base import Material
from gametape.models.backbones.choice import backbone_named
from gametape.models.backbones.videomae import VideoMae, videomae
from gametape.models.backbones.videomaecheck import position_table
from gametape.models.backbones.videomaefiles import (
    CHECK,
    CONFIG,
    WEIGHTS,
    VideoMaeShape,
    config_text,
    read_folder,
    shapes_of,
)
from gametape.models.backbones.videomaenet import build, load_network
from gametape.models.backbones.videomaepull import pull_videomae, seal_folder
from gametape.models.backbones.windowpictures import ahead, window_pictures
from gametape.video.media import create_media

TINY = {
    "model_type": "videomae",
    "hidden_size": 24,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 48,
    "image_size": 32,
    "patch_size": 16,
}
Tensors = dict[str, NDArray[np.float32]]


@pytest.fixture(autouse=True)
def one_thread() -> None:
    """Networks this small gain nothing from threads that wait for each other."""
    import torch

    torch.set_num_threads(1)


def random_tensors(shape: VideoMaeShape, seed: int = 0) -> Tensors:
    """Random weights; no bias is zero."""
    rng = np.random.default_rng(seed)
    return {
        name: (rng.normal(0, 0.2, size) + ("norm" in name)).astype(np.float32)
        for name, size in shapes_of(shape).items()
    }


def model_folder(folder: Path, *, classes: tuple[str, ...] = (), **changes: object) -> Path:
    """A folder of tiny random weights as gametape writes it."""
    labels = dict(enumerate(classes))
    shape = VideoMaeShape.model_validate({**TINY, "id2label": labels, **changes})
    folder.mkdir(parents=True)
    (folder / CONFIG).write_text(config_text(shape, classes))
    save_file(random_tensors(shape), folder / WEIGHTS)
    return folder


def published(folder: Path) -> Path:
    """The same, with the names and the parts of models on the hub."""
    model_folder(folder)
    tensors = load_file(folder / WEIGHTS)
    old = {}
    for name, value in tensors.items():
        prefix = "" if name.startswith("fc_norm") else "videomae."
        name = name.replace("query.bias", "q_bias").replace("value.bias", "v_bias")
        old[prefix + name] = value
    old["classifier.weight"] = np.zeros((400, 24), np.float32)
    old["classifier.bias"] = np.zeros(400, np.float32)
    save_file(old, folder / WEIGHTS)
    values = json.loads((folder / CONFIG).read_text())
    values["id2label"] = {str(n): f"LABEL_{n}" for n in range(400)}
    (folder / CONFIG).write_text(json.dumps(values))
    return folder


def proxy(folder: Path, brightness: list[int], rate: int = 15) -> Path:
    """A tape's folder with a proxy whose pictures are grey, each as bright as said."""
    path = folder / "proxies" / "video.mp4"
    path.parent.mkdir(parents=True)
    with create_media(path) as file:
        stream = file.add_stream("libx264", rate=rate)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.codec_context.gop_size = rate
        stream.codec_context.options = {"preset": "ultrafast", "qp": "1", "tune": "zerolatency"}
        for number, value in enumerate(brightness):
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), value, np.uint8), "rgb24")
            frame.pts, frame.time_base = number, Fraction(1, rate)
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return folder


def test_published_names_are_read_and_every_bias_arrives_in_the_network(tmp_path: Path) -> None:
    folder = published(tmp_path / "hub")
    stored = load_file(folder / WEIGHTS)
    model = load_network(folder, precision="float32").model
    for number in range(2):
        attention = model.videomae.encoder.layer[number].attention.attention
        for part, bias in (("q_bias", attention.query.bias), ("v_bias", attention.value.bias)):
            name = f"videomae.encoder.layer.{number}.attention.attention.{part}"
            assert np.array_equal(bias.numpy(), stored[name])
            assert bias.abs().min() > 0


def test_plain_arithmetic_and_the_network_agree_for_both_kinds_of_pooling(tmp_path: Path) -> None:
    for pooling in (True, False):
        folder = model_folder(tmp_path / str(pooling), use_mean_pooling=pooling)
        load_network(folder, precision="float32")  # would refuse


def test_a_library_that_loses_biases_is_found_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def losing(shape: VideoMaeShape, tensors: Tensors) -> object:
        lost = {n: v * 0 if "attention.value.bias" in n else v for n, v in tensors.items()}
        return build(shape, lost)

    folder = model_folder(tmp_path / "model")
    monkeypatch.setattr(videomaenet, "build", losing)
    for precision in ("float32", "bfloat16"):
        with pytest.raises(ToolError, match="away from its own weights"):
            load_network(folder, precision=precision)


def test_weights_saved_after_their_biases_were_lost_are_refused(tmp_path: Path) -> None:
    folder = model_folder(tmp_path / "model")
    tensors = load_file(folder / WEIGHTS)
    lost = {n: v * 0 if ".query.bias" in n or ".value.bias" in n else v for n, v in tensors.items()}
    save_file(lost, folder / WEIGHTS)
    with pytest.raises(InputError, match=r"transformers 5\.10 to 5\.18"):
        read_folder(folder)


def test_one_changed_number_in_pulled_weights_is_noticed(tmp_path: Path) -> None:
    folder = tmp_path / "weights" / "videomae"
    pull_videomae(folder, str(published(tmp_path / "mine")))
    load_network(folder)
    tensors = load_file(folder / WEIGHTS)
    tensors["fc_norm.bias"][3] += 1e-3
    save_file(tensors, folder / WEIGHTS)
    with pytest.raises(InputError, match="not the weights that were put here"):
        load_network(folder)


def test_a_check_that_states_other_features_is_noticed(tmp_path: Path) -> None:
    folder = model_folder(tmp_path / "model")
    seal_folder(folder, "made here")
    stated = json.loads((folder / CHECK).read_text())
    stated["features"][0] += 0.5
    (folder / CHECK).write_text(json.dumps(stated))
    with pytest.raises(InputError, match=r"check\.json states"):
        load_network(folder)


def test_the_position_table_is_that_of_transformers() -> None:
    from transformers.models.videomae.modeling_videomae import get_sinusoid_encoding_table

    theirs = get_sinusoid_encoding_table(16, 24)[0].numpy()
    assert np.abs(position_table(16, 24) - theirs).max() < 1e-6


@pytest.mark.parametrize("name", ["pytorch_model.bin", "weights.pkl", "model.pt"])
def test_a_folder_of_pickles_is_refused_by_name(tmp_path: Path, name: str) -> None:
    folder = model_folder(tmp_path / "model")
    (folder / WEIGHTS).rename(folder / name)
    with pytest.raises(InputError, match=f"pickled weights only .{name}."):
        videomae(folder)
    with pytest.raises(InputError, match="a pickle can run any program"):
        pull_videomae(tmp_path / "target", str(folder / name))
    assert not (tmp_path / "target").exists()


def test_a_pickle_that_calls_itself_safetensors_is_refused(tmp_path: Path) -> None:
    folder = model_folder(tmp_path / "model")
    (folder / WEIGHTS).write_bytes(b"\x80\x02}q\x00X\x01\x00\x00\x00aq\x01K\x01s.")
    with pytest.raises(InputError, match="not readable as safetensors"):
        read_folder(folder)


def test_missing_weights_are_told_with_the_command_that_gets_them(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="gametape models pull videomae"):
        videomae(tmp_path / "nothing")


def test_foreign_weights_are_told_by_the_tensor_that_does_not_fit(tmp_path: Path) -> None:
    folder = model_folder(tmp_path / "model")
    good = load_file(folder / WEIGHTS)
    cases: list[tuple[Tensors, str]] = [
        ({**good, "conv1.weight": np.ones(3, np.float32)}, "conv1.weight is no part"),
        ({n: v for n, v in good.items() if "layer.1.output" not in n}, "missing"),
        ({**good, "fc_norm.bias": np.ones(5, np.float32)}, "has shape"),
        ({**good, "fc_norm.bias": np.full(24, np.nan, np.float32)}, "no numbers"),
    ]
    for tensors, reason in cases:
        save_file(tensors, folder / WEIGHTS)
        with pytest.raises(InputError, match=reason):
            read_folder(folder)


@pytest.mark.parametrize(
    ("change", "reason"),
    [({"model_type": "bert"}, "model_type"), ({"num_attention_heads": 5}, "must divide")],
)
def test_another_models_configuration_is_refused(
    tmp_path: Path, change: dict[str, object], reason: str
) -> None:
    folder = model_folder(tmp_path / "model")
    values = json.loads((folder / CONFIG).read_text())
    (folder / CONFIG).write_text(json.dumps(values | change))
    with pytest.raises(InputError, match=reason):
        videomae(folder)


def test_offline_the_hub_is_not_asked_and_the_reason_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import huggingface_hub.constants

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    with pytest.raises(ToolError, match="HF_HUB_OFFLINE"):
        pull_videomae(tmp_path / "weights" / "videomae", "videomae")
    assert not (tmp_path / "weights").exists()


def test_rows_do_not_depend_on_the_stretch_they_are_asked_in(tmp_path: Path) -> None:
    tape = proxy(tmp_path / "tape", [int(v) for v in np.linspace(20, 230, 90)])
    backbone = videomae(model_folder(tmp_path / "model", classes=("dead", "play")))
    material = Material(tape, duration_s=6.0, stride_s=0.75)
    grid = backbone.grid(material)
    assert (grid.count, grid.numbers) == (8, 26)
    whole = backbone.rows(material, 0, 8)
    parts = [backbone.rows(material, a, b) for a, b in ((0, 3), (3, 4), (4, 8))]
    assert whole.tobytes() == np.concatenate(parts).tobytes()
    assert whole.dtype == np.float16
    assert np.allclose(whole[:, 24:].sum(axis=1), 1, atol=1e-2)
    assert np.abs(np.diff(whole[:, :24].astype(float), axis=0)).max() > 0


def test_pictures_are_taken_by_time_whatever_the_rate(tmp_path: Path) -> None:
    # Brightness tells the time: two tapes of one scene, at 10 and at 30 pictures a second.
    slow = proxy(tmp_path / "slow", [20 * n for n in range(10)], rate=10)
    fast = proxy(tmp_path / "fast", [20 * (n // 3) for n in range(30)], rate=30)
    seen = []
    for tape in (slow, fast):
        path = Material(tape, 1.0, 1.0).proxy
        windows = list(window_pictures(path, [-0.2, 0.3, 0.7], frames=4, rate_hz=10.0, size=8))
        seen.append([[int(picture.mean()) for picture in window] for window in windows])
    expected = np.array([[0, 0, 0, 20], [60, 80, 100, 120], [140, 160, 180, 180]])
    assert np.abs(np.array(seen[0]) - expected).max() <= 3
    assert np.abs(np.array(seen[1]) - expected).max() <= 3


def test_an_error_in_the_thread_that_decodes_comes_up_where_windows_are_taken() -> None:
    def broken() -> object:
        yield 1
        raise InputError("the tape is damaged")

    taken = ahead(broken(), depth=2)  # type: ignore[arg-type]
    assert next(taken) == 1
    with pytest.raises(InputError, match="damaged"):
        next(taken)


def test_a_backbone_can_be_sent_to_another_process(tmp_path: Path) -> None:
    import pickle

    backbone = videomae(model_folder(tmp_path / "model"))
    again = pickle.loads(pickle.dumps(backbone))
    assert isinstance(again, VideoMae)
    assert again == backbone


def test_nothing_heavy_is_imported_before_it_is_needed() -> None:
    import subprocess

    code = (
        "import sys, gametape.models.backbones.videomae; "
        "sys.exit(any(n in sys.modules for n in ('torch', 'transformers', 'cv2')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_base_and_small_are_kept_and_named_apart(tmp_path: Path) -> None:
    base, small = (
        pull_videomae(tmp_path / name, str(model_folder(tmp_path / "from" / name, **changes)))
        for name, changes in (("videomae", {}), ("videomae-small", {"hidden_size": 12}))
    )
    assert base.sha256 != small.sha256
    found = [backbone_named(name, tmp_path) for name in ("videomae", "videomae-small")]
    assert [(one.name, one.weights) for one in found] == [
        ("videomae", base.sha256),
        ("videomae-small", small.sha256),
    ]
    with pytest.raises(InputError, match="gametape models pull videomae-small"):
        backbone_named("videomae-small", tmp_path / "empty")
