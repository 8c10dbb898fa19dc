"""Where the live widgets are: opened when asked, for anywidget comes with the extra jupyter."""

from __future__ import annotations

from typing import Any

from workbench.core.registry import Registry

WIDGETS: Registry[Any] = Registry(
    "widget",
    {
        "profile": "workbench.widgets.profile:ProfileWidget",
        "monitor": "workbench.widgets.monitor:MonitorWidget",
        "comparison": "workbench.widgets.comparison:ComparisonWidget",
        "explanation": "workbench.widgets.explanation:ExplanationWidget",
        "what_if": "workbench.widgets.whatif:WhatIfWidget",
        "fairness": "workbench.widgets.threshold:ThresholdWidget",
        "endpoint": "workbench.widgets.endpoint:EndpointWidget",
    },
    extra="jupyter",
)
