"""HTML that cannot be broken by what it shows: every text is escaped when it is put in.

Only `Html` is taken as markup; file names, labels and reasons are plain text and stay plain text.
"""

import base64
import json
import re
from collections.abc import Iterable
from html import escape

# All but tab and new line; and those that write text from right to left, to hide a name's end.
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
EMPTY_TAGS = {"br", "hr", "img", "input", "meta"}


class Html(str):
    """Markup that is safe as it stands."""

    __slots__ = ()


NOTHING = Html("")


def html(*parts: object) -> Html:
    """Parts one after the other; what is not markup is escaped, None is nothing."""
    return Html("".join(_safe(part) for part in parts))


def tag(name: str, /, *children: object, **attributes: object) -> Html:
    """An element; `class_` is class, `data_value` is data-value, True a bare attribute."""
    inside = "".join(_attribute(key, value) for key, value in attributes.items())
    if name in EMPTY_TAGS:
        return Html(f"<{name}{inside}>")
    return Html(f"<{name}{inside}>{html(*children)}</{name}>")


def link(target: str, /, *children: object, **attributes: object) -> Html:
    """A link to a page or a file of the library; `target` is made by us, never a person's text."""
    return tag("a", *children, href=target, **attributes)


def data_block(name: str, value: object) -> Html:
    """Data for a page's script: JSON that no text in it can end early."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for letter in "<>&\u2028\u2029":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return Html(f'<script type="application/json" id="{escape(name)}">{text}</script>')


def picture_data(jpeg: bytes) -> str:
    """A JPEG as an address that holds it."""
    return f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode()}"


def _safe(part: object) -> str:
    if part is None:
        return ""
    if isinstance(part, Html):
        return str(part)
    if isinstance(part, Iterable) and not isinstance(part, str):
        return "".join(_safe(inner) for inner in part)
    return escape(_printable(str(part)))


def _attribute(key: str, value: object) -> str:
    name = key.rstrip("_").replace("_", "-")
    if value is None or value is False:
        return ""
    return f" {name}" if value is True else f' {name}="{escape(_printable(str(value)))}"'


def _printable(text: str) -> str:
    """Text without what may not stand in HTML, or turns the words around it: control codes."""
    whole = text.encode("utf-8", "replace").decode("utf-8")
    return CONTROL.sub("\ufffd", whole)
