"""Accumulated local effects (Apley & Zhu 2020, JRSS B 82:1059) of numbers and of categories."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from workbench.core.signature import Signature
from workbench.explanation.exchange import Exchange
from workbench.explanation.explainer import Floats, Places
from workbench.explanation.grid import ORDERED, Grid
from workbench.questions import positions


@dataclass(frozen=True, eq=False)
class Steps:
    """Differences of the model between neighbouring values, each seen at one row.

    ``rows[i]`` saw step ``step[i]`` (from value to value + 1) make ``change[i]`` (outputs).
    ``share`` (rows, values) says how much of each row lies at each value, for the effects' mean.
    """

    rows: Places
    step: Places
    change: Floats
    share: Floats

    def accumulated(self, weights: Floats) -> Floats:
        """The effect at each value, mean zero over the rows: ``(draws, values, outputs)``.

        ``weights`` has shape ``(draws, rows)``.
        """
        draws, (_, values), outputs = len(weights), self.share.shape, self.change.shape[1]
        effect = np.zeros((draws, values, outputs))
        seen = np.zeros((len(self.rows), max(values - 1, 0)))
        seen[np.arange(len(self.rows)), self.step] = 1.0
        mine = weights[:, self.rows]
        count = np.maximum(mine @ seen, 1e-300)
        for k in range(outputs):
            mean = (mine @ (seen * self.change[:, k : k + 1])) / count
            effect[:, 1:, k] = np.cumsum(mean, axis=1)
        at = weights @ self.share
        at /= np.maximum(at.sum(axis=1, keepdims=True), 1e-300)
        centred: Floats = effect - np.einsum("dv,dvk->dk", at, effect)[:, None, :]
        return centred


def on_a_line(exchange: Exchange, column: str, grid: Grid) -> Steps:
    """Of a number or date: each row is moved to both ends of the interval that it lies in."""
    rows = np.flatnonzero(np.isfinite(grid.own))
    last = max(grid.known - 2, 0)
    step = np.clip(np.searchsorted(grid.positions, grid.own[rows], side="left") - 1, 0, last)
    share = np.zeros((len(grid.own), grid.known))
    if grid.known == 1:
        share[rows, 0] = 1.0
        return _nothing(share, exchange)
    share[rows, step] = share[rows, step + 1] = 0.5
    return Steps(rows, step, _between(exchange, column, grid, rows, step), share)


def by_level(exchange: Exchange, column: str, grid: Grid) -> Steps:
    """Of a category, its levels in the grid's order: each row is moved to its two neighbours."""
    rows = np.flatnonzero(np.isfinite(grid.own))
    own = grid.own[rows].astype(np.int64)
    share = np.zeros((len(grid.own), grid.known))
    share[rows, own] = 1.0
    if grid.known == 1:
        return _nothing(share, exchange)
    up, down = own < grid.known - 1, own > 0
    seen = np.r_[rows[up], rows[down]]
    step = np.r_[own[up], own[down] - 1]
    return Steps(seen, step, _between(exchange, column, grid, seen, step), share)


def _between(exchange: Exchange, column: str, grid: Grid, rows: Places, step: Places) -> Floats:
    low = exchange.scores(exchange.changed(rows, column, grid.values, step))
    high = exchange.scores(exchange.changed(rows, column, grid.values, step + 1))
    difference: Floats = high - low
    return difference


def _nothing(share: Floats, exchange: Exchange) -> Steps:
    none = np.empty(0, dtype=np.int64)
    outputs = exchange.scores(exchange.prepared[:1]).shape[1]
    return Steps(none, none, np.empty((0, outputs)), share)


def likeness(frame: Any, column: str, grid: Grid, signature: Signature) -> Places:
    """The levels of a category in an order in which neighbours are alike in the other columns.

    As in Apley & Zhu: distances between levels are summed over the other columns (Kolmogorov-
    Smirnov's of numbers, total variation of categories) and laid on a line by classical scaling.
    """
    levels = grid.known
    if levels < 3:
        return np.arange(levels)
    distance = np.zeros((levels, levels))
    for item in signature.inputs:
        if item.name == column:
            continue
        if item.kind in ORDERED:
            shares = _cumulated(positions(frame[item.name], item.kind), grid.own, levels)
            distance += np.abs(shares[:, None, :] - shares[None, :, :]).max(axis=2)
        elif item.kind == "category":
            shares = _shares(frame[item.name], grid.own, levels)
            distance += np.abs(shares[:, None, :] - shares[None, :, :]).sum(axis=2) / 2
    middle = np.eye(levels) - 1 / levels
    _, vectors = np.linalg.eigh(-0.5 * middle @ distance**2 @ middle)
    line = vectors[:, -1]
    # the sign of an eigenvector is arbitrary: begin with the first level's side
    order: Places = np.argsort(line if line[0] <= line[-1] else -line, kind="stable")
    return order


def _cumulated(values: Floats, own: Floats, levels: int, bins: int = 50) -> Floats:
    """Empirical distribution functions of each level at common points: ``(levels, bins)``."""
    known = values[np.isfinite(values)]
    if not len(known):
        return np.zeros((levels, 1))
    cuts = np.quantile(known, np.linspace(0, 1, bins))
    return np.array(
        [
            np.searchsorted(np.sort(v), cuts, side="right") / max(len(v), 1)
            for v in (values[(own == k) & np.isfinite(values)] for k in range(levels))
        ]
    )


def _shares(series: Any, own: Floats, levels: int) -> Floats:
    codes = series.astype("category").cat.codes.to_numpy()
    width = int(codes.max(initial=0)) + 1
    counts = np.array(
        [np.bincount(codes[(own == k) & (codes >= 0)], minlength=width) for k in range(levels)],
        dtype=np.float64,
    )
    shares: Floats = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    return shares
