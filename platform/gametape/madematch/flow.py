"""The stories of soccer and basketball."""

from gametape.madematch.script import Script
from gametape.madematch.settings import MatchSettings


def write_flow(settings: MatchSettings) -> Script:
    """Soon."""
    raise ValueError
