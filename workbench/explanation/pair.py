"""Two columns at once: partial dependence over both, and how much of it is of both together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from workbench.core.errors import DataError, UsageError
from workbench.core.progress import Progress, silent, within
from workbench.core.report import Finding, Report, Table
from workbench.core.signature import Field, Signature
from workbench.explanation.accumulate import likeness
from workbench.explanation.effects import spoken
from workbench.explanation.exchange import Exchange
from workbench.explanation.explainer import Explainable, Floats, Places, classes_of, some
from workbench.explanation.grid import Grid, grid, reordered
from workbench.measures.words import counted, number
from workbench.questions import positions

SIDE = 12  # values of a column
POINTS = 120  # rows at whose values H is measured
DRAWS = 500
EMPTY = 0.25  # share of combinations without rows nearby that is worth a word
WEAK = 0.01  # of the outputs' spread: an effect under it is noise


def pair(
    predictor: Explainable,
    frame: Any,
    column: str,
    other: str,
    subject: str,
    *,
    around: Any = None,
    seed: int = 0,
    progress: Progress = silent,
) -> Report:
    """The mean prediction for every combination of two columns' values, over the rows of a frame.

    Parameters
    ----------
    frame
        Rows to average over; a few hundred will do.
    around
        More rows, which say where the data lie; by default the same.

    Returns
    -------
    Report
        kind ``pair``, in probability (or the target's units). Table ``surface``: ``effect`` is the
        partial dependence of both (Friedman 2001), ``together`` what is left of it without that of
        each alone, ``rows`` how many rows are nearest to the combination. Table ``strength``:
        Friedman and Popescu's H (2008), the share of the variance of the pair's partial dependence
        that is of both together, as its root; ``size`` is the root mean square of that part
        (Inglis et al. 2022), which does not grow where both columns do next to nothing. Both at
        the rows' own values, with 95 % bootstrap intervals over these.

    Raises
    ------
    NotFound
        A column is no input of the model.
    UsageError
        Both columns are one.
    DataError
        There are too few rows, or a column is empty.
    """
    signature = predictor.signature
    fields = [signature[name] for name in (column, other)]
    if column == other:
        raise UsageError(f"{column} is named twice.", "Name two columns.")
    if len(frame) < 2:
        raise DataError("There are too few rows to ask about.", "Choose a part that has rows.")
    exchange = Exchange(predictor, frame)
    grids = [_grid(frame, field.name, signature) for field in fields]
    surface, alone = _surface(exchange, (column, other), grids, within(progress, 0.05, 0.5))
    parts = _at_rows(exchange, (column, other), within(progress, 0.5, 0.98))
    spread = float(np.ptp(surface))
    strength = _strength(*parts, signature, seed)
    near = _near(grids, [(frame if around is None else around)[f.name] for f in fields], fields)
    table = _table(grids, surface, alone, near, classes_of(signature))
    progress(1.0, "done")
    return Report(
        "pair",
        subject,
        f"{column} and {other} over {counted(len(frame), 'row')}",
        _sentence((column, other), grids, surface, strength, signature),
        {
            "columns": [column, other],
            "kinds": {field.name: field.kind for field in fields},
            "unit": "value" if signature.task == "regression" else "probability",
            "classes": list(classes_of(signature)),
            "rows": len(frame),
            "seed": seed,
        },
        tuple(_findings((column, other), table, strength, spread)),
        (strength, table),
    )


def _grid(frame: Any, column: str, signature: Signature) -> Grid:
    """The known values of a column, few enough for a plane."""
    found = grid(frame[column], signature[column])
    if not found.ordered:
        found = reordered(found, likeness(frame, column, found, signature))
    kept = some(found.known, SIDE - 1) if found.ordered else np.arange(min(found.known, SIDE))
    if found.ordered:
        kept = np.unique(np.r_[kept, found.known - 1])
    return replace(
        found,
        values=found.values.iloc[kept],
        labels=tuple(found.labels[k] for k in kept),
        positions=found.positions[kept],
        missing=False,
    )


def _surface(
    exchange: Exchange, names: tuple[str, str], grids: Sequence[Grid], progress: Progress
) -> tuple[Floats, Floats]:
    """Partial dependence of both, and of each alone added up, ``(a, b, outputs)``, not centred."""
    a, b = (g.known for g in grids)
    first, second = (which.ravel() for which in np.mgrid[0:a, 0:b])
    values = [g.values for g in grids]
    changes = {names[0]: (values[0], first), names[1]: (values[1], second)}
    both = exchange.over_pairs(changes, within(progress, 0.0, 0.9)).reshape(a, b, -1)
    one = exchange.over_pairs({names[0]: (values[0], np.arange(a))})
    two = exchange.over_pairs({names[1]: (values[1], np.arange(b))}, within(progress, 0.9, 1.0))
    mean = exchange.scores(exchange.prepared).mean(axis=0)
    return both, one[:, None, :] + two[None, :, :] - mean


def _near(grids: Sequence[Grid], series: Sequence[Any], fields: Sequence[Field]) -> Floats:
    """How many rows are nearest to each combination."""
    a, b = (g.known for g in grids)
    places = [_nearest(*one) for one in zip(grids, series, fields, strict=True)]
    known = (places[0] >= 0) & (places[1] >= 0)
    found = np.bincount(places[0][known] * b + places[1][known], minlength=a * b)
    return found.reshape(a, b).astype(np.float64)


def _nearest(found: Grid, series: Any, field: Field) -> Places:
    """The value nearest to each row's own, -1 where there is none."""
    if not found.ordered:
        place = {str(label): k for k, label in enumerate(found.labels)}
        return np.array([place.get(str(v), -1) for v in series], dtype=np.int64)
    own = positions(series, field.kind)
    middles = (found.positions[1:] + found.positions[:-1]) / 2
    return np.where(np.isfinite(own), np.searchsorted(middles, own), -1).astype(np.int64)


def _at_rows(
    exchange: Exchange, names: tuple[str, str], progress: Progress
) -> tuple[Floats, Floats, Floats]:
    """Centred partial dependence of both and of each, at the rows' own values: (rows, outputs)."""
    rows = some(len(exchange.frame), POINTS)
    values = {name: exchange.frame[name] for name in names}
    both = exchange.over_pairs({n: (values[n], rows) for n in names}, within(progress, 0.0, 0.6))
    one, two = (
        exchange.over_pairs({n: (values[n], rows)}, within(progress, start, start + 0.2))
        for n, start in zip(names, (0.6, 0.8), strict=True)
    )
    return tuple(part - part.mean(axis=0) for part in (both, one, two))  # type: ignore[return-value]


def _strength(both: Floats, one: Floats, two: Floats, signature: Signature, seed: int) -> Table:
    left, whole = (both - one - two) ** 2, both**2
    random = np.random.default_rng(seed)
    picks = random.integers(0, len(left), (DRAWS, len(left)))
    rows = []
    for k, of_class in enumerate(classes_of(signature)):
        drawn = left[picks, k].sum(axis=1), whole[picks, k].sum(axis=1)
        share = _root(drawn[0], drawn[1])
        size = np.sqrt(drawn[0] / len(left))
        h = float(_root(left[:, k].sum(), whole[:, k].sum()))
        rows.append(
            (
                of_class,
                h,
                *map(float, np.quantile(share, [0.025, 0.975])),
                float(np.sqrt(left[:, k].mean())),
                *map(float, np.quantile(size, [0.025, 0.975])),
            )
        )
    columns = ("class", "h", "h_low", "h_high", "size", "size_low", "size_high")
    return Table("strength", columns, tuple(rows), "How much of the pair's effect is of both.")


def _root(left: Any, whole: Any) -> Any:
    return np.sqrt(np.where(whole > 0, left / np.maximum(whole, 1e-300), 0.0))


def _table(
    grids: Sequence[Grid], surface: Floats, alone: Floats, near: Floats,
    classes: Sequence[str | None],
) -> Table:  # fmt: skip
    first, second = grids
    rows = tuple(
        (
            first.labels[i],
            second.labels[j],
            of_class,
            float(surface[i, j, k]),
            float(surface[i, j, k] - alone[i, j, k]),
            int(near[i, j]),
        )
        for k, of_class in enumerate(classes)
        for i in range(first.known)
        for j in range(second.known)
    )
    columns = ("value", "other_value", "class", "effect", "together", "rows")
    return Table("surface", columns, rows, "Mean predictions; rows nearest to each combination.")


def _sentence(
    names: tuple[str, str],
    grids: Sequence[Grid],
    surface: Floats,
    strength: Table,
    signature: Signature,
) -> str:
    k = int(np.argmax(np.ptp(surface, axis=(0, 1))))
    of_class = classes_of(signature)[k]
    what = f"probability of {of_class}" if of_class is not None else f"predicted {signature.target}"
    plane = surface[..., k]
    ends = [np.unravel_index(int(f(plane)), plane.shape) for f in (np.argmin, np.argmax)]
    low, high = (
        f"{number(float(plane[at]))} ({names[0]} {spoken(grids[0].labels[at[0]])},"
        f" {names[1]} {spoken(grids[1].labels[at[1]])})"
        for at in ends
    )
    h = strength.rows[k][1]
    return (
        f"The mean {what} goes from {low} to {high}; {h**2:.0%} of its variance is of"
        " both together."
    )


def _findings(
    names: tuple[str, str], surface: Table, strength: Table, spread: float
) -> Iterator[Finding]:
    cells = surface.column("rows")
    empty = sum(1 for rows in cells if not rows) / max(1, len(cells))
    if empty > EMPTY:
        yield Finding(
            "empty-combinations",
            "info",
            f"{empty:.0%} of the combinations have none of these rows nearby: there the model was"
            " hardly tested.",
            {"share": empty},
        )
    best = max(strength.records(), key=lambda r: r["h"])
    if best["h"] > 0.3 and best["size"] < WEAK * max(spread, 1e-12):
        yield Finding(
            "weak-effects",
            "info",
            f"H is large because {names[0]} and {names[1]} hardly move the prediction: look at the"
            " size.",
            {"h": best["h"], "size": best["size"]},
        )
