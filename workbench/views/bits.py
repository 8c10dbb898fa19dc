"""Small pictures inside a line: bars of a histogram, how far something is, where intervals lie."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.views.theme import INDIGO, QUIET, TEAL

WIDE, HIGH = 96, 20  # pixels of a picture in a table's cell
NUMBERS = INDIGO
OTHERS = TEAL


def bars(counts: Sequence[float], colour: str = NUMBERS) -> str:
    """A histogram as small as a word; empty where there is nothing to count."""
    top = max(counts, default=0)
    if not top:
        return ""
    step = WIDE / len(counts)
    drawn = "".join(
        f'<rect x="{i * step:.1f}" y="{HIGH - tall:.1f}" width="{max(step - 1, 0.8):.1f}"'
        f' height="{tall:.1f}"/>'
        for i, count in enumerate(counts)
        for tall in [max(HIGH * count / top, 0.6 if count else 0)]
    )
    return _picture(f'<g fill="{colour}">{drawn}</g>')


def intervals(spans: Sequence[tuple[float, float, float] | None]) -> list[str]:
    """A dot on its interval for each, all on one scale; empty where there is none."""
    known = [span for span in spans if span is not None]
    if not known:
        return [""] * len(spans)
    low, high = min(s[0] for s in known), max(s[2] for s in known)
    width = (high - low) or 1.0

    def place(value: float) -> float:
        return 4 + (WIDE - 8) * (value - low) / width

    return [
        ""
        if span is None
        else _picture(
            f'<line x1="{place(span[0]):.1f}" x2="{place(span[2]):.1f}" y1="10" y2="10"'
            f' stroke="{QUIET}" stroke-width="2"/>'
            f'<circle cx="{place(span[1]):.1f}" cy="10" r="3.5" fill="{INDIGO}"/>'
        )
        for span in spans
    ]


def meter(fraction: float) -> str:
    """How far something has come, as a bar that needs no style sheet."""
    share = min(max(fraction, 0.0), 1.0)
    return (
        '<span style="display:inline-block;width:14rem;max-width:100%;height:.5rem;'
        'border-radius:99px;background:rgba(128,136,160,.3);vertical-align:middle">'
        f'<span style="display:block;width:{100 * share:.0f}%;height:.5rem;border-radius:99px;'
        f'background:{INDIGO}"></span></span>'
    )


def _picture(inside: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDE} {HIGH}" width="{WIDE}"'
        f' height="{HIGH}" aria-hidden="true">{inside}</svg>'
    )
