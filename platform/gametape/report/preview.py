"""Pictures made small enough to be kept in a log or a table of contents."""

import io

from PIL import Image

WIDTH = 1000  # what the UI's metadata panel shows without scrolling
QUALITY = 70


def small_jpeg(content: bytes, *, width: int = WIDTH) -> bytes:
    """A picture (PNG or JPEG) as a JPEG of at most this width."""
    with Image.open(io.BytesIO(content)) as picture:
        small = picture.convert("RGB")
        if small.width > width:
            height = max(1, round(small.height * width / small.width))
            small = small.resize((width, height), Image.Resampling.LANCZOS)
        out = io.BytesIO()
        small.save(out, "JPEG", quality=QUALITY, optimize=True)
    return out.getvalue()
