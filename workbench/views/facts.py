"""The few facts of a report that are worth a line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from workbench.core.report import Report
from workbench.views import words

Format = Callable[[Any], str]
FACTS: Mapping[str, tuple[tuple[str, str, Format], ...]] = {
    "profile": (
        ("rows", "rows", words.count),
        ("columns", "columns", words.count),
        ("missing_share", "missing cells", words.percent),
        ("duplicate_rows", "repeated rows", words.count),
        ("target", "target", str),
        ("task", "task", str),
    ),
    "evaluation": (
        ("target", "target", str),
        ("task", "task", str),
        ("rows", "test rows", words.count),
        ("threshold", "threshold", words.number),
    ),
    "comparison": (
        ("primary", "judged by", words.metric),
        ("target", "target", str),
        ("rows", "test rows", words.count),
    ),
    "validation": (
        ("target", "target", str),
        ("scheme", "folds by", str),
        ("models", "models", words.count),
        ("rows", "rows held out", words.count),
        ("inner", "attempts in each fold", words.count),
    ),
    "threshold": (
        ("positive", "positive class", str),
        ("threshold", "chosen threshold", words.number),
        ("default", "the model's own", words.number),
        ("rows_valid", "rows that chose", words.count),
        ("rows", "test rows", words.count),
    ),
    "conformal": (
        ("target", "target", str),
        ("method", "method", words.spoken),
        ("rows_calibration", "rows that calibrate", words.count),
        ("rows", "test rows", words.count),
        ("coverage", "truth inside", words.percent),
        ("size", "mean size", words.number),
    ),
    "disagreement": (
        ("target", "target", str),
        ("rows", "test rows", words.count),
        ("agreement", "equal decisions", words.percent),
        ("correlation", "correlation of scores", words.number),
        ("mean_gap", "mean distance of scores", words.number),
    ),
    "surprises": (
        ("target", "target", str),
        ("rows", "test rows", words.count),
        ("loss", "loss", str),
        ("mean_loss", "its mean", words.number),
        ("share", "share of it in these rows", words.percent),
    ),
    "explanation": (
        ("method", "method", words.spoken),
        ("space", "adds up to", str),
        ("rows", "rows", words.count),
        ("additivity_error", "largest additivity error", words.number),
    ),
    "cohorts": (
        ("space", "adds up to", str),
        ("rows", "explained rows", words.count),
    ),
    "effects": (("rows", "rows", words.count), ("unit", "in", str)),
    "pair": (("rows", "rows", words.count), ("unit", "in", str)),
    "interactions": (
        ("method", "method", words.spoken),
        ("space", "adds up to", str),
        ("rows", "rows", words.count),
        ("together", "done together", words.percent),
    ),
    "lime": (
        ("prediction", "the model says", words.number),
        ("local", "the line says", words.number),
        ("fidelity", "fidelity (R²)", words.number),
        ("agreement", "agreement with SHAP", words.number),
    ),
    "importance": (
        ("metric", "judged by", words.metric),
        ("value", "with all columns", words.number),
        ("rows", "test rows", words.count),
        ("repeats", "shuffled times", words.count),
    ),
    "error_tree": (
        ("metric", "judged by", words.metric),
        ("rows_fitted", "rows that grew it", words.count),
        ("rows_measured", "rows that are measured", words.count),
        ("leaves", "leaves", words.count),
    ),
    "surrogate": (("fidelity", "fidelity", words.percent), ("leaves", "leaves", words.count)),
    "counterfactuals": (
        ("want", "wanted", str),
        ("before", "before", words.number),
        ("unit", "in", str),
    ),
    "fairness": (
        ("rows", "test rows", words.count),
        ("positive", "positive class", str),
        ("threshold", "threshold", words.number),
    ),
    "parity": (
        ("rows", "rows", words.count),
        ("agreement", "equal labels", words.percent),
        ("max_abs", "largest difference", words.number),
        ("mean_abs", "mean difference", words.number),
    ),
    "drift": (("endpoint", "endpoint", str), ("rows", "answers", words.count)),
}


def facts(report: Report) -> list[tuple[str, str]]:
    """Titles and values."""
    return [
        (title, write(report.facts[key]))
        for key, title, write in FACTS.get(report.kind, ())
        if report.facts.get(key) is not None
    ]
