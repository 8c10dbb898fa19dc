"""A live profile: cards of the columns, where a press on a bar filters all others and the rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from workbench.objects import Dataset
from workbench.views import words
from workbench.views.columns import Histograms, cards, chips, labelled, released, toggled
from workbench.views.scripts import shared
from workbench.widgets.live import Live
from workbench.widgets.look import read, style

SHOWN = 5  # rows


def _script() -> str:
    """The app's own components, each in a scope of its own, and what joins them."""
    parts = [shared("make.js"), read("kit.js")]
    for name in ("columns", "chips"):
        inside = shared(f"{name}.js").replace("export function render", "return function render")
        parts.append(f"const {name} = (() => {{\n{inside}\n}})()")
        parts.append(f"const {name}Style = {_quoted(shared(f'{name}.css'))}")
    return "\n".join([*parts, read("profile.js")])


def _quoted(css: str) -> str:
    return "`" + css.replace("\\", "\\\\").replace("`", "\\`") + "`"


class ProfileWidget(Live):
    """What is in a data set, to be filtered by a press on its bars.

    Code may choose as well::

        widget = data.explore()
        widget.choose({"sex": ["Female"]})
        data.page(where=widget.filters)

    Parameters
    ----------
    dataset
        Its profile is made first if nobody has looked at it yet.
    """

    _esm = _script()
    _css = style("live") + style("profile")

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset
        self._profile = dataset.profile()
        self._histograms = Histograms(self._profile)
        self._chosen: dict[str, list[int]] = {}
        super().__init__()
        self.draw()

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
        self.draw()

    def hear(self, asked: Mapping[str, Any]) -> None:
        """``picked``: the ``column`` and ``bar`` of a press; ``released``: what a chip says."""
        if isinstance(picked := asked.get("picked"), Mapping):
            name, bar = picked.get("column"), picked.get("bar")
            if isinstance(bar, int) and 0 <= bar < len(self._histograms.counts.get(name, ())):
                self._chosen = toggled(self._chosen, str(name), bar)
        if isinstance(pressed := asked.get("released"), str):
            self._chosen = released(self._chosen, pressed)

    def drawn(self) -> dict[str, Any]:
        dataset, chosen = self.dataset, self._chosen
        left = dataset.facets().counts(chosen) if chosen else None
        found = cards(self._profile, dataset.schema, self._histograms, left, chosen)
        return {
            "title": f"{dataset.record.title or dataset.name} ({dataset.ref})",
            "items": [card.plain() for card in found],
            "chips": chips(self._histograms, chosen),
            "rows": self._rows(),
        }

    def _rows(self) -> dict[str, Any]:
        """The first rows that are left, as text, and how many there are."""
        where = self.filters if self._chosen else None
        names, rows, count = self.dataset.page(0, SHOWN, where=where)
        return {
            "heads": [str(name) for name in names],
            "cells": [["" if cell is None else str(cell) for cell in row] for row in rows],
            "said": f"{words.count(count)} of {words.plural(self.dataset.rows, 'row')}",
        }
