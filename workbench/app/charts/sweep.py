"""A sweep as pictures: attempts as they come, quality against latency, parameters side by side."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from bokeh.models import ColumnDataSource, HoverTool, Label
from bokeh.palettes import linear_palette

from workbench.app.charts.bars import lines, places
from workbench.app.charts.curves import legend
from workbench.app.theme import colour, figure
from workbench.core.report import Report
from workbench.views import words
from workbench.views.theme import INDIGO, QUIET, SPECTRUM

AXES = 8  # parameters beside each other
WIDE = 50  # a parameter whose values span so many times its smallest is drawn by magnitude


class LiveSweep:
    """Attempts as they end, one colour a family, and the best so far."""

    def __init__(self, families: Sequence[str], metric: str) -> None:
        self.figure = figure(height=300, x_axis_label="Attempt", y_axis_label=metric)
        self._best = ColumnDataSource({"attempt": [], "best": []})
        self.figure.step(
            "attempt", "best", source=self._best, mode="after", color=QUIET, line_width=1.6
        )
        self._sources = {family: self._dots(family, colour(i)) for i, family in enumerate(families)}
        legend(self.figure, "bottom_right")

    def _dots(self, family: str, hue: str) -> ColumnDataSource:
        source = ColumnDataSource({"attempt": [], "value": []})
        title = words.family(family)
        dots = self.figure.scatter(
            "attempt",
            "value",
            source=source,
            color=hue,
            size=7,
            alpha=0.8,
            line_color=None,
            legend_label=title,
            name=title,
        )
        rows = [("", "$name"), ("attempt", "@attempt"), ("value", "@value{0.0000}")]
        self.figure.add_tools(HoverTool(renderers=[dots], tooltips=rows))
        return source

    def add(self, family: str, metrics: Mapping[str, float]) -> None:
        """An attempt that ended."""
        at = metrics["attempt"]
        if "best" in metrics:
            self._best.stream({"attempt": [at], "best": [metrics["best"]]})
        source = self._sources.get(family)
        if source is not None and "value" in metrics:
            source.stream({"attempt": [at], "value": [metrics["value"]]})


def history(report: Report) -> Any:
    """The attempts of a sweep that is over."""
    families = report["families"].column("family")
    live = LiveSweep(families, words.metric(str(report.facts["metric"])))
    for one in report["attempts"].records():
        found = {k: one[k] for k in ("value", "best") if one[k] is not None}
        live.add(one["family"], {"attempt": one["number"], **found})
    return live.figure


def front(report: Report) -> Any:
    """Value against time for a row; what nothing beats in both is large and joined."""
    metric = words.metric(str(report.facts["metric"]))
    drawn = figure(
        height=300,
        x_axis_label="Microseconds a row, the model alone",
        y_axis_label=metric,
        x_axis_type="log",
    )
    unbeaten = {r["number"] for r in report["front"].records()}
    done = [r for r in report["attempts"].records() if r["value"] is not None and r["latency_us"]]
    edge = sorted((r for r in done if r["number"] in unbeaten), key=lambda r: r["latency_us"])
    drawn.line(
        [r["latency_us"] for r in edge],
        [r["value"] for r in edge],
        color=QUIET,
        line_dash="dotted",
    )
    for i, family in enumerate(report["families"].column("family")):
        mine = [r for r in done if r["family"] == family]
        if not mine:
            continue
        source = ColumnDataSource(
            {
                "x": [r["latency_us"] for r in mine],
                "y": [r["value"] for r in mine],
                "number": [r["number"] for r in mine],
                "size": [11 if r["number"] in unbeaten else 6 for r in mine],
                "alpha": [1.0 if r["number"] in unbeaten else 0.45 for r in mine],
            }
        )
        title = words.family(family)
        dots = drawn.scatter(
            "x",
            "y",
            source=source,
            size="size",
            alpha="alpha",
            color=colour(i),
            line_color=None,
            legend_label=title,
            name=title,
        )
        rows = [("", "$name"), ("attempt", "@number"), ("value", "@y{0.0000}")]
        drawn.add_tools(HoverTool(renderers=[dots], tooltips=[*rows, ("a row", "@x{0.00} µs")]))
    legend(drawn, "bottom_right")
    return drawn


def importance(report: Report, family: str) -> Any:
    """A bar for each parameter of a family."""
    found = [r for r in report["importance"].records() if r["family"] == family]
    names = [r["parameter"] for r in found]
    drawn = lines(names, "Share of what the parameters decide", each=26)
    source = ColumnDataSource(
        {"y": places(names), "name": names, "value": [r["share"] for r in found]}
    )
    drawn.hbar(y="y", right="value", height=0.6, source=source, color=INDIGO, line_color=None)
    drawn.add_tools(HoverTool(tooltips=[("", "@name"), ("share", "@value{0%}")]))
    return drawn


def parallel(report: Report, family: str) -> Any:
    """A line for each finished attempt of a family through its parameters, the best ones on top.

    Each axis runs from the smallest to the largest value tried; the last one is the metric.
    """
    done = [
        {**json.loads(r["params"]), "": r["value"]}
        for r in report["attempts"].records()
        if r["family"] == family and r["value"] is not None
    ]
    sign = 1 if report.facts["higher_is_better"] else -1
    done.sort(key=lambda r: sign * r[""])
    axes = [name for name in done[-1] if name][:AXES] if done else []
    columns = {name: _Axis([r.get(name) for r in done]) for name in [*axes, ""]}
    drawn = figure(height=320, x_range=(-0.3, len(axes) + 0.3), y_range=(-0.12, 1.12))
    drawn.yaxis.visible = False
    drawn.ygrid.visible = False
    shades = linear_palette(SPECTRUM, min(len(SPECTRUM), max(1, len(done))))
    for place, one in enumerate(done):
        share = place / max(1, len(done) - 1)
        drawn.line(
            list(range(len(axes) + 1)),
            [columns[name].at(one.get(name)) for name in columns],
            color=shades[min(len(shades) - 1, int(share * len(shades)))],
            alpha=0.25 + 0.7 * share**3,
            line_width=1.2 + 1.6 * share**4,
        )
    metric = words.metric(str(report.facts["metric"]))
    titles = [*axes, metric]
    drawn.xaxis.ticker = list(range(len(titles)))
    drawn.xaxis.major_label_overrides = {
        i: _folded(words.spoken(name)) for i, name in enumerate(titles)
    }
    for i, axis in enumerate(columns.values()):
        drawn.line([i, i], [0, 1], color=QUIET, line_width=1, alpha=0.6)
        for y, text in ((1.02, axis.top), (-0.1, axis.bottom)):
            drawn.add_layout(
                Label(
                    x=i,
                    y=y,
                    text=text,
                    text_align="center",
                    text_color=QUIET,
                    text_font_size="11px",
                    text_font="Inter Variable",
                )
            )
    return drawn


class _Axis:
    """Where a parameter's values lie between 0 and 1."""

    def __init__(self, values: Sequence[Any]) -> None:
        known = [v for v in values if isinstance(v, int | float) and not isinstance(v, bool)]
        self.names = [] if len(known) == len(values) else list(dict.fromkeys(map(str, values)))
        low, high = (min(known), max(known)) if known else (0, 1)
        self.log = low > 0 and high / low > WIDE
        self.low, self.high = self._scaled(low), self._scaled(high)
        self.bottom, self.top = words.number(low), words.number(high)
        if self.names:
            self.bottom, self.top = _cut(self.names[0]), _cut(self.names[-1])

    def _scaled(self, value: float) -> float:
        return math.log(value) if self.log else float(value)

    def at(self, value: Any) -> float:
        if self.names:
            return self.names.index(str(value)) / max(1, len(self.names) - 1)
        span = self.high - self.low
        return (self._scaled(value) - self.low) / span if span else 0.5


def _cut(text: str, most: int = 14) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _folded(text: str) -> str:
    """Two words below each other, so that neighbours keep apart."""
    return text.replace(" ", "\n", 1)
