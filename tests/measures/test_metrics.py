"""Metrics are scikit-learn's, weighted or not, and say None where they do not apply."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk

from workbench.core.errors import DataError
from workbench.measures.metrics import METRICS
from workbench.measures.sample import Sample

BINARY = {
    "roc_auc": lambda y, p, w: sk.roc_auc_score(y, p, sample_weight=w),
    "average_precision": lambda y, p, w: sk.average_precision_score(y, p, sample_weight=w),
    "accuracy": lambda y, p, w: sk.accuracy_score(y, p >= 0.5, sample_weight=w),
    "balanced_accuracy": lambda y, p, w: sk.balanced_accuracy_score(y, p >= 0.5, sample_weight=w),
    "f1": lambda y, p, w: sk.f1_score(y, p >= 0.5, sample_weight=w),
    "precision": lambda y, p, w: sk.precision_score(y, p >= 0.5, sample_weight=w),
    "recall": lambda y, p, w: sk.recall_score(y, p >= 0.5, sample_weight=w),
    "log_loss": lambda y, p, w: sk.log_loss(y, p, sample_weight=w, labels=[0, 1]),
    "brier": lambda y, p, w: sk.brier_score_loss(y, p, sample_weight=w),
    "specificity": lambda y, p, w: sk.recall_score(y, p >= 0.5, pos_label=0, sample_weight=w),
    "mcc": lambda y, p, w: sk.matthews_corrcoef(y, p >= 0.5, sample_weight=w),
    "kappa": lambda y, p, w: sk.cohen_kappa_score(y, p >= 0.5, sample_weight=w),
}
MANY = {
    "roc_auc": lambda y, p, w: np.mean(
        [sk.roc_auc_score(y == k, p[:, k], sample_weight=w) for k in range(p.shape[1])]
    ),
    "accuracy": lambda y, p, w: sk.accuracy_score(y, p.argmax(1), sample_weight=w),
    "balanced_accuracy": lambda y, p, w: sk.balanced_accuracy_score(
        y, p.argmax(1), sample_weight=w
    ),
    "f1": lambda y, p, w: sk.f1_score(y, p.argmax(1), average="macro", sample_weight=w),
    "log_loss": lambda y, p, w: sk.log_loss(y, p, sample_weight=w),
    "f1_weighted": lambda y, p, w: sk.f1_score(y, p.argmax(1), average="weighted", sample_weight=w),
    "precision": lambda y, p, w: sk.precision_score(
        y, p.argmax(1), average="macro", sample_weight=w, zero_division=0
    ),
    "mcc": lambda y, p, w: sk.matthews_corrcoef(y, p.argmax(1), sample_weight=w),
    "kappa": lambda y, p, w: sk.cohen_kappa_score(y, p.argmax(1), sample_weight=w),
    "brier": lambda y, p, w: np.average(((p - np.eye(p.shape[1])[y]) ** 2).sum(1), weights=w),
}
VALUES = {
    "rmse": lambda y, p, w: sk.root_mean_squared_error(y, p, sample_weight=w),
    "mae": lambda y, p, w: sk.mean_absolute_error(y, p, sample_weight=w),
    "r2": lambda y, p, w: sk.r2_score(y, p, sample_weight=w),
    "explained_variance": lambda y, p, w: sk.explained_variance_score(y, p, sample_weight=w),
    "mape": lambda y, p, w: sk.mean_absolute_percentage_error(y, p, sample_weight=w),
    "pinball_10": lambda y, p, w: sk.mean_pinball_loss(y, p, alpha=0.1, sample_weight=w),
    "pinball_90": lambda y, p, w: sk.mean_pinball_loss(y, p, alpha=0.9, sample_weight=w),
}
POSITIVE = {
    "rmsle": lambda y, p, w: sk.root_mean_squared_log_error(y, p, sample_weight=w),
    "poisson": lambda y, p, w: sk.mean_poisson_deviance(y, p, sample_weight=w),
}


@st.composite
def binary(draw: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Truth with both classes, probabilities with many ties, positive weights."""
    rows = draw(st.integers(2, 40))
    truth = draw(st.lists(st.integers(0, 1), min_size=rows, max_size=rows))
    truth[:2] = [0, 1]
    steps = draw(st.lists(st.integers(0, 12), min_size=rows, max_size=rows))
    weights = draw(st.lists(st.floats(0.1, 5), min_size=rows, max_size=rows))
    return np.array(truth), np.array(steps) / 12, np.array(weights)


@given(binary())
@settings(max_examples=80, deadline=None)
def test_binary_metrics_equal_scikit_learn(case: Any) -> None:
    truth, scores, weights = case
    sample = Sample.of("binary", truth, scores)
    for name, theirs in BINARY.items():
        for given_weights in (None, weights):
            ours = METRICS["binary"][name](sample, given_weights)
            if ours is None:  # nothing is predicted positive: scikit-learn warns and says 0
                assert name == "precision" and (scores < 0.5).all()
                continue
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                assert ours == pytest.approx(theirs(truth, scores, given_weights), abs=1e-9), name


