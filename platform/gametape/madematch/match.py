"""The one entry: make a match, its video and its truth, into a folder."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from gametape.errors import InputError
from gametape.fingerprint import hash_file
from gametape.madematch import barcode
from gametape.madematch.coverage import film
from gametape.madematch.flow import write_flow
from gametape.madematch.football import write_football
from gametape.madematch.motion import set_in_motion
from gametape.madematch.playbyplay import write_feeds
from gametape.madematch.rallies import write_tennis, write_volleyball
from gametape.madematch.render import Painted, Renderer
from gametape.madematch.script import Script
from gametape.madematch.settings import MatchSettings, frame_times
from gametape.madematch.sound import make_sound
from gametape.madematch.timeline import Timeline, lay_out
from gametape.madematch.truth import (
    TABLES,
    TRUTH_NAME,
    VERSION,
    VIDEO_NAME,
    TrueBug,
    TrueWhistle,
    Truth,
    read_truth,
)
from gametape.madematch.venues import venue_of
from gametape.madematch.write import Notebook, encode, write_tables
from gametape.schema import Progress, no_progress

Writer = Callable[[MatchSettings], Script]


@dataclass(frozen=True)
class MadeMatch:
    """Where a made match lies, and what is true of it."""

    folder: Path
    video: Path
    truth_file: Path
    truth: Truth
    is_new: bool  # False: it was there already, made of the same settings


def write_script(settings: MatchSettings) -> Script:
    """The story of a match and who films it: pure, nothing is drawn."""
    writers: dict[str, Writer] = {
        "tennis": write_tennis,
        "football": write_football,
        "soccer": write_flow,
        "basketball": write_flow,
    }
    script = writers.get(settings.sport, write_volleyball)(settings)
    return film(script, settings, 2 * venue_of(settings.sport).team_size)


def make_match(
    folder: Path, settings: MatchSettings, progress: Progress = no_progress
) -> MadeMatch:
    """Write match.mp4, truth.json and truth/*.parquet into a folder; done before, done for good."""
    folder = Path(folder)
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder}: this is a file. Name a folder for the made match.")
    if (done := _already(folder, settings)) is not None:
        return done
    script = write_script(settings)
    frames = frame_times(settings)
    timeline = lay_out(script, frames)
    world = set_in_motion(script, settings)
    renderer = Renderer(settings, script, world, timeline)
    notes = Notebook(world.teams, world.player_count)
    aside = folder / ".making"
    shutil.rmtree(aside, ignore_errors=True)
    (aside / TABLES).mkdir(parents=True)
    try:

        def noted() -> Iterator[Painted]:
            for painted in renderer.paint():
                notes.note(painted)
                yield painted

        sound = make_sound(script, settings) if settings.has_audio else None
        encode(
            aside / VIDEO_NAME,
            noted(),
            sound,
            settings=settings,
            frames=frames,
            progress=progress,
        )
        write_tables(aside / TABLES, timeline, script, notes)
        write_feeds(aside / TABLES, script, settings, renderer.look, timeline)
        truth = tell(settings, script, timeline, renderer, hash_file(aside / VIDEO_NAME))
        (aside / TRUTH_NAME).write_text(truth.model_dump_json(indent=1) + "\n", encoding="utf-8")
        _publish(aside, folder)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return MadeMatch(folder, folder / VIDEO_NAME, folder / TRUTH_NAME, truth, True)


def tell(
    settings: MatchSettings,
    script: Script,
    timeline: Timeline,
    renderer: Renderer,
    content_hash: str,
) -> Truth:
    """The nouns of the truth."""
    look, venue = renderer.look, venue_of(settings.sport)
    counts = {"football": "down", "basketball": "down", "soccer": "up"}.get(settings.sport)
    is_variable = settings.rate == "variable"
    bug = TrueBug(
        box_px=renderer.bug.box,
        place=look.place,
        shape=look.shape,
        font=look.font,
        home=look.home,
        away=look.away,
        hides_in_replays=look.hides_in_replays,
        has_clock=look.has_clock,
    )
    return Truth(
        settings=settings,
        content_hash=content_hash,
        rate="variable" if is_variable else str(settings.rate_hz),
        time_base=str(timeline.frames.time_base),
        frame_count=timeline.count,
        end_s=timeline.frames.end_s,
        pts=tuple(int(p) for p in timeline.frames.pts) if is_variable else None,
        segments=timeline.segments,
        shots=timeline.true_shots,
        cuts=timeline.cuts,
        whistles=tuple(
            TrueWhistle(time_s=w.time_s, length_s=w.length_s, is_real=w.is_real)
            for w in script.whistles
        )
        if settings.has_audio
        else (),
        score_bug=bug if settings.has_score_bug else None,
        barcode_box_px=barcode.box(settings.width, settings.height),
        clock_counts=counts,
        field_m=(2 * venue.half_x_m, 2 * venue.half_y_m),
    )


def _already(folder: Path, settings: MatchSettings) -> MadeMatch | None:
    """The match that is there, if it is the one that is wanted and whole."""
    video, truth_file = folder / VIDEO_NAME, folder / TRUTH_NAME
    if not (video.is_file() and truth_file.is_file()):
        return None
    try:
        truth = read_truth(folder)
    except InputError:
        return None
    is_same = truth.version == VERSION and truth.settings == settings
    if not is_same or hash_file(video) != truth.content_hash:
        return None
    return MadeMatch(folder, video, truth_file, truth, False)


def _publish(aside: Path, folder: Path) -> None:
    """Move everything into place; the truth last, since with it the match is done."""
    (folder / TRUTH_NAME).unlink(missing_ok=True)
    shutil.rmtree(folder / TABLES, ignore_errors=True)
    (aside / TABLES).replace(folder / TABLES)
    (aside / VIDEO_NAME).replace(folder / VIDEO_NAME)
    (aside / TRUTH_NAME).replace(folder / TRUTH_NAME)
