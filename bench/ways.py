"""Ways to compute one network: each built when its turn comes, timed, and its row printed at once.

The reference is eager torch in 32 bits, one thread, one item at a time. Times are CPU seconds, the
least of a few runs. What a machine cannot do is a row that says why.
"""

import importlib
import logging
import os
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import torch

Numbers = NDArray[np.floating]
Run = Callable[[NDArray[np.float32]], Numbers]  # prepared items to their features
HEADER = f"{'backbone':16}{'back end':30}{'CPU ms':>9}{'rows/s':>9}{'ratio':>8}{'off':>9}"
BATCH = 4
CALIBRATION = 6  # items that int8 learns its ranges from


@dataclass(frozen=True)
class Subject:
    """A network to be timed: the same weights in torch and drawn for OpenVINO."""

    name: str
    module: "torch.nn.Module"  # prepared items to features
    items: NDArray[np.float32]  # prepared; the first is timed, the rest calibrate and fill batches
    openvino: Callable[[str], Run]  # by precision: float32 or bfloat16
    default: str  # the way that features take on this machine
    has_words: bool = False  # large products, of which only the weights need be int8


@dataclass
class Table:
    """Rows of one run of the bench, and the reference that they are held against."""

    rounds: int
    seconds: dict[str, float] = field(default_factory=dict)
    seen: dict[str, Numbers] = field(default_factory=dict)

    def measure(self, subject: Subject, way: str, build: Callable[[], Run], rows: int) -> None:
        """Build a way, time it, print its row."""
        items = subject.items[:rows]
        mark = " *" if way == subject.default else ""
        logging.disable(logging.WARNING)  # converters and quantisers advise at length
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                run = build()
                found = run(items)
        except Exception as error:
            said = str(error).strip().splitlines()
            why = f"{type(error).__name__} {said[0][:60] if said else ''}"
            print(f"{subject.name:16}{way:30} not here: {why}", flush=True)
            return
        finally:
            logging.disable(logging.NOTSET)
        spent_s = min(cpu_seconds(partial(run, items)) for _ in range(self.rounds)) / rows
        reference_s = self.seconds.setdefault(subject.name, spent_s)
        reference = self.seen.setdefault(subject.name, found[:1])
        off = float(np.abs(found[:1] - reference).max() / np.ptp(reference))
        show(subject.name, way + mark, spent_s, reference_s / spent_s, off)


def cpu_seconds(work: Callable[[], object]) -> float:
    """Of all threads."""
    begun = time.process_time()
    work()
    return time.process_time() - begun


def show(name: str, way: str, seconds: float, ratio: float, off: float | None) -> None:
    """One row."""
    told = "" if off is None else f"{off:9.1e}"
    row = f"{name:16}{way:30}{1e3 * seconds:9.2f}{1 / seconds:9.1f}{ratio:8.2f}{told:>9}"
    print(row, flush=True)


def measure_all(table: Table, subject: Subject) -> None:
    """All ways, the quick to build first."""
    for way, build, rows in ways(subject):
        table.measure(subject, way, build, rows)


def ways(subject: Subject) -> Iterator[tuple[str, Callable[[], Run], int]]:
    """Name, what builds it, and how many rows it takes at once."""
    import torch

    cores = os.cpu_count() or 1
    full, half = torch.float32, torch.bfloat16
    yield "torch fp32 (reference)", partial(eager, subject, full), 1
    yield f"torch fp32, {cores} threads", partial(eager, subject, full, threads=cores), 1
    yield f"torch fp32, {BATCH} at once", partial(eager, subject, full), BATCH
    yield "torch bf16", partial(eager, subject, half), 1
    yield "OpenVINO f32", partial(subject.openvino, "float32"), 1
    yield "OpenVINO bf16", partial(subject.openvino, "bfloat16"), 1
    yield "ONNX Runtime fp32", partial(onnx_runtime, subject, "float32"), 1
    yield "ONNX Runtime int8", partial(onnx_runtime, subject, "int8"), 1
    yield "torch fp32, compiled", partial(eager, subject, full, is_compiled=True), 1
    yield "torch bf16, compiled", partial(eager, subject, half, is_compiled=True), 1


def eager(
    subject: Subject, precision: "torch.dtype", *, threads: int = 1, is_compiled: bool = False
) -> Run:
    """torch, as it is or through its compiler, which needs a C++ compiler on this machine."""
    import copy

    import torch

    module = copy.deepcopy(subject.module).to(precision)
    work = torch.compile(module) if is_compiled else module

    def run(items: NDArray[np.float32]) -> Numbers:
        torch.set_num_threads(threads)
        try:
            with torch.inference_mode():
                return np.asarray(work(torch.from_numpy(items).to(precision)).float().numpy())
        finally:
            torch.set_num_threads(1)

    return run


def silent_onnx_runtime() -> Any:
    """The library; unless told before it is loaded, it reports its use to its makers."""
    os.putenv("ORT_DISABLE_TELEMETRY", "1")
    return importlib.import_module("onnxruntime")


def onnx_runtime(subject: Subject, precision: str) -> Run:
    """ONNX Runtime on torch's own export; int8 as the runtime's tools make it."""
    import torch

    runtime = silent_onnx_runtime()
    importlib.import_module("onnxscript")  # torch's exporter needs it
    with tempfile.TemporaryDirectory() as folder:
        path, small = Path(folder) / "network.onnx", Path(folder) / "int8.onnx"
        example = (torch.from_numpy(subject.items[:1]),)
        program = torch.onnx.export(subject.module, example, dynamo=True, verbose=False)
        assert program is not None
        program.save(path)
        if precision == "int8":
            _quantised(subject, path, small)
        options = runtime.SessionOptions()
        options.intra_op_num_threads = 1
        options.log_severity_level = 3
        chosen = str(small if precision == "int8" else path)
        session = runtime.InferenceSession(chosen, options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return lambda items: np.asarray(session.run(None, {name: items})[0])


def _quantised(subject: Subject, path: Path, small: Path) -> None:
    """Only weights where products are large; else sums as well, by ranges seen on some items."""
    silent_onnx_runtime()
    tools = importlib.import_module("onnxruntime.quantization")
    if subject.has_words:
        tools.quantize_dynamic(path, small, op_types_to_quantize=["MatMul", "Gemm"])
        return
    session = silent_onnx_runtime().InferenceSession(path)
    reader = Reader(session.get_inputs()[0].name, subject.items[:CALIBRATION])
    tools.quantize_static(path, small, reader, per_channel=True)


class Reader:
    """Items one by one, as the runtime's calibration asks for them."""

    def __init__(self, name: str, items: NDArray[np.float32]) -> None:
        self._left = [{name: item[None]} for item in items]

    def get_next(self) -> dict[str, Any] | None:
        """The next, until there is none."""
        return self._left.pop() if self._left else None

    def set_range(self, start_index: int, end_index: int) -> None:
        """A part of them."""
        self._left = self._left[start_index:end_index]

    def __len__(self) -> int:
        return len(self._left)
