"""Runs beside each other: a leaderboard by any metric, and the verdict about two of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from workbench.core.errors import NotFound
from workbench.core.report import Report
from workbench.objects import Run
from workbench.views import words
from workbench.widgets.live import Live
from workbench.widgets.look import script


class ComparisonWidget(Live):
    """A leaderboard with a choice of metric; two runs that are pressed are held together.

    Parameters
    ----------
    runs
        Two or more on the same test rows.

    Raises
    ------
    UsageError
        They cannot be compared.
    """

    _esm = script("comparison")

    def __init__(self, runs: Sequence[Run]) -> None:
        self.runs = {run.id: run for run in runs}
        self.report: Report = next(iter(self.runs.values())).workspace.compare([*self.runs])
        evaluation = next(iter(self.runs.values())).evaluation()
        self._known = {r["name"]: r for r in evaluation["metrics"].records()}
        compared = dict.fromkeys(self.report["metrics"].column("metric"))
        self.metrics = {name: words.metric(name) for name in compared}
        self.metric = str(self.report.facts["primary"])
        self.pair: tuple[str, ...] = tuple(self.report["ranking"].column("id")[:2])
        super().__init__()
        self.draw()

    def choose(self, metric: str) -> None:
        """Judge by another metric.

        Raises
        ------
        NotFound
            The comparison has no such metric.
        """
        self._judge_by(metric)
        self.draw()

    def hear(self, asked: Mapping[str, Any]) -> None:
        """``metric``: its name; ``pick``: the id of a run that goes into the pair, or out of it."""
        if "metric" in asked:
            self._judge_by(str(asked["metric"]))
        picked = asked.get("pick")
        if picked in self.runs:
            left = tuple(run for run in self.pair if run != picked)
            self.pair = left if picked in self.pair else (*left, picked)[-2:]

    def _judge_by(self, metric: str) -> None:
        if metric not in self.metrics:
            raise NotFound.among("metric", metric, self.metrics)
        self.metric = metric

    def drawn(self) -> dict[str, Any]:
        return {
            "title": f"{words.plural(len(self.runs), 'run')} on the same "
            f"{words.plural(int(self.report.facts['rows']), 'test row')}",
            "said": self.report.sentence,
            "metrics": [[name, title] for name, title in self.metrics.items()],
            "metric": self.metric,
            "board": self._board(),
            "pair": self._pair() if len(self.pair) == 2 else None,
        }

    def _board(self) -> dict[str, Any]:
        rows = [r for r in self.report["metrics"].records() if r["metric"] == self.metric]
        up = bool(self._known.get(self.metric, {}).get("higher_is_better", True))
        known = [r for r in rows if r["value"] is not None]
        known.sort(key=lambda r: -r["value"] if up else r["value"])
        items = [
            {
                "key": r["id"],
                "name": r["title"],
                "quiet": "champion" if "champion" in self.runs[r["id"]].record.aliases else "",
                "least": r["low"],
                "most": r["high"],
                "dot": r["value"],
                "text": words.number(r["value"]),
                "on": r["id"] in self.pair,
            }
            for r in known
        ]
        ends = [v for r in known for v in (r["low"], r["value"], r["high"]) if v is not None]
        return {"items": items, **_scale(ends)}

    def _pair(self) -> dict[str, Any]:
        mine = [r for r in self.report["differences"].records() if {r["a"], r["b"]} == {*self.pair}]
        chosen = next((r for r in mine if r["metric"] == self.metric), None)
        title = {r["id"]: r["title"] for r in self.report["ranking"].records()}
        a, b = (mine[0]["a"], mine[0]["b"]) if mine else self.pair
        items = [
            {
                "name": words.metric(r["metric"]),
                "least": r["low"],
                "most": r["high"],
                "dot": r["difference"],
                "text": words.number(r["difference"]),
                "on": r["metric"] == self.metric,
            }
            for r in mine
            if r["difference"] is not None and self._share(r["metric"])
        ]
        ends = [v for i in items for v in (i["least"], i["dot"], i["most"]) if v is not None]
        practical = [
            r["sentence"]
            for r in self.report["practical"].records()
            if {r["a"], r["b"]} == {*self.pair} and r["metric"] == self.metric
        ]
        return {
            "sentence": chosen["sentence"] if chosen else "",
            "title": f"{title[a]} minus {title[b]}, with 95% intervals on the same rows",
            "board": {"items": items, **_scale([*ends, 0.0])},
            "notes": practical,
        }

    def _share(self, metric: str) -> bool:
        """Whether it lies between 0 and 1, so that one scale suits all."""
        value = self._known.get(metric, {}).get("value")
        return self.report.facts["task"] == "regression" or (
            value is not None and 0 <= value <= 1 and metric != "log_loss"
        )


def _scale(ends: Sequence[float]) -> dict[str, float]:
    low, high = (min(ends), max(ends)) if ends else (0.0, 1.0)
    pad = 0.04 * (high - low) or 0.01
    return {"low": low - pad, "high": high + pad}
