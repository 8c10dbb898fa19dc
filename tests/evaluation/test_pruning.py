"""Pruning: the weakest links are scikit-learn's, and noise leaves nothing of a tree."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.tree import DecisionTreeRegressor

from workbench.evaluation.pruning import _ends, links, pruned


def made(seed: int, rows: int = 400) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    X = np.column_stack([rng.normal(size=(rows, 3)), rng.random((rows, 2)) < 0.4])
    return X, (X[:, 0] > 0.3) * X[:, 3] + 0.5 * (X[:, 1] < 0) + rng.normal(0, 0.7, rows)


@given(st.integers(0, 1000), st.integers(1, 5))
def test_the_weakest_links_are_those_of_scikit_learn(seed: int, depth: int) -> None:
    X, y = made(seed, 150)
    tree = DecisionTreeRegressor(max_depth=depth, min_samples_leaf=8, random_state=0).fit(X, y)
    known = tree.cost_complexity_pruning_path(X, y).ccp_alphas
    found = np.unique(links(tree.tree_))
    for price in found:
        assert np.abs(known - price).min() < 1e-12
    for price in (found[:-1] + found[1:]) / 2:
        cut = DecisionTreeRegressor(
            max_depth=depth, min_samples_leaf=8, random_state=0, ccp_alpha=price
        ).fit(X, y)
        ends = _ends(tree.tree_, links(tree.tree_), price)
        mine = tree.tree_.value[:, 0, 0][ends][tree.apply(X)]
        assert mine == pytest.approx(cut.predict(X))


def test_what_is_there_is_kept_and_noise_is_not() -> None:
    X, y = made(1, 3000)
    tree = pruned(X, y, depth=3, least=30)
    assert {0, 1, 3} == set(tree.tree_.feature[tree.tree_.feature >= 0])
    leaves = [
        pruned(made(s)[0], np.random.default_rng(s).normal(size=400), depth=3, least=30)
        for s in range(12)
    ]
    assert sum(tree.get_n_leaves() > 1 for tree in leaves) <= 4
    assert pruned(X, np.ones(3000), depth=3, least=30).get_n_leaves() == 1


def test_a_step_that_only_few_rows_make_needs_its_rows() -> None:
    X = np.linspace(0, 1, 300)[:, None]
    y = (X[:, 0] > 0.95).astype(float)
    tree = pruned(X, y, depth=3, least=30)
    counts = np.bincount(tree.apply(X))
    assert counts[counts > 0].min() >= 30
