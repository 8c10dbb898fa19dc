"""Fairness by two columns of text and both together: ours beside fairlearn's MetricFrame.

Ours: nine rates with 1,000-draw intervals, gaps with p, findings. fairlearn: five rates without
intervals. Both from pandas' columns of text, in one process; CPU seconds say more than wall
seconds where others work beside.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from harness import Sample, Subject, arguments, machine, rounds, table, write

from workbench.core.signature import Signature
from workbench.fairness.audit import audit, measure
from workbench.fairness.thresholds import sweep
from workbench.measures.sample import Sample as Rows

SIGNATURE = Signature((), "income", "binary", ("no", "yes"))


def made(rows: int) -> tuple[np.ndarray, np.ndarray, pd.DataFrame]:
    """Truths, scores, and a frame of two columns of text with ten groups."""
    random = np.random.default_rng(0)
    scores = random.random(rows)
    truth = (random.random(rows) < scores).astype(np.int64)
    columns = {
        "sex": random.choice(np.array(["Female", "Male"], object), rows),
        "race": random.choice(np.array(["A", "B", "C", "D", "E"], object), rows),
    }
    return truth, scores, pd.DataFrame(columns)


def timed(work: Callable[[], Any]) -> Callable[[], Sample]:
    """A measurement of ``work`` in this process."""

    def measured() -> Sample:
        cpu, wall = time.process_time(), time.perf_counter()
        work()
        return Sample(time.perf_counter() - wall, time.process_time() - cpu)

    return measured


def theirs(truth: np.ndarray, scores: np.ndarray, frame: pd.DataFrame) -> None:
    """fairlearn's five rates, by each column and by both."""
    import fairlearn.metrics as fl
    from sklearn.metrics import accuracy_score

    rates = {
        "selection_rate": fl.selection_rate,
        "tpr": fl.true_positive_rate,
        "fpr": fl.false_positive_rate,
        "fnr": fl.false_negative_rate,
        "accuracy": accuracy_score,
    }
    predicted = (scores >= 0.5).astype(int)
    for columns in (["sex"], ["race"], ["sex", "race"]):
        found = fl.MetricFrame(
            metrics=rates, y_true=truth, y_pred=predicted, sensitive_features=frame[columns]
        )
        found.difference()
        found.ratio()


def main() -> None:
    """Measure all, print tables."""
    parser = arguments(__doc__ or "")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--peer-rows", type=int, default=1_000_000)
    asked = parser.parse_args()
    truth, scores, frame = made(asked.rows)
    groups = {name: frame[name] for name in frame}
    moved = sweep(truth, scores, groups, SIGNATURE)
    fewer = made(asked.peer_rows)

    def rates() -> None:
        measure(Rows.of("binary", truth, scores), groups, 1000, 0)

    subjects = [
        Subject("rates and draws", timed(rates), ours=True),
        Subject("audit", timed(lambda: audit(truth, scores, groups, SIGNATURE, "run"))),
        Subject("another threshold", timed(lambda: (moved.at(0.37), moved.gaps(0.37)))),
        Subject(f"fairlearn, {asked.peer_rows:,} rows", timed(lambda: theirs(*fewer))),
    ]
    found = rounds(subjects, asked.rounds)
    print(machine())
    print(table(found, "rates and draws"))
    write(asked.json, found)


if __name__ == "__main__":
    main()
