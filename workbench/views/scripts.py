"""The scripts and styles of what the app and notebooks both show live."""

from __future__ import annotations

from pathlib import Path

STATIC = Path(__file__).parent / "static"


def shared(name: str) -> str:
    """The text of a file of this folder: ``columns.js``, ``columns.css``."""
    return (STATIC / name).read_text(encoding="utf-8")
