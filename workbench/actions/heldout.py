"""What one run, or two, said on the test rows that they share, beside the rows' own columns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.actions.compare import positions, require_one_question, shared_rows
from workbench.actions.context import Context
from workbench.actions.results import Results
from workbench.core.dataset import Column
from workbench.evaluation.evaluate import sample_of
from workbench.measures.sample import Sample

PLAIN = ("number", "boolean", "category", "datetime")


@dataclass(frozen=True, eq=False)
class HeldOut:
    """One or two runs, and the test rows that they share."""

    runs: list[Results]
    samples: list[Sample]
    places: np.ndarray  # of the rows among the first run's test rows

    @classmethod
    def of(cls, context: Context, run: str, other: str | None = None) -> HeldOut:
        """The results of runs named by id, prefix or alias.

        Raises
        ------
        UsageError
            The two runs answer different questions, or share no test rows.
        StoreError
            A run is not done.
        """
        runs = [Results.of(context, name) for name in (run, *([other] if other else []))]
        require_one_question(runs)
        rows = shared_rows(runs) if other else runs[0].test["row"].to_numpy()
        samples = []
        for one in runs:
            at = positions(one, rows)
            samples.append(sample_of(one.test_truth()[at], one.test_scores()[at], one.signature))
        return cls(runs, samples, positions(runs[0], rows))

    def __len__(self) -> int:
        return len(self.places)

    @property
    def first(self) -> Results:
        return self.runs[0]

    @property
    def names(self) -> tuple[str, str]:
        """What the first run is called, and the last one."""
        return self.first.title, self.runs[-1].title

    @property
    def subject(self) -> str:
        return " ".join(run.record.id for run in self.runs)

    @property
    def columns(self) -> list[Column]:
        """Those of the data set, whether a model saw them or not, but for ids and texts."""
        return [
            c
            for c in self.first.schema.columns
            if c.role in ("feature", "sensitive") and c.basis in PLAIN
        ]

    def frame(self) -> pd.DataFrame:
        """The rows in these columns."""
        return self.first.test_rows([c.name for c in self.columns]).iloc[self.places]

    def groups(self) -> np.ndarray | None:
        """Numbers of the groups that the first run's split keeps together; None without groups."""
        split = self.first.record.recipe.split
        if split is None or split.method not in ("group", "content") or not split.column:
            return None
        values = self.first.test_rows([split.column])[split.column].iloc[self.places]
        codes: np.ndarray = values.factorize(use_na_sentinel=False)[0]
        return codes
