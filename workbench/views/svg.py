"""A chart as SVG, drawn offline by vl-convert."""

from __future__ import annotations

import hashlib
import json
import re
from functools import lru_cache

from workbench.views.charts import Chart

# a dot as Vega draws it: a circle of two arcs, moved to its place
DOT = re.compile(
    r'<path (?:aria-hidden="true" )?transform="translate\((?P<x>[-\d.e]+),(?P<y>[-\d.e]+)\)" '
    r'd="M(?P<r>[\d.]+),0A(?P=r),(?P=r),0,1,1,-(?P=r),0A(?P=r),(?P=r),0,1,1,(?P=r),0" '
    r'fill="(?P<fill>[^"]+)"(?: stroke-width="[\d.]+")?(?: opacity="(?P<opacity>[\d.]+)")?/>'
)
EMPTY = re.compile(r'<path class="(?:back|fore)ground"[^>]* display="none"/>')
LONG = re.compile(r"-?\d+\.\d{3,}(?:e-\d+)?")
PLACES = re.compile(r' (?:d|transform|viewBox)="[^"]*"')


def svg(chart: Chart) -> str | None:
    """Inline SVG without a ground of its own; None where vl-convert is not installed."""
    return _drawn(json.dumps(chart.spec, sort_keys=True, default=str))


@lru_cache(maxsize=128)
def _drawn(spec: str) -> str | None:
    try:
        import vl_convert
    except ModuleNotFoundError:
        return None
    text: str = vl_convert.vegalite_to_svg(
        json.loads(spec), vl_version="5.20", allowed_base_urls=[]
    )
    # a page holds many of them: what they name inside must not meet
    own = hashlib.sha256(spec.encode()).hexdigest()[:8]
    text = re.sub(r'\b(id="|url\(#|href="#)', rf"\g<1>v{own}-", text)
    text = re.sub(r"\swidth=\"[\d.]+\" height=\"[\d.]+\"", "", text, count=1)
    return _slim(text[text.index("<svg") :])


def _slim(text: str) -> str:
    """The same picture in a fifth of the bytes: 2,400 dots must fit into a notebook's cell."""
    text = EMPTY.sub("", _dots(text))
    return PLACES.sub(lambda found: LONG.sub(_rounded, found[0]), text)


def _dots(text: str) -> str:
    """Dots as points of a round pen; neighbours of one colour share a group."""
    parts: list[str] = []
    end, style = 0, ""
    for dot in DOT.finditer(text):
        now = (
            f'<g stroke="{dot["fill"]}" stroke-width="{2 * float(dot["r"]):.4g}" '
            f'stroke-linecap="round" stroke-opacity="{dot["opacity"] or 1}">'
        )
        if style and (dot.start() != end or now != style):
            parts.append("</g>")
        if dot.start() != end or now != style:
            parts += [text[end : dot.start()], now]
        parts.append(f'<path d="M{float(dot["x"]):.1f} {float(dot["y"]):.1f}h0"/>')
        end, style = dot.end(), now
    return "".join([*parts, "</g>" if style else "", text[end:]])


def _rounded(number: re.Match[str]) -> str:
    return f"{float(number[0]):.2f}".rstrip("0").rstrip(".")
