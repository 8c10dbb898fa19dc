"""Cards of a table's columns as a component: they are chosen, and so are their bars."""

from __future__ import annotations

from typing import ClassVar

import param
from panel.custom import JSComponent

from workbench.app.scripts import script, style
from workbench.app.theme import CSS


class ColumnCards(JSComponent):
    """The cards as buttons; ``selected`` names the chosen column, ``picked`` a bar."""

    items = param.List([])
    selected = param.String("")
    picked = param.Dict({}, doc="column and bar that were pressed, with a stamp")

    _esm = script("columns")
    _stylesheets: ClassVar[list[str]] = [
        CSS,
        style("columns"),
    ]
