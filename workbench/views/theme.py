"""The look: colours and type, light and dark, for the app, for charts and for HTML."""

from __future__ import annotations

from typing import Any

INDIGO, TEAL, AMBER = "#5b6cff", "#14b8a6", "#f59e0b"
ROSE, VIOLET, SKY = "#f43f5e", "#8b5cf6", "#0ea5e9"
SERIES = (INDIGO, TEAL, AMBER, ROSE, VIOLET, SKY)
HIGH, LOW = ROSE, "#3b82f6"  # of a value
QUIET = "#8792a6"  # readable on both grounds: rules, whiskers, reference lines
SPECTRUM = (LOW, "#5b7cf0", "#7b76e6", "#9a6edb", "#b964c9", "#d457ae", "#e94a8b", HIGH)


def strengths(steps: int = 24) -> list[str]:
    """Shades of the accent from nearly nothing to full, on either ground."""
    return [f"{INDIGO}{round(16 + 239 * k / (steps - 1)):02x}" for k in range(steps)]


FONT = "'Inter Variable', Inter, Roboto, system-ui, sans-serif"

LIGHT = {
    "ground": "#f6f7fb",
    "card": "#ffffff",
    "line": "#e5e8f0",
    "text": "#111827",
    "quiet": "#5b6477",
    "accent": "#4f46e5",
    "good": "#0f766e",
    "warn": "#a15c07",
    "bad": "#be123c",
}
DARK = {
    "ground": "#0b0f19",
    "card": "#121826",
    "line": "#232c3f",
    "text": "#e6eaf2",
    "quiet": "#9aa5b8",
    "accent": "#818cf8",
    "good": "#2dd4bf",
    "warn": "#fbbf24",
    "bad": "#fb7185",
}

# Charts have no ground of their own and use colours that are readable on both.
VEGA: dict[str, Any] = {
    "background": None,
    "font": "Inter, Roboto, DejaVu Sans, sans-serif",
    "view": {"stroke": None},
    "axis": {
        "domain": False,
        "ticks": False,
        "labelColor": QUIET,
        "titleColor": QUIET,
        "titleFontWeight": "normal",
        "titleFontSize": 12,
        "labelFontSize": 11,
        "labelLimit": 150,
        "gridColor": QUIET,
        "gridOpacity": 0.22,
        "labelPadding": 6,
        "titlePadding": 8,
    },
    "axisX": {"grid": False},
    # numbers may be thinned out, names never
    "axisXQuantitative": {"tickCount": 5, "labelOverlap": "greedy", "labelSeparation": 10},
    "legend": {
        "labelColor": QUIET,
        "titleColor": QUIET,
        "labelFontSize": 11,
        "titleFontSize": 11,
        "titleFontWeight": "normal",
        "orient": "top",
        "labelLimit": 160,
        "symbolType": "circle",
    },
    "header": {"labelColor": QUIET, "titleColor": QUIET, "labelFontSize": 11},
    "title": {"color": QUIET, "fontSize": 11, "fontWeight": "normal", "anchor": "start"},
    "range": {"category": list(SERIES)},
    "mark": {"aria": False},  # a label on each of 5,000 dots helps nobody; the table twin does
    "line": {"strokeWidth": 2},
    "point": {"filled": True, "size": 45, "opacity": 1},
    "bar": {"cornerRadiusEnd": 2},
}
