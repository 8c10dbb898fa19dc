"""What an error tree says, in one sentence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.measures.words import number

# what the mean of the rows' shares of a metric is called
MEASURES: Mapping[str, str] = {
    "accuracy": "error rate",
    "log_loss": "log loss",
    "brier": "Brier score",
    "mae": "absolute error",
    "rmse": "squared error",
}
HALF = "on the half of the test rows that did not grow the tree"


def sentence(lead: Mapping[str, Any] | None, facts: Mapping[str, Any]) -> str:
    """Where it fails most, or where two differ most; that nothing stands out is an answer, too.

    Parameters
    ----------
    lead
        The leaf that stands out, None where there is none.
    """
    if lead is None:
        return _nothing(facts)
    return _pair(lead, facts) if facts["signed"] else _one(lead, facts)


def _one(lead: Mapping[str, Any], facts: Mapping[str, Any]) -> str:
    metric = facts["metric"]
    span = f"{_figure(lead['error_low'], metric)} to {_figure(lead['error_high'], metric)}"
    return (
        f"Fails most where {lead['where']}: {_said(lead['error'], metric)} ({span}) against"
        f" {_figure(facts['error'], metric)} over all rows, {HALF}."
    )


def _pair(lead: Mapping[str, Any], facts: Mapping[str, Any]) -> str:
    """The one that is ahead comes first."""
    metric, swapped = facts["metric"], lead["difference"] > 0
    keys = ("other", "error") if swapped else ("error", "other")
    mine, its = (lead[k] for k in keys)
    ends = sorted(abs(lead[k]) for k in ("difference_low", "difference_high"))
    size = f"{_gap(abs(lead['difference']), metric)} less, {_gap(ends[0], metric, bare=True)} to"
    over = " against ".join(_figure(facts[k], metric) for k in keys)
    return (
        f"{facts['names'][int(swapped)]} is ahead most where {lead['where']}:"
        f" {_said(mine, metric)} against {_figure(its, metric)}"
        f" ({size} {_gap(ends[1], metric, bare=True)}); over all rows {over}, {HALF}."
    )


def _nothing(facts: Mapping[str, Any]) -> str:
    metric = facts["metric"]
    if facts["signed"]:
        both = " against ".join(
            f"{_said(facts[k], metric) if k == 'error' else _figure(facts[k], metric)}"
            for k in ("error", "other")
        )
        alike, over = "the two differ alike everywhere", f"{both} over all rows"
    else:
        alike, over = "it fails alike everywhere", f"{_said(facts['error'], metric)} over all rows"
    if facts["leaves"] == 1:
        return f"No group of rows stands out: as far as these rows tell, {alike} ({over})."
    return (
        "No group of rows stands out: what one half of the test rows showed is not there in the"
        f" other ({over})."
    )


def _said(value: float, metric: str) -> str:
    """An error with what it is: ``31% wrong``, ``log loss 0.512``."""
    told = _figure(value, metric)
    return f"{told} wrong" if metric == "accuracy" else f"{MEASURES[metric]} {told}"


def _figure(value: float, metric: str) -> str:
    if metric != "accuracy":
        return number(value)
    return f"{100 * value:.0f}%" if value >= 0.0995 or value == 0 else f"{100 * value:.1f}%"


def _gap(value: float, metric: str, *, bare: bool = False) -> str:
    if metric != "accuracy":
        return number(value)
    points = f"{100 * value:.0f}" if value >= 0.0995 else f"{100 * value:.1f}"
    return points if bare else f"{points} {'point' if points == '1.0' else 'points'}"
