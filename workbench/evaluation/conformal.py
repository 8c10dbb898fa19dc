"""Conformal: how often intervals or sets hold the truth on rows that did not calibrate."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from workbench.core.errors import UsageError
from workbench.core.report import Finding, Report, Table
from workbench.core.signature import Signature
from workbench.measures.conformal import Conformal, fewest
from workbench.measures.curves import wilson
from workbench.measures.sample import Floats, Sample
from workbench.measures.words import counted, number, span

FIFTHS = 5
SMALL = 30  # rows of a group under which its coverage is not judged


def conformal(
    rule: Conformal, test: Sample, signature: Signature, subject: str, *, on: str = "valid"
) -> Report:
    """The coverage of a calibrated rule on the test rows.

    Parameters
    ----------
    on
        What calibrated it: ``valid`` or ``folds``.

    Returns
    -------
    Report
        kind ``conformal``.
    """
    if not math.isfinite(rule.quantile):
        raise UsageError(
            f"{counted(rule.rows, 'row')} are too few to promise {1 - rule.alpha:.4g}: at least"
            f" {fewest(rule.alpha):,} have to calibrate.",
            "Take a larger alpha, or calibrate on all folds: on='folds'.",
        )
    inside, sizes = rule.holds(test)
    coverage, low, high = _covered(inside)
    groups = _groups(test, inside, sizes, signature)
    facts = {
        "method": rule.method,
        "alpha": rule.alpha,
        "quantile": rule.quantile,
        "on": on,
        "rows_calibration": rule.rows,
        "rows": len(test),
        "coverage": coverage,
        "coverage_low": low,
        "coverage_high": high,
        "size": float(sizes.mean()),
        "empty": float((sizes == 0).mean()),
        "task": signature.task,
        "target": signature.target,
        "classes": list(signature.classes),
    }
    tables = [groups]
    if signature.task != "regression":
        tables.append(_sizes(sizes, inside, test.classes))
    return Report(
        "conformal",
        subject,
        f"{'Intervals' if signature.task == 'regression' else 'Sets'} that hold the truth in"
        f" {1 - rule.alpha:.4g} of the rows",
        _sentence(rule, coverage, (low, high), sizes, signature),
        facts,
        tuple(_findings(rule, groups, (coverage, low, high), facts["empty"], on)),
        tuple(tables),
    )


def _covered(inside: np.ndarray) -> tuple[float, float, float]:
    share = float(inside.mean())
    low, high = wilson(np.array([share]), np.array([float(len(inside))]))
    return share, float(low[0]), float(high[0])


def _groups(test: Sample, inside: np.ndarray, sizes: Floats, signature: Signature) -> Table:
    """Coverage by true class, or by fifths of the predicted values."""
    if signature.task == "regression":
        edges = np.unique(np.quantile(test.scores, np.linspace(0, 1, FIFTHS + 1)))
        codes = np.clip(np.searchsorted(edges, test.scores, side="right") - 1, 0, None)
        codes = np.minimum(codes, max(len(edges) - 2, 0))
        names = [span(float(a), float(b)) for a, b in pairwise(edges)]
        names = names or [number(float(edges[0]))]
    else:
        codes, names = test.truth.astype(np.int64), list(signature.classes)
    rows = []
    for code, name in enumerate(names):
        mine = codes == code
        if mine.any():
            rows.append((name, int(mine.sum()), *_covered(inside[mine]), float(sizes[mine].mean())))
    what = "predicted value" if signature.task == "regression" else "true class"
    columns = ("group", "rows", "coverage", "coverage_low", "coverage_high", "size")
    return Table("coverage", columns, tuple(rows), f"By {what}, with Wilson's 95% intervals.")


def _sizes(sizes: Floats, inside: np.ndarray, classes: int) -> Table:
    rows = []
    for size in range(classes + 1):
        mine = sizes == size
        if mine.any():
            rows.append((size, int(mine.sum()), float(mine.mean()), float(inside[mine].mean())))
    caption = "Test rows by the number of classes in their set."
    return Table("sizes", ("size", "count", "share", "coverage"), tuple(rows), caption)


def _sentence(
    rule: Conformal,
    coverage: float,
    ends: tuple[float, float],
    sizes: Floats,
    signature: Signature,
) -> str:
    held = f"hold the truth in {coverage:.1%} of the test rows ({ends[0]:.1%} to {ends[1]:.1%})"
    if signature.task == "regression":
        return f"Intervals {held}; they are {number(float(sizes.mean()))} wide on average."
    one = float((sizes == 1).mean())
    return f"Sets {held}; {one:.0%} of them name one class, {float(sizes.mean()):.2f} on average."


def _findings(
    rule: Conformal, groups: Table, found: tuple[float, float, float], empty: float, on: str
) -> Iterator[Finding]:
    wanted = 1 - rule.alpha
    coverage, _, high = found
    if high < wanted:
        yield Finding(
            "under-covered",
            "warning",
            f"The truth is inside in {coverage:.1%} of the test rows, less than the {wanted:.4g}"
            " that was asked for: calibration and test rows are of different kinds. Look at the"
            " drift between parts.",
            {"coverage": coverage, "asked": wanted},
        )
    short = [r for r in groups.records() if r["rows"] >= SMALL and r["coverage_high"] < wanted]
    if short and high >= wanted:
        worst = min(short, key=lambda r: r["coverage"])
        cure = (
            "Try method 'normalised'."
            if rule.method == "absolute"
            else "Look there for weak spots."
        )
        yield Finding(
            "uneven-coverage",
            "warning",
            f"The promise holds for all rows together, not for each group: {worst['group']} is"
            f" covered in {worst['coverage']:.1%}. {cure}",
            {"groups": [r["group"] for r in short]},
            str(worst["group"]),
        )
    if empty > 0:
        yield Finding(
            "empty-sets",
            "info",
            f"{empty:.1%} of the sets are empty: no class is likely enough there. Method 'aps' has"
            " no empty sets.",
            {"share": empty},
        )
    if on == "valid":
        yield Finding(
            "stopping-rows",
            "info",
            "The validation rows that calibrate may also have decided when training stopped, or"
            " which parameters won: then coverage is a little lower than promised. Calibrate on all"
            " folds instead: on='folds'.",
        )
