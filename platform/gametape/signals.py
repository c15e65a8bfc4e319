"""All cheap evidence of a tape on one time grid: movement, main camera, shots, sound.

What the one decode wrote is brought together here; nothing is judged (that is `models`) and no
media is opened. A row at time t stands for the stretch from t to t + 1 / rate_hz.
"""

from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from gametape.audio.spikes import Sound, find_whistles, listen
from gametape.profile import SignalSettings
from gametape.video.maincamera import Rows, as_rows, field_colours, field_share, find_main_camera
from gametape.video.motion import FAR_LAG_S, GRID_COLUMNS, GRID_ROWS, LAYOUT_LENGTH

REGIONS = [
    f"{kind}_r{r}c{c}"
    for kind in ("change", "fast")
    for r in range(GRID_ROWS)
    for c in range(GRID_COLUMNS)
]
# Samples at which two pictures across a camera cut were compared say nothing of movement.
MOVEMENT = ["moving_share", "changed_share", "speed_mean"]
CAMERA = ["pan_x", "pan_y", "zoom"]
PICTURE = ["luma_mean", "luma_std", "edge_level"]

# A wipe, a flash or a short mix takes about this long.
MIX_S = 0.5
# Pictures less alike than this are not the same camera half a second later, however it swings.
STRANGERS = 0.85
# A wipe changes this share of the picture at least, and so many times more than is usual within
# some seconds around it: a camera that is carried about changes as much all the time.
JUMP_SHARE, JUMP_RATIO, JUMP_AROUND_S = 0.25, 8.0, 3.0

Times = NDArray[np.float64]


def gather(
    frames: pl.DataFrame,
    samples: pl.DataFrame,
    layouts: pl.DataFrame,
    cuts: pl.DataFrame,
    audio: Path | None,
    settings: SignalSettings,
) -> pl.DataFrame:
    """One row every 1 / rate_hz seconds; the columns are listed in docs/artifacts.md."""
    time_s = _grid(frames, settings.rate_hz)
    if len(time_s) == 0:
        return pl.DataFrame({"time_s": time_s})
    cut_times = np.sort(cuts["time_s"].to_numpy().astype(np.float64))
    rows = _layout_rows(time_s, layouts, settings.rate_hz)
    borders = np.union1d(cut_times, unseen_cuts(rows, time_s, cut_times))
    borders = np.union1d(borders, jumps(samples, borders))
    table = {"time_s": time_s}
    table |= _shots(time_s, borders, duration_s=_duration(frames))
    table |= _movement(time_s, table["shot"], samples, borders)
    table |= _likeness(rows, table["shot"], settings.rate_hz)
    table |= _sound(time_s, audio, settings.rate_hz)
    return pl.DataFrame(table)


def _grid(frames: pl.DataFrame, rate_hz: float) -> Times:
    duration_s = _duration(frames)
    # The small share keeps a whole number of rows whole despite rounding.
    return np.arange(int(np.ceil(duration_s * rate_hz - 1e-6))) / rate_hz


def _duration(frames: pl.DataFrame) -> float:
    """End of the last frame: it is shown as long as frames usually are."""
    shown = frames["time_s"].to_numpy()
    if len(shown) == 0:
        return 0.0
    usual = float(np.median(np.diff(shown))) if len(shown) > 1 else 0.0
    return float(shown[-1]) + usual


def _shots(time_s: Times, cuts_s: Times, *, duration_s: float) -> dict[str, NDArray[np.float64]]:
    """Number of the shot each row lies in (by its middle), and the shot's borders."""
    half = (time_s[1] - time_s[0]) / 2 if len(time_s) > 1 else 0.0
    borders = np.concatenate(([0.0], cuts_s[cuts_s > 0], [max(duration_s, 1e-3)]))
    shot = np.clip(np.searchsorted(borders, time_s + half, side="right") - 1, 0, len(borders) - 2)
    return {
        "shot": shot.astype(np.float64),
        "shot_start_s": borders[shot],
        "shot_end_s": borders[shot + 1],
        "since_cut_s": np.maximum(time_s - borders[shot], 0.0),
        "until_cut_s": np.maximum(borders[shot + 1] - time_s, 0.0),
    }


