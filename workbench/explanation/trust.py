"""How far an explanation can be trusted, in words: four checks and what to do where one fails.

Stability: the same rows explained against other backgrounds and seeds. Agreement: with permutation
importance, and with sampled Shapley values where the method is another one. Faithfulness: the
prediction falls fastest when the columns are taken away that were said to matter (deletion and
insertion, Petsiuk et al. 2018; Samek et al. 2017).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import rankdata

from workbench.core.errors import DataError
from workbench.core.progress import Progress, silent, within
from workbench.core.report import Finding, Report, Table
from workbench.explanation.explain import TOLERANCE
from workbench.explanation.explainer import (
    Attribution,
    Explainable,
    Explainer,
    Floats,
    explainers,
    outputs,
    some,
)
from workbench.measures.words import listed, number

ROWS = 60  # that are explained again and again
RESAMPLED = 5  # backgrounds
FILLS = 20  # background rows that stand in for a column that is taken away
RANDOM = 5  # orders that the explanation's own is held against
GOOD, FAIR = 0.8, 0.5  # rank correlations
TOP = 5  # columns whose ranks are told


@dataclass(frozen=True)
class Check:
    """One check: its value, ``good``, ``fair`` or ``bad``, and what that means."""

    name: str
    value: float | None
    verdict: str
    sentence: str
    advice: str = ""


def trust(
    predictor: Explainable,
    frame: Any,
    backgrounds: Sequence[Any],
    permuted: Report,
    subject: str,
    *,
    kind: str,
    seed: int = 0,
    progress: Progress = silent,
) -> Report:
    """Whether an explanation adds up, stays, agrees and is faithful.

    Parameters
    ----------
    frame
        Rows to explain; at most sixty are.
    backgrounds
        Two or more samples of the training rows; the first is the explanation's own.
    permuted
        The run's ``importance`` report.
    kind
        The explainer's name.

    Returns
    -------
    Report
        kind ``trust``. Table ``checks``: a sentence and an advice for each.

    Raises
    ------
    DataError
        There are no rows, or fewer than two backgrounds.
    """
    if not len(frame) or len(backgrounds) < 2:
        raise DataError("There are too few rows to check.", "Choose a part that has more rows.")
    rows = frame.iloc[some(len(frame), ROWS)]
    found = _again(predictor, rows, backgrounds, explainers.get(kind), seed, progress)
    sizes = np.array([np.abs(a.values).mean(axis=0).sum(axis=1) for a in found])
    progress(0.6, "asking another method")
    other = _other(predictor, rows, backgrounds[0], kind, seed, within(progress, 0.6, 0.75))
    progress(0.75, "taking columns away")
    curves = _curves(predictor, rows.iloc[found[0].rows], backgrounds[0], found[0], seed,
                     within(progress, 0.75, 1.0))  # fmt: skip
    names = predictor.signature.names
    checks = [
        _adds_up(found[0]),
        _stays(sizes, names, kind),
        *_agrees(sizes[0], other, permuted, names),
        _faithful(curves),
    ]
    return _report(checks, sizes, other, permuted, curves, names, subject, len(rows))


def _again(
    predictor: Explainable,
    rows: Any,
    backgrounds: Sequence[Any],
    explain: Explainer,
    seed: int,
    progress: Progress,
) -> list[Attribution]:
    count = len(backgrounds)
    return [
        explain(
            predictor, rows, background, seed=seed + n,
            progress=within(progress, 0.6 * n / count, 0.6 * (n + 1) / count),
        )
        for n, background in enumerate(backgrounds)
    ]  # fmt: skip


def _other(
    predictor: Explainable, rows: Any, background: Any, kind: str, seed: int, progress: Progress
) -> Floats | None:
    """Sizes by sampled Shapley values, None where these are what is checked."""
    if kind == "sampling":
        return None
    sample = rows.iloc[some(len(rows), ROWS // 3)]
    found = explainers.get("sampling")(predictor, sample, background, seed=seed, progress=progress)
    sizes: Floats = np.abs(found.values).mean(axis=0).sum(axis=1)
    return sizes


def _rank_correlation(one: Floats, other: Floats) -> float | None:
    """Spearman's; None where one of them does not vary."""
    if len(one) < 3 or np.ptp(one) == 0 or np.ptp(other) == 0:
        return None
    return float(np.corrcoef(rankdata(one), rankdata(other))[0, 1])


