"""Criteria: what the field calls a fair decision, each told by one gap.

Barocas, Hardt and Narayanan, "Fairness and Machine Learning" (2023), group them as independence,
separation and sufficiency; where base rates differ no model but a perfect one meets all of them
(Kleinberg et al. 2016, Chouldechova 2017).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from workbench.core.report import Table
from workbench.fairness.gaps import Gap

CRITERIA: Mapping[str, str] = {
    "selection_rate": "Demographic parity",
    "equalized_odds": "Equalized odds",
    "tpr": "Equal opportunity",
    "fpr": "Predictive equality",
    "precision": "Predictive parity",
    "calibration_bias": "Calibration in the large",
    "accuracy": "Equal accuracy",
    "mae": "Equal error",
    "bias": "No group over- or underrated",
    "mean_prediction": "Statistical parity of means",
    "median_prediction": "Statistical parity of medians",
}
MATTERS = 0.05  # a gap of five points; smaller ones are called small
SURE = 0.05


def criteria(large: Sequence[Gap], scale: float = 1.0) -> Table:
    """One row per column and criterion, over groups that are not small.

    Parameters
    ----------
    large
        Gaps whose ``p`` is corrected for their number.
    scale
        What a gap is held against: 1 for rates, the standard deviation of the target for values.
    """
    rows = [
        (
            gap.column, name, gap.metric, gap.difference, gap.difference_low, gap.difference_high,
            gap.ratio, gap.p, verdict(gap, scale), gap.lowest, gap.highest,
        )
        for gap in large
        for name in [CRITERIA.get(gap.metric)]
        if name
    ]  # fmt: skip
    columns = (
        "column", "criterion", "metric", "difference", "low", "high", "ratio", "p", "verdict",
        "lowest", "highest",
    )  # fmt: skip
    return Table("criteria", columns, tuple(rows), "p after Holm's correction for all gaps.")


def verdict(gap: Gap, scale: float = 1.0) -> str:
    """``apart``, ``slightly apart``, ``not told apart`` or ``unknown``."""
    if gap.difference is None or gap.p is None:
        return "unknown"
    if gap.p >= SURE:
        return "not told apart"
    return "apart" if gap.difference >= MATTERS * scale else "slightly apart"
