"""A regression tree of the size that other rows ask for: minimal cost-complexity pruning.

Breiman, Friedman, Olshen and Stone (1984), chapter 3: the nested trees of the weakest links, and
among them the one that cross-validation judges best. scikit-learn prunes at a given price only;
here the tree of each fold is grown once and read at every price.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from sklearn.model_selection import KFold
from sklearn.tree import DecisionTreeRegressor

from workbench.core.progress import Progress, silent
from workbench.measures.sample import Floats

FOLDS = 5
# The book's rule takes one; on 300 rows that loses half of what is there, and other rows are to
# test what is found.
ERRORS = 0.5


def pruned(
    X: Floats, y: Floats, *, depth: int, least: int, seed: int = 0, progress: Progress = silent
) -> DecisionTreeRegressor:
    """A tree of at most ``depth`` questions with ``least`` rows or more in each leaf.

    Parameters
    ----------
    X
        (rows, questions), NaN where an answer is missing.

    Returns
    -------
    DecisionTreeRegressor
        Fitted to all rows; its root alone where no question predicts rows that were left out.
    """
    make = partial(DecisionTreeRegressor, max_depth=depth, random_state=0)
    whole = make(min_samples_leaf=least).fit(X, y)
    prices = _between(np.unique(links(whole.tree_)))
    lost = np.empty((len(prices), len(y)))
    folds = KFold(FOLDS, shuffle=True, random_state=seed).split(X)
    for done, (fit, out) in enumerate(folds, 1):
        # the folds' trees may cut as fine as the whole one, in proportion
        fewer = max(1, least * (FOLDS - 1) // FOLDS)
        tree = make(min_samples_leaf=fewer).fit(X[fit], y[fit])
        lost[:, out] = _losses(tree, X[out], y[out], prices)
        progress(done / FOLDS, f"pruning, fold {done} of {FOLDS}")
    return make(min_samples_leaf=least, ccp_alpha=float(prices[_chosen(lost)])).fit(X, y)


def _chosen(lost: Floats) -> int:
    """The smallest tree that is not worse than the best one beyond chance, row by row."""
    best = lost[int(np.argmin(lost.mean(axis=1)))]
    worse = lost - best
    error = worse.std(axis=1) / np.sqrt(lost.shape[1])
    return int(np.flatnonzero(worse.mean(axis=1) <= ERRORS * error).max())


def links(inner: Any) -> Floats:
    """For each node of a fitted tree, the price of a leaf from which on it ends there or above.

    Zero at leaves; it never falls on the way up. ``inner`` is an estimator's ``tree_``.
    """
    left, right = inner.children_left, inner.children_right
    risk = inner.impurity * inner.weighted_n_node_samples / inner.weighted_n_node_samples[0]
    price = np.where(left < 0, 0.0, np.inf)
    now = 0.0
    while np.isinf(price[0]):
        below, leaves = risk.copy(), np.ones(len(left))
        for node in reversed(np.flatnonzero(np.isinf(price))):  # below comes after above
            below[node] = below[left[node]] + below[right[node]]
            leaves[node] = leaves[left[node]] + leaves[right[node]]
        gain = np.full(len(left), np.inf)
        inside = np.isinf(price)
        gain[inside] = (risk - below)[inside] / (leaves - 1)[inside]
        weakest = int(np.argmin(gain))
        now = max(now, float(gain[weakest]))
        _end(price, left, right, weakest, now)
    found: Floats = price
    return found


def _end(price: Floats, left: Any, right: Any, node: int, now: float) -> None:
    price[node] = min(price[node], now)
    if left[node] >= 0:
        _end(price, left, right, int(left[node]), now)
        _end(price, left, right, int(right[node]), now)


def _between(prices: Floats) -> Floats:
    """A price within each range in which the tree stays the same; the last leaves its root."""
    return np.r_[np.sqrt(prices[:-1] * prices[1:]), prices[-1] * 1.001]


def _losses(tree: DecisionTreeRegressor, X: Floats, y: Floats, prices: Floats) -> Floats:
    """(prices, rows): the squared errors on other rows at each price."""
    home, value, price = tree.apply(X), tree.tree_.value[:, 0, 0], links(tree.tree_)
    return np.stack([(y - value[_ends(tree.tree_, price, at)][home]) ** 2 for at in prices])


def _ends(inner: Any, price: Floats, at: float) -> np.ndarray:
    """For each node, itself or the node above it where the pruned tree ends."""
    found = np.arange(len(price))
    for node in np.flatnonzero(inner.children_left >= 0):
        over = found[node]
        if price[over] <= at:
            found[[inner.children_left[node], inner.children_right[node]]] = over
    return found
