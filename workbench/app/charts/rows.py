"""Rows beside each other: a heat map of their contributions, and their ways from base to output."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from bokeh.models import ColumnDataSource, FixedTicker, HoverTool, LinearColorMapper, Span

from workbench.app.charts.bars import _short, lines, places
from workbench.app.charts.heat import scale
from workbench.app.charts.swarm import MOST
from workbench.app.theme import figure
from workbench.views.reading import Effect
from workbench.views.theme import HIGH, LOW, QUIET, SPECTRUM

PATHS = 60
FAR = 0.995  # share of the contributions that the colours span: outliers would pale the rest


def heatmap(effects: Sequence[Effect], rows: Sequence[Any], order: Sequence[Any], axis: str) -> Any:
    """Columns down, rows across in the given order; blue pulls down, red pushes up."""
    shown = list(effects)[:MOST]
    place = {row: k for k, row in enumerate(rows)}
    kept = [place[row] for row in order if row in place]
    cells = np.array([np.asarray(e.values, float)[kept] for e in reversed(shown)])
    far = float(np.quantile(np.abs(cells), FAR)) or 1.0
    mapper = LinearColorMapper(palette=_either(), low=-far, high=far)
    drawn = figure(
        height=90 + 30 * len(shown),
        x_range=(0, len(kept)),
        y_range=(-0.5, len(shown) - 0.5),
        x_axis_label="Rows, like ones beside each other",
    )
    image = drawn.image(
        [cells], x=0, y=-0.5, dw=len(kept), dh=len(shown), color_mapper=mapper, level="image"
    )
    ticks = places(shown)
    drawn.yaxis.ticker = FixedTicker(ticks=ticks)
    drawn.yaxis.major_label_overrides = {
        p: _short(e.name) for p, e in zip(ticks, shown, strict=True)
    }
    drawn.xaxis.major_label_text_font_size = "0px"
    drawn.ygrid.grid_line_color = None
    drawn.add_tools(HoverTool(renderers=[image], tooltips=[("contribution", "@image{+0.000}")]))
    drawn.add_layout(scale(mapper, axis), "right")
    return drawn


def _either(steps: int = 24) -> list[str]:
    """From full blue over nothing to full red, on either ground."""
    shades = [f"{round(255 * k / steps):02x}" for k in range(steps + 1)]
    return [*(LOW + s for s in reversed(shades)), *(HIGH + s for s in shades[1:])]


def decision(
    effects: Sequence[Effect], rows: Sequence[Any], base: float, output: Sequence[float], axis: str
) -> Any:
    """Each row's output as columns are added, upwards to the most important."""
    shown = list(effects)[:MOST]
    kept = [k * len(rows) // PATHS for k in range(PATHS)] if len(rows) > PATHS else range(len(rows))
    values = np.array([e.values for e in shown], float)[:, list(kept)]
    ends = np.asarray(output, float)[list(kept)]
    steps = np.cumsum(values[::-1], axis=0)
    at = (ends - values.sum(axis=0)) + np.vstack([np.zeros(len(ends)), steps])
    names = [e.name for e in shown]
    drawn = lines([*names, "base and others"], axis, each=30)
    rank = np.argsort(np.argsort(ends)) / max(len(ends) - 1, 1)
    source = ColumnDataSource(
        {
            "xs": list(at.T),
            "ys": [np.arange(len(shown) + 1)] * len(ends),
            "colour": [SPECTRUM[int(r * (len(SPECTRUM) - 1))] for r in rank],
            "row": [rows[k] for k in kept],
            "output": ends,
        }
    )
    drawn.add_layout(Span(location=base, dimension="height", line_color=QUIET, line_dash="dashed"))
    paths = drawn.multi_line("xs", "ys", source=source, line_color="colour", line_width=1.4,
                             line_alpha=0.65, hover_line_alpha=1, hover_line_color="colour",
                             hover_line_width=3)  # fmt: skip
    tips = [("row", "@row"), ("output", "@output{0.000}")]
    drawn.add_tools(HoverTool(renderers=[paths], tooltips=tips, line_policy="nearest"))
    return drawn
