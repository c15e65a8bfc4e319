"""Football players in motion."""

from gametape.madematch.motion import Stage
from gametape.madematch.script import Script
from gametape.madematch.settings import MatchSettings


def move_football(script: Script, settings: MatchSettings) -> Stage:
    """All players of a flowing game."""
    raise NotImplementedError
