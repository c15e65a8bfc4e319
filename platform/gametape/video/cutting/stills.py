"""Still pictures of a tape: frames as small JPEG files."""

from fractions import Fraction
from io import BytesIO

from av.video.frame import VideoFrame
from PIL import Image

QUALITY = 85  # about FFmpeg's -q:v 2 to 3: no visible blocks at thumbnail size


def still_jpeg(frame: VideoFrame, *, height: int, sample_aspect: Fraction = Fraction(1)) -> bytes:
    """A frame as JPEG, so many lines high, in square pixels; same frame, same bytes."""
    shape = Fraction(frame.width, frame.height) * sample_aspect
    width = max(1, round(shape * height))
    small = frame.reformat(width=width, height=height, format="rgb24", interpolation="AREA")
    buffer = BytesIO()
    Image.fromarray(small.to_ndarray()).save(buffer, "JPEG", quality=QUALITY, optimize=True)
    return buffer.getvalue()
