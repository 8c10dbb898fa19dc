"""The scripts and styles of components of our own: each beside its class, under one name."""

from __future__ import annotations

from pathlib import Path

from workbench.views.scripts import shared

STATIC = Path(__file__).parent / "static"


def script(name: str) -> str:
    """The module of a component, behind the helper that all of them share."""
    return f"{shared('make.js')}\n{_read(f'{name}.js')}"


def style(name: str) -> str:
    """Its style sheet."""
    return _read(f"{name}.css")


def _read(name: str) -> str:
    """A file of the app, or one that notebooks show as well."""
    path = STATIC / name
    return path.read_text(encoding="utf-8") if path.is_file() else shared(name)
