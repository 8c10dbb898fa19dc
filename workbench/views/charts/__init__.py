"""Charts of reports, one leaf per kind; a guest's kind joins through ``workbench.chart``."""

from __future__ import annotations

from collections.abc import Callable

from workbench.core.registry import Registry
from workbench.core.report import Report
from workbench.views.charts.parts import Chart

__all__ = ["Chart", "charts"]

Maker = Callable[[Report], list[Chart]]

makers: Registry[Maker] = Registry(
    "chart",
    {
        "profile": "workbench.views.charts.profile:charts",
        "feature": "workbench.views.charts.feature:charts",
        "evaluation": "workbench.views.charts.evaluation:charts",
        "comparison": "workbench.views.charts.comparison:charts",
        "threshold": "workbench.views.charts.threshold:charts",
        "validation": "workbench.views.charts.validation:charts",
        "explanation": "workbench.views.charts.explanation:charts",
        "cohorts": "workbench.views.charts.cohorts:charts",
        "effects": "workbench.views.charts.effects:charts",
        "pair": "workbench.views.charts.pair:charts",
        "interactions": "workbench.views.charts.interactions:charts",
        "lime": "workbench.views.charts.lime:charts",
        "importance": "workbench.views.charts.importance:charts",
        "fairness": "workbench.views.charts.fairness:charts",
        "slices": "workbench.views.charts.slices:charts",
        "error_tree": "workbench.views.charts.error_tree:charts",
        "sweep": "workbench.views.charts.sweep:charts",
        "drift": "workbench.views.charts.drift:charts",
    },
)


def charts(report: Report) -> tuple[Chart, ...]:
    """The charts of a report, the most telling first; none for a kind that is better read."""
    if report.kind not in makers:
        return ()
    return tuple(makers.get(report.kind)(report))
