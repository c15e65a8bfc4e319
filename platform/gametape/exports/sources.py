"""Which plays of an edit are of the tape at hand: an edit may cut together several files.

A list of one source is taken as it is, whatever the source is called.
"""

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from gametape.errors import InputError
from gametape.exports.timeline import Play, TapeFacts

logger = logging.getLogger(__name__)

ENDING = re.compile(r"\.(?=\d*[a-z])[a-z0-9]{2,5}$", re.IGNORECASE)
REEL_LENGTH = 8  # all that CMX3600 has room for


@dataclass(frozen=True)
class SourcedPlay:
    """A play and the source it names: a file, a link, a reel; empty where it names none."""

    play: Play
    source: str


def plays_of_tape(
    found: Sequence[SourcedPlay], *, name: str, tape: TapeFacts, is_sound: bool = False
) -> list[Play]:
    """The plays that name the tape; all of them if the list knows only one source.

    An edit of sound alone lists each stretch once a channel: there equal ones are one play.
    """
    if is_sound:
        found = list({(r.source, r.play.start_s, r.play.end_s): r for r in found[::-1]}.values())
        found.reverse()
    known = dict.fromkeys(_plain(row.source) for row in found if row.source)
    if len(known) < 2:
        return [row.play for row in found]
    wanted = {_plain(tape.media), reel_name(tape.media).lower()} if tape.media else set()
    if wanted.isdisjoint(known):
        shown = ", ".join(list(known)[:3])
        raise InputError(
            f"{name}: its clips are of {len(known)} files ({shown}), and none is "
            f"{tape.media or 'known as the tape'}. Give a list of one tape, or the right tape."
        )
    kept = [row.play for row in found if not row.source or _plain(row.source) in wanted]
    logger.info("%s: %d of %d clips are of %s", name, len(kept), len(found), tape.media)
    return kept


def is_file_name(text: str) -> bool:
    """Whether a clip's name looks like a file's: then it tells the source."""
    return ENDING.search(text) is not None


def label_of(clip_name: str) -> str:
    """The label that a clip's name gives; a file's name says nothing of the play."""
    return "" if is_file_name(clip_name) else clip_name


def reel_name(media: str) -> str:
    """A tape's reel name: eight capital letters and digits."""
    stem = ENDING.sub("", media.replace("\\", "/").rpartition("/")[2])
    return re.sub(r"[^A-Z0-9]", "", stem.upper())[:REEL_LENGTH] or "TAPE"


def _plain(source: str) -> str:
    """The file's own name without folders, ending and escapes, in small letters."""
    last = unquote(source).replace("\\", "/").rstrip("/").rpartition("/")[2]
    return ENDING.sub("", last).strip().lower()
