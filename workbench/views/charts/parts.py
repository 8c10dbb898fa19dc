"""What charts are made of: Vega-Lite specifications as plain dicts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workbench.views.theme import QUIET, VEGA

Spec = dict[str, Any]
SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"
WIDTH, HEIGHT = 360, 230  # the width holds the axis too: all charts print one size of type
LONGEST = 28  # characters of a name on an axis


@dataclass(frozen=True)
class Chart:
    """One picture: a name, a title, what it shows in words, and its Vega-Lite specification."""

    name: str
    title: str
    caption: str
    spec: Mapping[str, Any]
    small: bool = False  # one of many beside each other


def chart(
    name: str,
    title: str,
    caption: str,
    rows: Iterable[Mapping[str, Any]],
    layers: Sequence[Spec],
    *,
    width: int = WIDTH,
    height: int | Spec = HEIGHT,
    **more: Any,
) -> Chart:
    """A chart of layers over one table."""
    spec: Spec = {
        "$schema": SCHEMA,
        "description": f"{title}. {caption}",
        "width": width,
        "height": height,
        "autosize": {"type": "fit-x", "contains": "padding"},
        "data": {"values": [dict(r) for r in rows]},
        "layer": list(layers),
        "config": VEGA,
        **more,
    }
    return Chart(name, title, caption, spec)


def mark(kind: str, encoding: Spec, **options: Any) -> Spec:
    """One layer."""
    return {"mark": {"type": kind, **options}, "encoding": encoding}


def rule(**position: Any) -> Spec:
    """A quiet reference line at a value: ``rule(y=0)``."""
    where = {axis: {"datum": value} for axis, value in position.items()}
    line = {"type": "rule", "color": QUIET, "strokeDash": [4, 4]}
    return {"data": {"values": [{}]}, "mark": line, "encoding": where}  # once, not once a row


def diagonal(x: str, y: str) -> Spec:
    """From (0, 0) to (1, 1); layers that share an axis share its title."""
    ends = {"values": [{"u": 0, "v": 0}, {"u": 1, "v": 1}]}
    line = mark(
        "line",
        {"x": share("u", x), "y": share("v", y)},
        color=QUIET,
        strokeDash=[4, 4],
        strokeWidth=1,
    )
    return {"data": ends, **line}


def bars(rows: Sequence[Mapping[str, Any]], x: str | None, y: str | None, **options: Any) -> Spec:
    """Bars of a histogram: rows hold ``low``, ``high``, ``from`` and ``to``."""
    large = any(isinstance(r["high"], (int, float)) and abs(r["high"]) >= 1000 for r in rows)
    return mark(
        "rect",
        {
            "x": number("low", x, axis={"tickCount": 5, "format": ".3~s" if large else ".3~g"}),
            "x2": ends("high"),
            "y": number("to", y, axis={"tickCount": 5, "format": ".3~s"}, scale={"zero": True}),
            "y2": ends("from"),
            **options.pop("encoding", {}),
        },
        **options,
    )


def whiskers(
    y: Spec, x: tuple[str, str, str], title: str, color: Spec, size: int = 70
) -> list[Spec]:
    """Points with intervals: ``x`` names the columns of low end, value and high end."""
    low, value, high = x
    line = {"y": y, "x": number(low, title), "x2": ends(high), "color": color}
    dots = {"y": y, "x": number(value, title), "color": color}
    return [mark("rule", line, strokeWidth=2), mark("point", dots, size=size)]


def number(field: str, title: str | None = None, **more: Any) -> Spec:
    """A numeric channel; a title of None leaves the axis unnamed."""
    scale = {"nice": True, "zero": False, **more.pop("scale", {})}
    return {"field": field, "type": "quantitative", "title": title, "scale": scale, **more}


def share(field: str, title: str | None = None, **more: Any) -> Spec:
    """A numeric channel from 0 to 1."""
    axis = {"values": [0, 0.25, 0.5, 0.75, 1], "format": ".2~f"}
    return number(field, title, scale={"domain": [0, 1], "nice": False}, axis=axis, **more)


STROKES = {"symbolType": "stroke", "symbolStrokeWidth": 2.5}  # of a legend of lines


def name(field: str, title: str | None = None, **more: Any) -> Spec:
    """A channel of names, in the order in which they come."""
    return {"field": field, "type": "nominal", "title": title, "sort": None, **more}


def ends(field: str) -> Spec:
    """The second end of a bar or a whisker."""
    return {"field": field}


def short(text: Any, most: int = LONGEST) -> str:
    """A name that fits on an axis, on one line."""
    flat = " ".join("".join(c if c.isprintable() else " " for c in str(text)).split()) or "(empty)"
    return flat if len(flat) <= most else flat[: most - 1] + "…"


def apart(names: Sequence[Any], most: int = LONGEST) -> list[str]:
    """Short names that stay different from each other."""
    seen: dict[str, int] = {}
    found = []
    for given in names:
        text = short(given, most)
        seen[text] = seen.get(text, 0) + 1
        found.append(text if seen[text] == 1 else f"{text[: most - 4]} ({seen[text]})")
    return found
