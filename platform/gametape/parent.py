"""Workers that do not outlive whoever started them."""

import multiprocessing
import os
import threading


def end_with_parent() -> None:
    """Let this process end at once when its parent does, rather than work on for nobody."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, name="parent", daemon=True).start()
