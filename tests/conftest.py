"""Fixtures that every test may use."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real clips that GAMETAPE_TEST_DATA names; tests that need it skip without."""
    folder = os.environ.get("GAMETAPE_TEST_DATA")
    if not folder or not Path(folder).is_dir():
        pytest.skip("GAMETAPE_TEST_DATA names no folder of real clips")
    return Path(folder)
