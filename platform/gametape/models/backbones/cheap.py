"""Backbone `cheap`: what the one decode has measured, made comparable between tapes. No weights.

Levels differ from tape to tape (lenses, crowds, codecs, microphones). So beside a level itself
stand its rank on the tape and its distance from the tape's median. Nothing is judged here.
"""

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.stats import rankdata

from gametape.models.backbones.base import Grid, Material, Rows
from gametape.models.evidence import activity, camera_border, rows_of, smooth, usual_level
from gametape.tables import read_table
from gametape.video.motion import GRID_COLUMNS, GRID_ROWS

Values = NDArray[np.float64]
Columns = dict[str, Values]

# Shares of the picture run over five orders of magnitude, and half a pixel of 160 x 90 is noise.
LEAST_SHARE = 3e-5
# As far as a value may lie from the tape's median, in robust deviations.
FARTHEST = 5.0
# Beyond these, a cut or a whistle says nothing of a moment any more.
CUT_REACH_S, WHISTLE_REACH_S = 20.0, 15.0
# Levels that mean something only against what is usual on the tape.
LEVELS = (
    "moving_share", "changed_share", "speed_mean", "pan_speed", "zoom_speed", "edge_level",
    "luma_std", "field_share", "fast_activity", "change_activity", "fast_1s", "fast_5s",
    "change_5s", "fast_upper", "fast_lower", "fast_sides", "fast_peak",
)  # fmt: skip
HEARD = ("level_db", "crowd_db", "hit_db", "hits_4s", "level_swing")


class Cheap:
    """Movement by region, camera, shots, field, and sound: a row for each row of the signals."""

    name = "cheap"
    code = "1"
    weights = ""
    reads = ("proxies", "signals")

    def grid(self, material: Material) -> Grid:
        """The rows of the signals."""
        time_s = read_table(material.signals)["time_s"].to_numpy()
        step_s = float(time_s[1] - time_s[0]) if len(time_s) > 1 else 0.25
        return Grid(len(time_s), step_s, len(NAMES), NAMES)

    def rows(self, material: Material, first: int, end: int) -> Rows:
        """Some rows; each is set against the whole tape, which is quickly read."""
        return describe(read_table(material.signals))[first:end]


def describe(signals: pl.DataFrame) -> NDArray[np.float32]:
    """All rows of a tape: (rows, len(NAMES))."""
    if signals.is_empty():
        return np.zeros((0, len(NAMES)), np.float32)
    columns = {**_seen(signals), **_shots(signals), **_heard(signals)}
    return np.stack([columns[name] for name in NAMES], axis=1).astype(np.float32)


def _seen(signals: pl.DataFrame) -> Columns:
    """Pictures: levels with rank and distance, regions, and how the camera turns."""
    shot = signals["shot"].to_numpy().astype(np.int64)
    levels, main = _levels(signals, shot), _main_rows(signals)
    columns: Columns = {}
    for name in LEVELS:
        columns |= _against_tape(name, levels[name])
    for name in ("fast_activity", "change_activity", "fast_1s"):
        columns[f"{name}_of_usual"] = _of_usual(signals, levels[name], main)
    for kind in ("fast", "change"):
        for name in _regions(kind):
            share = _log_share(signals[name].to_numpy())
            columns[name] = share
            columns[f"{name}_rank"] = _rank(share)
    for name in ("pan_x", "pan_y", "zoom"):
        columns[name] = np.tanh(2.0 * signals[name].to_numpy().astype(np.float64))
    columns |= _where(signals)
    return columns


