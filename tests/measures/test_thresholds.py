"""Thresholds and costs: the best by brute force, scikit-learn's curves, and clear refusals."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as sk

from workbench.core.errors import DataError, UsageError
from workbench.measures.costs import Costs
from workbench.measures.sample import Sample
from workbench.measures.thresholds import Candidates, Rule

CLASSES = ("no", "yes")
FIVE = Costs.of({"fn": 5, "fp": 1}, CLASSES)


@st.composite
def case(draw: Any) -> tuple[np.ndarray, np.ndarray]:
    rows = draw(st.integers(2, 40))
    truth = draw(st.lists(st.integers(0, 1), min_size=rows, max_size=rows))
    truth[:2] = [0, 1]
    steps = draw(st.lists(st.integers(0, 20), min_size=rows, max_size=rows))
    return np.array(truth, dtype=float), np.array(steps) / 20


def every(truth: np.ndarray, scores: np.ndarray) -> list[float]:
    """Every threshold that differs on these rows."""
    return [*np.unique(scores), 1.5]


@given(case())
def test_f1_youden_and_cost_are_the_best_of_all_thresholds(case: Any) -> None:
    truth, scores = case
    found = Candidates.of(truth, scores)
    said = [scores >= t for t in every(truth, scores)]
    best = {
        "f1": max(sk.f1_score(truth, s, zero_division=0) for s in said),
        "youden": max(sk.balanced_accuracy_score(truth, s) * 2 - 1 for s in said),
        "cost": min(float((5 * ((truth == 1) & ~s) + ((truth == 0) & s)).mean()) for s in said),
    }
    for by, value in best.items():
        choice = found.choose(Rule(by, costs=FIVE if by == "cost" else None))  # type: ignore[arg-type]
        assert choice.value == pytest.approx(value), by
        sample = Sample.of("binary", truth, scores, threshold=choice.threshold)
        if by == "cost":
            assert FIVE.metric()(sample) == pytest.approx(value)
        elif by == "f1":
            assert sk.f1_score(truth, sample.predicted, zero_division=0) == pytest.approx(value)


@given(case(), st.floats(0.05, 1))
def test_a_recall_is_reached_with_the_best_precision(case: Any, at: float) -> None:
    truth, scores = case
    choice = Candidates.of(truth, scores).choose(Rule("recall", at))
    said = scores >= choice.threshold
    assert sk.recall_score(truth, said) >= at
    others = [scores >= t for t in every(truth, scores)]
    best = max(
        sk.precision_score(truth, s, zero_division=0)
        for s in others
        if sk.recall_score(truth, s) >= at
    )
    assert sk.precision_score(truth, said) == pytest.approx(best)


@given(case(), st.floats(0.05, 1))
def test_a_precision_is_reached_with_the_best_recall_or_said_to_be_out_of_reach(
    case: Any, at: float
) -> None:
    truth, scores = case
    others = [scores >= t for t in np.unique(scores)]
    reached = [s for s in others if sk.precision_score(truth, s) >= at]
    if not reached:
        with pytest.raises(UsageError, match="No threshold reaches"):
            Candidates.of(truth, scores).choose(Rule("precision", at))
        return
    choice = Candidates.of(truth, scores).choose(Rule("precision", at))
    said = scores >= choice.threshold
    assert sk.precision_score(truth, said) >= at
    best = max(sk.recall_score(truth, s) for s in reached)
    assert sk.recall_score(truth, said) == pytest.approx(best)


def test_the_cost_of_calibrated_scores_has_bayes_threshold() -> None:
    """Elkan, "The foundations of cost-sensitive learning" (2001): fp / (fp + fn)."""
    random = np.random.default_rng(0)
    scores = random.random(200_000)
    truth = (random.random(200_000) < scores).astype(float)
    choice = Candidates.of(truth, scores).choose(Rule("cost", costs=FIVE))
    assert choice.threshold == pytest.approx(1 / 6, abs=0.02)


def test_when_alarms_are_too_dear_nobody_is_called() -> None:
    dear = Costs.of([[0, 100], [1, 0]], CLASSES)
    choice = Candidates.of(np.array([0, 1, 0, 1.0]), np.array([1, 0.9, 0.5, 0.2])).choose(
        Rule("cost", costs=dear)
    )
    assert choice.threshold > 1 and choice.value == pytest.approx(0.5)


def test_costs_are_said_by_name_by_pair_or_as_a_table() -> None:
    many = ("a", "b:c", "d")
    pairs = Costs.of({"a:b:c": 2, "b:c:d": "3"}, many)
    assert pairs.matrix.tolist() == [[0, 2, 0], [0, 0, 3], [0, 0, 0]]
    assert Costs.of(pairs.matrix, many).said == {"a:b:c": 2.0, "b:c:d": 3.0}
    assert FIVE.said == {"no:yes": 1.0, "yes:no": 5.0}
    sample = Sample.of("multiclass", [0, 1, 2], np.eye(3)[[1, 1, 0]])
    assert pairs.metric()(sample) == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    "wrong",
    [{"up": 1}, {"fn": "much"}, [[0, 1]], [[1, 1], [1, 1]], {"no:maybe": 1}, [[0, np.nan], [1, 0]]],
)
def test_costs_that_say_nothing_are_refused(wrong: Any) -> None:
    with pytest.raises(UsageError):
        Costs.of(wrong, CLASSES)


def test_rules_that_are_not_whole_are_refused() -> None:
    for by, at in (("recall", None), ("precision", 2.0), ("cost", None), ("odd", None)):
        with pytest.raises(UsageError):
            Rule(by, at)  # type: ignore[arg-type]
    with pytest.raises(DataError, match="one class"):
        Candidates.of(np.zeros(5), np.linspace(0, 1, 5))
