"""The frame that all pages share: head, way between pages, look and script in one file.

A page asks nobody for anything: its policy names its own script by hash, and lets it show
pictures and clips that lie beside it.
"""

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from gametape.report.pages.markup import Html, data_block, html, link, tag

LOOK = Path(__file__).with_name("look")
WAYS = {
    "index": "Library",
    "evaluation": "Evaluation",
    "models": "Models",
    "errors": "Errors",
    "costs": "Costs",
}
HEAD_BYTES = 1024  # the mark of a page lies within so many
MARK = re.compile(r'<meta name="gametape" content="([0-9a-f]+)">')


def page(
    name: str,
    *,
    title: str,
    says: object,
    body: object,
    mark: str,
    scripts: Sequence[str] = (),
    data: Mapping[str, object] | None = None,
    is_deep: bool = False,
) -> str:
    """A whole page; `mark` is the fingerprint of what it shows, `is_deep` lies in a folder."""
    code = _script("base", *scripts)
    up = "../" if is_deep else ""
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="gametape", content=mark),
        tag("meta", http_equiv="Content-Security-Policy", content=_policy(code)),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("title", f"{title} · gametape"),
        Html(f"<style>{_look('style.css')}</style>"),
    )
    content = tag(
        "body",
        link("#content", "To the content", class_="skip"),
        tag("header", tag("nav", _ways(name, up), aria_label="Pages")),
        tag("main", tag("h1", title), tag("p", says, class_="says"), body, id="content"),
        [data_block(key, value) for key, value in (data or {}).items()],
        Html(f"<script>{code}</script>"),
        class_=name,
    )
    return f"<!doctype html>\n{tag('html', head, content, lang='en')}\n"


def mark_of_page(path: Path) -> str | None:
    """The fingerprint of what a finished page shows; None where there is no page of ours."""
    try:
        with path.open("rb") as stream:
            start = stream.read(HEAD_BYTES).decode("utf-8", "replace")
    except OSError:
        return None
    found = MARK.search(start)
    return found.group(1) if found else None


@cache
def code_hash() -> str:
    """Changes when anything that makes pages does; a part of every page's fingerprint."""
    digest = hashlib.sha256()
    for path in sorted([*LOOK.parent.glob("*.py"), *LOOK.iterdir()]):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def note(*words: object, kind: str = "note") -> Html:
    """A paragraph that stands out: what to do next, or what to be careful of."""
    return tag("p", *words, class_=kind)


def section(title: str, *parts: object, says: object = None, **attributes: object) -> Html:
    """A section under a heading, with a sentence on what it shows."""
    return tag(
        "section",
        tag("h2", title),
        tag("p", says, class_="says") if says else None,
        *parts,
        **attributes,
    )


def tiles(facts: Sequence[tuple[str, object, object]]) -> Html:
    """Large numbers: (name, number, what it is of)."""
    return tag(
        "dl",
        [
            tag("div", tag("dt", name), tag("dd", value, tag("small", rest) if rest else None))
            for name, value, rest in facts
        ],
        class_="tiles",
    )


def _ways(name: str, up: str) -> Html:
    ways = [
        link(f"{up}{key}.html", title, aria_current="page" if key == name else None)
        for key, title in WAYS.items()
    ]
    return html(tag("b", "gametape"), ways)


def _policy(code: str) -> str:
    digest = base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()
    beside = "data: file: 'self'"
    return (
        f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'; "
        f"img-src {beside}; media-src {beside}; base-uri 'none'; form-action 'none'"
    )


def _script(*names: str) -> str:
    return '"use strict";\n' + "\n".join(_look(f"{name}.js") for name in names)


@cache
def _look(name: str) -> str:
    return (LOOK / name).read_text("utf-8")
