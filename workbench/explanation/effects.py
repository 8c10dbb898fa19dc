"""Effects of single columns: partial dependence, individual curves, accumulated local effects."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np

from workbench.core.errors import DataError, UsageError
from workbench.core.progress import Progress, silent, within
from workbench.core.report import Finding, Report, Table
from workbench.core.signature import Signature
from workbench.explanation.accumulate import by_level, likeness, on_a_line
from workbench.explanation.cells import row_names
from workbench.explanation.exchange import Exchange
from workbench.explanation.explainer import Explainable, Floats, classes_of, some
from workbench.explanation.grid import Grid, coarser, grid, reordered
from workbench.measures.intervals import resamples
from workbench.measures.words import counted, number

Method = Literal["ale", "pdp"]
METHODS: tuple[Method, ...] = get_args(Method)
DRAWS = 200
FEWEST = 5  # rows in an interval of ALE
LINES = 40  # individual curves that a report carries of each column
APART = 0.25  # of the effect's size: where two methods are said to disagree
UNLIKE = 0.6  # of the effect's size: where rows are said to react differently


@dataclass(frozen=True, eq=False)
class Curve:
    """The effect of one column by one method.

    ``effect``, ``low`` and ``high`` have shape ``(values, outputs)``; ``rows`` holds how many rows
    lie at each value.
    """

    column: str
    method: Method
    grid: Grid
    effect: Floats
    low: Floats
    high: Floats
    rows: Floats

    @property
    def size(self) -> Floats:
        """How far the effect reaches from its lowest to its highest known value: ``(outputs,)``."""
        return np.asarray(np.ptp(self.effect[: self.grid.known], axis=0))


def effects(
    predictor: Explainable,
    frame: Any,
    columns: Sequence[str],
    subject: str,
    *,
    methods: Sequence[str] = METHODS,
    seed: int = 0,
    progress: Progress = silent,
) -> Report:
    """How the prediction moves with each of some columns, over the rows of a frame.

    Parameters
    ----------
    frame
        Rows to average over; a few hundred will do. Named by its index.
    columns
        Inputs of the model; numbers, booleans, dates and categories alike.
    methods
        ``ale``: accumulated local effects (Apley & Zhu 2020), which ask about rows as they are,
        mean zero. ``pdp``: partial dependence (Friedman 2001), the mean prediction once every row
        has the value, with the curves of single rows (ICE, Goldstein et al. 2015).

    Returns
    -------
    Report
        kind ``effects``, in probability (or the target's units). Intervals are 95 % bootstrap
        intervals over the rows.

    Raises
    ------
    NotFound
        A column is no input of the model.
    UsageError
        A method has another name.
    DataError
        There are no rows, or a column is empty.
    """
    _check(frame, columns, methods, predictor.signature)
    exchange = Exchange(predictor, frame)
    weights = np.concatenate(list(resamples(len(frame), DRAWS, seed)))
    curves: list[Curve] = []
    lines: dict[str, Floats] = {}
    for place, column in enumerate(columns):
        part = within(progress, place / len(columns), (place + 1) / len(columns))
        part(0.0, f"changing {column}")
        found = _grid(frame, column, predictor.signature)
        if "ale" in methods:
            curves.append(_ale(exchange, column, found, weights))
        if "pdp" in methods:
            pdp, lines[column] = _pdp(exchange, column, found, weights, part)
            curves.append(pdp)
    progress(1.0, "done")
    return _report(curves, lines, frame, predictor.signature, subject)


def _check(
    frame: Any, columns: Sequence[str], methods: Sequence[str], signature: Signature
) -> None:
    if not len(frame):
        raise DataError("There are no rows to ask about.", "Choose a part that has rows.")
    if not columns:
        raise UsageError("No column is named.", "Name one: " + ", ".join(signature.names[:5]) + ".")
    for column in columns:
        signature[column]
    unknown = [m for m in methods if m not in METHODS]
    if unknown or not methods:
        raise UsageError(
            f"There is no method {''.join(unknown[:1])!r}.", "Choose ale, pdp or both."
        )


def _grid(frame: Any, column: str, signature: Signature) -> Grid:
    found = grid(frame[column], signature[column])
    if found.ordered:
        return found
    return reordered(found, likeness(frame, column, found, signature))


def _ale(exchange: Exchange, column: str, found: Grid, weights: Floats) -> Curve:
    found = coarser(found, max(FEWEST, len(found.own) // 50))
    walk = on_a_line if found.ordered else by_level
    steps = walk(exchange, column, found)
    whole = steps.accumulated(np.ones((1, len(found.own))))[0]
    low, high = np.quantile(steps.accumulated(weights), [0.025, 0.975], axis=0)
    return Curve(column, "ale", found, whole, low, high, steps.share.sum(axis=0))


def _pdp(
    exchange: Exchange, column: str, found: Grid, weights: Floats, progress: Progress
) -> tuple[Curve, Floats]:
    """The mean over the rows, and each row's own curve ``(values, rows, outputs)``."""
    said = exchange.over(column, found.values, progress)
    means = np.einsum("dr,vrk->dvk", weights / weights.sum(axis=1, keepdims=True), said)
    low, high = np.quantile(means, [0.025, 0.975], axis=0)
    at = np.array([np.sum(found.own == p) for p in found.positions], dtype=np.float64)
    rows = np.r_[at, [float(len(found.own) - np.isfinite(found.own).sum())] * found.missing]
    return Curve(column, "pdp", found, said.mean(axis=1), low, high, rows), said


def _report(
    curves: list[Curve],
    lines: dict[str, Floats],
    frame: Any,
    signature: Signature,
    subject: str,
) -> Report:
    reach = _reach(curves, signature)
    classes = classes_of(signature)
    columns = list(dict.fromkeys(c.column for c in curves))
    kept = some(len(frame), LINES)
    return Report(
        "effects",
        subject,
        f"Effects over {counted(len(frame), 'row')}",
        _sentence(curves, signature),
        {
            "columns": columns,
            "kinds": {c: signature[c].kind for c in columns},
            "methods": list(dict.fromkeys(c.method for c in curves)),
            "unit": "value" if signature.task == "regression" else "probability",
            "classes": list(classes),
            "rows": len(frame),
            "rows_left_out": {c.column: c.grid.left_out for c in curves if c.grid.left_out},
        },
        tuple(_findings(curves, lines)),
        (
            reach,
            _points(curves, classes),
            _single(curves, lines, kept, row_names(frame), classes),
        ),
    )


def _points(curves: list[Curve], classes: Sequence[str | None]) -> Table:
    rows = tuple(
        (
            c.column,
            c.method,
            name,
            c.grid.labels[v],
            float(c.grid.positions[v]) if v < c.grid.known else None,
            float(c.effect[v, k]),
            float(c.low[v, k]),
            float(c.high[v, k]),
            round(float(c.rows[v]), 1),
        )
        for c in curves
        for k, name in enumerate(classes)
        for v in range(len(c.effect))
    )
    names = ("column", "method", "class", "value", "position", "effect")
    return Table("effects", (*names, "effect_low", "effect_high", "rows"), rows)


def _single(
    curves: list[Curve],
    lines: dict[str, Floats],
    kept: Any,
    names: list[int],
    classes: Sequence[str | None],
) -> Table:
    rows = tuple(
        (c.column, name, names[r], c.grid.labels[v], float(c.grid.positions[v]),
         float(lines[c.column][v, r, k]))
        for c in curves
        if c.method == "pdp"
        for k, name in enumerate(classes)
        for r in kept
        for v in range(c.grid.known)
    )  # fmt: skip
    columns = ("column", "class", "row", "value", "position", "effect")
    return Table("ice", columns, rows, "The prediction for single rows, once they have the value.")


def _reach(curves: list[Curve], signature: Signature) -> Table:
    """How far each effect reaches, the farthest first."""
    found = [
        (
            c.column,
            c.method,
            name,
            float(c.size[k]),
            c.grid.labels[int(np.argmin(c.effect[: c.grid.known, k]))],
            c.grid.labels[int(np.argmax(c.effect[: c.grid.known, k]))],
            _direction(c, k),
        )
        for c in curves
        for k, name in enumerate(classes_of(signature))
    ]
    found.sort(key=lambda row: -row[3])
    columns = ("column", "method", "class", "size", "lowest_at", "highest_at", "direction")
    return Table("reach", columns, tuple(found))


def _direction(curve: Curve, k: int) -> str:
    """``up``, ``down``, ``flat``, or ``both`` for what has an order; empty for categories."""
    if not curve.grid.ordered:
        return ""
    steps = np.diff(curve.effect[: curve.grid.known, k])
    noise = 0.02 * float(curve.size[k])
    up, down = bool((steps > noise).any()), bool((steps < -noise).any())
    return {(True, True): "both", (True, False): "up", (False, True): "down"}.get(
        (up, down), "flat"
    )


def _sentence(curves: list[Curve], signature: Signature) -> str:
    first = [c for c in curves if c.method == curves[0].method]
    sizes = [float(c.size.max()) for c in first]
    best = first[int(np.argmax(sizes))]
    k = int(np.argmax(best.size))
    name = classes_of(signature)[k]
    what = f"the probability of {name}" if name is not None else f"the predicted {signature.target}"
    if best.size[k] <= 0:
        return f"{best.column} does not move {what}."
    low, high = (
        np.argmin(best.effect[: best.grid.known, k]),
        np.argmax(best.effect[: best.grid.known, k]),
    )
    return (
        f"{best.column} moves {what} by up to {number(float(best.size[k]))}: lowest at"
        f" {spoken(best.grid.labels[int(low)])}, highest at {spoken(best.grid.labels[int(high)])}."
    )


def spoken(value: Any) -> str:
    """A column's value inside a sentence."""
    if isinstance(value, float) and not value.is_integer():
        return number(value)
    if isinstance(value, float):
        return f"{value:,.0f}"
    return str(value)


def _findings(curves: list[Curve], lines: dict[str, Floats]) -> Iterator[Finding]:
    by = {(c.column, c.method): c for c in curves}
    for column, said in lines.items():
        pdp, ale = by[column, "pdp"], by.get((column, "ale"))
        if ale is not None:
            yield from _disagree(pdp, ale)
        yield from _unlike(pdp, said)


def _disagree(pdp: Curve, ale: Curve) -> Iterator[Finding]:
    """Partial dependence asks about rows that do not occur where columns move together."""
    known = pdp.grid.known
    at = ale.rows / max(ale.rows.sum(), 1)
    if pdp.grid.ordered:
        effect = np.column_stack(
            [np.interp(ale.grid.positions, pdp.grid.positions, e) for e in pdp.effect[:known].T]
        )
    else:
        effect = pdp.effect[:known]
    centred = effect - at @ effect
    gap = float(np.abs(centred - ale.effect).max(initial=0.0))
    size = float(max(pdp.size.max(), ale.size.max()))
    if size > 1e-9 and gap > APART * size:
        yield Finding(
            "dependent",
            "warning",
            f"ALE and partial dependence of {pdp.column} differ by up to {number(gap)}: it moves"
            " together with other columns. Trust ALE, which asks about rows that occur.",
            {"difference": gap},
            pdp.column,
        )


def _unlike(pdp: Curve, said: Floats) -> Iterator[Finding]:
    """Whether single rows react otherwise than the mean does."""
    shape = said[: pdp.grid.known] - said[: pdp.grid.known].mean(axis=0)
    spread = shape.std(axis=1).mean(axis=0)  # of the rows' centred curves, (outputs,)
    k = int(np.argmax(spread))
    size = float(pdp.size[k])
    if spread[k] > UNLIKE * max(size, 1e-9) and spread[k] > 0.01 * max(float(np.ptp(said)), 1e-9):
        yield Finding(
            "interacts",
            "info",
            f"What {pdp.column} does differs between rows: look at the single curves, and at"
            " the colour of the SHAP values.",
            {"spread": float(spread[k]), "size": size},
            pdp.column,
        )
