"""Explanations: every row's contribution of every column, and one row's way from base to output."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from bokeh.models import ColorBar, ColumnDataSource, FixedTicker, HoverTool, LinearColorMapper

from workbench.app.charts.bars import _short, lines, places
from workbench.app.theme import figure
from workbench.views.reading import Effect, fall
from workbench.views.theme import HIGH, LOW, QUIET, SPECTRUM
from workbench.views.words import number

MOST = 12  # columns in a picture


def beeswarm(effects: Sequence[Effect], rows: Sequence[Any], axis: str) -> Any:
    """A dot for each row and column: where it pushed, coloured by the column's value."""
    shown = list(effects)[:MOST]
    source = ColumnDataSource(_dots(shown, rows))
    drawn = figure(
        height=80 + 40 * len(shown),
        x_axis_label=axis,
        y_range=(-0.7, len(shown) - 0.3),
        output_backend="webgl",
    )
    _name_rows(drawn, [effect.name for effect in shown])
    drawn.line([0, 0], [-1, len(shown)], color=QUIET, line_width=1)
    mapper = LinearColorMapper(palette=list(SPECTRUM), low=0, high=1, nan_color=QUIET)
    dots = drawn.scatter(
        "x",
        "y",
        source=source,
        size=4.5,
        alpha=0.75,
        line_color=None,
        color={"field": "rank", "transform": mapper},
    )
    lines = [("", "@name = @value"), ("contribution", "@x{+0.000}"), ("row", "@row")]
    drawn.add_tools(HoverTool(renderers=[dots], tooltips=lines))
    drawn.add_layout(_low_to_high(mapper), "right")
    return drawn


def _low_to_high(mapper: LinearColorMapper) -> ColorBar:
    return ColorBar(
        color_mapper=mapper,
        width=7,
        padding=0,
        margin=6,
        border_line_color=None,
        background_fill_alpha=0,
        ticker=FixedTicker(ticks=[0, 1]),
        major_label_overrides={0: "low", 1: "high"},
        major_label_text_color=QUIET,
        major_label_text_font="Inter Variable",
    )


def _dots(effects: Sequence[Effect], rows: Sequence[Any]) -> dict[str, Any]:
    parts: dict[str, list[Any]] = {k: [] for k in ("x", "y", "rank", "name", "value", "row")}
    for place, effect in enumerate(reversed(effects)):
        contribution = np.array(effect.values, float)
        parts["x"].append(contribution)
        parts["y"].append(place + _offsets(contribution))
        parts["rank"].append(_ranks(effect.raw))
        parts["name"] += [effect.name] * len(rows)
        parts["value"] += ["missing" if v is None else str(v)[:60] for v in effect.raw]
        parts["row"] += rows
    joined: dict[str, Any] = dict(parts)
    for key in ("x", "y", "rank"):
        joined[key] = np.concatenate(parts[key]) if parts[key] else []
    return joined


def _ranks(raw: Sequence[Any]) -> np.ndarray:
    """Places between 0 and 1 by value; texts have no order, so they stay grey."""
    if any(isinstance(v, str) for v in raw):
        return np.full(len(raw), np.nan)
    numbers = np.array([np.nan if v is None else float(v) for v in raw])
    known = ~np.isnan(numbers)
    places = np.full(len(raw), np.nan)
    if known.any():
        found, inverse = np.unique(numbers[known], return_inverse=True)
        share = np.searchsorted(np.sort(numbers[known]), found, side="right") / known.sum()
        spread = (share - share[0]) / (share[-1] - share[0]) if len(found) > 1 else share * 0 + 0.5
        places[known] = spread[inverse]
    return places


def _offsets(values: np.ndarray, width: float = 0.4, bins: int = 80) -> np.ndarray:
    """Dots of one neighbourhood spread around the line, always the same way."""
    if len(values) == 0:
        return values
    edges = np.linspace(values.min(), values.max() + 1e-9, bins)
    home = np.digitize(values, edges)
    order = np.argsort(home, kind="stable")
    _, first, size = np.unique(home[order], return_index=True, return_counts=True)
    turn = np.arange(len(values)) - np.repeat(first, size)
    step = (turn + 1) // 2 * np.where(turn % 2, 1, -1)
    offsets = np.empty(len(values))
    offsets[order] = step / max(size.max() / 2, 1) * width
    return offsets


class Waterfall:
    """How one row's output came about; choosing another row only moves the bars."""

    def __init__(self, axis: str, narrow: bool = False) -> None:
        self._narrow = narrow  # then the values stand in the table only
        self.source = ColumnDataSource(_NO_BARS)
        self.figure = lines([""] * (MOST + 1), axis, each=28)
        bars = self.figure.hbar(
            y="y",
            left="left",
            right="right",
            height=0.62,
            color="colour",
            source=self.source,
            line_color=None,
        )
        rows = [("", "@name"), ("contribution", "@value{+0.000}")]
        self.figure.add_tools(HoverTool(renderers=[bars], tooltips=rows))

    def show(self, base: float, parts: Sequence[tuple[str, float, Any]]) -> None:
        """Draw one row's contributions (name, size, value), the largest on top, from its base."""
        steps = fall(base, parts, MOST)
        names = [
            step.name
            if step.rest
            else _short(step.name)
            if self._narrow
            else f"{_short(step.name)} = {_value(step.raw)}"
            for step in steps
        ]
        self._name(names)
        self.source.data = {
            "y": places(names),
            "name": names,
            "value": [step.value for step in steps],
            "left": [step.start for step in steps],
            "right": [step.end for step in steps],
            "colour": [HIGH if step.value > 0 else LOW for step in steps],
        }

    def _name(self, names: Sequence[str]) -> None:
        _name_rows(self.figure, names)
        self.figure.y_range.start, self.figure.y_range.end = -0.7, len(names) - 0.3


_NO_BARS: dict[str, list[Any]] = {k: [] for k in ("y", "name", "value", "left", "right", "colour")}


def _value(raw: Any) -> str:
    if raw is None:
        return "missing"
    text = raw if isinstance(raw, str) else number(raw)
    return text if len(text) <= 16 else f"{text[:15]}…"


def _name_rows(drawn: Any, names: Sequence[str]) -> None:
    ticks = places(names)
    drawn.yaxis.ticker = FixedTicker(ticks=ticks)
    drawn.yaxis.major_label_overrides = dict(zip(ticks, map(str, names), strict=True))
