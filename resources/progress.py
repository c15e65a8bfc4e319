"""How progress is told where nobody watches a terminal: a line in the log every tenth."""

import logging

from gametape.schema import Progress

logger = logging.getLogger("gametape.progress")


def logged_progress() -> Progress:
    """A progress that writes one line when a piece of work starts and at every tenth of it."""
    last: dict[str, int] = {}

    def tell(what: str, done: float, total: float) -> None:
        tenth = int(10 * done / total) if total > 0 else 0
        if last.get(what) != tenth:
            last[what] = tenth
            logger.info("%s: %d %%", what, 10 * tenth)

    return tell
