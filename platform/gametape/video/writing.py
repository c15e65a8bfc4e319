"""Media files appear under their name when they are whole, or not at all.

Encoding belongs to whoever writes; only where the file goes is decided here.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from av.container import OutputContainer

from gametape.aside import written_aside
from gametape.video.media import create_media


@contextmanager
def write_media(
    path: Path, *, format: str | None = None, options: dict[str, str] | None = None
) -> Iterator[OutputContainer]:
    """Write a media file aside and put it in place once it is whole; nothing is left on failure."""
    with (
        written_aside(path) as aside,
        create_media(aside, format=format, options=options) as container,
    ):
        yield container
