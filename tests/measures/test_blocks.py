"""Blocks of very many rows say what rows drawn one by one would say."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from workbench.core.recipe import Task
from workbench.measures import blocks, curves
from workbench.measures.blocks import Drawn, blocked
from workbench.measures.intervals import bootstrap, paired
from workbench.measures.metrics import METRICS
from workbench.measures.sample import PIECE, Ranking, Sample

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


@pytest.mark.parametrize("task", TASKS)
def test_a_draw_of_blocks_is_the_metric_with_its_rows_repeated(task: Task) -> None:
    """More rows than are looked at together, and a last piece that is not full."""
    one = sample(task, 2 * PIECE + 1234, ties=True)
    drawn = Drawn.of(len(one), 3, 7)
    found = blocked(one, METRICS[task], drawn)
    for name, metric in METRICS[task].items():
        value, draws = found[name]
        assert value == pytest.approx(metric(one), rel=1e-9), name
        rel = 1e-9 if metric.exact or metric.margins else 2e-3  # ranks: to first order
        for number in range(3):
            repeated = metric(one, drawn.weights[number + 1][drawn.block])
            assert draws[number] == pytest.approx(repeated, rel=rel), name


def test_draws_take_as_many_blocks_as_there_are() -> None:
    drawn = Drawn.of(100_000, 150, 3)
    assert (drawn.weights[0] == 1).all() and drawn.total[0] == 100_000
    assert (drawn.weights.sum(axis=1) == blocks.BLOCKS).all()
    assert drawn.weights[1:].var() == pytest.approx(1, abs=0.02)  # as Poisson(1), nearly
    again = np.random.default_rng(3)  # the stream of one draw after another
    again.permutation(100_000)
    for weights in drawn.weights[1:]:
        taken = again.integers(0, blocks.BLOCKS, blocks.BLOCKS)
        assert (weights == np.bincount(taken, minlength=blocks.BLOCKS)).all()


@pytest.mark.parametrize(
    "spread",
    [
        lambda random, rows: random.random(rows),
        lambda random, rows: np.round(random.random(rows), 2),
        lambda random, rows: random.lognormal(0, 5, rows),  # the upper digits say little
        lambda random, rows: random.choice([-1.7e308, -0.0, 0.0, 5e-324, 1.7e308], rows),
        lambda _, rows: np.full(rows, 0.25),
    ],
)
def test_very_many_scores_are_ranked_as_sorting_has_them(spread: Any) -> None:
    scores = spread(np.random.default_rng(0), 3 * PIECE)
    ranking = Ranking.of(scores)
    values, counts = np.unique(scores, return_counts=True)
    np.testing.assert_array_equal(scores[ranking.order], np.sort(scores)[::-1])
    np.testing.assert_array_equal(scores[ranking.order][ranking.starts], values[::-1])
    np.testing.assert_array_equal(np.diff(ranking.starts, append=len(scores)), counts[::-1])
    assert len(np.unique(ranking.order)) == len(scores)


def test_what_is_wanted_beside_the_draws_sees_each_sample_once() -> None:
    many = [sample("binary", blocks.LARGE, seed) for seed in range(3)]
    few = [sample("binary", 500, seed) for seed in range(3)]
    for samples in (many, few):
        seen: dict[int, float] = {}

        def aside(one: Sample, seen: dict[int, float] = seen) -> None:
            assert id(one) not in seen
            fpr, tpr = curves.roc(curves.Sweep(one.runs[0], one.scores[:, 1]), points=len(one))
            seen[id(one)] = float(np.trapezoid(tpr, fpr))
            one.forget()

        plain = paired(samples, METRICS["binary"], draws=20)
        found = paired(samples, METRICS["binary"], draws=20, aside=aside)
        for one, told, before in zip(samples, found, plain, strict=True):
            assert seen[id(one)] == pytest.approx(told["roc_auc"].value, abs=1e-3)
            assert "runs" not in vars(one) and len(one.runs) == 1
            for name in METRICS["binary"]:
                np.testing.assert_allclose(told[name].draws, before[name].draws, rtol=1e-12)
