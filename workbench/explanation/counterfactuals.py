"""Counterfactuals: the nearest changes of few columns after which a model says something else.

The search is our own: a beam over observed values, one more column at each step, whose states are
scored in blocks; then each change is taken back as far as it goes, and each that is not needed is
left out. What counts as near and diverse follows Wachter et al. (2017) and DiCE (Mothilal et al.
2020), distances are Gower's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from workbench.core.errors import DataError
from workbench.core.progress import Progress, silent
from workbench.core.report import Finding, Report, Table
from workbench.core.signature import Signature
from workbench.explanation.cells import plain
from workbench.explanation.explainer import Explainable, Floats, Places
from workbench.explanation.gower import Gower
from workbench.explanation.moves import Moves
from workbench.explanation.wish import Limits, Wish
from workbench.measures.words import counted, listed

BEAM = 36  # states that go on to the next column
ALIKE = 3  # of them, that change the same columns
POLISHED = 24  # found states that are refined
NEIGHBOUR = 5  # whose distance says how usual a row is
REFERENCE = 200  # training rows that this distance is compared with
RARE = 0.95
STEP = 0.25  # what one more changed column costs


@dataclass(frozen=True, eq=False)
class Found:
    """States that grant the wish, the best first, with how rare each row is (0 to 1)."""

    states: Places
    cost: Floats
    rarity: Floats
    asked: int


def counterfactuals(
    predictor: Explainable,
    row: Any,
    pool: Any,
    subject: str,
    *,
    want: Any = None,
    limits: Limits | None = None,
    count: int = 4,
    most: int = 4,
    progress: Progress = silent,
) -> Report:
    """Up to ``count`` different ways in which one row comes to another prediction.

    Parameters
    ----------
    row
        A frame of one row.
    pool
        Training rows (a few thousand): values that occur, and what is usual.
    want
        A class, or ``(low, high)`` where the target is a number; None for the most probable other
        class.
    limits
        What may not change; by default the sensitive columns stay.
    most
        Columns that may change together.

    Returns
    -------
    Report
        kind ``counterfactuals``; no way is a report, too, whose sentence says so. Each way grants
        the wish on the model itself, and no smaller part of its changes does.

    Raises
    ------
    UsageError
        The row is there already, or a limit makes no sense.
    NotFound
        There is no such class or column.
    DataError
        There are no training rows to take values from.
    """
    signature = predictor.signature
    if not len(pool):
        raise DataError("There are no rows to take values from.", "Train on more rows.")
    limits = limits or Limits(frozenset(signature.sensitive))
    limits.check(signature)
    before = predictor.scores(row)
    wish = Wish.of(want, before, signature)
    progress(0.05, "reading the values that occur")
    gower = Gower(pool, signature)
    moves = Moves(predictor, row, pool, limits, gower)
    found = _search(moves, wish, pool, gower, count, most, progress)
    progress(1.0, "done")
    return _report(moves, wish, found, before, limits, subject, most)


def _search(
    moves: Moves,
    wish: Wish,
    pool: Any,
    gower: Gower,
    count: int,
    most: int,
    progress: Progress,
) -> Found:
    reached, asked = _beam(moves, wish, count, most, progress)
    if not len(reached):
        return Found(reached, np.empty(0), np.empty(0), asked)
    progress(0.7, "taking changes back as far as they go")
    polished = _polished(moves, wish, reached)
    progress(0.85, "asking how usual the rows are")
    # the search asked prepared rows in blocks: what is told was said by the model of the row itself
    polished = polished[wish.granted(moves.predictor.scores(moves.frame(polished)))]
    rarity = _rarity(moves.frame(polished), pool, gower)
    total = moves.cost(polished) + STEP * (polished > 0).sum(axis=1) + (rarity > RARE) * 1.0
    order = _diverse(polished, total, count)
    return Found(polished[order], moves.cost(polished)[order], rarity[order], asked)


def _beam(
    moves: Moves, wish: Wish, count: int, most: int, progress: Progress
) -> tuple[Places, int]:
    """States that grant the wish, found with one more changed column at each step."""
    width, asked = len(moves.choices), 0
    beam = np.zeros((1, width), dtype=np.int64)
    found: list[Places] = []
    for depth in range(min(most, width)):
        states = _grown(moves, beam)
        if not len(states):
            break
        scores = moves.scores(states)
        asked += len(states)
        granted = wish.granted(scores)
        found.append(_cheapest(moves, states[granted], POLISHED))
        sets = {tuple(s > 0) for part in found for s in part}
        progress(0.1 + 0.6 * (depth + 1) / most, f"changing {counted(depth + 1, 'column')}")
        if len(sets) >= count and depth > 0:
            break
        beam = _promising(moves, states[~granted], wish.margin(scores[~granted]))
    return np.concatenate(found) if found else beam[:0], asked


def _grown(moves: Moves, beam: Places) -> Places:
    """Each state with one more column changed, to each of its coarse values."""
    parts = []
    for place, choice in enumerate(moves.choices):
        free = beam[beam[:, place] == 0]
        grown = np.repeat(free, len(choice.coarse), axis=0)
        grown[:, place] = np.tile(choice.coarse, len(free))
        parts.append(grown)
    return np.unique(np.concatenate(parts), axis=0) if parts else beam[:0]


def _cheapest(moves: Moves, states: Places, most: int) -> Places:
    """The cheapest states of each set of columns, then the cheapest of all."""
    order = np.argsort(moves.cost(states), kind="stable")
    return states[_few_alike(states, order, most)]


def _promising(moves: Moves, states: Places, margin: Floats) -> Places:
    """Half of the beam is nearest to the wish, half has come nearest for its cost."""
    if not len(states):
        return states
    gain = (margin - margin.min()) / (STEP + moves.cost(states))
    nearest = _few_alike(states, np.argsort(-margin, kind="stable"), BEAM // 2)
    thrifty = _few_alike(states, np.argsort(-gain, kind="stable"), BEAM // 2)
    return states[np.union1d(nearest, thrifty)]


def _few_alike(states: Places, order: Places, most: int) -> Places:
    """Places of the first states in an order, not many of which change the same columns."""
    seen: dict[bytes, int] = {}
    kept = []
    for place in order:
        key = (states[place] > 0).tobytes()
        seen[key] = seen.get(key, 0) + 1
        if seen[key] <= ALIKE:
            kept.append(place)
        if len(kept) == most:
            break
    return np.array(kept, dtype=np.int64)


def _polished(moves: Moves, wish: Wish, states: Places) -> Places:
    """Each state with what is not needed left out, and the rest taken back as far as it goes."""
    states = states[_few_alike(states, np.argsort(moves.cost(states), kind="stable"), POLISHED)]
    done = [_settled(moves, wish, state) for state in states]
    return np.unique(np.array(done, dtype=np.int64).reshape(-1, states.shape[1]), axis=0)


def _settled(moves: Moves, wish: Wish, state: Places) -> Places:
    """Refining may make another change needless, so both are done until nothing moves."""
    state = _reduced(moves, wish, state)
    while True:
        finer = _refined(moves, wish, state)
        smaller = _reduced(moves, wish, finer)
        if np.array_equal(smaller, finer):
            return smaller
        state = smaller


def _reduced(moves: Moves, wish: Wish, state: Places) -> Places:
    """The smallest, then cheapest part of the changes that grants the wish."""
    changed = np.flatnonzero(state)
    parts = [p for size in range(1, len(changed)) for p in combinations(changed, size)]
    if not parts:
        return state
    states = np.zeros((len(parts), len(state)), dtype=np.int64)
    for number, part in enumerate(parts):
        states[number, list(part)] = state[list(part)]
    granted = states[wish.granted(moves.scores(states))]
    if not len(granted):
        return state
    order = np.lexsort((moves.cost(granted), (granted > 0).sum(axis=1)))
    smallest: Places = granted[order[0]]
    return smallest


def _refined(moves: Moves, wish: Wish, state: Places) -> Places:
    """Each changed number as near to the row's own as still grants the wish, one after another."""
    state = state.copy()
    for place in np.flatnonzero(state):
        choice = moves.choices[place]
        nearer = np.flatnonzero((choice.cost > 0) & (choice.cost < choice.cost[state[place]]))
        if not len(nearer):
            continue
        states = np.repeat(state[None, :], len(nearer), axis=0)
        states[:, place] = nearer
        granted = nearer[wish.granted(moves.scores(states))]
        if len(granted):
            state[place] = granted[np.argmin(choice.cost[granted])]
    return state


