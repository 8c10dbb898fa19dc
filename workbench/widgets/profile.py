"""A live profile: cards of the columns, where a press on a bar filters all others and the rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import anywidget
import traitlets

from workbench.objects import Dataset
from workbench.views import words
from workbench.views.columns import Histograms, cards, chips, labelled, released, toggled
from workbench.views.scripts import shared
from workbench.widgets.look import read, style

SHOWN = 5  # rows


def _script() -> str:
    """The app's own components, each in a scope of its own, and what joins them."""
    parts = [shared("make.js")]
    for name in ("columns", "chips"):
        inside = shared(f"{name}.js").replace("export function render", "return function render")
        parts.append(f"const {name} = (() => {{\n{inside}\n}})()")
        parts.append(f"const {name}Style = {_quoted(shared(f'{name}.css'))}")
    return "\n".join([*parts, read("profile.js")])


def _quoted(css: str) -> str:
    return "`" + css.replace("\\", "\\\\").replace("`", "\\`") + "`"


class ProfileWidget(anywidget.AnyWidget):
    """What is in a data set, to be filtered by a press on its bars.

    The front end says which bar was pressed (``picked``: ``column`` and ``bar``) or which choice
    was let go (``released``: a column or "", a line break and a stamp); ``items``, ``chips`` and
    ``rows`` go back in one message. Code may choose as well::

        widget = data.explore()
        widget.choose({"sex": ["Female"]})
        data.page(where=widget.filters)

    Parameters
    ----------
    dataset
        Its profile is made first if nobody has looked at it yet.
    """

    _esm = _script()
    _css = style("profile")

    title = traitlets.Unicode().tag(sync=True)
    items = traitlets.List().tag(sync=True)
    chips = traitlets.List().tag(sync=True)
    rows = traitlets.Dict().tag(sync=True)
    selected = traitlets.Unicode().tag(sync=True)
    picked = traitlets.Dict().tag(sync=True)
    released = traitlets.Unicode().tag(sync=True)

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset
        self._profile = dataset.profile()
        self._histograms = Histograms(self._profile)
        self._chosen: dict[str, list[int]] = {}
        super().__init__(title=f"{dataset.record.title or dataset.name} ({dataset.ref})")
        self._draw()
        self.observe(self._picked, "picked")
        self.observe(self._released, "released")

    @property
    def chosen(self) -> Mapping[str, Sequence[int]]:
        """The numbers of the chosen bars, by column."""
        return {name: tuple(bars) for name, bars in self._chosen.items()}

    @property
    def filters(self) -> Mapping[str, Sequence[Any]]:
        """What is chosen, as ``Dataset.page(where=...)`` takes it."""
        found: Mapping[str, Sequence[Any]] = self.dataset.facets().filters(self._chosen)
        return found

    def choose(self, labels: Mapping[str, Sequence[str]]) -> None:
        """Choose bars by their labels, instead of what was chosen; ``{}`` lets go of all.

        Raises
        ------
        NotFound
            There is no such column, or none of its bars is labelled so.
        """
        self._chosen = labelled(self._histograms, labels)
        self._draw()

    def _picked(self, change: Mapping[str, Any]) -> None:
        name, bar = change["new"].get("column"), change["new"].get("bar")
        if isinstance(bar, int) and 0 <= bar < len(self._histograms.counts.get(name, ())):
            self._chosen = toggled(self._chosen, name, bar)
            self._draw()

    def _released(self, change: Mapping[str, Any]) -> None:
        self._chosen = released(self._chosen, change["new"])
        self._draw()

    def _draw(self) -> None:
        left = self.dataset.facets().counts(self._chosen) if self._chosen else None
        schema = self.dataset.schema
        found = cards(self._profile, schema, self._histograms, left, self._chosen)
        rows = self._rows()
        with self.hold_sync():  # one message for all that changes
            self.items = [card.plain() for card in found]
            self.chips = chips(self._histograms, self._chosen)
            self.rows = rows

    def _rows(self) -> dict[str, Any]:
        """The first rows that are left, as text, and how many there are."""
        where = self.filters if self._chosen else None
        names, rows, count = self.dataset.page(0, SHOWN, where=where)
        return {
            "heads": [str(name) for name in names],
            "cells": [["" if cell is None else str(cell) for cell in row] for row in rows],
            "said": f"{words.count(count)} of {words.plural(self.dataset.rows, 'row')}",
        }