def _levels(signals: pl.DataFrame, shot: NDArray[np.int64]) -> Columns:
    """Levels by name, shares of the picture as logarithms."""
    time_s = signals["time_s"].to_numpy()
    fast, change = activity(signals, kind="fast"), activity(signals, kind="change")
    regions = _grid_of(signals, "fast")
    wide = {"width": rows_of(5.0, time_s), "shot": shot}
    share = {
        "moving_share": signals["moving_share"].to_numpy(),
        "changed_share": signals["changed_share"].to_numpy(),
        "fast_activity": fast,
        "change_activity": change,
        "fast_1s": smooth(fast, width=rows_of(1.0, time_s), shot=shot),
        "fast_5s": smooth(fast, **wide),  # type: ignore[arg-type]
        "change_5s": smooth(change, **wide),  # type: ignore[arg-type]
        "fast_upper": regions[:, 0].mean(axis=1),
        "fast_lower": regions[:, 2].mean(axis=1),
        # Both teams move in play; one person walks about between plays.
        "fast_sides": np.minimum(
            regions[:, :, :2].mean(axis=(1, 2)), regions[:, :, 2:].mean(axis=(1, 2))
        ),
        "fast_peak": regions.max(axis=(1, 2)),
    }
    plain = {name: signals[name].to_numpy() for name in ("edge_level", "luma_std", "field_share")}
    speeds = {
        "speed_mean": np.log1p(10 * signals["speed_mean"].to_numpy()),
        "pan_speed": np.log1p(10 * signals["pan_speed"].to_numpy()),
        "zoom_speed": np.log1p(10 * np.abs(signals["zoom"].to_numpy())),
    }
    plain |= {"edge_level": np.log1p(plain["edge_level"]), "luma_std": plain["luma_std"] / 64}
    return {name: _log_share(values) for name, values in share.items()} | plain | speeds


def _where(signals: pl.DataFrame) -> Columns:
    """Where in the picture things move: centre, spread, and how evenly over the regions."""
    regions = _grid_of(signals, "fast") + LEAST_SHARE
    weight = regions / regions.sum(axis=(1, 2), keepdims=True)
    x, y = np.linspace(-1, 1, GRID_COLUMNS), np.linspace(-1, 1, GRID_ROWS)
    across, down = weight.sum(axis=1), weight.sum(axis=2)
    centre_x, centre_y = across @ x, down @ y
    evenness = -(weight * np.log(weight)).sum(axis=(1, 2)) / np.log(weight[0].size)
    return {
        "centre_x": np.abs(centre_x),
        "centre_y": centre_y,
        "spread_x": np.sqrt(np.maximum(across @ x**2 - centre_x**2, 0)),
        "evenness": evenness,
    }


def _shots(signals: pl.DataFrame) -> Columns:
    """The main camera's likeness, and where within its shot a row lies."""
    similarity = signals["similarity"].to_numpy()
    border = camera_border(similarity)
    length_s = signals["shot_end_s"].to_numpy() - signals["shot_start_s"].to_numpy()
    columns: Columns = {
        "similarity": similarity,
        "similarity_rank": _rank(similarity),
        "luma": signals["luma_mean"].to_numpy() / 255,
        "shot_length": np.log1p(length_s),
    }
    for name in ("similarity", "shot_similarity"):
        beyond = (signals[name].to_numpy() - border) / (1.0 - border)
        columns[f"{name}_over_border"] = np.clip(beyond, -3.0, 1.0)
    for name in ("since_cut_s", "until_cut_s"):
        near = np.exp(-signals[name].to_numpy() / 3.0)
        far = np.minimum(signals[name].to_numpy(), CUT_REACH_S) / CUT_REACH_S
        columns |= {f"{name[:-2]}_near": near, f"{name[:-2]}_far": far}
    return columns


def _heard(signals: pl.DataFrame) -> Columns:
    """Sound; all 0 where a tape is mute, which `has_sound` tells from silence."""
    time_s = signals["time_s"].to_numpy()
    if not signals["has_sound"].to_numpy().any():
        return {name: np.zeros(len(time_s)) for name in (*_tripled(HEARD), *WHISTLES, "has_sound")}
    level, hit = signals["level_db"].to_numpy(), signals["hit_db"].to_numpy()
    is_hit = (hit > max(4.0, float(np.median(hit)) + 3.0)).astype(np.float64)
    calm = smooth(level, width=rows_of(8.0, time_s))
    levels = {
        "level_db": level / 20 + 2,
        "crowd_db": signals["crowd_db"].to_numpy() / 20 + 2,
        "hit_db": hit / 10,
        "hits_4s": smooth(is_hit, width=rows_of(4.0, time_s)) * 5,
        "level_swing": (level - calm) / 10,
    }
    columns: Columns = {"has_sound": np.ones(len(time_s))}
    for name in HEARD:
        columns |= _against_tape(name, levels[name])
    whistle = signals["whistle_share"].to_numpy()
    blown = time_s[whistle > 0]
    columns["whistle_share"] = whistle
    for name, gone in zip(WHISTLES[1:], _distances(time_s, blown), strict=True):
        columns[name] = np.exp(-gone / (WHISTLE_REACH_S / 4))
    return columns


