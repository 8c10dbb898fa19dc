"""A sweep as pictures: attempts as they come, quality against latency, parameters side by side."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bokeh.models import ColumnDataSource, HoverTool, Label
from bokeh.palettes import linear_palette

from workbench.app.charts.bars import lines, named, places
from workbench.app.charts.curves import legend
from workbench.app.theme import colour, figure
from workbench.core.report import Report
from workbench.views import words
from workbench.views.theme import INDIGO, QUIET, SPECTRUM

AXES = 8  # parameters beside each other
FEW = 3  # attempts of a family from which lines are drawn
MOST = 300  # lines, the best ones
WIDE = 50  # a parameter whose values span so many times its smallest is drawn by magnitude


class LiveSweep:
    """Attempts as they end, one colour a family, and the best so far."""

    def __init__(self, families: Sequence[str], metric: str, corner: str = "bottom_right") -> None:
        self._corner = corner
        self.figure = figure(height=300, x_axis_label="Attempt", y_axis_label=metric)
        self._best = ColumnDataSource({"attempt": [], "best": []})
        self.figure.step(
            "attempt", "best", source=self._best, mode="after", color=QUIET, line_width=1.6
        )
        self._sources: dict[str, ColumnDataSource] = {}
        for family in families:
            self._of(family)

    def _of(self, family: str) -> ColumnDataSource:
        """The dots of a family; a preset does not say beforehand which ones it tries."""
        if family not in self._sources:
            self._sources[family] = self._dots(family, colour(len(self._sources)))
            legend(self.figure, self._corner)
        return self._sources[family]

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
        if "value" in metrics:
            self._of(family).stream({"attempt": [at], "value": [metrics["value"]]})


def history(report: Report) -> Any:
    """The attempts of a sweep that is over."""
    metric = words.metric(str(report.facts["metric"]))
    live = LiveSweep(families_of(report), metric, _corner(report))
    for one in report["attempts"].records():
        found = {k: one[k] for k in ("value", "best") if one[k] is not None}
        live.add(one["family"], {"attempt": one["number"], **found})
    return live.figure


def families_of(report: Report) -> list[str]:
    """The families in the order in which they were tried first: a colour stays with each."""
    return list(dict.fromkeys(r["family"] for r in report["attempts"].records()))


def _corner(report: Report) -> str:
    return "bottom_right" if report.facts["higher_is_better"] else "top_right"


@dataclass(frozen=True)
class Points:
    """What the pictures of a sweep draw; made of a report, so that no page waits for it."""

    metric: str
    corner: str  # where a legend hides no good attempt
    best: str  # the family
    families: tuple[str, ...]
    front: Mapping[str, Mapping[str, Sequence[Any]]]  # by family
    edge: Mapping[str, Sequence[Any]]
    parallel: Lines | None
    importance: Mapping[str, Sequence[Any]]

    @classmethod
    def of(cls, report: Report) -> Points:
        best = str(report.facts["best_family"])
        shares = [r for r in report["importance"].records() if r["family"] == best]
        names = [r["parameter"] for r in shares]
        front, edge = _front(report)
        return cls(
            words.metric(str(report.facts["metric"])),
            _corner(report),
            best,
            tuple(front),
            front,
            edge,
            _lines(report, best),
            {"y": places(names), "name": names, "value": [r["share"] for r in shares]},
        )


@dataclass(frozen=True)
class Lines:
    """A line for each attempt of a family through its parameters, the best ones last."""

    axes: tuple[str, ...]
    ends: tuple[tuple[str, str], ...]  # what stands above and below each axis
    data: Mapping[str, Sequence[Any]]


def _front(report: Report) -> tuple[dict[str, dict[str, list[Any]]], dict[str, list[Any]]]:
    unbeaten = {r["number"] for r in report["front"].records()}
    done = [r for r in report["attempts"].records() if r["value"] is not None and r["latency_us"]]
    edge = sorted((r for r in done if r["number"] in unbeaten), key=lambda r: r["latency_us"])
    found = {}
    for family in families_of(report):
        mine = [r for r in done if r["family"] == family]
        found[family] = {
            "x": [r["latency_us"] for r in mine],
            "y": [r["value"] for r in mine],
            "number": [r["number"] for r in mine],
            "size": [11 if r["number"] in unbeaten else 6 for r in mine],
            "alpha": [1.0 if r["number"] in unbeaten else 0.45 for r in mine],
        }
    return found, {"x": [r["latency_us"] for r in edge], "y": [r["value"] for r in edge]}


def _lines(report: Report, family: str) -> Lines | None:
    done = [
        {**json.loads(r["params"]), "": r["value"]}
        for r in report["attempts"].records()
        if r["family"] == family and r["value"] is not None
    ]
    if len(done) < FEW:
        return None
    sign = 1 if report.facts["higher_is_better"] else -1
    done = sorted(done, key=lambda r: sign * r[""])[-MOST:]
    axes = [name for name in done[-1] if name][:AXES]
    columns = {name: _Axis([r.get(name) for r in done]) for name in [*axes, ""]}
    shades = linear_palette(SPECTRUM, min(len(SPECTRUM), len(done)))
    place = [i / (len(done) - 1) for i in range(len(done))]
    data = {
        "xs": [list(range(len(columns)))] * len(done),
        "ys": [[axis.at(one.get(name)) for name, axis in columns.items()] for one in done],
        "colour": [shades[min(len(shades) - 1, int(p * len(shades)))] for p in place],
        "alpha": [0.25 + 0.7 * p**3 for p in place],
        "width": [1.2 + 1.6 * p**4 for p in place],
    }
    return Lines(tuple(axes), tuple((a.top, a.bottom) for a in columns.values()), data)


class Front:
    """Value against time for a row; what nothing beats in both is large and joined."""

    def __init__(self, points: Points) -> None:
        self.figure = figure(
            height=300,
            x_axis_label="Microseconds a row, the model alone",
            y_axis_label=points.metric,
            x_axis_type="log",
        )
        self._edge = ColumnDataSource(dict(points.edge))
        self.figure.line("x", "y", source=self._edge, color=QUIET, line_dash="dotted")
        self._sources = {
            family: self._dots(family, colour(i), points.front[family])
            for i, family in enumerate(points.families)
        }
        legend(self.figure, points.corner)

    def _dots(self, family: str, hue: str, data: Mapping[str, Sequence[Any]]) -> ColumnDataSource:
        source = ColumnDataSource(dict(data))
        title = words.family(family)
        dots = self.figure.scatter(
            "x",
            "y",
            source=source,
            size="size",
            alpha="alpha",
            color=hue,
            line_color=None,
            legend_label=title,
            name=title,
        )
        rows = [("", "$name"), ("attempt", "@number"), ("value", "@y{0.0000}")]
        self.figure.add_tools(
            HoverTool(renderers=[dots], tooltips=[*rows, ("a row", "@x{0.00} µs")])
        )
        return source

    def moved(self, points: Points) -> bool:
        """Draw these instead; False where they need another figure."""
        if set(points.families) != set(self._sources):
            return False
        self._edge.data = dict(points.edge)
        for family, source in self._sources.items():
            source.data = dict(points.front[family])
        return True


class Importance:
    """A bar for each parameter of the best family."""

    def __init__(self, points: Points) -> None:
        names = points.importance["name"]
        self.figure = lines(names, "Share of what the parameters decide", each=26)
        self._source = ColumnDataSource(dict(points.importance))
        bars = self.figure.hbar(
            y="y", right="value", height=0.6, source=self._source, color=INDIGO, line_color=None
        )
        self.figure.add_tools(
            HoverTool(renderers=[bars], tooltips=[("", "@name"), ("share", "@value{0%}")])
        )
        self.figure.x_range.start = 0

    def moved(self, points: Points) -> bool:
        """Draw these instead; False where they need another figure."""
        names = points.importance["name"]
        if len(names) != len(self._source.data["name"]):
            return False
        self._source.data = dict(points.importance)
        self.figure.yaxis.major_label_overrides = named(names)
        return True


class Parallel:
    """A line for each finished attempt of the best family through its parameters.

    Each axis runs from the smallest to the largest value tried; the last one is the metric.
    """

    def __init__(self, points: Points) -> None:
        assert points.parallel is not None
        found = points.parallel
        self._key = (points.best, found.axes)
        last = len(found.axes)
        self.figure = figure(height=320, x_range=(-0.3, last + 0.3), y_range=(-0.12, 1.12))
        self.figure.yaxis.visible = False
        self.figure.ygrid.visible = False
        self._source = ColumnDataSource(dict(found.data))
        self.figure.multi_line(
            "xs",
            "ys",
            source=self._source,
            color="colour",
            line_alpha="alpha",
            line_width="width",
        )
        titles = [*found.axes, points.metric]
        self.figure.xaxis.ticker = list(range(len(titles)))
        self.figure.xaxis.major_label_overrides = {
            i: _folded(words.spoken(name)) for i, name in enumerate(titles)
        }
        self._ends = [self._axis(i, *ends) for i, ends in enumerate(found.ends)]

    def _axis(self, place: int, top: str, bottom: str) -> tuple[Label, Label]:
        self.figure.line([place, place], [0, 1], color=QUIET, line_width=1, alpha=0.6)
        made = tuple(
            Label(
                x=place,
                y=y,
                text=text,
                text_align="center",
                text_color=QUIET,
                text_font_size="11px",
                text_font="Inter Variable",
            )
            for y, text in ((1.02, top), (-0.1, bottom))
        )
        for label in made:
            self.figure.add_layout(label)
        return made[0], made[1]

    def moved(self, points: Points) -> bool:
        """Draw these instead; False where they need another figure."""
        if points.parallel is None or (points.best, points.parallel.axes) != self._key:
            return False
        self._source.data = dict(points.parallel.data)
        for labels, texts in zip(self._ends, points.parallel.ends, strict=True):
            for label, text in zip(labels, texts, strict=True):
                label.text = text
        return True


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
