"""One answer to "is this artifact still the right one?": a hash of all that went into it.

Nothing here looks at names, times or sizes of files.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path

from pydantic import BaseModel

BLOCK = 1 << 20


def hash_file(path: Path, tell: Callable[[int, int], None] | None = None) -> str:
    """SHA-256 of every byte of a file, as hex; `tell` hears of bytes done and bytes in all."""
    digest = hashlib.sha256()
    total = path.stat().st_size
    done = 0
    with path.open("rb") as stream:
        while block := stream.read(BLOCK):
            digest.update(block)
            done += len(block)
            if tell is not None:
                tell(done, total)
    return digest.hexdigest()


def fingerprint(
    *, inputs: Mapping[str, str], parameters: BaseModel | Mapping[str, object], code: str
) -> str:
    """Hash of the inputs' own fingerprints, the parameters that matter, and the code version."""
    values = parameters.model_dump(mode="json") if isinstance(parameters, BaseModel) else parameters
    text = json.dumps(
        {"inputs": dict(inputs), "parameters": dict(values), "code": code},
        sort_keys=True,
        allow_nan=False,
        default=str,
    )
    return hashlib.sha256(text.encode()).hexdigest()
