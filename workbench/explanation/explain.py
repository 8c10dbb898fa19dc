"""Explain: which of the user's columns move the predictions, overall and row by row."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from workbench.core.errors import Cancelled, DataError
from workbench.core.progress import Progress, silent, within
from workbench.core.report import Finding, Report, Table
from workbench.core.signature import Signature
from workbench.explanation.cells import alike, plain, row_names
from workbench.explanation.explainer import (
    Attribution,
    Explainable,
    Floats,
    Places,
    Stopped,
    classes_of,
    explainers,
    some,
)
from workbench.explanation.pace import Pace
from workbench.measures.words import counted, listed, number

CELLS = 60_000  # contributions that a report carries; importance is over all rows
CLUSTERED = 400  # rows that are put in order
FIXED = ("row", "class", "base", "output", "prediction")  # first columns of table "values"
TOLERANCE = 1e-3  # of the spread of the outputs
DOMINANT = 0.6


class Unfinished(Cancelled):
    """Somebody asked to stop; ``report`` explains the rows that were finished."""

    def __init__(self, sentence: str, report: Report) -> None:
        super().__init__(sentence)
        self.report = report


def explain(
    predictor: Explainable,
    frame: Any,
    background: Any,
    subject: str,
    *,
    kind: str,
    seed: int = 0,
    progress: Progress = silent,
) -> Report:
    """Contributions of the columns to the predictions for the rows of a frame.

    Parameters
    ----------
    frame, background
        Rows to explain, and rows that stand for "on average" (about a hundred of the training
        part). Rows are named by the frame's index.
    kind
        ``linear``, ``trees``, ``sampling``, or a guest's name.

    Returns
    -------
    Report
        kind ``explanation``. Tables ``importance``, ``values`` (the columns of ``FIXED``, then one
        per input in the signature's order: find them by place, a user's column may be called
        ``class``), ``data`` (the row, then the same inputs as they were) and ``order`` (rows with
        like contributions beside each other). ``facts["space"]`` says what the
        contributions add up to, ``facts["additivity_error"]`` how exactly.

    Raises
    ------
    DataError
        There is no row to explain, or no background.
    Unfinished
        Somebody asked to stop when some rows were finished.
    """
    if not len(frame) or not len(background):
        raise DataError("There are no rows to explain.", "Choose a part that has rows.")
    scores = _scores(predictor, frame, within(progress, 0.0, 0.05))
    start = time.process_time()
    stopped: Stopped | None = None
    try:
        found = explainers.get(kind)(
            predictor, frame, background, seed=seed, progress=within(progress, 0.05, 0.9)
        )
    except Stopped as asked:
        stopped, found = asked, asked.part
    seconds = time.process_time() - start
    explained, scores = frame.iloc[found.rows], scores[found.rows]
    signature, classes = predictor.signature, classes_of(predictor.signature)
    importance = _importance(found, signature, classes)
    facts = _facts(found, scores, signature, len(frame), len(background), seconds)
    report = Report(
        "explanation",
        subject,
        f"Explanation of {counted(len(explained), 'row')}",
        _sentence(importance),
        {**facts, "cancelled": stopped is not None},
        (
            *([_cut_short(len(explained), len(frame))] if stopped else []),
            *_findings(found, scores, importance, predictor),
            *([] if stopped else _fewer(len(explained), len(frame))),
        ),
        (
            importance,
            _values(found, scores, explained, signature, classes),
            _data(explained, signature, len(classes)),
            _order(found, explained, signature, len(classes)),
        ),
    )
    if stopped is not None:
        raise Unfinished(stopped.sentence, report) from stopped
    progress(1.0, "explained")
    return report


def _scores(predictor: Explainable, frame: Any, progress: Progress) -> Floats:
    """The predictor's own answers, ``(rows, outputs)``: what explanations are checked against."""
    done = 0

    def heard(rows: int) -> None:
        nonlocal done
        done += rows
        progress(done / len(frame), "asking the model")

    scores = Pace(heard, len(frame)).ask(
        len(frame), lambda part: np.asarray(predictor.scores(frame.iloc[part]), dtype=np.float64)
    )
    if scores.ndim == 1:
        return scores[:, None]
    return scores[:, 1:] if predictor.signature.task == "binary" else scores


def _importance(found: Attribution, signature: Signature, classes: Sequence[str | None]) -> Table:
    """Columns by falling mean size, over all outputs together; one row per column and class."""
    size, mean = np.abs(found.values).mean(axis=0), found.values.mean(axis=0)
    order = np.argsort(-size.sum(axis=1), kind="stable")
    rows = tuple(
        (signature.names[c], float(size[c, k]), float(mean[c, k]), name)
        for c in order
        for k, name in enumerate(classes)
    )
    columns = ("column", "mean_abs", "mean", "class")
    return Table("importance", columns, rows, f"Mean size of the contributions, {found.space}.")


def _values(
    found: Attribution,
    scores: Floats,
    frame: Any,
    signature: Signature,
    classes: Sequence[str | None],
) -> Table:
    shown = _shown(len(frame), signature, len(classes))
    names = row_names(frame)
    rows = tuple(
        (
            names[r],
            name,
            float(found.base[k]),
            float(found.output[r, k]),
            float(scores[r, k]),
            *map(float, found.values[r, :, k]),
        )
        for r in shown
        for k, name in enumerate(classes)
    )
    return Table("values", (*FIXED, *signature.names), rows, f"Contributions in {found.space}.")


