"""Exact path-dependent TreeSHAP, compiled.

The value of a set of columns is what the trees say on average when only these are known: at a split
on a known column the row's side is taken, at any other both, weighted by their covers (Lundberg et
al. 2020, "From local explanations to global understanding with explainable AI for trees").

Shapley values are an integral (Owen 1972): let every column be known with chance ``x``, each for
itself; the contribution of a column is how fast the expected output grows with that column's
chance, averaged over ``x`` from 0 to 1. For one ``x`` a tree is then a *soft* tree: a row goes left
with weight ``x·u + (1 - x)·r``, where ``u`` is 1 if the row's own side is the left one, and ``r``
the left side's share of the cover. In ``x`` the integrand is a polynomial whose degree is under the
number of distinct columns on a path, ``d``, so ``ceil(d / 2)`` points of Gauss and Legendre give
it exactly.

One walk carries down the weight ``c`` that arrives at each node, at all points and for ``LANES``
rows at once, and brings up the expectation ``h`` below it. A node that first asks for its column
adds ``(u - r) · Σ_q w_q c_q (h_left - h_right)`` to it. Where splits above asked for the same
column, left it the share ``p`` of the cover, and the row went along, they are one condition with
this one: with ``s = x + (1 - x)·p`` the row goes left with weight ``(x·u + (1 - x)·p·r) / s``, and
the node adds ``(u - r) · Σ_q w_q c_q (h_left - h_right) p / s²``, which corrects what the splits
above add for the leaves below. Where the row has left the path there, ``r`` goes left and the
column gains nothing more. All weights lie between 0 and 1, so nothing overflows and little is lost
to rounding.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from workbench.core.progress import Progress, silent
from workbench.trees import Ensemble, Tree

LANES = 64  # rows that are walked together
TASK = 1024
BEAT = 0.2  # seconds between two calls of progress

Floats = NDArray[np.float64]
_MEANING: dict[str, Any] = {
    "nogil": True,
    "forceinline": True,  # a fifth faster than what LLVM chooses
    "error_model": "numpy",  # no branch for a division by zero
    "fastmath": {"contract", "nsz"},  # NaN keeps its meaning
}


def _compiled(function: Callable[..., Any]) -> Any:
    """The function compiled at its first call, kept on disk where there is a place for it."""
    try:
        return numba.njit(cache=True, **_MEANING)(function)
    except RuntimeError:  # numba finds no folder that it may write to
        return numba.njit(**_MEANING)(function)


@dataclass(frozen=True, eq=False)
class Plan:
    """The trees of an ensemble after each other, with what every node needs for the walk.

    ``order`` has a column of each: feature, left, right (numbers of nodes in the plan, the latter
    negative for leaves), ``missing_left``, and the depth of the path's last split on the same
    column (-1 where there is none). ``share`` has the threshold, the left side's share of the
    cover, and the share of the cover that the same column's splits above left. ``size`` of a tree:
    its first node, its first target, depth, distinct columns of its widest path.
    """

    order: NDArray[np.int64]
    share: Floats
    value: Floats
    size: NDArray[np.int64]
    base: Floats
    single: bool
    columns: int
    points: tuple[Floats, Floats] = field(repr=False)

    @property
    def cost(self) -> int:
        """Multiplications per row, roughly: splits x points x targets."""
        ends = np.append(self.size[1:, 0], len(self.order))
        splits = (ends - self.size[:, 0]) // 2
        return int((splits * _points(self.size[:, 3])).sum()) * self.value.shape[1]


def plan(ensemble: Ensemble, columns: int) -> Plan:
    """Prepare an ensemble whose rows have ``columns`` numbers."""
    trees = ensemble.trees or [_silent(len(ensemble.base))]
    first = np.cumsum([0, *(len(t.feature) for t in trees)])[:-1]
    start = np.repeat(first, [len(t.feature) for t in trees])
    left, right = (
        np.concatenate([np.asarray(getattr(t, side), np.int64) for t in trees])
        for side in ("left", "right")
    )
    leaf = left < 0
    order = np.empty((len(start), 5), np.int64)
    order[:, 0] = np.concatenate([t.feature for t in trees])
    order[:, 1] = np.where(leaf, -1, left + start)
    order[:, 2] = np.where(leaf, -1, right + start)
    order[:, 3] = np.concatenate([t.missing_left for t in trees])
    order[:, 4] = -1
    share = np.ones((len(start), 3))
    share[:, 0] = np.concatenate([t.threshold for t in trees])
    size = np.zeros((len(trees), 4), np.int64)
    size[:, 0], size[:, 1] = first, [t.target for t in trees]
    value = np.ascontiguousarray(np.concatenate([t.value for t in trees]), dtype=np.float64)
    cover = np.concatenate([np.asarray(t.cover, np.float64) for t in trees])
    reach = np.zeros(len(start))
    _measure(order, share, size, cover, reach, columns)
    base = np.array(ensemble.base, dtype=np.float64)
    said = np.add.reduceat(np.where(leaf, reach, 0)[:, None] * value, first, axis=0)
    for k in range(value.shape[1]):
        np.add.at(base, size[:, 1] + k, said[:, k])
    points = _quadrature(int(_points(size[:, 3]).max()))
    return Plan(order, share, value, size, base, ensemble.single, columns, points)


def _silent(targets: int) -> Tree:
    """A single leaf that says nothing."""
    none = np.full(1, -1)
    return Tree(none + 1, none + 1, none, none, none < -1, np.zeros((1, targets)), none + 2)


def contributions(
    plan: Plan, rows: np.ndarray, threads: int, progress: Progress = silent
) -> Floats:
    """Contributions of shape (rows, columns, outputs), float64, for ``rows`` of (rows, columns).

    Missing numbers are NaN. Progress is called a few times a second; what it raises ends the work.
    """
    count = len(rows)
    found = np.empty((count, plan.columns, len(plan.base)))
    tasks = range(0, count, TASK)
    state = np.zeros(len(tasks) + 1, np.int64)  # blocks x trees done by each task; last: stop

    def work(number: int) -> None:
        part = slice(tasks[number], tasks[number] + TASK)
        if not state[-1]:
            found[part] = _walked(plan, rows[part], state, number)

    total = -(-count // LANES) * len(plan.size)
    with ThreadPoolExecutor(max(1, min(threads, len(tasks))), "treeshap") as pool:
        waiting: set[Future[None]] = {pool.submit(work, n) for n in range(len(tasks))}
        try:
            while waiting:
                ended, waiting = wait(waiting, BEAT)
                for one in ended:
                    one.result()
                done = min(1.0, int(state[:-1].sum()) / max(1, total))
                progress(done, "following the trees")
        finally:
            state[-1] = 1
    return found


def _walked(plan: Plan, rows: np.ndarray, state: NDArray[np.int64], number: int) -> Floats:
    """Contributions for a task's rows."""
    count, columns = rows.shape
    blocks = -(-count // LANES)
    lanes = np.zeros((blocks * LANES, columns))
    lanes[:count] = rows.astype(np.float32) if plan.single else rows
    lanes = np.ascontiguousarray(lanes.reshape(blocks, LANES, columns).transpose(0, 2, 1))
    found = np.zeros((blocks, columns, len(plan.base), LANES))
    _walk(lanes, found, plan.order, plan.share, plan.value, plan.size, *plan.points, state, number)
    return found.transpose(0, 3, 1, 2).reshape(blocks * LANES, columns, -1)[:count]


def _points(distinct: Any) -> Any:
    """How many points are exact for paths with so many distinct columns."""
    return np.maximum(1, (distinct + 1) // 2)


def _quadrature(most: int) -> tuple[Floats, Floats]:
    """Gauss-Legendre points and weights on [0, 1], a row for each number of points."""
    x, w = np.zeros((2, most + 1, most))
    for count in range(1, most + 1):
        point, weight = np.polynomial.legendre.leggauss(count)
        x[count, :count], w[count, :count] = (point + 1) / 2, weight / 2
    return x, w


@_compiled
def _measure(order, share, size, cover, reach, columns):  # type: ignore[no-untyped-def]
    """Fill in what nodes know of their paths: shares, earlier splits, depth, distinct columns."""
    depth_of = np.full(columns, -1, np.int64)  # of the path's last split on each column
    kept = np.ones(columns)  # the share of the cover that a column's splits left
    most = len(order) + 1
    node, step = np.empty(most, np.int64), np.empty(most, np.int64)
    depth_before, kept_before = np.empty(most, np.int64), np.empty(most)
    for t in range(len(size)):
        d, distinct = 0, 0
        node[0], step[0] = size[t, 0], 0
        reach[size[t, 0]] = 1.0
        if order[size[t, 0], 1] < 0:
            continue
        while d >= 0:
            n = node[d]
            f, left, right = order[n, 0], order[n, 1], order[n, 2]
            if step[d] == 0:
                both = cover[left] + cover[right]
                r = cover[left] / both if both > 0 else 0.5  # nobody came by: either side
                share[n, 1], share[n, 2], order[n, 4] = r, kept[f], depth_of[f]
                reach[left], reach[right] = reach[n] * r, reach[n] * (1 - r)
                depth_before[d], kept_before[d] = depth_of[f], kept[f]
                distinct += depth_of[f] < 0
                depth_of[f] = d
                size[t, 2], size[t, 3] = max(size[t, 2], d + 1), max(size[t, 3], distinct)
            if step[d] == 2:
                depth_of[f], kept[f] = depth_before[d], kept_before[d]
                distinct -= depth_of[f] < 0
                d -= 1
                continue
            child = left if step[d] == 0 else right
            kept[f] = kept_before[d] * (share[n, 1] if step[d] == 0 else 1 - share[n, 1])
            step[d] += 1
            if order[child, 1] >= 0:
                d += 1
                node[d], step[d] = child, 0


@_compiled
def _ask(rows, block, f, threshold, missing_left, u, d):  # type: ignore[no-untyped-def]
    """1 for the rows that go left."""
    if missing_left:
        for i in range(LANES):
            u[d, i] = 0.0 if rows[block, f, i] > threshold else 1.0
    else:
        for i in range(LANES):
            u[d, i] = 1.0 if rows[block, f, i] <= threshold else 0.0


@_compiled
def _soften(d, r, kept, before, points, x, w, u, on, seen, a, weight):  # type: ignore[no-untyped-def]
    """The part of the weight that goes left at each point, and the weights of the points.

    ``on`` becomes 1 for the rows that went along with the path at the column's splits above, of
    which ``before`` is the depth of the last.
    """
    if before < 0:
        for i in range(LANES):
            on[d, i] = 1.0
        for q in range(points):
            weight[d, q] = w[points, q]
            low, high = (1 - x[points, q]) * r, x[points, q]
            for i in range(LANES):
                a[d, q, i] = low + high * u[d, i]
        return
    for i in range(LANES):
        on[d, i] = seen[before, i]
    for q in range(points):
        scale = 1 / (x[points, q] + (1 - x[points, q]) * kept)
        weight[d, q] = w[points, q] * kept * scale * scale
        low, high = (1 - x[points, q]) * kept * r * scale, x[points, q] * scale
        for i in range(LANES):
            a[d, q, i] = low + high * u[d, i] if on[d, i] != 0.0 else r


@_compiled
def _descend(d, left, points, u, on, seen, c, a):  # type: ignore[no-untyped-def]
    """Carry the weight of the left or the right side one level down."""
    if left:
        for i in range(LANES):
            seen[d, i] = on[d, i] * u[d, i]
        for q in range(points):
            for i in range(LANES):
                c[d + 1, q, i] = c[d, q, i] * a[d, q, i]
    else:
        for i in range(LANES):
            seen[d, i] = on[d, i] * (1 - u[d, i])
        for q in range(points):
            for i in range(LANES):
                c[d + 1, q, i] = c[d, q, i] - c[d, q, i] * a[d, q, i]


@_compiled
def _lift(d, k, side, points, left, right, weight, c, a, h, total):  # type: ignore[no-untyped-def]
    """Bring the expectation one level up, and sum ``c · (left - right)`` over the points.

    ``left`` and ``right`` are NaN where that side is no leaf: it is then found in ``h``.
    """
    for i in range(LANES):
        total[i] = 0.0
    for q in range(points):
        v = weight[d, q]
        if left == left and right == right:
            gap = left - right
            v *= gap
            for i in range(LANES):
                total[i] += v * c[d, q, i]
                h[d, k, side, q, i] = right + a[d, q, i] * gap
        elif left == left:
            for i in range(LANES):
                gap = left - h[d + 1, k, 1, q, i]
                total[i] += v * c[d, q, i] * gap
                h[d, k, side, q, i] = h[d + 1, k, 1, q, i] + a[d, q, i] * gap
        elif right == right:
            for i in range(LANES):
                gap = h[d + 1, k, 0, q, i] - right
                total[i] += v * c[d, q, i] * gap
                h[d, k, side, q, i] = right + a[d, q, i] * gap
        else:
            for i in range(LANES):
                gap = h[d + 1, k, 0, q, i] - h[d + 1, k, 1, q, i]
                total[i] += v * c[d, q, i] * gap
                h[d, k, side, q, i] = h[d + 1, k, 1, q, i] + a[d, q, i] * gap


@_compiled
def _walk(rows, found, order, share, value, size, x, w, state, number):  # type: ignore[no-untyped-def]
    """Add all trees' contributions for blocks of rows to ``found``.

    ``rows`` is (blocks, columns, LANES), ``found`` (blocks, columns, outputs, LANES). After each
    tree ``state`` is told how many blocks went through; its last number asks to stop.
    """
    targets = value.shape[1]
    deepest, most = max(1, size[:, 2].max()), x.shape[1]
    c = np.ones((deepest + 1, most, LANES))  # by depth: the weight that arrives
    a = np.empty((deepest, most, LANES))  # the part of it that goes left
    h = np.empty((deepest + 1, targets, 2, most, LANES))  # expectation of the sides below
    weight, total = np.empty((deepest, most)), np.empty(LANES)
    u, on = np.empty((deepest, LANES)), np.empty((deepest, LANES))
    seen = np.empty((deepest, LANES))  # whether the row went along at this and earlier splits
    node, step = np.empty(deepest, np.int64), np.empty(deepest, np.int64)
    for t in range(len(size)):
        if state[-1]:
            return
        points = max(1, (size[t, 3] + 1) // 2)
        for block in range(len(rows) if order[size[t, 0], 1] >= 0 else 0):
            d = np.int64(0)
            node[0], step[0] = size[t, 0], 0
            while d >= 0:
                n = node[d]
                f, left, right, r = order[n, 0], order[n, 1], order[n, 2], share[n, 1]
                if step[d] == 0:
                    _ask(rows, block, f, share[n, 0], order[n, 3] != 0, u, d)
                    kept, before = share[n, 2], order[n, 4]
                    _soften(d, r, kept, before, points, x, w, u, on, seen, a, weight)
                if step[d] < 2:
                    child = left if step[d] == 0 else right
                    step[d] += 1
                    if order[child, 1] >= 0:
                        _descend(d, step[d] == 1, points, u, on, seen, c, a)
                        d += 1
                        node[d], step[d] = child, 0
                    continue
                side = np.int64(d > 0 and step[d - 1] == 2)
                for k in range(targets):
                    low = value[left, k] if order[left, 1] < 0 else np.nan
                    high = value[right, k] if order[right, 1] < 0 else np.nan
                    _lift(d, k, side, points, low, high, weight, c, a, h, total)
                    target = size[t, 1] + k
                    for i in range(LANES):
                        found[block, f, target, i] += (u[d, i] - r) * on[d, i] * total[i]
                d -= 1
        state[number] += len(rows)
