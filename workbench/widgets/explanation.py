"""SHAP values to look around in: all columns, one column, one row's way to its output."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from workbench.core.errors import NotFound
from workbench.objects import Run
from workbench.views import words
from workbench.views.charts.explanation import offsets, ranks
from workbench.views.charts.parts import apart, short
from workbench.views.reading import SPACES, Effect, Reading, Step, fall
from workbench.widgets.live import Live
from workbench.widgets.look import script

COLUMNS = 12
DOTS = 200  # rows of a beeswarm
ROWS = 1000  # of one column's picture
STEPS = 10  # of a row's way
NAMES = 20  # values of a column of text


class ExplanationWidget(Live):
    """Which columns moved the predictions of a run, overall, by their values, and for one row.

    Parameters
    ----------
    run
        It is explained first if nobody has done so yet.
    rows
        Test rows that are explained then.
    """

    _esm = script("explanation")

    def __init__(self, run: Run, rows: int = 500) -> None:
        self.run = run
        self.report = run.report("explanation") or run.explain(rows)
        found = dict.fromkeys(self.report["values"].column("class"))
        self.classes = {str(c): c for c in found}
        self.column: str | None = None
        self.place = 0
        self._read(next(iter(self.classes)))
        super().__init__()
        self.draw()

    def choose(self, column: str | None) -> None:
        """Look at one column, or with None at all of them.

        Raises
        ------
        NotFound
            The model has no such input.
        """
        self._look_at(column)
        self.draw()

    def hear(self, asked: Mapping[str, Any]) -> None:
        """``class``, ``column`` (a name or None), ``row`` (its place) or ``step`` (-1, 1)."""
        if asked.get("class") in self.classes:
            self._read(asked["class"])
        if "column" in asked:
            self._look_at(asked["column"])
        last = len(self.reading.lines) - 1
        if isinstance(asked.get("row"), int):
            self.place = min(max(asked["row"], 0), last)
        if isinstance(asked.get("step"), int):
            self.place = min(max(self.place + asked["step"], 0), last)

    def _look_at(self, column: str | None) -> None:
        if column is not None and column not in self.reading.columns:
            raise NotFound.among("input column", column, self.reading.columns)
        self.column = column

    def drawn(self) -> dict[str, Any]:
        alone = next((e for e in self.effects if e.name == self.column), None)
        return {
            "title": f"Why {words.family(self.run.record.model)} {self.run.record.short} says so",
            "said": self.report.sentence,
            "classes": [[name, name] for name in self.classes],
            "class": self.of_class,
            "column": self.column,
            "columns": self._columns(),
            "picture": self._swarm() if alone is None else self._alone(alone),
            "row": self._row(),
        }

    def _read(self, of_class: str) -> None:
        self.of_class = of_class
        self.reading = Reading(self.report, self.classes[of_class])
        self.effects = self.reading.effects()
        self.lines = self.reading.lines

    @property
    def _unit(self) -> str:
        return SPACES.get(str(self.report.facts["space"]), str(self.report.facts["space"]))

    @property
    def _toward(self) -> str:
        named = self.classes[self.of_class]
        return "" if named is None else f" Right pushes toward {named}."

    def _columns(self) -> dict[str, Any]:
        of_class = self.classes[self.of_class]
        sizes = {
            r["column"]: r["mean_abs"]
            for r in self.report["importance"].records()
            if r["class"] == of_class
        }
        shown = sorted(sizes, key=lambda name: -sizes[name])[:COLUMNS]
        if self.column is not None and self.column not in shown:
            shown = [*shown[:-1], self.column]
        items = [
            {
                "key": name, "name": name, "from": 0, "to": sizes[name],
                "text": words.number(sizes[name]), "on": name == self.column,
            }
            for name in shown
        ]  # fmt: skip
        return {"items": items, "low": 0, "high": max(sizes.values(), default=1) or 1}

    def _swarm(self) -> dict[str, Any]:
        shown = self.effects[:COLUMNS]
        points: list[list[Any]] = []
        for place, effect in enumerate(reversed(shown)):
            values, raw = list(effect.values)[:DOTS], list(effect.raw)[:DOTS]
            told = zip(values, offsets(values), ranks(raw), raw, strict=True)
            points += [
                [v, place + 0.4 * o, shade, row, _words(effect.name, r, v)]
                for row, (v, o, shade, r) in enumerate(told)
            ]
        return {
            "title": "All columns",
            "caption": "A dot is a row; blue is a low value of the column, red a high one, grey"
            f" has no order.{self._toward} Press a dot to see its row below.",
            "across": _axis([p[0] for p in points], f"contribution ({self._unit})"),
            "up": {
                "low": -0.7,
                "high": len(shown) - 0.3,
                "names": apart([e.name for e in reversed(shown)]),
            },
            "zero": "across",
            "high": 70 + 30 * len(shown),
            "points": points,
            "picked": self.place,
        }

    def _alone(self, effect: Effect) -> dict[str, Any]:
        raw, values = list(effect.raw)[:ROWS], list(effect.values)[:ROWS]
        shades = ranks(raw)
        numeric = any(s is not None for s in shades)
        if numeric:
            known = [r for r, s in zip(raw, shades, strict=True) if s is not None]
            across, at = _axis(known, effect.name), raw
        else:
            names = list(dict.fromkeys("missing" if r is None else str(r) for r in raw))[:NAMES]
            across = {"low": -0.5, "high": len(names) - 0.5, "title": effect.name, "names": names}
            places = {name: place for place, name in enumerate(names)}
            at = [places.get("missing" if r is None else str(r)) for r in raw]
            # dots of one value stand beside each other, always the same way
            at = [p if p is None else p + (n % 9 - 4) * 0.05 for n, p in enumerate(at)]
        points = [
            [x, v, shade, row, _words(effect.name, r, v)]
            for row, (x, v, shade, r) in enumerate(zip(at, values, shades, raw, strict=True))
            if x is not None and (shade is not None or not numeric)
        ]
        return {
            "title": effect.name,
            "caption": f"Its value against what it contributes ({self._unit}), a dot for each row.",
            "across": across,
            "up": _axis(values, ""),
            "zero": "up",
            "high": 300,
            "points": points,
            "picked": self.place,
        }

    def _row(self) -> dict[str, Any]:
        line = self.lines[self.place]
        of_class = self.classes[self.of_class]
        said = words.number(line[4]) if of_class is None else f"{words.percent(line[4])} {of_class}"
        return {
            "said": f"Row {line[0]}: {said}",
            "place": self.place,
            "last": len(self.lines) - 1,
            "way": way(fall(float(line[2]), self.reading.parts(line), STEPS), float(line[2])),
        }


def way(steps: Sequence[Step], base: float) -> dict[str, Any]:
    """A row's way from ``base`` to its output, as lines of the front end."""
    items = [
        {
            "name": step.name if step.rest else f"{short(step.name, 20)} = {words.cell(step.raw)}",
            "from": step.start,
            "to": step.end,
            "text": ("+" if step.value > 0 else "") + words.number(step.value),
            "tone": f"{'up' if step.value > 0 else 'down'}{' rest' if step.rest else ''}",
        }
        for step in steps
    ]
    ends = [base, *(v for step in steps for v in (step.start, step.end))]
    pad = 0.03 * (max(ends) - min(ends)) or 0.01
    return {"items": items, "low": min(ends) - pad, "high": max(ends) + pad}


def _axis(values: Sequence[float], title: str) -> dict[str, Any]:
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    pad = 0.04 * (high - low) or 0.5
    return {"low": low - pad, "high": high + pad, "title": title}


def _words(name: str, raw: Any, value: float) -> str:
    sign = "+" if value > 0 else ""
    return f"{name} = {words.cell(raw)}\ncontribution {sign}{words.number(value)}"