@given(st.integers(0, 10**6), st.integers(3, 5))
@settings(max_examples=30, deadline=None)
def test_multiclass_metrics_equal_scikit_learn(seed: int, classes: int) -> None:
    random = np.random.default_rng(seed)
    truth = np.r_[np.arange(classes), random.integers(0, classes, 40)]
    scores = random.dirichlet(np.ones(classes), len(truth)).round(2) + 0.01
    scores /= scores.sum(axis=1, keepdims=True)
    weights = random.uniform(0.2, 3, len(truth))
    sample = Sample.of("multiclass", truth, scores)
    for name, theirs in MANY.items():
        for w in (None, weights):
            ours = METRICS["multiclass"][name](sample, w)
            assert ours == pytest.approx(theirs(truth, scores, w), abs=1e-9), name


def test_macro_auc_equals_scikit_learns_one_against_rest() -> None:
    random = np.random.default_rng(0)
    truth, scores = random.integers(0, 4, 200), random.dirichlet(np.ones(4), 200)
    ours = METRICS["multiclass"]["roc_auc"](Sample.of("multiclass", truth, scores))
    assert ours == pytest.approx(sk.roc_auc_score(truth, scores, multi_class="ovr"), abs=1e-12)


@given(st.integers(0, 10**6), st.floats(-1e6, 1e6))
@settings(max_examples=40, deadline=None)
def test_regression_metrics_equal_scikit_learn(seed: int, centre: float) -> None:
    random = np.random.default_rng(seed)
    truth = random.normal(centre, 3, 50)
    values, weights = truth + random.normal(0, 1, 50), random.uniform(0.2, 3, 50)
    sample = Sample.of("regression", truth, values)
    for name, theirs in VALUES.items():
        for w in (None, weights):
            ours = METRICS["regression"][name](sample, w)
            assert ours == pytest.approx(theirs(truth, values, w), rel=1e-6), name
    ours = METRICS["regression"]["medae"](sample)
    assert ours == pytest.approx(sk.median_absolute_error(truth, values))


@given(st.integers(0, 10**6))
def test_metrics_of_positive_values_equal_scikit_learn(seed: int) -> None:
    random = np.random.default_rng(seed)
    truth, values = random.poisson(3, 40).astype(float), random.gamma(2, 2, 40) + 0.01
    sample, weights = Sample.of("regression", truth, values), random.uniform(0.2, 3, 40)
    for name, theirs in POSITIVE.items():
        for w in (None, weights):
            ours = METRICS["regression"][name](sample, w)
            assert ours == pytest.approx(theirs(truth, values, w)), name
    below = Sample.of("regression", truth, values - 20)
    assert METRICS["regression"]["poisson"](below) is None
    assert METRICS["regression"]["rmsle"](below) is None


def test_lift_is_that_of_the_best_tenth_and_shares_ties() -> None:
    lift = METRICS["binary"]["lift"]
    scores = np.linspace(1, 0, 20)
    first = Sample.of("binary", np.r_[1, 1, np.zeros(17), 1], scores)
    assert lift(first) == pytest.approx((2 / 3) / 0.1)
    tied = Sample.of("binary", np.r_[1, 1, np.zeros(17), 1], np.full(20, 0.5))
    assert lift(tied) == pytest.approx(1)
    assert lift(Sample.of("binary", np.zeros(20), scores)) is None


@pytest.mark.parametrize("task", METRICS)
def test_whole_weights_mean_repeated_rows(task: Any) -> None:
    random = np.random.default_rng(3)
    truth = random.integers(0, 3 if task == "multiclass" else 2, 60).astype(float)
    scores = random.dirichlet(np.ones(3), 60) if task == "multiclass" else random.random(60)
    times = random.integers(0, 4, 60)
    once = Sample.of(task, truth, scores)
    repeated = Sample.of(task, np.repeat(truth, times), np.repeat(scores, times, axis=0))
    for name, metric in METRICS[task].items():
        assert metric(once, times) == pytest.approx(metric(repeated), abs=1e-12), name


def test_calibration_error_is_the_mean_gap_of_ten_bins() -> None:
    truth = np.array([0, 1, 1, 1, 0, 0])
    scores = np.array([0.05, 0.05, 0.95, 0.95, 0.95, 1.0])
    found = METRICS["binary"]["ece"](Sample.of("binary", truth, scores))
    assert found == pytest.approx((2 * abs(0.5 - 0.05) + 4 * abs(0.5 - 0.9625)) / 6)


@pytest.mark.parametrize("value", [0, 1])
def test_a_single_class_has_no_auc_and_no_crash(value: int) -> None:
    sample = Sample.of("binary", np.full(10, value), np.linspace(0, 1, 10))
    assert METRICS["binary"]["roc_auc"](sample) is None
    assert METRICS["binary"]["accuracy"](sample) == pytest.approx(0.5)


def test_a_constant_truth_has_no_r2() -> None:
    sample = Sample.of("regression", np.full(10, 0.1), np.linspace(0, 1, 10))
    assert METRICS["regression"]["r2"](sample) is None


@pytest.mark.parametrize(
    ("truth", "scores"),
    [([], []), ([0, 1], [0.5]), ([0, 1], [0.5, np.nan]), ([0, 2], [0.5, 0.5]), ([0, -1], [0, 0])],
)
def test_rows_that_do_not_fit_are_refused_in_one_sentence(truth: Any, scores: Any) -> None:
    with pytest.raises(DataError):
        Sample.of("binary", truth, scores)