def _movement(
    time_s: Times, shot: NDArray[np.float64], samples: pl.DataFrame, cuts_s: Times
) -> dict[str, NDArray[np.float64]]:
    """Means over the samples of a row; samples that look across a cut are left out."""
    at_s = samples["time_s"].to_numpy().astype(np.float64)
    lag_s = samples["lag_s"].to_numpy().astype(np.float64)
    padded = np.concatenate(([-1e9], cuts_s, [1e9]))
    place = np.searchsorted(cuts_s, at_s + 1e-6)
    since, until = at_s - padded[place], padded[place + 1] - at_s
    # Two frames of slack, as the far reference may be a little older than the lag asked for; and a
    # wipe or a mix has begun before its cut and goes on after it.
    spoilt = (since < np.maximum(np.maximum(lag_s, FAR_LAG_S) * 1.4, MIX_S)) | (lag_s == 0)
    spoilt |= until < MIX_S / 2
    row = np.clip(np.searchsorted(time_s, at_s + 1e-6, side="right") - 1, 0, len(time_s) - 1)
    table = {}
    for name in [*MOVEMENT, *CAMERA, *REGIONS]:
        values = samples[name].to_numpy().astype(np.float64)
        table[name] = _row_means(values, row, ~spoilt, shot)
    speed = np.hypot(samples["pan_x"].to_numpy(), samples["pan_y"].to_numpy())
    table["pan_speed"] = _row_means(speed, row, ~spoilt, shot)
    everything = np.ones(len(at_s), bool)
    for name in PICTURE:
        values = samples[name].to_numpy().astype(np.float64)
        table[name] = _row_means(values, row, everything, shot)
    return table


