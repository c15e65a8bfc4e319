"""A page in a headless browser: how long until it shows what a person came for, and its picture.

Speaks the DevTools protocol over its one socket; what must be seen is said in JavaScript.
"""

import base64
import itertools
import json
import shutil
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

OPTIONS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0")
WIDE, HIGH = 1500, 1000
LOOK_EVERY_S = 0.1


class Page:
    """One tab."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)

    def ask(self, method: str, **params: object) -> dict[str, Any]:
        """Send a command of the protocol; its result."""
        number = next(self._numbers)
        self._socket.send(json.dumps({"id": number, "method": method, "params": params}))
        while True:
            told = json.loads(self._socket.recv(timeout=60))
            if told.get("id") == number:
                return dict(told.get("result", {}))

    def value(self, script: str) -> Any:
        """What a piece of JavaScript finds in the page."""
        return self.ask("Runtime.evaluate", expression=script)["result"].get("value")

    def open(self, address: str) -> None:
        """Leave this page for another one, as a link from outside does."""
        self.ask("Page.navigate", url=address)

    def is_true(self, script: str, *, most_s: float) -> bool:
        """Wait until a piece of JavaScript finds something true, and say whether it does."""
        until_s = time.monotonic() + most_s
        while time.monotonic() < until_s:
            if self.value(script):
                return True
            time.sleep(LOOK_EVERY_S)
        return False

    def picture(self, file: Path) -> None:
        """Write what is to be seen as a PNG."""
        file.write_bytes(base64.b64decode(self.ask("Page.captureScreenshot")["data"]))


@contextmanager
def browser() -> Iterator[Page]:
    """A browser with nothing in its cache, and one tab; it ends with the block."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    assert program is not None, "no chromium on this machine"
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as place:
        words = [*OPTIONS, f"--user-data-dir={place}", f"--window-size={WIDE},{HIGH}"]
        process = subprocess.Popen(
            [program, *words, "about:blank"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            with connect(_address(Path(place)), max_size=None) as socket:
                page = Page(socket)
                page.ask("Page.enable")
                yield page
        finally:
            process.terminate()
            process.wait()


def _address(folder: Path) -> str:
    told = folder / "DevToolsActivePort"
    for _ in range(600):
        if told.is_file() and (lines := told.read_text().splitlines()):
            with urllib.request.urlopen(f"http://127.0.0.1:{lines[0]}/json/list") as answer:
                pages = [p for p in json.loads(answer.read()) if p["type"] == "page"]
            if pages:
                return str(pages[0]["webSocketDebuggerUrl"])
        time.sleep(0.1)
    raise AssertionError("the browser did not come up")
