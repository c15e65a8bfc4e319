"""The official play-by-play as feeds serve it."""

from pathlib import Path

from gametape.madematch.scorebug import BugLook
from gametape.madematch.script import Script
from gametape.madematch.settings import MatchSettings


def write_feeds(folder: Path, script: Script, settings: MatchSettings, look: BugLook) -> None:
    """Write the feeds of a football match."""
    if not script.snaps:
        return