def _row_means(
    values: NDArray[np.float64],
    row: NDArray[np.int64],
    use: NDArray[np.bool_],
    shot: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Mean of the used values of each row; a row without any takes the nearest of its own shot.

    A shot without a single used value is 0 throughout: nothing is known of it.
    """
    count = len(shot)
    totals = np.bincount(row[use], values[use], minlength=count)
    counts = np.bincount(row[use], minlength=count)
    index = np.arange(count)
    have = np.flatnonzero(counts)
    if len(have) == 0:
        return np.zeros(count)
    means = totals / np.maximum(counts, 1)
    after = np.searchsorted(have, index)
    right = have[np.minimum(after, len(have) - 1)]
    left = have[np.maximum(after - 1, 0)]
    right_fits = (shot[right] == shot) & (right >= index)
    left_fits = (shot[left] == shot) & (left <= index)
    take_right = right_fits & (~left_fits | (right - index <= index - left))
    filled = np.where(take_right, means[right], np.where(left_fits, means[left], 0.0))
    return np.asarray(np.where(counts > 0, means, filled))


def _layout_rows(time_s: Times, layouts: pl.DataFrame, rate_hz: float) -> Rows:
    """The colour layout nearest to the middle of each row, as unit vectors."""
    if layouts.is_empty():
        return np.zeros((len(time_s), LAYOUT_LENGTH), np.float32)
    at_s = layouts["time_s"].to_numpy().astype(np.float64)
    half = 0.5 / rate_hz
    nearest = np.clip(np.searchsorted(at_s, time_s + half), 0, len(at_s) - 1)
    earlier = np.maximum(nearest - 1, 0)
    # Of two as near the earlier: a tape of few frames shows it for all of the row.
    is_nearer = np.abs(at_s[earlier] - time_s - half) <= np.abs(at_s[nearest] - time_s - half)
    nearest = np.where(is_nearer, earlier, nearest)
    flat = layouts["layout"].explode().to_numpy().astype(np.uint8)
    return as_rows(flat.reshape(len(layouts), LAYOUT_LENGTH))[nearest]


def unseen_cuts(rows: Rows, time_s: Times, cuts_s: Times) -> Times:
    """When the picture became another one without a cut: wipes, mixes, and cuts that were missed.

    Either the layout a little before is a stranger to the one a little after, or, where both show
    the same field, something passes between that is like neither: the wipe itself.
    """
    step = max(1, round(MIX_S / float(time_s[1] - time_s[0]))) if len(time_s) > 1 else 1
    if len(rows) <= 2 * step:
        return np.zeros(0)
    before, here, after = rows[: -2 * step], rows[step:-step], rows[2 * step :]
    across = np.einsum("ij,ij->i", before, after)
    beside = np.maximum(np.einsum("ij,ij->i", before, here), np.einsum("ij,ij->i", here, after))
    like = np.minimum(across, beside)
    reach = 2 * step
    padded = np.pad(like, reach, constant_values=1.0)
    around = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1)
    is_least = (like < STRANGERS) & (like <= around.min(axis=1))
    # Of equals the first.
    is_least[1:] &= ~is_least[:-1]
    at_s = time_s[np.flatnonzero(is_least) + step]
    if len(cuts_s) == 0:
        return np.asarray(at_s)
    distance = np.abs(at_s[:, None] - cuts_s[None, :]).min(axis=1)
    return np.asarray(at_s[distance > 2.5 * MIX_S])


def jumps(samples: pl.DataFrame, cuts_s: Times) -> Times:
    """When most of the picture changed for a moment, and little before and after: wipes again.

    The layouts on both sides may be alike, and the wipe of the field's colour; the pixels are not.
    """
    at_s = samples["time_s"].to_numpy().astype(np.float64)
    share = samples["changed_share"].to_numpy().astype(np.float64)
    found: list[float] = []
    for index in np.flatnonzero(share >= JUMP_SHARE):
        first, end = np.searchsorted(
            at_s, [at_s[index] - JUMP_AROUND_S, at_s[index] + JUMP_AROUND_S]
        )
        around = share[first:end]
        is_peak = share[index] == around.max()
        is_lonely = share[index] >= JUMP_RATIO * float(np.median(around))
        known = [*found, *cuts_s]
        is_new = not known or np.abs(np.array(known) - at_s[index]).min() > 2.5 * MIX_S
        if is_peak and is_lonely and is_new:
            found.append(float(at_s[index]))
    return np.array(found)


def _likeness(
    rows: Rows, shot: NDArray[np.float64], rate_hz: float
) -> dict[str, NDArray[np.float64]]:
    """Likeness of each row, and of each shot, to the main camera, and the field's share."""
    shots = shot.astype(np.int64)
    centre = find_main_camera(rows, shots, rate_hz=rate_hz)
    similarity = (rows @ centre).astype(np.float64)
    # The more like the main camera, the more a picture tells of the field's colours.
    weight = np.asarray(np.clip((similarity - 0.8) / 0.2, 0, 1), np.float32)
    surface = field_share(rows, field_colours(rows, weight))
    return {
        "similarity": similarity,
        "shot_similarity": _of_shots(similarity, shots),
        "field_share": surface.astype(np.float64),
    }


def _of_shots(similarity: NDArray[np.float64], shot: NDArray[np.int64]) -> NDArray[np.float64]:
    """Upper quartile of each shot: one shot is one camera, wherever it pans in between."""
    result = np.zeros(len(similarity))
    borders = np.flatnonzero(np.diff(shot)) + 1
    for start, end in zip([0, *borders], [*borders, len(shot)], strict=True):
        result[start:end] = np.quantile(similarity[start:end], 0.75)
    return result


def _sound(time_s: Times, audio: Path | None, rate_hz: float) -> dict[str, NDArray[np.float64]]:
    """Loudness, crowd, hits and whistles of each row; all zero, has_sound 0, where it is mute."""
    sound = listen(audio) if audio is not None else None
    # Below -70 dB throughout there is a track and nothing on it.
    if sound is None or len(sound.time_s) == 0 or float(sound.level_db.max()) < -70:
        names = ("level_db", "crowd_db", "hit_db", "whistle_share", "has_sound")
        return {name: np.zeros(len(time_s)) for name in names}
    row = np.floor(sound.time_s * rate_hz).astype(np.int64)
    use = row < len(time_s)
    row = np.minimum(row, len(time_s) - 1)
    one_shot = np.zeros(len(time_s))  # the sound goes on over cuts
    table = {
        "level_db": _row_means(sound.level_db.astype(np.float64), row, use, one_shot),
        "crowd_db": _row_means(sound.crowd_db.astype(np.float64), row, use, one_shot),
    }
    hits = np.zeros(len(time_s))
    np.maximum.at(hits, row[use], sound.onset_db[use].astype(np.float64))
    table["hit_db"] = hits
    table["whistle_share"] = _whistles(sound, time_s, rate_hz)
    table["has_sound"] = np.ones(len(time_s))
    return table


def _whistles(sound: Sound, time_s: Times, rate_hz: float) -> NDArray[np.float64]:
    """Share of each row during which a whistle sounds."""
    share = np.zeros(len(time_s))
    for start_s, end_s, _ in find_whistles(sound).iter_rows():
        overlap = np.minimum(time_s + 1 / rate_hz, end_s) - np.maximum(time_s, start_s)
        share += np.clip(overlap * rate_hz, 0, 1)
    return np.minimum(share, 1.0)