def _rarity(rows: Any, pool: Any, gower: Gower) -> Floats:
    """The share of training rows that lie nearer to their neighbours than these rows do."""
    if not len(rows):
        return np.empty(0)
    k = min(NEIGHBOUR, len(pool) - 1)
    if k < 1:
        return np.zeros(len(rows))
    some = np.linspace(0, len(pool) - 1, min(REFERENCE, len(pool))).astype(np.int64)
    usual = np.partition(gower.distances(pool.iloc[some]), k, axis=1)[:, k]  # 0 is the row itself
    own = np.partition(gower.distances(rows), k - 1, axis=1)[:, k - 1]
    share: Floats = (usual[None, :] < own[:, None] - 1e-12).mean(axis=1)
    return share


def _diverse(states: Places, total: Floats, count: int) -> Places:
    """The best state, then those that are good and change other columns than the ones before."""
    chosen: list[int] = []
    changed = states > 0
    overlap = np.zeros(len(states))
    while len(chosen) < min(count, len(states)):
        value = total + overlap
        value[chosen] = np.inf
        best = int(np.argmin(value))
        if overlap[best] >= 2.0:  # the same columns once more: only other values
            break
        chosen.append(best)
        both = (changed & changed[best]).sum(axis=1)
        either = (changed | changed[best]).sum(axis=1)
        overlap = np.maximum(overlap, np.where(both == either, 2.0, both / either))
    return np.array(chosen, dtype=np.int64)


