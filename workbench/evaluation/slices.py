"""Weak spots: the groups of rows where a model fails most, or where two models differ most.

Groups are one or two columns' bins. Each is held against all other rows by Welch's test on the
row-by-row loss, with the false discovery rate held at 5 % over all groups that were looked at
(Benjamini and Hochberg 1995), as in Chung et al. (2019), "Slice Finder".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy.stats import t as student

from workbench.core.errors import DataError
from workbench.core.progress import Progress, silent
from workbench.core.report import Finding, Report, Table
from workbench.evaluation.bins import Binned
from workbench.measures.words import counted, number

FEWEST = 30  # rows of a group
SHARE = 0.01  # of all rows that a group has at least
RATE = 0.05  # false discoveries among what is shown
PAIRED = 12  # columns that are crossed with each other: those that part the losses best
ALIKE = 0.7  # overlap from which two groups are one
SHOWN = 12


@dataclass(frozen=True, eq=False)
class _Slice:
    """A group of rows and its losses."""

    parts: tuple[tuple[int, int], ...]  # (column, bin)
    rows: int
    mean: float
    rest: float
    error: float  # standard error of the difference
    freedom: float  # Welch's degrees of freedom

    @property
    def apart(self) -> float:
        return self.mean - self.rest

    @property
    def z(self) -> float:
        return self.apart / self.error


def slices(
    losses: np.ndarray,
    columns: Sequence[Binned],
    *,
    subject: str,
    title: str,
    loss: str,
    hits: np.ndarray | None = None,
    signed: bool = False,
    names: tuple[str, str] = ("the model", "the other"),
    progress: Progress = silent,
) -> Report:
    """Where losses are larger than elsewhere.

    Parameters
    ----------
    losses
        (n,) a loss per row; with ``signed``, the loss of the first model minus the second's.
    columns
        The rows' columns as bins.
    loss
        What the loss is called: ``log loss``.
    hits
        (n,) 1 where the decision was right, for the share of right decisions in a group.
    signed
        Whether groups below the mean matter as much: where the first of two models is better.

    Returns
    -------
    Report
        kind ``slices``. Table ``slices``: ``where columns rows share loss elsewhere difference low
        high p accuracy``, the surest first; ``p`` is adjusted.

    Raises
    ------
    DataError
        There are too few rows.
    """
    losses = np.asarray(losses, dtype=np.float64)
    if len(losses) < 2 * FEWEST:
        raise DataError(
            f"{counted(len(losses), 'test row')} are too few to look for weak spots.",
            f"At least {2 * FEWEST} are needed.",
        )
    singles = list(_singles(losses, columns))
    progress(0.3, "crossing columns")
    found = [*singles, *_pairs(losses, columns, singles)]
    progress(0.8, "choosing")
    known = {s.parts[0]: s for s in singles}
    sure = [(s, p) for s, p in _discovered(found, signed) if _tells(s, known)]
    kept = _apart(sure, columns)[:SHOWN]
    table = _table(kept, columns, losses, hits, [p for _, p in sure], [s for s, _ in sure])
    progress(1.0, "looked")
    return Report(
        "slices",
        subject,
        title,
        _sentence(table, loss, signed, names),
        {
            "rows": len(losses),
            "looked_at": len(found),
            "sure": len(sure),
            "loss": loss,
            "mean": float(losses.mean()),
            "signed": signed,
            "names": list(names),
        },
        tuple(_findings(len(found), len(sure))),
        (table,),
    )


def _least(rows: int) -> int:
    return max(FEWEST, int(SHARE * rows))


def _measured(
    losses: np.ndarray, codes: np.ndarray, bins: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Per bin: rows, mean loss, that of all others, standard error of the difference, freedom."""
    n = np.bincount(codes, minlength=bins).astype(np.float64)
    total = np.bincount(codes, weights=losses, minlength=bins)
    squares = np.bincount(codes, weights=losses**2, minlength=bins)
    m, rest_n = len(losses), len(losses) - n
    with np.errstate(divide="ignore", invalid="ignore"):
        mean, rest = total / n, (losses.sum() - total) / rest_n
        inside = np.maximum(squares / n - mean**2, 0) / (n - 1)
        outside = np.maximum((float((losses**2).sum()) - squares) / rest_n - rest**2, 0)
        outside = outside / (rest_n - 1)
        error = np.sqrt(inside + outside)
        freedom = (inside + outside) ** 2 / (inside**2 / (n - 1) + outside**2 / (rest_n - 1))
    usable = (n >= _least(m)) & (rest_n >= FEWEST) & (error > 0)
    return np.where(usable, n, 0), mean, rest, error, freedom


def _singles(losses: np.ndarray, columns: Sequence[Binned]) -> Iterator[_Slice]:
    for place, column in enumerate(columns):
        n, *told = _measured(losses, column.codes, len(column.labels))
        for k in np.flatnonzero(n):
            yield _Slice(((place, int(k)),), int(n[k]), *(float(part[k]) for part in told))


