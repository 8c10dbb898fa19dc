"""What if: a row's values to be moved, what the model says then, and why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.core.errors import UsageError
from workbench.objects import Run
from workbench.views import words
from workbench.views.fields import asked as field
from workbench.views.fields import put, value
from workbench.views.reading import fall
from workbench.widgets.explanation import STEPS, way
from workbench.widgets.live import Live
from workbench.widgets.look import script


class WhatIfWidget(Live):
    """A row of the data set, whose values a person may move.

    Parameters
    ----------
    run
        Its model is held in memory.
    row
        A row number of the data set, or the values of a row.

    Raises
    ------
    UsageError
        The data set has no such row, or the run has no model.
    """

    _esm = script("whatif")

    def __init__(self, run: Run, row: int | Mapping[str, Any] = 0) -> None:
        signature = run.record.signature
        if signature is None:
            raise UsageError(f"Run {run.record.short} has no model.", "Is it done?")
        self.run, self.signature = run, signature
        self._model = run.what_if()
        self._row = row
        self.start: dict[str, Any] = run.row(row)
        self.values = dict(self.start)
        self._answer = self._model.ask(self.values)
        classes = self._answer.classes
        self.of_class = "" if classes[0] is None else str(classes[-1])
        super().__init__()
        self.draw()

    def put(self, **values: Any) -> None:
        """Change some values of the row.

        Raises
        ------
        NotFound
            The model has no such input.
        InvalidValue
            A value does not fit its column.
        """
        for name in values:
            _ = self.signature[name]
        self._ask({**self.values, **values})
        self.draw()

    def hear(self, asked: Mapping[str, Any]) -> None:
        """``values``: what some fields say now; ``class``; ``reset``: the row as it was."""
        if asked.get("class"):
            self.of_class = str(asked["class"])
        if asked.get("reset"):
            self._ask(dict(self.start))
        given = asked.get("values") or {}
        if given:
            told = {name: value(self.signature[name], v) for name, v in given.items()}
            self._ask({**self.values, **told})

    def _ask(self, values: dict[str, Any]) -> None:
        self._answer = self._model.ask(values)  # first: a wrong value must not stay
        self.values = values

    def drawn(self) -> dict[str, Any]:
        found, inputs = self._answer, self.signature.inputs
        names = [str(c) for c in found.classes if c is not None]
        k = names.index(self.of_class) if self.of_class in names else 0
        parts = [
            (name, float(found.contributions[c, k]), self.values[name])
            for c, name in enumerate(found.columns)
        ]
        steps = fall(float(found.base[k]), parts, STEPS)
        moved = [name for name, v in self.values.items() if v != self.start[name]]
        of_row = f"row {self._row}" if isinstance(self._row, int) else "a row"
        return {
            "title": f"What if · {words.family(self.run.record.model)} {self.run.record.short}",
            "said": f"The values of {of_row}: move one, and see what the model says then.",
            "fields": [field(item) for item in inputs],
            "values": {item.name: put(item, self.values[item.name]) for item in inputs},
            "classes": [[name, name] for name in names],
            "class": self.of_class,
            "answer": self._said(),
            "changed": f"Changed: {', '.join(moved)}" if moved else "",
            "scores": self._scores(names),
            "way": way(steps, float(found.base[k])),
        }

    def _said(self) -> str:
        found = self._answer
        if self.signature.task == "regression":
            return f"{self.signature.target}: {words.number(float(found.scores[0]))}"
        return f"{self.signature.target}: {found.label}"

    def _scores(self, names: list[str]) -> dict[str, Any] | None:
        if not names:
            return None
        items = [
            {"name": name, "from": 0, "to": float(score), "text": words.percent(float(score))}
            for name, score in zip(names, self._answer.scores, strict=True)
        ]
        return {"items": items, "low": 0, "high": 1}
