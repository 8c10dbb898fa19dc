"""One column against the prediction: SHAP values, partial dependence, accumulated local effects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from bokeh.models import (
    ColumnDataSource,
    DatetimeTickFormatter,
    FixedTicker,
    HoverTool,
    LinearColorMapper,
)

from workbench.app.charts.bars import _short, lines, places
from workbench.app.charts.swarm import _low_to_high, _ranks
from workbench.app.theme import figure
from workbench.core.report import Report
from workbench.views.reading import Effect
from workbench.views.theme import INDIGO, QUIET, SPECTRUM, TEAL

DAY = 86_400_000  # milliseconds; positions of dates are days since 1970
SHOWN = 2000  # dots


def dependence(effect: Effect, colour: Effect | None, axis: str, narrow: bool = False) -> Any:
    """A row's value against its contribution, coloured by another column's value."""
    names = [] if _numeric(effect.raw) else _names(effect.raw)
    drawn = figure(
        height=320,
        x_axis_label=effect.name[:60],
        y_axis_label=axis,
        output_backend="webgl",
    )
    if names:
        drawn.xaxis.ticker = FixedTicker(ticks=list(range(len(names))))
        drawn.xaxis.major_label_overrides = {i: _short(n) for i, n in enumerate(names)}
        drawn.xaxis.major_label_orientation = 0.6 if len(names) > (2 if narrow else 5) else 0
    mapper = LinearColorMapper(palette=list(SPECTRUM), low=0, high=1, nan_color=QUIET)
    source = ColumnDataSource(_dots(effect, colour, names))
    dots = drawn.scatter(
        "x",
        "y",
        source=source,
        size=5.5,
        alpha=0.7,
        line_color=None,
        color={"field": "rank", "transform": mapper} if colour is not None else INDIGO,
    )
    tips = [("", "@value"), ("contribution", "@y{+0.000}")]
    if colour is not None:
        tips.append(("colour", "@other"))
        drawn.add_layout(_low_to_high(mapper), "right")
    drawn.add_tools(HoverTool(renderers=[dots], tooltips=tips))
    return drawn


def interacting(effect: Effect, others: Sequence[Effect], bins: int = 10) -> Effect | None:
    """The other column whose value best tells the spread of a column's contributions.

    Within groups of like values, the size of the correlation between the other column's rank
    and the contribution: where it is large, the two act together.
    """
    own = _line(effect)
    contribution = np.asarray(effect.values, float)
    order = np.argsort(own, kind="stable")
    best, strongest = None, 0.0
    for other in others:
        rank = _line(other)
        if other.name == effect.name or np.ptp(rank) == 0:
            continue
        parts = [p for p in np.array_split(order, bins) if len(p) > 4]
        strength = float(sum(abs(_correlation(rank[p], contribution[p])) * len(p) for p in parts))
        if strength > strongest:
            best, strongest = other, strength
    return best


def _correlation(a: np.ndarray, b: np.ndarray) -> float:
    a, b = a - a.mean(), b - b.mean()
    return float(a @ b) / max(float(np.sqrt((a @ a) * (b @ b))), 1e-12)


def _line(effect: Effect) -> np.ndarray:
    """Values as ranks, 0 to 1; categories by their mean contribution, missing in the middle."""
    if _numeric(effect.raw):
        return np.nan_to_num(_ranks(effect.raw), nan=0.5)
    names, codes = np.unique([str(v) for v in effect.raw], return_inverse=True)
    means = np.bincount(codes, np.asarray(effect.values, float)) / np.bincount(codes)
    return np.asarray(np.argsort(np.argsort(means))[codes] / max(len(names) - 1, 1))


def _dots(effect: Effect, colour: Effect | None, names: list[str]) -> dict[str, Any]:
    rows = np.arange(len(effect.raw))[:SHOWN]
    raw = [effect.raw[r] for r in rows]
    if names:
        place = {n: i for i, n in enumerate(names)}
        noise = np.random.default_rng(0).uniform(-0.25, 0.25, len(rows))
        x = np.array([place[_said(v)] for v in raw]) + noise
    else:
        x = np.array([np.nan if v is None else float(v) for v in raw])
    found = {
        "x": x,
        "y": [effect.values[r] for r in rows],
        "value": [f"{effect.name} = {_said(v)}"[:80] for v in raw],
    }
    if colour is not None:
        shade = _line(colour) if not _numeric(colour.raw) else _ranks(colour.raw)
        found["rank"] = shade[rows]
        found["other"] = [f"{colour.name} = {_said(colour.raw[r])}"[:80] for r in rows]
    return found


def _said(value: Any) -> str:
    return "missing" if value is None else str(value)


def _numeric(raw: Sequence[Any]) -> bool:
    known = [v for v in raw if v is not None]
    return bool(known) and all(isinstance(v, (int, float)) for v in known)


def _names(raw: Sequence[Any], most: int = 30) -> list[str]:
    """Levels by falling frequency, dates and the like by their order."""
    found, counts = np.unique([_said(v) for v in raw], return_counts=True)
    if len(found) > most:
        return [str(n) for n in found]
    return [str(found[i]) for i in np.argsort(-counts, kind="stable")]


def curve(report: Report, column: str, method: str, of_class: Any, axis: str) -> Any:
    """An effect with its interval: a line where values have an order, dots with whiskers else."""
    rows = [
        r
        for r in report["effects"].records()
        if (r["column"], r["method"], r["class"]) == (column, method, of_class)
    ]
    kind = report.facts["kinds"][column]
    colour = TEAL if method == "pdp" else INDIGO
    if kind in ("number", "datetime"):
        singles = [
            r
            for r in report["ice"].records()
            if method == "pdp" and (r["column"], r["class"]) == (column, of_class)
        ]
        return _line_chart(column, rows, singles, kind, colour, axis)
    return _levels(rows, colour, axis)


def _line_chart(
    column: str,
    rows: Sequence[dict[str, Any]],
    singles: Sequence[dict[str, Any]],
    kind: str,
    colour: str,
    axis: str,
) -> Any:
    dates = kind == "datetime"
    drawn = figure(
        height=320,
        x_axis_label=column[:60],
        y_axis_label=axis,
        **({"x_axis_type": "datetime"} if dates else {}),
    )
    if dates:
        drawn.xaxis.formatter = DatetimeTickFormatter(days="%d %b %Y", months="%b %Y", years="%Y")
    scale = DAY if dates else 1
    by_row: dict[Any, list[dict[str, Any]]] = {}
    for single in singles:
        by_row.setdefault(single["row"], []).append(single)
    drawn.multi_line(
        [[p["position"] * scale for p in points] for points in by_row.values()],
        [[p["effect"] for p in points] for points in by_row.values()],
        color=QUIET,
        alpha=0.35,
        line_width=1,
    )
    known = [r for r in rows if r["position"] is not None]
    source = ColumnDataSource(
        {
            "x": [r["position"] * scale for r in known],
            "y": [r["effect"] for r in known],
            "low": [r["effect_low"] for r in known],
            "high": [r["effect_high"] for r in known],
            "value": [str(r["value"])[:40] for r in known],
            "rows": [r["rows"] for r in known],
        }
    )
    drawn.varea("x", "low", "high", source=source, color=colour, alpha=0.2)
    drawn.line("x", "y", source=source, color=colour, line_width=2.5)
    dots = drawn.scatter("x", "y", source=source, color=colour, size=6)
    tips = [("", f"{_short(column)} = @value"), ("effect", "@y{0.000}"),
            ("95%", "@low{0.000} – @high{0.000}"), ("rows", "@rows{0,0}")]  # fmt: skip
    drawn.add_tools(HoverTool(renderers=[dots], tooltips=tips))
    return drawn


def _levels(rows: Sequence[dict[str, Any]], colour: str, axis: str) -> Any:
    names = [_said(r["value"]) for r in rows]
    drawn = lines(names, axis, each=26)
    source = ColumnDataSource(
        {
            "y": places(names),
            "name": names,
            "x": [r["effect"] for r in rows],
            "low": [r["effect_low"] for r in rows],
            "high": [r["effect_high"] for r in rows],
            "rows": [r["rows"] for r in rows],
        }
    )
    drawn.segment("low", "y", "high", "y", source=source, color=colour, line_width=5, alpha=0.4)
    dots = drawn.scatter("x", "y", source=source, color=colour, size=10)
    tips = [("", "@name"), ("effect", "@x{0.000}"),
            ("95%", "@low{0.000} – @high{0.000}"), ("rows", "@rows{0,0}")]  # fmt: skip
    drawn.add_tools(HoverTool(renderers=[dots], tooltips=tips))
    return drawn
