"""Curves pass through scikit-learn's points and stay small."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics as sk

from workbench.measures import curves


@pytest.fixture
def case() -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    scores = random.beta(1, 2, 3000).round(3)
    return (random.random(3000) < scores).astype(float), scores


def test_counts_at_every_threshold_equal_scikit_learns(case: tuple[np.ndarray, ...]) -> None:
    truth, scores = case
    swept = curves.sweep(truth, scores)
    fpr, tpr, thresholds = sk.roc_curve(truth, scores, drop_intermediate=False)
    np.testing.assert_allclose(swept.fpr, fpr[1:])
    np.testing.assert_allclose(swept.tpr, tpr[1:])
    np.testing.assert_array_equal(swept.thresholds, thresholds[1:])


def test_precision_and_recall_equal_scikit_learns(case: tuple[np.ndarray, ...]) -> None:
    truth, scores = case
    swept = curves.sweep(truth, scores)
    precision, recall, _ = sk.precision_recall_curve(truth, scores)
    np.testing.assert_allclose(swept.precision[::-1], precision[:-1])
    np.testing.assert_allclose(swept.tpr[::-1], recall[:-1])


def test_a_thinned_roc_has_the_same_area(case: tuple[np.ndarray, ...]) -> None:
    truth, scores = case
    fpr, tpr = curves.roc(curves.sweep(truth, scores))
    assert len(fpr) <= curves.POINTS + 2
    assert (fpr[0], tpr[0], fpr[-1], tpr[-1]) == (0, 0, 1, 1)
    assert np.trapezoid(tpr, fpr) == pytest.approx(sk.roc_auc_score(truth, scores), abs=1e-3)


def test_calibration_bins_hold_all_rows_and_their_frequencies(case: tuple[np.ndarray, ...]) -> None:
    truth, scores = case
    found = curves.calibration(truth, scores)
    assert found.count.sum() == len(truth)
    assert (found.observed @ found.count) == pytest.approx(truth.sum())
    assert (found.low <= found.observed).all() and (found.observed <= found.high).all()
    assert len(curves.calibration(truth, np.full(len(truth), 0.4)).count) == 1


def test_wilsons_interval_is_the_published_one() -> None:
    low, high = curves.wilson(np.array([0.1]), np.array([10.0]))  # Wilson (1927) form, 1 of 10
    assert (low[0], high[0]) == (pytest.approx(0.01788, abs=1e-5), pytest.approx(0.40415, abs=1e-5))


def test_a_confusion_table_equals_scikit_learns() -> None:
    random = np.random.default_rng(1)
    truth, said = random.integers(0, 4, 200), random.integers(0, 4, 200)
    ours = curves.confusion(truth, said, 4)
    np.testing.assert_array_equal(ours, sk.confusion_matrix(truth, said))
