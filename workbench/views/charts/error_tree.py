"""A tree that leads to where a model fails: its branches beside the errors of their rows."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil, floor, log10

from workbench.core.report import Report
from workbench.views.branches import Branch, Branches
from workbench.views.charts.parts import Chart, Spec, chart, ends, mark, name, number, rule, short
from workbench.views.theme import QUIET, ROSE, TEAL

WIDTH, EACH = 400, 25  # pixels, and those of a node
PLOT = 0.36  # share of the width that shows errors
INDENT = 16  # pixels of a step down the tree
LONG = 36  # characters of the longest words of a node
WIDEST = 60  # characters of what the axis says
TICKS = 3  # steps between the values on the axis
LARGEST = 150  # area of the dot of all rows


def charts(report: Report) -> list[Chart]:
    """One picture; none where the tree is its root alone."""
    tree = Branches.of(report)
    if len(tree.nodes) < 2:
        return []
    low, high = tree.span
    room = (high - low) * (1 - PLOT) / PLOT  # the branches stand left of the errors, on one axis
    step = INDENT * (high - low) / (PLOT * WIDTH)

    def at(depth: int) -> float:
        return low - room + (depth + 0.5) * step

    rows = [_row(n, at, label) for n, label in zip(tree.nodes, _labels(tree), strict=True)]
    last = {n.above: n.place for n in tree.nodes}
    stems = [
        {"x": at(n.depth), "place": n.place, "end": last[n.place]}
        for n in tree.nodes
        if n.place in last
    ]
    y = number("place", None, axis=None, scale=_down(len(rows)))
    x = {
        "scale": {"domain": [low - room, high], "nice": False},
        "axis": {
            "values": _ticks(low, high),
            "format": ".0%" if tree.rates else ".3~s" if high >= 1000 else ".3~g",
            "titleAnchor": "end",
            "titleLimit": WIDTH,
        },
    }
    axis = f"{short(tree.axis, WIDEST)}, 95% interval"
    side = {
        **name("side"),
        "scale": {"domain": ["worse", "better", "alike"], "range": [ROSE, TEAL, QUIET]},
        "legend": None,
    }
    line: Spec = {"color": QUIET, "opacity": 0.6, "strokeWidth": 1}
    value = {"y": y, "color": side}
    layers = [
        {
            "data": {"values": stems},
            **mark("rule", {"x": number("x", axis, **x), "y": y, "y2": ends("end")}, **line),
        },
        mark("rule", {"x": number("from", axis, **x), "x2": ends("at"), "y": y}, **line),
        rule(x=tree.reference),
        mark(
            "point",
            {
                "x": number("at", axis, **x),
                **value,
                "size": {"field": "share", "type": "quantitative", "legend": None,
                         "scale": {"domain": [0, 1], "range": [14, LARGEST]}},
            },
        ),
        mark(
            "text",
            {"x": number("at", axis, **x), "y": y, "text": {"field": "label", "type": "nominal"}},
            align="left", dx=11, fontSize=11, color=QUIET,
        ),
        mark("rule", {"x": number("low", axis, **x), "x2": ends("high"), **value}, strokeWidth=2),
        mark("point", {"x": number("value", axis, **x), **value}, size=60),
    ]  # fmt: skip
    caption = f"{tree.caption} Dots in the tree grow with the share of rows."
    height = EACH * len(rows)
    return [chart("tree", report.title, caption, rows, layers, width=WIDTH, height=height)]


def _row(node: Branch, at: Callable[[int], float], label: str) -> Spec:
    return {
        "place": node.place,
        "label": label,
        "at": at(node.depth),
        "from": at(max(0, node.depth - 1)),
        "share": node.share,
        "side": node.side,
        "value": node.value,
        "low": node.value if node.low is None else node.low,
        "high": node.value if node.high is None else node.high,
    }


def _labels(tree: Branches) -> list[str]:
    """Shorter the deeper they stand."""
    return [_squeezed(n.said, int(LONG - 2.7 * n.depth)) for n in tree.nodes]


def _squeezed(said: str, most: int) -> str:
    """Cut in its middle: a condition ends in what tells it from its sibling."""
    flat = short(said, len(said) + 1)
    end = 3 * most // 5
    return flat if len(flat) <= most else f"{flat[: most - end - 1]}…{flat[-end:]}"


def _down(count: int) -> Spec:
    return {"domain": [count - 0.5, -0.5], "nice": False}


def _ticks(low: float, high: float) -> list[float]:
    """One to four round values within."""
    power = float(10 ** floor(log10(high - low)))
    step = next(s for s in (power / 2, power, 2 * power, 5 * power) if (high - low) / s <= TICKS)
    return [round(k * step, 12) for k in range(ceil(low / step), floor(high / step) + 1)]
