"""The scripts and styles of components of our own: each beside its class, under one name."""

from __future__ import annotations

from pathlib import Path

STATIC = Path(__file__).parent / "static"


def _read(name: str) -> str:
    return (STATIC / name).read_text(encoding="utf-8")


def script(name: str) -> str:
    """The module of a component, behind the helper that all of them share."""
    return f"{_read('make.js')}\n{_read(f'{name}.js')}"


def style(name: str) -> str:
    """Its style sheet."""
    return _read(f"{name}.css")
