"""Named points at which the process can be told to die, to prove that dying there does no harm.

`GAMETAPE_CRASH_AT=POINT`, `STEP:POINT` or `POINT:3` kills the process, as `kill -9` does, when it
comes there for the first or third time. Only names are here; what is safe between two of them is
the callers' matter.
"""

import os
import signal
from collections import Counter
from enum import StrEnum

from resources.settings import crash_wanted


class Point(StrEnum):
    """Every such point; a test dies at each of them, so that none is forgotten."""

    # Where an artifact is published.
    WORK_BEGINS = "work-begins"  # the artifact is locked, its folder aside is there
    WORK_DONE = "work-done"  # every file is whole, and aside or placed early
    OLD_FILES_NOTED = "old-files-noted"  # in the list of what may lie in place
    OLD_SIDECAR_GONE = "old-sidecar-gone"
    FILE_NOTED = "file-noted"  # in that list, not yet in place
    FILE_PLACED = "file-placed"  # one file, before the next
    FILES_PLACED = "files-placed"  # all of them; before what is no longer part is swept
    BEFORE_SIDECAR = "before-sidecar"
    AFTER_SIDECAR = "after-sidecar"  # done; the list of files is still there
    # Where clips appear one by one.
    CLIP_PLACED = "clip-placed"  # the manifest does not tell of it yet
    CLIPS_TOLD = "clips-told"
    # Where files become tapes.
    ORDER_WRITTEN = "order-written"
    ORDERS_WRITTEN = "orders-written"
    PARTITIONS_ADDED = "partitions-added"
    LEDGER_WRITTEN = "ledger-written"
    LEDGER_OPENED = "ledger-opened"  # a change of the ledger begins
    LEDGER_CHANGED = "ledger-changed"  # it is complete, and not yet kept
    LEDGER_KEPT = "ledger-kept"
    # Where a dataset is made, travels, and gives labels back.
    DATASET_ASIDE = "dataset-aside"  # it is whole, and not yet under its name
    BLOB_WRITTEN = "blob-written"  # in the store, whole, before it has its name
    BLOB_PLACED = "blob-placed"  # one of them, before the next
    BEFORE_VERSION = "before-version"  # everything is in the store; nothing tells of it
    AFTER_VERSION = "after-version"  # the version is there; its name does not stand for it yet
    FILE_FETCHED = "file-fetched"  # one file of a version, before the next
    LABELS_RESTORED = "labels-restored"  # of one tape, before the next
    # Where a model is registered, and where it takes over.
    RUN_LOGGED = "run-logged"  # the run is complete; there is no version yet
    VERSION_MADE = "version-made"  # and not yet called ready
    DECISION_WRITTEN = "decision-written"  # nothing has moved
    ALIAS_MOVED = "alias-moved"  # in the registry; the library's mirror does not know
    MIRROR_WRITTEN = "mirror-written"


_passed: Counter[str] = Counter()  # how often this process was at a point


def pass_point(point: Point, *, step: str | None = None) -> None:
    """Go on, unless the process is to die here."""
    wanted = crash_wanted()
    if wanted is None:
        return
    for name in (str(point), f"{step}:{point}"):
        _passed[name] += 1
        if wanted in (f"{name}:{_passed[name]}", name):
            os.kill(os.getpid(), signal.SIGKILL)
