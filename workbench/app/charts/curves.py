"""Curves: ROC, precision and recall, calibration, residuals, and the loss of a running job."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bokeh.models import ColumnDataSource, HoverTool, NumeralTickFormatter, Whisker

from workbench.app.theme import colour, figure
from workbench.core.report import Table
from workbench.views.theme import QUIET

UNIT = (-0.01, 1.01)


@dataclass(frozen=True)
class Line:
    """One series: its name, colour, and the table with its points."""

    name: str
    colour: str
    table: Table
    note: str = ""  # a number shown beside the name

    @property
    def title(self) -> str:
        return f"{self.name}  {self.note}".rstrip()


def roc(lines: Sequence[Line]) -> Any:
    """True against false positive rate; the diagonal is a coin."""
    drawn = _square("False positive rate", "True positive rate", high=500)
    drawn.line([0, 1], [0, 1], color=QUIET, line_dash="dotted")
    _draw(drawn, lines, "fpr", "tpr")
    legend(drawn, "bottom_right")
    return drawn


def precision_recall(lines: Sequence[Line]) -> Any:
    """Precision against recall."""
    drawn = _square("Recall", "Precision")
    _draw(drawn, lines, "recall", "precision")
    legend(drawn, "bottom_left")
    return drawn


def gain(lines: Sequence[Line]) -> Any:
    """How many of the positives are found among the best-scored rows; the diagonal is chance."""
    drawn = _square("Share of rows, best first", "Share of positives found")
    drawn.line([0, 1], [0, 1], color=QUIET, line_dash="dotted")
    _draw(drawn, lines, "selected", "found")
    legend(drawn, "bottom_right")
    return drawn


def calibration(lines: Sequence[Line]) -> Any:
    """What was observed among rows with one predicted probability; the diagonal is honest."""
    drawn = _square("Predicted probability", "Observed share")
    drawn.line([0, 1], [0, 1], color=QUIET, line_dash="dotted")
    for line in lines:
        columns = {c: line.table.column(c) for c in line.table.columns}
        source = ColumnDataSource(columns)
        whisker = Whisker(
            source=source,
            base="predicted",
            upper="high",
            lower="low",
            line_color=line.colour,
            line_alpha=0.5,
            upper_head=None,
            lower_head=None,
        )
        drawn.add_layout(whisker)
        drawn.line("predicted", "observed", source=source, color=line.colour, line_width=2)
        dots = drawn.scatter(
            "predicted",
            "observed",
            source=source,
            color=line.colour,
            size=7,
            legend_label=line.name,
            name=line.name,
        )
        rows = [
            ("", "$name"),
            ("rows", "@count{0,0}"),
            ("predicted", "@predicted{0.000}"),
            ("observed", "@observed{0.000}"),
        ]
        drawn.add_tools(HoverTool(renderers=[dots], tooltips=rows))
    legend(drawn, "top_left")
    return drawn


def learning(lines: Sequence[Line], metric: str) -> Any:
    """A metric by the number of training rows: on held-out rows, and dotted on these rows."""
    drawn = figure(height=340, x_axis_label="Training rows", y_axis_label=metric)
    for line in lines:
        columns = {c: line.table.column(c) for c in line.table.columns}
        source = ColumnDataSource(columns)
        drawn.varea("train", "low", "high", source=source, color=line.colour, alpha=0.14)
        options = {"source": source, "color": line.colour}
        drawn.line("train", "fitted", line_dash="dotted", line_width=2, alpha=0.8, **options)
        drawn.line("train", "value", line_width=2.3, **options)
        dots = drawn.scatter(
            "train", "value", size=7, legend_label=line.name, name=line.name, **options
        )
        rows = [("", "$name"), ("training rows", "@train{0,0}"), ("held out", "@value{0.0000}")]
        rows += [("95%", "@low{0.0000} – @high{0.0000}"), ("learned from", "@fitted{0.0000}")]
        drawn.add_tools(HoverTool(renderers=[dots], tooltips=rows))
    drawn.x_range.start = 0
    drawn.xaxis.formatter = NumeralTickFormatter(format="0,0")
    legend(drawn, "center_right")
    return drawn


def residuals(lines: Sequence[Line]) -> Any:
    """Truth minus prediction; a good model shows no shape."""
    drawn = figure(height=360, x_axis_label="Predicted", y_axis_label="Truth minus prediction")
    for line in lines:
        source = {c: line.table.column(c) for c in line.table.columns}
        dots = drawn.scatter(
            "predicted",
            "residual",
            source=ColumnDataSource(source),
            color=line.colour,
            size=4,
            alpha=0.55,
            line_color=None,
            legend_label=line.name,
            name=line.name,
        )
        rows = [("", "$name"), ("predicted", "@predicted{0,0.00}"), ("truth", "@truth{0,0.00}")]
        drawn.add_tools(HoverTool(renderers=[dots], tooltips=rows))
    drawn.line(*_level(lines), color=QUIET, line_dash="dotted")
    legend(drawn, "top_left")
    return drawn


def _level(lines: Sequence[Line]) -> tuple[list[float], list[float]]:
    values = [v for line in lines for v in line.table.column("predicted")]
    return ([min(values), max(values)], [0, 0]) if values else ([], [])


class LiveCurve:
    """The losses of a job while it runs, one colour a family; only new points travel."""

    LIMIT = 3000  # points a line

    def __init__(self, families: Sequence[str], titles: Sequence[str]) -> None:
        self.figure = figure(height=300, x_axis_label="Round or epoch", y_axis_label="Loss")
        self._sources = {
            name: self._line(title, colour(i))
            for i, (name, title) in enumerate(zip(families, titles, strict=True))
        }
        legend(self.figure, "top_right")

    def _line(self, title: str, hue: str) -> ColumnDataSource:
        source = ColumnDataSource({"step": [], "train": [], "valid": []})
        options = {"source": source, "color": hue, "line_width": 2.2}
        valid = self.figure.line("step", "valid", legend_label=title, name=title, **options)
        self.figure.line("step", "train", line_dash="dotted", line_alpha=0.8, **options)
        rows = [("", "$name"), ("step", "@step"), ("validation", "@valid{0.0000}")]
        rows.append(("training", "@train{0.0000}"))
        self.figure.add_tools(HoverTool(renderers=[valid], tooltips=rows))
        return source

    def add(self, family: str, points: Sequence[tuple[float, float, float]]) -> None:
        """Append (step, training loss, validation loss) points of a family."""
        source = self._sources.get(family)
        if source is not None and points:
            columns = zip(*points, strict=True)
            new = dict(zip(("step", "train", "valid"), map(list, columns), strict=True))
            source.stream(new, rollover=self.LIMIT)


def _square(x: str, y: str, high: int = 380) -> Any:
    return figure(height=high, x_axis_label=x, y_axis_label=y, x_range=UNIT, y_range=UNIT)


def _draw(drawn: Any, lines: Sequence[Line], x: str, y: str) -> None:
    for line in lines:
        shown = drawn.line(
            line.table.column(x),
            line.table.column(y),
            color=line.colour,
            line_width=2.3,
            legend_label=line.title,
            name=line.name,
        )
        rows = [("", "$name"), (x, "$x{0.000}"), (y, "$y{0.000}")]
        drawn.add_tools(HoverTool(renderers=[shown], tooltips=rows))


def legend(drawn: Any, where: str) -> None:
    if not drawn.legend:
        return
    drawn.legend.location = where
    drawn.legend.click_policy = "mute"
    drawn.legend.border_line_color = None
    drawn.legend.background_fill_alpha = 0
    drawn.legend.label_text_font = "Inter Variable"
    drawn.legend.label_text_font_size = "12px"
    drawn.legend.label_text_color = QUIET
    drawn.legend.padding = 4
    drawn.legend.spacing = 1
    drawn.legend.glyph_width = 14
