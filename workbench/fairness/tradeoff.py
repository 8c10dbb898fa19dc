"""Trade-off: what fairness costs. Runs by quality and gap, the front of them, and the price."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any

from workbench.core.report import Finding, Report, Table
from workbench.fairness.rates import TITLES
from workbench.measures.words import number


@dataclass(frozen=True)
class Point:
    """One run: how good it is, and how far apart it holds the groups.

    ``origin`` is the run that a mitigated one was made from; ``front``: no other run is both at
    least as good and at least as even, and better in one of them.
    """

    run: str
    title: str
    method: str  # empty: not mitigated
    aim: str
    strength: float | None
    quality: float
    gap: float
    low: float | None
    high: float | None
    ratio: float | None
    origin: str = ""
    front: bool = False


def tradeoff(
    points: Sequence[Point],
    subject: str,
    *,
    by: Sequence[str],
    metric: str,
    metric_title: str,
    higher_is_better: bool,
    gap: str,
) -> Report:
    """Runs by quality and gap.

    Parameters
    ----------
    points
        The first is the run that others are held against.

    Returns
    -------
    Report
        kind ``tradeoff``; its sentence is the price of the mitigations of the first run.
    """
    marked = fronted(points, higher_is_better)
    names = tuple(f.name for f in fields(Point))
    rows = tuple(tuple(getattr(p, n) for n in names) for p in marked)
    first, *others = marked
    mine = [p for p in others if p.origin == first.run]
    title = TITLES.get(gap, gap.replace("_", " ")).lower()
    words = f"the gap in {title} by {' and '.join(by)}"
    sentences = [price(first, p, metric_title, words) for p in mine]
    return Report(
        "tradeoff",
        subject,
        f"Quality against fairness by {' and '.join(by)}",
        " ".join(sentences) or _alone(first, metric_title, words),
        {
            "by": list(by), "metric": metric, "metric_title": metric_title, "gap": gap,
            "gap_title": title, "higher_is_better": higher_is_better, "runs": len(marked),
        },
        tuple(_findings(first, mine, words)),
        (Table("runs", names, rows, "On the same test rows; 95% bootstrap intervals of the gap."),),
    )  # fmt: skip


def fronted(points: Sequence[Point], higher_is_better: bool) -> list[Point]:
    """The points, those of the Pareto front marked."""
    sign = 1.0 if higher_is_better else -1.0

    def beaten(p: Point) -> bool:
        return any(
            sign * q.quality >= sign * p.quality
            and q.gap <= p.gap
            and (q.quality != p.quality or q.gap != p.gap)
            for q in points
        )

    return [Point(**{**_plain(p), "front": not beaten(p)}) for p in points]


def price(before: Point, after: Point, metric_title: str, words: str) -> str:
    """``Reweighing: AUC falls by 0.8 points (0.905 to 0.897), the gap ... falls by 9.3 points.``"""
    quality = _moved(metric_title, before.quality, after.quality)
    gap = _moved(words, before.gap, after.gap)
    return f"{after.title}: {quality}, {gap}."


def _moved(what: str, before: float, after: float) -> str:
    change = after - before
    if abs(change) < 0.0005:
        return f"{what} stays at {number(after)}"
    verb = "rises" if change > 0 else "falls"
    if max(abs(before), abs(after)) <= 1:
        size = f"{abs(100 * change):.1f} points"
    else:
        size = number(abs(change))
    return f"{what} {verb} by {size} ({number(before)} to {number(after)})"


def _alone(first: Point, metric_title: str, words: str) -> str:
    return f"{metric_title} is {number(first.quality)}, {words} {number(first.gap)}."


def _findings(first: Point, mine: Sequence[Point], words: str) -> Iterator[Finding]:
    for point in mine:
        if point.gap >= first.gap:
            yield Finding(
                "no-gain",
                "warning",
                f"{point.title} does not narrow {words} on the test rows."
                " Try another method, or more strength.",
                {"before": first.gap, "after": point.gap},
                point.run,
            )


def _plain(point: Point) -> dict[str, Any]:
    return {f.name: getattr(point, f.name) for f in fields(Point)}