WHISTLES = ("whistle_share", "since_whistle", "until_whistle")


def _distances(time_s: Values, events_s: Values) -> tuple[Values, Values]:
    """Seconds since the last event and until the next one, far where there is none."""
    padded = np.concatenate(([-1e3], events_s, [1e6]))
    after = np.searchsorted(events_s, time_s, side="left") + 1
    before = np.searchsorted(events_s, time_s, side="right")
    return time_s - padded[before], padded[after] - time_s


def _main_rows(signals: pl.DataFrame) -> NDArray[np.bool_]:
    """Rows that are the main camera's, by what is usual on the tape."""
    similarity = signals["similarity"].to_numpy()
    return np.asarray(similarity >= camera_border(similarity))


def _of_usual(signals: pl.DataFrame, level: Values, main: NDArray[np.bool_]) -> Values:
    """A logarithmic level against what a typical shot of the main camera reaches."""
    shot = signals["shot"].to_numpy().astype(np.int64)
    usual = usual_level(level, shot, main, quantile=0.8) if main.any() else float(np.max(level))
    return np.asarray(np.clip(level - usual, -FARTHEST, FARTHEST))


def _against_tape(name: str, level: Values) -> Columns:
    """A level, its rank on the tape (-1 to 1), and its distance from the median."""
    middle = float(np.median(level))
    low, high = np.quantile(level, [0.1, 0.9])
    spread = max(float(high - low) / 2.0, 1e-3)
    distance = np.clip((level - middle) / spread, -FARTHEST, FARTHEST)
    return {name: level, f"{name}_rank": _rank(level), f"{name}_off": distance}


def _rank(level: Values) -> Values:
    """Share of the tape that lies below, from -1 to 1; equals share a rank."""
    return np.asarray(2.0 * (rankdata(level) - 0.5) / len(level) - 1.0)


def _log_share(share: Values) -> Values:
    """A share of the picture as a logarithm: 0 at a hundredth, 1 at a fourteenth or so."""
    return np.asarray(np.log(np.maximum(share, LEAST_SHARE) / 0.01) / 2.0)


def _regions(kind: str) -> list[str]:
    return [f"{kind}_r{r}c{c}" for r in range(GRID_ROWS) for c in range(GRID_COLUMNS)]


def _grid_of(signals: pl.DataFrame, kind: str) -> Values:
    """Shares of a kind of movement by region: (rows, 3, 4)."""
    flat = signals.select(_regions(kind)).to_numpy().astype(np.float64)
    return np.asarray(flat.reshape(-1, GRID_ROWS, GRID_COLUMNS))


def _tripled(names: tuple[str, ...]) -> list[str]:
    return [f"{name}{end}" for name in names for end in ("", "_rank", "_off")]


NAMES = (
    *_tripled(LEVELS),
    *(f"{name}_of_usual" for name in ("fast_activity", "change_activity", "fast_1s")),
    *(f"{name}{end}" for k in ("fast", "change") for name in _regions(k) for end in ("", "_rank")),
    *("pan_x", "pan_y", "zoom", "centre_x", "centre_y", "spread_x", "evenness"),
    *("similarity", "similarity_rank", "similarity_over_border", "shot_similarity_over_border"),
    *("luma", "shot_length", "since_cut_near", "since_cut_far", "until_cut_near", "until_cut_far"),
    *_tripled(HEARD),
    *WHISTLES,
    "has_sound",
)
