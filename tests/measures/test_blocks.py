"""Blocks of very many rows say what rows drawn one by one would say."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from workbench.core.recipe import Task
from workbench.measures import blocks
from workbench.measures.blocks import Drawn, blocked
from workbench.measures.intervals import bootstrap, paired
from workbench.measures.metrics import METRICS
from workbench.measures.sample import Sample

TASKS: tuple[Task, ...] = ("binary", "multiclass", "regression")


def sample(task: Task, rows: int, seed: int = 0, ties: bool = False) -> Sample:
    random = np.random.default_rng(seed)
    if task == "regression":
        truth = random.gamma(3, 2, rows)
        return Sample.of(task, truth, np.maximum(truth + random.normal(0, 1.5, rows), 0.1))
    classes = 2 if task == "binary" else 3
    scores = random.dirichlet(np.ones(classes), rows)
    if ties:
        scores = np.round(scores, 1)
    truth = (scores.cumsum(axis=1) < random.random((rows, 1))).sum(axis=1)
    return Sample.of(task, np.minimum(truth, classes - 1), scores)


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("task", TASKS)
def test_values_of_all_rows_are_exact(task: Task, ties: bool) -> None:
    one = sample(task, 5001, ties=ties)
    for name, (value, _) in blocked(one, METRICS[task], Drawn.of(len(one), 2, 0)).items():
        assert value == pytest.approx(METRICS[task][name](one), rel=1e-9), name


@pytest.mark.parametrize("task", TASKS)
def test_influences_are_the_derivatives_of_the_metric(task: Task) -> None:
    """Nudging a few weights moves the metric as its linear form says."""
    one = sample(task, 3000, ties=task == "binary")
    random = np.random.default_rng(1)
    for name, metric in METRICS[task].items():
        if metric.linear is None or metric.exact or name in ("lift", "medae"):
            continue
        form = metric.linear(one)
        weights = 1 + 1e-4 * random.normal(size=len(one))
        told = form.value(np.average(form.dense(len(one)), axis=0, weights=weights)[None, :])[0]
        base, moved = metric(one), metric(one, weights)
        assert base is not None and moved is not None
        assert told - base == pytest.approx(moved - base, rel=0.01), name


@pytest.mark.parametrize("task", TASKS)
def test_intervals_are_as_wide_as_those_of_rows(task: Task, monkeypatch: Any) -> None:
    one = sample(task, 6000, seed=2)
    monkeypatch.setattr("workbench.measures.intervals.LARGE", 10**9)
    rows = bootstrap(one, METRICS[task], draws=600, seed=1)
    monkeypatch.setattr("workbench.measures.intervals.LARGE", 1)
    block = bootstrap(one, METRICS[task], draws=600, seed=1)
    for name in METRICS[task]:
        spread = float(np.std(rows[name].draws))
        assert float(np.std(block[name].draws)) == pytest.approx(spread, rel=0.15), name
        assert float(np.mean(block[name].draws)) == pytest.approx(
            float(np.mean(rows[name].draws)), abs=spread / 2
        ), name


def test_differences_of_blocks_are_paired(monkeypatch: Any) -> None:
    monkeypatch.setattr("workbench.measures.intervals.LARGE", 1)
    one = sample("binary", 8000)
    noise = np.random.default_rng(3).normal(0, 0.02, len(one))
    other = Sample.of("binary", one.truth, np.clip(one.scores[:, 1] + noise, 0, 1))
    first, second = paired([one, other], METRICS["binary"], draws=400)
    alone = np.std(first["roc_auc"].draws)
    assert np.std(first["roc_auc"].draws - second["roc_auc"].draws) < alone / 3


def test_blocks_begin_where_rows_are_very_many() -> None:
    assert blocks.LARGE > 10 * blocks.BLOCKS
    one = sample("binary", blocks.LARGE)
    found = bootstrap(one, {"accuracy": METRICS["binary"]["accuracy"]}, draws=300)["accuracy"]
    share = found.value or 0.0
    expected = np.sqrt(share * (1 - share) / len(one))
    assert float(np.std(found.draws)) == pytest.approx(expected, rel=0.15)


def test_a_single_class_of_very_many_rows_has_no_auc() -> None:
    one = Sample.of("binary", np.zeros(5000), np.linspace(0, 1, 5000))
    found = blocked(one, METRICS["binary"], Drawn.of(5000, 10, 0))
    assert found["roc_auc"][0] is None and found["lift"][0] is None
    assert found["accuracy"][0] == pytest.approx(0.5)
