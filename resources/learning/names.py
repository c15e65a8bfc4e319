"""What registered models and their figures are called, and of which files a model consists."""

from gametape.models.heads.files import CARD, WEIGHTS
from resources.learning.tunedfiles import TUNED_FILES, is_tuned, sport_of

HEAD_FILES = (WEIGHTS, CARD)


def registered_name(profile: str) -> str:
    """What models of a sport pack are registered as."""
    return f"gametape-{profile}"


def files_of(name: str) -> tuple[str, ...]:
    """Of which files a registered model consists."""
    return TUNED_FILES if is_tuned(name) else HEAD_FILES


def profile_of(name: str) -> str:
    """The sport pack of a registered model, be it a head or a backbone."""
    return sport_of(name)


def plain_name(figure: str) -> str:
    """A figure's name as MLflow takes it."""
    return figure.replace("@", "_at_").replace(" ", "_")
