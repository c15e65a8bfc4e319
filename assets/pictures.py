"""Pictures of artifacts as the UI shows them: in place, without a click.

The UI shows short Markdown at once and hides long Markdown behind a link, so a picture lies in a
file that the web server hands out, beside what runs print, and the run history holds its address.
"""

import base64
import hashlib
import io
from dataclasses import dataclass
from pathlib import Path

import dagster as dg
from dagster._core.storage.local_compute_log_manager import LocalComputeLogManager
from PIL import Image

from gametape.aside import write_bytes
from gametape.report.preview import small_jpeg

FOLDER = "pictures"
WIDTH = 480  # what the page of a partition has room for in a window of 1,280 pixels


@dataclass(frozen=True)
class Picture:
    """A PNG or JPEG among an artifact's metadata; `alt` says what is to be seen."""

    content: bytes
    alt: str


def shown_picture(
    picture: Picture, instance: dg.DagsterInstance, *, tape: str, asset: str
) -> dg.MetadataValue:
    """The metadata that shows it; the file is that of the asset's last materialization."""
    logs = instance.compute_log_manager
    if not isinstance(logs, LocalComputeLogManager):  # nobody would hand the file out
        encoded = base64.b64encode(small_jpeg(picture.content)).decode()
        return dg.MetadataValue.md(f"![{picture.alt}](data:image/jpeg;base64,{encoded})")
    fitting = _fitting(picture.content)
    path = Path(logs.get_captured_local_path([FOLDER, tape, asset], "svg"))
    if not path.is_file() or path.read_bytes() != fitting:
        write_bytes(path, fitting)
    version = hashlib.sha256(fitting).hexdigest()[:8]  # browsers keep what they were shown
    address = f"/logs/{FOLDER}/{tape}/{asset}/svg?{version}"
    return dg.MetadataValue.md(f"[![{picture.alt}]({address})]({address})")


def _fitting(content: bytes) -> bytes:
    """A drawing that holds the whole picture: small where the UI shows it, sharp when opened."""
    with Image.open(io.BytesIO(content)) as opened:
        wide, high, kind = opened.width, opened.height, Image.MIME[str(opened.format)]
    box = f'viewBox="0 0 {wide} {high}" width="{WIDTH}" height="{round(high * WIDTH / wide)}"'
    encoded = base64.b64encode(content).decode()
    image = f'<image width="{wide}" height="{high}" href="data:{kind};base64,{encoded}"/>'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {box}>{image}</svg>'.encode()