def _data(frame: Any, signature: Signature, classes: int) -> Table:
    shown = _shown(len(frame), signature, classes)
    names = row_names(frame)
    columns = [plain(frame[name].iloc[shown], signature[name].kind) for name in signature.names]
    return Table(
        "data",
        ("row", *signature.names),
        tuple(zip((names[r] for r in shown), *columns, strict=True)),
    )


def _order(found: Attribution, frame: Any, signature: Signature, classes: int) -> Table:
    """Rows whose contributions are alike beside each other (Ward's clusters, leaves in order)."""
    shown = _shown(len(frame), signature, classes)
    shown = shown[some(len(shown), CLUSTERED)]
    names = row_names(frame)
    order = alike(found.values[shown].reshape(len(shown), -1))
    rows = tuple((names[shown[k]],) for k in order)
    return Table("order", ("row",), rows, "Rows with like contributions beside each other.")


def _shown(rows: int, signature: Signature, classes: int) -> Places:
    """Places of the rows that the report carries."""
    return some(rows, max(1, CELLS // max(1, len(signature.inputs) * classes)))


def _facts(
    found: Attribution,
    scores: Floats,
    signature: Signature,
    asked: int,
    background: int,
    seconds: float,
) -> dict[str, Any]:
    rows = len(found.values)
    return {
        "method": found.method,
        "space": found.space,
        "task": signature.task,
        "classes": list(classes_of(signature)),
        "columns": list(signature.names),
        "rows": rows,
        "rows_asked": asked,
        "rows_shown": len(_shown(rows, signature, len(classes_of(signature)))),
        "background": background,
        "base": found.base.tolist(),
        "additivity_error": found.error,
        "prediction_error": _prediction_error(found, scores, signature),
        "sampling_error": found.spread,
        "seconds": seconds,
    }


def _prediction_error(found: Attribution, scores: Floats, signature: Signature) -> float:
    """How far the explained output, turned into a prediction, is from the predictor's own."""
    output = found.output
    if found.space == "log-odds" and signature.task == "binary":
        output = 1 / (1 + np.exp(-np.clip(output, -700, 700)))
    elif found.space == "log-odds":
        raised = np.exp(output - output.max(axis=1, keepdims=True))
        output = raised / raised.sum(axis=1, keepdims=True)
    return float(np.abs(output - scores).max(initial=0.0))


def _overall(importance: Table) -> dict[str, float]:
    """Column to mean size, classes added up, largest first."""
    total: dict[str, float] = {}
    for row in importance.records():
        total[row["column"]] = total.get(row["column"], 0.0) + row["mean_abs"]
    return total


def _sentence(importance: Table) -> str:
    moving = [column for column, size in _overall(importance).items() if size > 0][:3]
    if not moving:
        return "No column moves the prediction: the model always says the same."
    return f"{listed(moving)} move{'s' if len(moving) == 1 else ''} the prediction most."


def _findings(
    found: Attribution,
    scores: Floats,
    importance: Table,
    predictor: Explainable,
) -> Iterator[Finding]:
    signature = predictor.signature
    yield from _inexact(found, _prediction_error(found, scores, signature))
    overall = _overall(importance)
    yield from _dominant(overall)
    yield from _sensitive(overall, signature)
    yield from _shared(predictor)


def _cut_short(rows: int, asked: int) -> Finding:
    return Finding(
        "cancelled",
        "warning",
        f"Cancelled after {rows:,} of {counted(asked, 'row')}: these were taken at random, so they"
        " stand for all, only less surely. Explain again to have all.",
        {"rows": rows, "asked": asked},
    )


def _fewer(rows: int, asked: int) -> Iterator[Finding]:
    if rows < asked:
        yield Finding(
            "fewer-rows",
            "info",
            f"{rows:,} of the {asked:,} rows are explained: this model takes long to explain.",
            {"rows": rows, "asked": asked},
        )


def _inexact(found: Attribution, prediction_error: float) -> Iterator[Finding]:
    scale = max(float(np.ptp(found.output)), 1e-9)
    if found.error > TOLERANCE * scale:
        yield Finding(
            "not-additive",
            "error",
            f"Contributions miss the model's output by up to {number(found.error)}.",
            {"additivity_error": found.error},
        )
    limit = TOLERANCE * (scale if found.space == "value" else 1.0)
    if prediction_error > limit:
        yield Finding(
            "other-output",
            "error",
            f"What is explained differs from the prediction by up to {number(prediction_error)}.",
            {"prediction_error": prediction_error},
        )


def _shared(predictor: Explainable) -> Iterator[Finding]:
    for group in dict.fromkeys(predictor.sources):
        if len(group) > 1:
            yield Finding(
                "shared",
                "info",
                f"What a feature made from {listed(list(group))} contributes is shared equally by"
                " them.",
                {"columns": list(group)},
            )


def _dominant(overall: dict[str, float]) -> Iterator[Finding]:
    total = sum(overall.values())
    column, size = next(iter(overall.items()))
    if len(overall) > 2 and total > 0 and size / total > DOMINANT:
        yield Finding(
            "one-column",
            "warning",
            f"{column} alone makes {size / total:.0%} of the contributions:"
            " make sure that it is known before the prediction is made.",
            {"share": size / total},
            column,
        )


def _sensitive(overall: dict[str, float], signature: Signature) -> Iterator[Finding]:
    order = list(overall)
    for column in signature.sensitive:
        if column in overall and overall[column] > 0:
            place = order.index(column) + 1
            yield Finding(
                "sensitive-used",
                "info",
                f"{column} is sensitive and moves the prediction:"
                f" rank {place} of {len(order)} columns.",
                {"rank": place, "of": len(order)},
                column,
            )
