"""One row by a line through its neighbourhood (LIME; Ribeiro, Singh & Guestrin 2016).

Rows are made whose cells are drawn from training rows, column by column; the model answers, and a
line is fitted to the answers in what says of each column whether it is as in the row, near rows
weighing more. Why not the package ``lime``: its last release is of 2020 and builds from source
only, and it draws numbers from a bell curve that may leave what occurs; ours are observed ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import spearmanr

from workbench.core.errors import DataError
from workbench.core.progress import Progress, silent
from workbench.core.report import Finding, Report, Table
from workbench.core.signature import Field, Signature
from workbench.encoding import text
from workbench.explanation.effects import spoken
from workbench.explanation.explainer import Explainable, Floats, classes_of, explainers
from workbench.explanation.grid import ORDERED
from workbench.measures.words import listed, number
from workbench.questions import positions

SAMPLES = 4000
WIDTH = 0.75  # of the kernel, times the root of the number of columns, as in the paper's code
RIDGE = 1.0
LOW = 0.5  # fidelity or agreement from which on the line is not to be relied on
NAMED = 3


@dataclass(frozen=True, eq=False)
class Line:
    """A weighted ridge regression: weights ``(columns, outputs)`` with their standard errors.

    ``fidelity`` is the weighted R² of each output, ``near`` what the line says of the row itself.
    """

    weight: Floats
    error: Floats
    fidelity: Floats
    near: Floats


def lime(
    predictor: Explainable,
    row: Any,
    pool: Any,
    subject: str,
    *,
    kind: str,
    seed: int = 0,
    samples: int = SAMPLES,
    progress: Progress = silent,
) -> Report:
    """What moves the prediction around one row.

    Parameters
    ----------
    row
        A frame of one row.
    pool
        Training rows: cells are drawn from them, and a number is "as in the row" if it lies in the
        same quarter of them.
    kind
        The explainer that suits the model; the line is held against its contributions.

    Returns
    -------
    Report
        kind ``lime``, in probability (or the target's units). Table ``terms``: for each column
        what its value adds against another one from the pool, with a 95% interval (sandwich errors
        of the sampling), and the contribution by the other explainer.

    Raises
    ------
    DataError
        There is no training row.
    """
    if not len(pool):
        raise DataError("There are no training rows to draw from.", "Choose a part that has rows.")
    signature, random = predictor.signature, np.random.default_rng(seed)
    made, same, conditions = _neighbourhood(row, pool, signature, samples, random)
    progress(0.2, "asking the model")
    said = _scores(predictor, made)
    line = _fitted(same, said)
    progress(0.7, "explaining the row")
    background = pool.iloc[: min(100, len(pool))]
    found = explainers.get(kind)(predictor, row, background, seed=seed, progress=silent)
    classes = classes_of(signature)
    k = int(np.argmax(said[0])) if signature.task == "multiclass" else 0
    agreement = _agreement(line.weight[:, k], found.values[0, :, k])
    terms = _terms(line, found.values[0], conditions, signature, classes)
    facts = {
        "class": classes[k],
        "classes": list(classes),
        "prediction": float(said[0, k]),
        "local": float(line.near[k]),
        "fidelity": float(line.fidelity[k]),
        "agreement": agreement,
        "unit": "value" if signature.task == "regression" else "probability",
        "space": found.space,
        "samples": samples,
        "width": WIDTH * float(np.sqrt(len(signature.names))),
        "seed": seed,
    }
    progress(1.0, "done")
    return Report(
        "lime",
        subject,
        "A line through the row's neighbourhood",
        _sentence(terms, classes[k], facts),
        facts,
        tuple(_findings(facts)),
        (terms,),
    )


def _neighbourhood(
    row: Any, pool: Any, signature: Signature, samples: int, random: np.random.Generator
) -> tuple[Any, Floats, list[str]]:
    """Made-up rows, the row itself first; whether each cell is as in it; and what that means."""
    made = row.iloc[np.zeros(samples, dtype=np.int64)].reset_index(drop=True)
    same = np.ones((samples, len(signature.names)))
    conditions = []
    for place, item in enumerate(signature.inputs):
        picks = random.integers(0, len(pool), samples)
        drawn = pool[item.name].iloc[picks].reset_index(drop=True)
        drawn.iloc[0] = row[item.name].iloc[0]
        made[item.name] = drawn
        same[:, place], condition = _as_in(row[item.name], drawn, pool[item.name], item)
        conditions.append(condition)
    return made, same, conditions


def _as_in(own: Any, drawn: Any, pool: Any, item: Field) -> tuple[Floats, str]:
    """Whether drawn cells are like the row's: in the same quarter of the pool, or equal."""
    if bool(own.isna().iloc[0]):
        return drawn.isna().to_numpy(dtype=np.float64), f"{item.name} missing"
    if item.kind not in ORDERED or item.kind == "boolean":
        wanted = text(own.iloc[0])
        same = np.array([text(v) == wanted for v in drawn], dtype=np.float64)
        return same, f"{item.name} {wanted}"
    line, value = positions(drawn, item.kind), float(positions(own, item.kind)[0])
    known = positions(pool, item.kind)
    edges = np.unique(np.quantile(known[np.isfinite(known)], [0.25, 0.5, 0.75]))
    bin_ = int(np.searchsorted(edges, value, side="left"))
    inside = np.isfinite(line) & (np.searchsorted(edges, line, side="left") == bin_)
    return inside.astype(np.float64), _quarter(item, edges, bin_)


def _quarter(item: Field, edges: Floats, bin_: int) -> str:
    said = [
        str(np.datetime64("1970-01-01") + np.timedelta64(int(e), "D"))
        if item.kind == "datetime"
        else spoken(float(e))
        for e in edges
    ]
    if bin_ == 0:
        return f"{item.name} at most {said[0]}"
    if bin_ == len(edges):
        return f"{item.name} over {said[-1]}"
    return f"{item.name} over {said[bin_ - 1]}, to {said[bin_]}"


def _scores(predictor: Explainable, frame: Any) -> Floats:
    scores = np.asarray(predictor.scores(frame), dtype=np.float64)
    if scores.ndim == 1:
        return scores[:, None]
    return scores[:, 1:] if predictor.signature.task == "binary" else scores


def _fitted(same: Floats, said: Floats) -> Line:
    """Rows weigh ``exp(-d² / width²)``, ``d`` the root of the number of columns that differ."""
    width = WIDTH * np.sqrt(same.shape[1])
    weights = np.exp(-(same.shape[1] - same.sum(axis=1)) / width**2)
    x = np.column_stack([np.ones(len(same)), same])
    penalty = RIDGE * np.diag([0.0, *np.ones(same.shape[1])])
    inverse = np.linalg.pinv((x * weights[:, None]).T @ x + penalty)
    beta = inverse @ (x * weights[:, None]).T @ said
    left = said - x @ beta
    error = np.empty_like(beta)
    for k in range(said.shape[1]):
        scaled = x * (weights * left[:, k])[:, None]
        error[:, k] = np.sqrt(np.diag(inverse @ (scaled.T @ scaled) @ inverse))
    mean = np.average(said, axis=0, weights=weights)
    spread = np.average((said - mean) ** 2, axis=0, weights=weights)
    missed = np.average(left**2, axis=0, weights=weights)
    fidelity = np.where(spread > 1e-18, 1 - missed / np.maximum(spread, 1e-300), 1.0)
    return Line(beta[1:], error[1:], fidelity, x[0] @ beta)


def _agreement(weight: Floats, contributions: Floats) -> float | None:
    """Spearman's correlation of the columns' order by both; None where one has no order."""
    if np.ptp(weight) == 0 or np.ptp(contributions) == 0:
        return None
    return float(spearmanr(weight, contributions).statistic)


def _terms(
    line: Line,
    contributions: Floats,
    conditions: Sequence[str],
    signature: Signature,
    classes: Sequence[str | None],
) -> Table:
    rows = [
        (
            name,
            conditions[c],
            of_class,
            float(line.weight[c, k]),
            float(line.weight[c, k] - 1.96 * line.error[c, k]),
            float(line.weight[c, k] + 1.96 * line.error[c, k]),
            float(contributions[c, k]),
        )
        for c, name in enumerate(signature.names)
        for k, of_class in enumerate(classes)
    ]
    rows.sort(key=lambda r: -abs(r[3]))
    columns = ("column", "condition", "class", "weight", "weight_low", "weight_high", "shap")
    return Table("terms", columns, tuple(rows), "What the row's values add against others.")


def _sentence(terms: Table, of_class: Any, facts: dict[str, Any]) -> str:
    told = [r for r in terms.records() if r["class"] == of_class][:NAMED]
    what = f"the probability of {of_class}" if of_class is not None else "the prediction"
    parts = [f"{r['condition']} ({'+' if r['weight'] > 0 else ''}{number(r['weight'])})"
             for r in told]  # fmt: skip
    return (
        f"Around this row {listed(parts)} move {what} most; the line explains"
        f" {max(0.0, facts['fidelity']):.0%} of what the model says there."
    )


def _findings(facts: dict[str, Any]) -> Iterator[Finding]:
    if facts["fidelity"] < LOW:
        yield Finding(
            "unfaithful",
            "warning",
            f"The line follows the model badly here (R² {number(facts['fidelity'])}): columns act"
            " together around this row. Rely on SHAP values or on counterfactuals.",
            {"fidelity": facts["fidelity"]},
        )
    if facts["agreement"] is not None and facts["agreement"] < LOW:
        yield Finding(
            "disagrees",
            "warning",
            f"The order of the columns differs from that of the SHAP values (rank correlation"
            f" {number(facts['agreement'])}): no single story of this row is safe.",
            {"agreement": facts["agreement"]},
        )
