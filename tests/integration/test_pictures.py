"""Pictures stand in the UI's tables at once: short Markdown, and a file beside the logs."""

import base64
import io
import re
from pathlib import Path

import dagster as dg
from dagster._core.storage.local_compute_log_manager import LocalComputeLogManager
from PIL import Image

from assets.pictures import WIDTH, Picture, shown_picture

SHOWN_AT_ONCE = 1000  # characters of Markdown; more hides behind a link


def _png(colour: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (2 * WIDTH, 100), colour).save(out, "PNG")
    return out.getvalue()


def _address(shown: dg.MetadataValue) -> str:
    assert isinstance(shown, dg.MarkdownMetadataValue)
    assert len(shown.value) < SHOWN_AT_ONCE
    found = re.fullmatch(r"\[!\[plays\]\((/logs/[^)]+)\)\]\(\1\)", shown.value)
    assert found is not None, shown.value
    return found[1]


def test_a_picture_is_shown_small_and_opens_whole(tmp_path: Path) -> None:
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        picture = Picture(_png("red"), alt="plays")
        address = _address(shown_picture(picture, instance, tape="final-1", asset="clips"))
        logs = instance.compute_log_manager
        assert isinstance(logs, LocalComputeLogManager)
        *key, end = address.removeprefix("/logs/").partition("?")[0].split("/")
        drawing = Path(logs.get_captured_local_path(key, end)).read_text()
    assert end == "svg"
    assert f'width="{WIDTH}" height="50"' in drawing
    assert base64.b64encode(picture.content).decode() in drawing


def test_a_changed_picture_has_another_address_and_the_same_file(tmp_path: Path) -> None:
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        red, blue = (
            _address(shown_picture(Picture(_png(c), "plays"), instance, tape="t", asset="clips"))
            for c in ("red", "blue")
        )
    assert red != blue
    assert len([*tmp_path.rglob("*.svg")]) == 1


def test_where_no_server_hands_files_out_the_picture_is_in_the_metadata() -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        shown = shown_picture(Picture(_png("red"), "plays"), instance, tape="t", asset="clips")
    assert isinstance(shown, dg.MarkdownMetadataValue)
    assert "data:image/jpeg;base64," in shown.value
