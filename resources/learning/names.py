"""What registered models and their figures are called, and of which files a model consists."""

from gametape.models.heads.files import CARD, WEIGHTS
from resources.learning.tunedfiles import PREFIX, TUNED_FILES, is_tuned

HEAD_FILES = (WEIGHTS, CARD)


def registered_name(profile: str) -> str:
    """What models of a sport pack are registered as."""
    return f"{PREFIX}{profile}"


def files_of(name: str) -> tuple[str, ...]:
    """Of which files a registered model consists."""
    return TUNED_FILES if is_tuned(name) else HEAD_FILES


def plain_name(figure: str) -> str:
    """A figure's name as MLflow takes it."""
    return figure.replace("@", "_at_").replace(" ", "_")
