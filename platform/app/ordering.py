"""From what a person typed to an order in the library."""

import json
from collections.abc import Sequence
from pathlib import Path

from gametape.errors import InputError
from gametape.exports.formats import read_plays
from gametape.exports.plays import segment_from
from gametape.exports.timecode import nominal_rate
from gametape.exports.timeline import TapeFacts
from gametape.fingerprint import hash_file
from gametape.line import GivenSegment, Order, order_of
from gametape.profile import load_profile
from gametape.schema import Progress, no_progress
from gametape.video.boundaries import on_frames
from gametape.video.facts.rates import measure_rate
from gametape.video.probe import check_media, scan
from gametape.video.timebase import exact_seconds
from resources.settings import Settings
from resources.store import Store


def make_order(
    video: Path,
    settings: Settings,
    *,
    sport: str | None = None,
    changes: Sequence[str] = (),
    cut_list: Path | None = None,
    limit_s: float | None = None,
    is_stride_scaled: bool = True,
    progress: Progress = no_progress,
) -> Order:
    """Check everything that can be checked at the door, and write it down as an order."""
    if limit_s is not None and not limit_s > 0:
        raise InputError(f"--limit {limit_s}: must be more than 0 seconds.")
    profile = sport or settings.profile
    given = parse_changes(changes)
    load_profile(profile, folder=settings.profiles, changes=given)
    check_media(video)
    segments = None if cut_list is None else read_list(cut_list, video)
    content_hash = hash_file(video, lambda done, total: progress("Reading the file", done, total))
    order = order_of(video.absolute(), content_hash=content_hash, profile=profile)
    return order.model_copy(
        update={
            "changes": given,
            "limit_s": limit_s,
            "is_stride_scaled": is_stride_scaled,
            "cut_list": segments,
            "game": _game_of(order.id, settings),
        }
    )


def _game_of(tape: str, settings: Settings) -> dict[str, str]:
    """What was said of a tape's game when it was added; another order does not forget it."""
    try:
        return Store(settings.library, settings.profiles).tape(tape).order.game
    except InputError:
        return {}


def read_list(path: Path, video: Path) -> tuple[GivenSegment, ...]:
    """The segments of a list in any format that can be read, on the frames of this video."""
    frames = scan(video)
    rate = measure_rate(frames).average
    tape = TapeFacts(
        rate=None if rate is None else nominal_rate(rate),
        duration_s=exact_seconds(frames.end_pts, frames.time_base, frames.start_pts),
    )
    plays = [on_frames(play, frames, rate=tape.rate) for play in read_plays(path, tape=tape)]
    return tuple(
        GivenSegment(start_s=s.start_s, end_s=s.end_s, label=s.label, score=s.score)
        for s in map(segment_from, plays)
    )


def parse_changes(changes: Sequence[str]) -> dict[str, str | int | float | bool | None]:
    """Values from `--set section.value=...`; numbers, true, false and null are read as such."""
    parsed: dict[str, str | int | float | bool | None] = {}
    for change in changes:
        key, sign, text = change.partition("=")
        if not sign:
            raise InputError(f"--set {change}: write it as section.value=..., as fusion.enter=0.6.")
        try:
            value = json.loads(text)
        except ValueError:
            value = text
        if isinstance(value, list | dict):
            raise InputError(f"--set {change}: a value is a number, a word, true, false or null.")
        parsed[key.strip()] = value
    return parsed
