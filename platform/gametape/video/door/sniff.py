"""What a path is before any media code sees it: a plain file that can be read, and no playlist.

Nothing here decides whether a file is a video; it only names, with a cure, what surely is not.
"""

import errno
import os
import re
import stat
from pathlib import Path

from gametape.errors import InputError

HEAD_BYTES = 2048
ADDRESS = re.compile(r"^[a-zA-Z][a-zA-Z0-9+.-]*:/")

# First bytes of files that are text, what they are, and what to do instead.
TEXTS: tuple[tuple[bytes, str, str], ...] = (
    (
        b"version https://git-lfs.github.com/spec/",
        "is a Git LFS pointer, not the video itself",
        "Run `git lfs pull` where it comes from.",
    ),
    (
        b"#EXTM3U",
        "is an HLS playlist, which only names other files",
        "Download the stream as one video file and give that.",
    ),
    (
        b"ffconcat version",
        "is a list of files to join, not a video",
        "Join them into one video file first and give that.",
    ),
    (
        b"v=0",
        "is an SDP description of a network stream",
        "Record the stream into a video file and give that.",
    ),
    (b"<", "is a page or an XML playlist, not a video", "Download the video itself and give that."),
)


def shown(path: Path) -> str:
    """A file's name as it can be printed on one line, whatever bytes are in it."""
    name = os.fsencode(path.name or str(path)).decode("utf-8", "backslashreplace")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in name)


def local_url(path: Path) -> str:
    """A path as FFmpeg cannot mistake it for an address, an option or a pattern."""
    return "file:" + os.path.abspath(os.fsdecode(path))  # noqa: PTH100 (links stay as they are)


def check_plain_file(path: Path) -> int:
    """Size in bytes of a plain, readable file; anything else is an InputError, never a wait."""
    name = shown(path)
    try:
        # Non-blocking: opening a pipe without a writer would otherwise wait for ever.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise _cannot_open(path, error) from None
    try:
        state = os.fstat(descriptor)
        if stat.S_ISDIR(state.st_mode):
            raise InputError(f"{name} is a folder. Give one video file in it.")
        if not stat.S_ISREG(state.st_mode):
            raise InputError(f"{name} is a pipe or device, not a file. Save the video as a file.")
        if state.st_size == 0:
            raise InputError(f"{name} is empty (0 bytes). Copy or download it again.")
        check_head(os.pread(descriptor, HEAD_BYTES, 0), name)
    except OSError as error:
        raise _cannot_open(path, error) from None
    finally:
        os.close(descriptor)
    return state.st_size


def check_head(head: bytes, name: str) -> None:
    """Refuse text by its first bytes, saying which kind of text it is."""
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    for mark, reason, cure in TEXTS:
        if start.startswith(mark):
            raise InputError(f"{name} {reason}. {cure}")
    if not any(head):
        return  # zeros all along: FFmpeg decides, and the name says nothing
    if all(byte >= 0x20 or byte in b"\t\n\r\f\x1b" for byte in head) and _is_unicode(head):
        raise InputError(f"{name} is text, not a video. Give the video file itself.")


def _is_unicode(head: bytes) -> bool:
    try:
        head[: max(1, len(head) - 3)].decode("utf-8")  # the cut may fall inside a character
    except UnicodeDecodeError as error:
        return error.reason == "unexpected end of data"
    return True


def _cannot_open(path: Path, error: OSError) -> InputError:
    name = shown(path)
    if ADDRESS.match(os.fsdecode(path)) and error.errno in (errno.ENOENT, errno.ENOTDIR):
        return InputError(
            f"{os.fsdecode(path)!r} is an address, and addresses are not opened. "
            "Download the video and give the file."
        )
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        return InputError(f"{name}: there is no such file. Check the path.")
    if error.errno in (errno.EACCES, errno.EPERM):
        return InputError(f"{name} may not be read by this user. Change its permissions.")
    if error.errno == errno.ENXIO:
        return InputError(f"{name} is a pipe or socket, not a file. Save the video as a file.")
    if error.errno in (errno.ENAMETOOLONG, errno.ELOOP):
        return InputError(f"{name[:60]}… is not a path that can be opened. Shorten or fix it.")
    return InputError(f"{name} cannot be read: {error.strerror}. Check the disk and copy it again.")
