"""Rows' shares of a metric: they add up to it, and differ with the right standard error."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.measures.losses import shares
from workbench.measures.metrics import METRICS
from workbench.measures.sample import Sample


def binary(rows: int = 4000, noise: float = 1.0, seed: int = 0) -> Sample:
    rng = np.random.default_rng(seed)
    truth = (np.random.default_rng(99).random(rows) < 0.3).astype(float)
    score = 1 / (1 + np.exp(-(truth - 0.5 + noise * rng.normal(size=rows))))
    return Sample.of("binary", truth, np.round(score, 3))


@pytest.mark.parametrize(
    ("metric", "value"),
    [
        ("roc_auc", lambda m: 1 - m),
        ("log_loss", lambda m: m),
        ("brier", lambda m: m),
        ("accuracy", lambda m: 1 - m),
    ],
)
def test_the_mean_is_the_metric(metric: str, value) -> None:
    sample = binary()
    found = shares(sample, metric)
    assert found is not None
    assert value(found.mean()) == pytest.approx(METRICS["binary"][metric](sample), abs=1e-9)


def test_the_error_of_auc_is_that_of_the_bootstrap() -> None:
    one, other = binary(noise=1.0, seed=1), binary(noise=1.2, seed=2)
    a, b = shares(one, "roc_auc"), shares(other, "roc_auc")
    assert a is not None and b is not None
    delong = (a - b).std(ddof=1) / np.sqrt(len(a))
    rng = np.random.default_rng(0)
    weights = rng.multinomial(len(a), np.full(len(a), 1 / len(a)), size=800).astype(float)
    auc = METRICS["binary"]["roc_auc"].function
    drawn = auc(one, weights) - auc(other, weights)
    assert delong == pytest.approx(drawn.std(), rel=0.1)


def test_a_metric_that_is_no_mean_has_none_and_regression_has_its_own() -> None:
    assert shares(binary(), "f1") is None
    assert shares(binary(), "average_precision") is None
    rng = np.random.default_rng(0)
    sample = Sample.of("regression", rng.normal(size=50), rng.normal(size=50))
    squared, absolute = shares(sample, "rmse"), shares(sample, "mae")
    assert squared is not None and absolute is not None
    assert np.sqrt(squared.mean()) == pytest.approx(METRICS["regression"]["rmse"](sample))
    assert absolute.mean() == pytest.approx(METRICS["regression"]["mae"](sample))
