"""Exact SHAP interaction values of trees, path-dependent, compiled.

The interaction of two columns is half of what one of them adds once the other is known, minus what
it adds otherwise, averaged over what else is known as the Shapley value does (Fujimoto et al. 2006;
Lundberg et al. 2020). As in :mod:`workbench.explanation.treeshap` this is an integral over the
chance ``x`` that a column is known: of the second derivative by both columns' chances.

To the expectation, a leaf adds its value times a product over the distinct columns of its path:
``x·o + (1 - x)·r``, where ``o`` is 1 if the row meets all the path's conditions on the column, and
``r`` is the share of the cover that they leave. The derivative by a column puts ``o - r`` in the
place of its factor, which is to multiply by ``(1 - r) / (x + (1 - x)·r)`` or by ``-1 / (1 - x)``.
With ``d`` distinct columns the integrand is a polynomial of degree ``d - 2``: ``d // 2`` points of
Gauss and Legendre give it exactly. The work is leaves x pairs of columns on the path x points.
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor, wait

import numpy as np
from numpy.typing import NDArray

from workbench.core.progress import Progress, silent
from workbench.explanation.treeshap import BEAT, LANES, Floats, Plan, _compiled

TASK = 256  # rows; their interactions are held together


def cost(plan: Plan) -> int:
    """Multiplications per row, at most: splits x pairs x points x targets."""
    ends = np.append(plan.size[1:, 0], len(plan.order))
    leaves = (ends - plan.size[:, 0] + 1) // 2
    wide = plan.size[:, 3]
    return int((leaves * (wide * wide // 2) * np.maximum(1, wide // 2)).sum()) * (
        1 + plan.value.shape[1]
    )


def interactions(
    plan: Plan,
    rows: np.ndarray,
    players: NDArray[np.int64],
    threads: int,
    progress: Progress = silent,
) -> Floats:
    """Interaction values of every two players, ``(rows, players, players, outputs)``, float64.

    Parameters
    ----------
    rows
        ``(rows, columns)``; missing numbers are NaN.
    players
        For each column the number of the player that it belongs to: columns of one player are
        known together in what is summed up. The diagonal stays zero; whoever knows the
        contributions puts there what is left of them.
    progress
        Called a few times a second; what it raises ends the work.
    """
    count, many = len(rows), int(players.max(initial=0)) + 1
    found = np.empty((count, many, many, len(plan.base)))
    tasks = range(0, count, TASK)
    state = np.zeros(len(tasks) + 1, np.int64)  # blocks x trees done by each task; last: stop

    def work(number: int) -> None:
        part = slice(tasks[number], tasks[number] + TASK)
        if not state[-1]:
            found[part] = _paired(plan, rows[part], players, many, state, number)

    total = -(-count // LANES) * len(plan.size)
    with ThreadPoolExecutor(max(1, min(threads, len(tasks))), "treepairs") as pool:
        waiting: set[Future[None]] = {pool.submit(work, n) for n in range(len(tasks))}
        try:
            while waiting:
                ended, waiting = wait(waiting, BEAT)
                for one in ended:
                    one.result()
                done = min(1.0, int(state[:-1].sum()) / max(1, total))
                progress(done, "following pairs of columns through the trees")
        finally:
            state[-1] = 1
    return found


def _paired(
    plan: Plan,
    rows: np.ndarray,
    players: NDArray[np.int64],
    many: int,
    state: NDArray[np.int64],
    number: int,
) -> Floats:
    """Interactions for a task's rows."""
    count, columns = rows.shape
    blocks = -(-count // LANES)
    lanes = np.zeros((blocks * LANES, columns))
    lanes[:count] = rows.astype(np.float32) if plan.single else rows
    lanes = np.ascontiguousarray(lanes.reshape(blocks, LANES, columns).transpose(0, 2, 1))
    found = np.zeros((blocks, many, many, len(plan.base), LANES))
    _pairs(
        lanes, found, plan.order, plan.share, plan.value, plan.size, players, *plan.points,
        state, number,
    )  # fmt: skip
    found += found.transpose(0, 2, 1, 3, 4).copy()  # the kernel fills one side
    return found.transpose(0, 4, 1, 2, 3).reshape(blocks * LANES, many, many, -1)[:count]


@_compiled
def _leaves(order, share, first, last, columns, begin, leaf, column, ends, kept):  # type: ignore[no-untyped-def]
    """Write down the paths of a tree's leaves.

    ``begin[k]`` is the first of the conditions of leaf ``leaf[k]``: on ``column`` they are met
    by numbers above ``ends[., 0]`` up to ``ends[., 1]``, and by missing ones where ``ends[., 2]``
    is 1; they leave the share ``kept`` of the cover.
    """
    low, high = np.full(columns, -np.inf), np.full(columns, np.inf)
    lost, left_over = np.ones(columns), np.ones(columns)
    splits = np.zeros(columns, np.int64)
    path = np.empty(columns, np.int64)  # distinct columns, in order of their first split
    deepest = last - first
    node, step = np.empty(deepest, np.int64), np.empty(deepest, np.int64)
    before = np.empty((deepest, 4))
    distinct, count, filled, d = 0, 0, 0, 0
    node[0], step[0] = first, 0
    begin[0] = 0
    while d >= 0:
        n = node[d]
        f = order[n, 0]
        if step[d] == 0:
            before[d, 0], before[d, 1] = low[f], high[f]
            before[d, 2], before[d, 3] = lost[f], left_over[f]
            if splits[f] == 0:
                path[distinct] = f
                distinct += 1
            splits[f] += 1
        low[f], high[f] = before[d, 0], before[d, 1]
        lost[f], left_over[f] = before[d, 2], before[d, 3]
        if step[d] == 2:
            splits[f] -= 1
            if splits[f] == 0:
                distinct -= 1
            d -= 1
            continue
        t, r = share[n, 0], share[n, 1]
        if step[d] == 0:
            child = order[n, 1]
            high[f] = min(high[f], t)
            lost[f] *= order[n, 3] != 0
            left_over[f] *= r
        else:
            child = order[n, 2]
            low[f] = max(low[f], t)
            lost[f] *= order[n, 3] == 0
            left_over[f] *= 1 - r
        step[d] += 1
        if order[child, 1] >= 0:
            d += 1
            node[d], step[d] = child, 0
            continue
        leaf[count] = child
        for k in range(distinct):
            p = path[k]
            column[filled] = p
            ends[filled, 0], ends[filled, 1], ends[filled, 2] = low[p], high[p], lost[p]
            kept[filled] = left_over[p]
            filled += 1
        count += 1
        begin[count] = filled


@_compiled
def _known(rows, block, f, low, high, missing, on, k):  # type: ignore[no-untyped-def]
    """1 for the rows that meet a leaf's conditions on a column."""
    for i in range(LANES):
        number = rows[block, f, i]
        inside = 1.0 if low < number <= high else 0.0
        on[k, i] = missing if number != number else inside


@_compiled
def _factors(wide, points, x, w, kept, start, on, times, weight):  # type: ignore[no-untyped-def]
    """The product of a path's factors at each point, and what a derivative multiplies it by."""
    for q in range(points):
        for i in range(LANES):
            weight[q, i] = w[points, q]
        for k in range(wide):
            r, at = kept[start + k], x[points, q]
            out, inside = (1 - at) * r, at + (1 - at) * r
            off, yes = -1 / (1 - at), (1 - r) / inside
            for i in range(LANES):
                weight[q, i] *= out + on[k, i] * (inside - out)
                times[q, k, i] = off + on[k, i] * (yes - off)


@_compiled
def _together(points, e, g, times, weight, part):  # type: ignore[no-untyped-def]
    """The integral of the derivative by two of the path's columns."""
    for i in range(LANES):
        part[i] = weight[0, i] * times[0, e, i] * times[0, g, i]
    for q in range(1, points):
        for i in range(LANES):
            part[i] += weight[q, i] * times[q, e, i] * times[q, g, i]


@_compiled
def _leaf(  # type: ignore[no-untyped-def]
    rows, found, block, start, wide, column, ends, kept, players, said, x, w,
    on, times, weight, part,
):  # fmt: skip
    """Add one leaf's interactions; ``said`` is what it says of each target, ``found`` a block's."""
    for e in range(wide):
        at = start + e
        _known(rows, block, column[at], ends[at, 0], ends[at, 1], ends[at, 2], on, e)
    points = wide // 2
    _factors(wide, points, x, w, kept, start, on, times, weight)
    for e in range(1, wide):
        mine = players[column[start + e]]
        for g in range(e):
            other = players[column[start + g]]
            if mine != other:
                _together(points, e, g, times, weight, part)
                for v in range(len(said)):
                    for i in range(LANES):
                        found[mine, other, v, i] += said[v] / 2 * part[i]


@_compiled
def _pairs(rows, found, order, share, value, size, players, x, w, state, number):  # type: ignore[no-untyped-def]
    """Add all trees' interactions for blocks of rows to one side of ``found``.

    ``rows`` is (blocks, columns, LANES), ``found`` (blocks, players, players, outputs, LANES).
    After each tree ``state`` is told how many blocks went through; its last number asks to stop.
    """
    most = max(1, size[:, 3].max())
    on, part = np.empty((most, LANES)), np.empty(LANES)
    times, weight = np.empty((most, most, LANES)), np.empty((most, LANES))
    for t in range(len(size)):
        first = size[t, 0]
        last = size[t + 1, 0] if t + 1 < len(size) else len(order)
        leaves = (last - first + 1) // 2 if size[t, 3] > 1 else 0
        begin, leaf = np.empty(leaves + 1, np.int64), np.empty(leaves, np.int64)
        column = np.empty(leaves * size[t, 3], np.int64)
        ends, kept = np.empty((len(column), 3)), np.empty(len(column))
        if leaves:
            _leaves(order, share, first, last, rows.shape[1], begin, leaf, column, ends, kept)
        target = size[t, 1]
        for block in range(len(rows)):
            if state[-1]:
                return
            into = found[block, :, :, target : target + value.shape[1]]
            for k in range(leaves):
                start, wide = begin[k], begin[k + 1] - begin[k]
                said = value[leaf[k]]
                _leaf(
                    rows, into, block, start, wide, column, ends, kept, players, said, x, w,
                    on, times, weight, part,
                )  # fmt: skip
        state[number] += len(rows)
