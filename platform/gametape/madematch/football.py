"""The stories of football."""

from gametape.madematch.script import Script
from gametape.madematch.settings import MatchSettings


def write_football(settings: MatchSettings) -> Script:
    """Soon."""
    raise ValueError