def _report(
    moves: Moves,
    wish: Wish,
    found: Found,
    before: np.ndarray,
    limits: Limits,
    subject: str,
    most: int,
) -> Report:
    signature = moves.predictor.signature
    after = moves.predictor.scores(moves.frame(found.states)) if len(found.states) else before
    lists = [_changes(moves, state, signature) for state in found.states]
    ways = Table(
        "ways",
        ("way", "columns", "changed", "distance", "prediction", "rarity"),
        tuple(
            (
                n + 1,
                len(changes),
                [c for c, _, _ in changes],
                float(found.cost[n]) / max(1, len(signature.inputs)),
                _told(after[n], wish),
                float(found.rarity[n]),
            )
            for n, changes in enumerate(lists)
        ),
        "Distance is Gower's; rarity is the share of training rows that are more usual.",
    )
    changes = Table(
        "changes",
        ("way", "column", "before", "after"),
        tuple((n + 1, *change) for n, part in enumerate(lists) for change in part),
    )
    return Report(
        "counterfactuals",
        subject,
        "What would change the prediction",
        _sentence(lists, wish, most),
        {
            "want": wish.words,
            "before": _told(before[0], wish),
            "found": len(lists),
            "most": most,
            "keep": sorted(limits.keep),
            "ranges": {c: list(r) for c, r in limits.ranges.items()},
            "directions": dict(limits.directions),
            "unit": "value" if signature.task == "regression" else "probability",
            "asked": found.asked,
        },
        tuple(_findings(found, limits, moves, most)),
        (ways, changes),
    )


def _changes(moves: Moves, state: Places, signature: Signature) -> list[tuple[str, Any, Any]]:
    found = []
    for place in np.flatnonzero(state):
        choice = moves.choices[place]
        pair = plain(choice.values.iloc[[0, state[place]]], signature[choice.column].kind)
        found.append((choice.column, *_in_type(pair)))
    return found


def _in_type(pair: list[Any]) -> list[Any]:
    return [int(v) if isinstance(v, float) and v.is_integer() else v for v in pair]


def _told(scores: Any, wish: Wish) -> float:
    """The probability of the wanted class, or the value."""
    return float(scores if wish.code is None else scores[wish.code])


def _sentence(lists: Sequence[Sequence[tuple[str, Any, Any]]], wish: Wish, most: int) -> str:
    if not lists:
        return (
            f"No change of up to {counted(most, 'column')} that is allowed leads to {wish.words}."
        )
    said = [f"{c} from {'missing' if b is None else b} to {a}" for c, b, a in lists[0]]
    many = f"{counted(len(lists), 'way')} lead{'s' if len(lists) == 1 else ''} to {wish.words}"
    return f"{many}; the nearest changes {listed(said)}."


def _findings(found: Found, limits: Limits, moves: Moves, most: int) -> Iterator[Finding]:
    if not len(found.states):
        yield Finding(
            "no-way",
            "info",
            f"{counted(found.asked, 'row')} were tried. Let more columns change, widen a range, or"
            " allow more columns at once."
            if found.asked
            else "No column may change: let one go.",
            {"asked": found.asked, "most": most, "free": [c.column for c in moves.choices]},
        )
    rare = [n + 1 for n, share in enumerate(found.rarity) if share > RARE]
    if rare:
        which = (
            f"Way {listed([str(n) for n in rare])} leads"
            if len(rare) == 1
            else (f"Ways {listed([str(n) for n in rare])} lead")
        )
        yield Finding(
            "rare",
            "warning",
            f"{which} to a row unlike nearly all training rows: the model was not tested there.",
            {"ways": rare},
        )
    if limits.keep:
        yield Finding(
            "kept", "info", f"{listed(sorted(limits.keep))} may not change.",
            {"columns": sorted(limits.keep)},
        )  # fmt: skip