def _verdict(value: float | None) -> str:
    if value is None:
        return "unknown"
    return "good" if value >= GOOD else "fair" if value >= FAIR else "bad"


def _adds_up(found: Attribution) -> Check:
    scale = max(float(np.ptp(found.output)), 1e-9)
    share = found.error / scale
    exact = share <= TOLERANCE
    return Check(
        "additivity",
        share,
        "good" if exact else "bad",
        "Base and contributions add up to the model's own output."
        if exact
        else f"Contributions miss the model's output by up to {number(found.error)}.",
        "" if exact else "Do not use these values: the explainer does not fit the model.",
    )


def _stays(sizes: Floats, names: Sequence[str], kind: str) -> Check:
    pairs = [_rank_correlation(sizes[0], other) for other in sizes[1:]]
    known = [p for p in pairs if p is not None]
    value = float(np.mean(known)) if known else None
    top = np.argsort(-sizes[0], kind="stable")[:TOP]
    ranks = np.array([rankdata(-s, method="ordinal")[top] for s in sizes])
    moved = [names[c] for c, spread in zip(top, np.ptp(ranks, axis=0), strict=True) if spread > 1]
    if kind == "trees":
        return Check("stability", value, "good",
                     "The values do not depend on a background: they follow the trees' own row"
                     " counts.")  # fmt: skip
    verdict = _verdict(value)
    sentence = "Against other training rows the columns come in " + (
        "the same order"
        if verdict == "good"
        else "a similar order"
        if verdict == "fair"
        else "another order"
    )
    sentence += f" (rank correlation {number(value)})." if value is not None else "."
    if moved:
        sentence += f" {listed(moved)} {'change' if len(moved) > 1 else 'changes'} place."
    advice = "Read groups of columns, not places; explain more rows." if verdict != "good" else ""
    return Check("stability", value, verdict, sentence, advice)


def _agrees(
    own: Floats, other: Floats | None, permuted: Report, names: Sequence[str]
) -> Iterator[Check]:
    if other is not None:
        yield _agreement("sampling", "sampled Shapley values", own, other)
    losses = {r["column"]: float(r["value"] or 0.0) for r in permuted["importance"].records()}
    yield _agreement(
        "permutation",
        "permutation importance",
        own,
        np.array([max(losses.get(n, 0.0), 0.0) for n in names]),
    )


def _agreement(name: str, what: str, own: Floats, other: Floats) -> Check:
    value = _rank_correlation(own, other)
    verdict = _verdict(value)
    if value is None:
        sentence = f"Too few columns matter to compare the order with {what}."
        return Check(f"agreement with {name}", value, verdict, sentence)
    how = {"good": "nearly the same", "fair": "partly the same", "bad": "another"}[verdict]
    advice = (
        "Columns that say the same share what they contribute: look at them together, and at"
        " their effects (ALE)."
        if verdict != "good"
        else ""
    )
    sentence = f"{what[0].upper()}{what[1:]} put the columns in {how} order"
    if name == "permutation":
        sentence = sentence.replace(" put ", " puts ")
    sentence += f" (rank correlation {number(value)})."
    return Check(f"agreement with {name}", value, verdict, sentence, advice)


@dataclass(frozen=True, eq=False)
class Curves:
    """Mean distance of the output from its start, by columns taken away or put in.

    Each of shape ``(columns + 1,)``, 0 to 1 of the whole way; ``random`` are means over orders.
    """

    deletion: Floats
    insertion: Floats
    random_deletion: Floats
    random_insertion: Floats


def _curves(
    predictor: Explainable,
    rows: Any,
    background: Any,
    found: Attribution,
    seed: int,
    progress: Progress,
) -> Curves:
    """What each row's own order of columns does to its output, against random orders."""
    random = np.random.default_rng(seed)
    fills = background.iloc[some(len(background), FILLS)]
    columns = len(predictor.signature.names)
    k = int(np.argmax(np.abs(found.values).sum(axis=(0, 1))))
    own = np.argsort(-np.abs(found.values[:, :, k]), axis=1, kind="stable")
    walk = _Away(predictor, rows, fills, k)
    deletion, insertion = walk.curve(own, True), walk.curve(own, False)
    drawn = []
    for n in range(RANDOM):
        progress(n / RANDOM, "taking columns away in random orders")
        order = random.random((len(rows), columns)).argsort(axis=1)
        drawn.append((walk.curve(order, True), walk.curve(order, False)))
    away, back = (np.mean([d[i] for d in drawn], axis=0) for i in (0, 1))
    return Curves(deletion, insertion, away, back)


