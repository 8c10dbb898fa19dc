"""The decision threshold: what moving it does to the groups of a column, and to all rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from workbench.core.errors import NotFound, UsageError
from workbench.objects import Run
from workbench.views import words
from workbench.widgets.live import Live
from workbench.widgets.look import script

RATES = {
    "selection_rate": "selection rate",
    "tpr": "true positive rate",
    "fpr": "false positive rate",
    "fnr": "false negative rate",
    "precision": "precision",
    "accuracy": "accuracy",
}
FEWEST = 30  # rows of a group whose gap is told
MOST = 20  # groups


class ThresholdWidget(Live):
    """Rates by group at any threshold, from counts of the test rows: nothing is trained again.

    Parameters
    ----------
    run
        Of a binary model.
    by
        The columns that form the groups; the sensitive ones by default.

    Raises
    ------
    UsageError
        There is no column, or the task has no threshold.
    """

    _esm = script("threshold")

    def __init__(self, run: Run, by: Sequence[str] | str | None = None) -> None:
        self.run = run
        named = [by] if isinstance(by, str) else list(by or ())
        data = run.workspace.datasets[run.record.recipe.dataset]
        self.by = named or list(data.schema.audited())[:2]
        if not self.by:
            raise UsageError(
                "No column forms the groups.",
                'Name some: run.explore("fairness", by=["sex"]), or make one sensitive.',
            )
        self._counts = run.sweep(self.by)
        signature = run.record.signature
        self.own = float(signature.threshold if signature else 0.5)
        self.positive = str(signature.positive if signature else "")
        self.at = self.own
        self.column = self._counts.columns[0]
        self.metric = "selection_rate"
        super().__init__()
        self.draw()

    def move(self, threshold: float) -> None:
        """Move the threshold, from 0 to 1.

        Raises
        ------
        UsageError
            It lies elsewhere.
        """
        self._put_at(threshold)
        self.draw()

    def hear(self, asked: Mapping[str, Any]) -> None:
        """``at``: a threshold; ``column`` and ``metric``: what is shown."""
        if "at" in asked:
            self._put_at(asked["at"])
        for name, known in (("column", self._counts.columns), ("metric", RATES)):
            if name in asked:
                if asked[name] not in known:
                    raise NotFound.among(name, str(asked[name]), known)
                setattr(self, name, asked[name])

    def _put_at(self, threshold: float) -> None:
        if not 0 <= threshold <= 1:
            raise UsageError(f"A threshold lies between 0 and 1, not {threshold}.")
        self.at = float(threshold)

    def drawn(self) -> dict[str, Any]:
        columns = list(dict.fromkeys(self._counts.columns))
        accuracy = self._counts.accuracy(self.at)
        change = accuracy - self._counts.accuracy(self.own)
        return {
            "title": f"Threshold · {words.family(self.run.record.model)} {self.run.record.short}",
            "said": "From which probability on a row is called positive, on the test rows.",
            "slider": f"Positive ({self.positive}) from a probability of",
            "at": self.at,
            "own": self.own,
            "facts": [
                ["accuracy over all rows", words.percent(accuracy)],
                ["against the model’s own threshold", _signed(change)],
            ],
            "columns": [[c, c] for c in columns],
            "column": self.column,
            "metrics": [[name, title] for name, title in RATES.items()],
            "metric": self.metric,
            "groups": self._groups(),
            "gap": self._gap(),
            "note": f"Hollow: fewer than {FEWEST} rows, left out of the gap. The model itself "
            f"keeps {self.own:.2f}; run.threshold() chooses one on validation rows.",
        }

    def _groups(self) -> dict[str, Any]:
        rows = [r for r in self._counts.at(self.at).records() if r["column"] == self.column]
        items = [
            {
                "name": r["group"],
                "quiet": words.plural(r["count"], "row"),
                "dot": r[self.metric],
                "text": words.percent(r[self.metric]),
                "tone": "small" if r["count"] < FEWEST else "",
            }
            for r in rows[:MOST]
        ]
        return {"items": items, "low": 0, "high": 1}

    def _gap(self) -> str:
        gaps = self._counts.gaps(self.at, FEWEST).records()
        mine = [g for g in gaps if (g["column"], g["metric"]) == (self.column, self.metric)]
        if not mine:
            return "There are not two groups that are large enough to be held together."
        (gap,) = mine
        return (
            f"The {RATES[self.metric]} of {gap['highest']} is {words.points(gap['difference'])} "
            f"above that of {gap['lowest']}."
        )


def _signed(change: float) -> str:
    return ("+" if change > 0 else "") + words.points(change)
