"""Rules of the house that no linter knows."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_platform_is_never_a_package() -> None:
    assert not (ROOT / "platform" / "__init__.py").exists()