class _Away:
    """Rows whose columns are replaced by those of background rows, one after another."""

    def __init__(self, predictor: Explainable, rows: Any, fills: Any, k: int) -> None:
        self.predictor, self.k = predictor, k
        self.rows, self.fills = predictor.prepared(rows), predictor.prepared(fills)
        self.whole = outputs(predictor, self.rows)[:, k]
        place = {name: c for c, name in enumerate(predictor.signature.names)}
        # a feature of several columns goes with the first of them that goes
        self.sources = [[place[n] for n in group] for group in predictor.sources]

    def curve(self, order: np.ndarray, deletion: bool) -> Floats:
        """Distance from where it began, averaged over rows, as a share of the largest."""
        rank = order.argsort(axis=1)
        when = np.column_stack([rank[:, group].min(axis=1) for group in self.sources])
        said = []
        for step in range(order.shape[1] + 1):
            gone = (when < step) if deletion else (when >= step)
            mixed = np.where(gone[:, None, :], self.fills[None], self.rows[:, None, :])
            flat = outputs(self.predictor, mixed.reshape(-1, mixed.shape[2]))[:, self.k]
            said.append(flat.reshape(len(self.rows), -1).mean(axis=1))
        moved = np.abs(np.array(said) - (self.whole if deletion else said[0])).mean(axis=1)
        found: Floats = moved / max(float(moved[-1]), 1e-12)
        return found


def _faithful(curves: Curves) -> Check:
    gain = (
        float(
            np.mean(curves.deletion - curves.random_deletion)
            + np.mean(curves.insertion - curves.random_insertion)
        )
        / 2
    )
    verdict = "good" if gain > 0.1 else "fair" if gain > 0.02 else "bad"
    how = {"good": "clearly more", "fair": "a little more", "bad": "no more"}[verdict]
    return Check(
        "faithfulness",
        gain,
        verdict,
        f"Taking away the columns that are said to matter moves the prediction {how} than taking"
        f" away any ({gain:+.2f} of the whole way, on average).",
        "Do not reason from single rows; columns may only work together: look for interactions."
        if verdict == "bad"
        else "",
    )


def _report(
    checks: Sequence[Check],
    sizes: Floats,
    other: Floats | None,
    permuted: Report,
    curves: Curves,
    names: Sequence[str],
    subject: str,
    rows: int,
) -> Report:
    losses = {r["column"]: r["value"] for r in permuted["importance"].records()}
    order = np.argsort(-sizes[0], kind="stable")
    share = np.linspace(0, 1, len(curves.deletion))
    bad = [c for c in checks if c.verdict == "bad"]
    fair = [c for c in checks if c.verdict == "fair"]
    if bad:
        sentence = f"Read this explanation with care: {bad[0].sentence}"
    elif fair:
        sentence = f"This explanation holds in the main; {listed([c.name for c in fair])} is fair."
    else:
        agrees = any(c.verdict == "good" for c in checks if c.name.startswith("agreement"))
        parts = ["adds up", "stays", *(["agrees with other methods"] if agrees else [])]
        sentence = f"This explanation {', '.join(parts)} and is faithful."
    return Report(
        "trust",
        subject,
        "How far the explanation can be trusted",
        sentence,
        {"rows": rows, "backgrounds": len(sizes), "checks": {c.name: c.verdict for c in checks}},
        tuple(
            Finding("doubtful", "warning", f"{c.sentence} {c.advice}".strip(),
                    {"value": c.value}, c.name)
            for c in bad
        ),
        (
            Table("checks", ("check", "value", "verdict", "sentence", "advice"),
                  tuple((c.name, c.value, c.verdict, c.sentence, c.advice) for c in checks)),
            Table("sizes", ("column", "mean_abs", "lowest", "highest", "sampling", "permutation"),
                  tuple(
                      (names[c], float(sizes[0, c]), float(sizes[:, c].min()),
                       float(sizes[:, c].max()),
                       None if other is None else float(other[c]), losses.get(names[c]))
                      for c in order
                  )),
            Table.of("curves", {
                "share": share, "deletion": curves.deletion, "insertion": curves.insertion,
                "random_deletion": curves.random_deletion,
                "random_insertion": curves.random_insertion,
            }),
        ),
    )  # fmt: skip