def _pairs(
    losses: np.ndarray, columns: Sequence[Binned], singles: Sequence[_Slice]
) -> list[_Slice]:
    """All crossings of the columns that part the losses best."""
    strength = {
        place: max((abs(s.z) for s in singles if s.parts[0][0] == place), default=0.0)
        for place in range(len(columns))
    }
    crossed = sorted(strength, key=lambda p: -strength[p])[:PAIRED]
    found = []
    for a, b in combinations(sorted(crossed), 2):
        wide = len(columns[b].labels)
        codes = columns[a].codes * wide + columns[b].codes
        n, *told = _measured(losses, codes, wide * len(columns[a].labels))
        for k in np.flatnonzero(n):
            parts = ((a, int(k) // wide), (b, int(k) % wide))
            found.append(_Slice(parts, int(n[k]), *(float(part[k]) for part in told)))
    return found


def _tells(one: _Slice, known: Mapping[tuple[int, int], _Slice]) -> bool:
    """Whether a crossing is further out than both of its parts, and so tells something new."""
    parents = [known[p] for p in one.parts if p in known] if len(one.parts) > 1 else []
    beyond = all(abs(one.apart) > abs(p.apart) + p.error for p in parents)
    return beyond and all(p.rows != one.rows for p in parents)


def _discovered(found: Sequence[_Slice], signed: bool) -> list[tuple[_Slice, float]]:
    """Those that stand out, with their adjusted p, the surest first."""
    if not found:
        return []
    z = np.array([s.z for s in found])
    freedom = np.array([s.freedom for s in found])
    p = 2 * student.sf(np.abs(z), freedom) if signed else student.sf(z, freedom)
    order = np.argsort(p, kind="stable")
    ranked = p[order] * len(p) / np.arange(1, len(p) + 1)
    adjusted = np.minimum.accumulate(ranked[::-1])[::-1]
    return [(found[int(k)], float(q)) for k, q in zip(order, adjusted, strict=True) if q <= RATE]


def _inside(one: _Slice, columns: Sequence[Binned]) -> np.ndarray:
    rows = np.ones(len(columns[0].codes), dtype=bool)
    for place, k in one.parts:
        rows &= columns[place].codes == k
    return rows


def _apart(sure: Sequence[tuple[_Slice, float]], columns: Sequence[Binned]) -> list[_Slice]:
    """Without groups that are nearly one that was named before."""
    kept: list[tuple[_Slice, np.ndarray]] = []
    for one, _ in sure:
        rows = _inside(one, columns)
        overlaps = [(rows & other).sum() / (rows | other).sum() for _, other in kept]
        if all(o < ALIKE for o in overlaps):
            kept.append((one, rows))
        if len(kept) == SHOWN:
            break
    return [one for one, _ in kept]


def _table(
    kept: Sequence[_Slice],
    columns: Sequence[Binned],
    losses: np.ndarray,
    hits: np.ndarray | None,
    adjusted: Sequence[float],
    order: Sequence[_Slice],
) -> Table:
    rows = []
    for one in kept:
        inside = _inside(one, columns)
        said = " and ".join(f"{columns[a].name} {columns[a].labels[k]}" for a, k in one.parts)
        rows.append(
            (
                said,
                [columns[a].name for a, _ in one.parts],
                one.rows,
                one.rows / len(losses),
                float(one.mean),
                float(one.rest),
                float(one.apart),
                float(one.apart - 1.96 * one.error),
                float(one.apart + 1.96 * one.error),
                adjusted[order.index(one)],
                None if hits is None else float(hits[inside].mean()),
            )
        )
    names = (
        "where", "columns", "rows", "share", "loss", "elsewhere", "difference", "low", "high", "p",
        "accuracy",
    )  # fmt: skip
    return Table("slices", names, tuple(rows), "The surest first; 95% intervals; p is adjusted.")


def _sentence(table: Table, loss: str, signed: bool, names: tuple[str, str]) -> str:
    first = next(table.records(), None)
    if first is None:
        return (
            "No group of rows stands out: the models differ alike everywhere."
            if signed
            else "No group of rows stands out: the model fails alike everywhere."
        )
    rows = counted(first["rows"], "row")
    if signed:
        better = names[1] if first["difference"] > 0 else names[0]
        return f"{better} is ahead most where {first['where']} ({rows})."
    return (
        f"It fails most where {first['where']}: {loss} {number(first['loss'])} against"
        f" {number(first['elsewhere'])} elsewhere ({rows})."
    )


def _findings(looked: int, sure: int) -> Iterator[Finding]:
    yield Finding(
        "groups",
        "info",
        f"{looked:,} groups of one or two columns were looked at; {sure:,} stand out with a rate of"
        f" false discoveries of {RATE:.0%}, those that are nearly one are shown once.",
        {"looked_at": looked, "sure": sure},
    )
