"""The scripts and styles of widgets: the app's own components, and the app's colours."""

from __future__ import annotations

from pathlib import Path

from workbench.views.scripts import shared
from workbench.views.theme import DARK, HIGH, LIGHT, LOW

HERE = Path(__file__).parent
COLOURS = {  # of the app's style sheets, by ours
    "divider": "line", "primary-main": "accent", "secondary-main": "good", "warning-main": "warn",
    "text-primary": "text", "text-secondary": "quiet", "background-paper": "card",
}  # fmt: skip


def read(name: str) -> str:
    """A script or a style sheet of this folder."""
    return (HERE / name).read_text(encoding="utf-8")


def script(name: str) -> str:
    """One widget's script behind what all of them are made of."""
    return "\n".join([shared("make.js"), read("kit.js"), read(f"{name}.js")])


def style(name: str) -> str:
    """A style sheet with the app's colours in it, light and dark."""
    css = read(f"{name}.css").replace("/*high*/", HIGH).replace("/*low*/", LOW)
    for mode, theme in (("light", LIGHT), ("dark", DARK)):
        told = "".join(f"--mui-palette-{n}:{theme[key]};" for n, key in COLOURS.items())
        told += f"--wb-good:{theme['good']};--wb-bad:{theme['bad']};"
        css = css.replace(f"/*{mode}*/", told)
    return css
