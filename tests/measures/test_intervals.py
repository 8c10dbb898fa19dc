"""Bootstrap intervals are seeded, paired, honest and quick."""

from __future__ import annotations

import time

import numpy as np
import pytest

from workbench.core.errors import Cancelled
from workbench.measures.intervals import (
    Estimate,
    affordable,
    bootstrap,
    interval,
    paired,
    resamples,
)
from workbench.measures.metrics import METRICS
from workbench.measures.sample import Sample


def _binary(rows: int, seed: int = 0) -> Sample:
    random = np.random.default_rng(seed)
    scores = random.beta(1, 3, rows)
    return Sample.of("binary", random.random(rows) < scores, scores)


def test_every_resample_holds_as_many_rows_as_the_data() -> None:
    blocks = list(resamples(1000, 700, seed=1))
    weights = np.concatenate(blocks)
    assert weights.shape == (700, 1000)
    assert (weights.sum(axis=1) == 1000).all()
    assert weights.var() == pytest.approx(1, abs=0.02)  # as Poisson(1), nearly


def test_the_same_seed_gives_the_same_interval() -> None:
    sample, metrics = _binary(300), METRICS["binary"]
    one, two, other = (
        bootstrap(sample, metrics, draws=50, seed=s)["roc_auc"].interval() for s in (4, 4, 5)
    )
    assert one == two != other


def test_the_interval_of_a_mean_is_the_textbook_one() -> None:
    sample = _binary(4000)
    found = bootstrap(sample, {"accuracy": METRICS["binary"]["accuracy"]}, draws=2000)["accuracy"]
    share = found.value or 0.0
    half = 1.96 * np.sqrt(share * (1 - share) / 4000)
    ends = found.interval()
    assert ends.low == pytest.approx(share - half, abs=0.1 * half)
    assert ends.high == pytest.approx(share + half, abs=0.1 * half)


def test_intervals_of_the_auc_hold_the_truth_about_95_times_in_100() -> None:
    truth, metric = 0.7895, {"roc_auc": METRICS["binary"]["roc_auc"]}
    big = _binary(400_000, seed=99)
    truth = metric["roc_auc"](big) or 0.0
    held = 0
    for seed in range(100):
        ends = bootstrap(_binary(400, seed), metric, draws=200, seed=seed)["roc_auc"].interval()
        held += (ends.low or 0) <= truth <= (ends.high or 0)
    assert 88 <= held <= 100


def test_paired_differences_are_much_narrower_than_unpaired_ones() -> None:
    sample = _binary(2000)
    random = np.random.default_rng(7)
    near = np.clip(sample.scores[:, 1] + random.normal(0, 0.02, 2000), 0, 1)
    other = Sample.of("binary", sample.truth, near)
    metric = {"roc_auc": METRICS["binary"]["roc_auc"]}
    a, b = (f["roc_auc"] for f in paired([sample, other], metric, draws=300))
    apart = Estimate(b.value, np.random.default_rng(0).permutation(b.draws))
    assert a.minus(b).draws.std() < 0.2 * a.minus(apart).draws.std()


def test_draws_that_do_not_apply_are_left_out_and_too_many_leave_no_interval() -> None:
    draws = np.r_[np.linspace(0, 1, 60), np.full(40, np.nan)]
    assert interval(0.5, draws).low == pytest.approx(0.025)
    assert interval(0.5, np.r_[draws, np.full(50, np.nan)]).low is None


def test_one_row_gives_values_and_no_crash() -> None:
    found = bootstrap(Sample.of("binary", [1], [0.7]), METRICS["binary"], draws=20)
    assert found["accuracy"].interval().value == 1
    assert found["roc_auc"].interval() == interval(None, np.array([np.nan]))


def test_somebody_who_stops_it_is_heard() -> None:
    def stop(*_: object) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        bootstrap(_binary(2000), METRICS["binary"], progress=stop)


def test_many_classes_take_fewer_draws_but_never_under_a_hundred() -> None:
    assert affordable(400, 16_000, 2) == 400
    assert affordable(400, 40_000, 100) == 100
    assert affordable(400, 100_000, 100) == 400  # blocks: as dear as fewer rows


def test_sixteen_thousand_rows_and_all_binary_metrics_take_under_two_seconds() -> None:
    sample = _binary(16_281)
    start = time.process_time()
    bootstrap(sample, METRICS["binary"], draws=200)
    assert time.process_time() - start < 2
