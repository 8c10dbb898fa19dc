"""Workbench: explore, train, compare, explain, audit, export and serve models on one machine.

    import workbench as wb
    ws = wb.open("credit")

Names are opened on first touch, so that ``import workbench`` stays quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbench.core.errors import WorkbenchError
    from workbench.core.recipe import Recipe
    from workbench.core.report import Finding, Report
    from workbench.core.split import Split
    from workbench.objects import Bundle, Dataset, Endpoint, Job, Run, Runs
    from workbench.workspace import Workspace
    from workbench.workspace import open_workspace as open

__version__ = "0.1.0"

_ADDRESSES = {
    "open": "workbench.workspace:open_workspace",
    "Workspace": "workbench.workspace:Workspace",
    "Dataset": "workbench.objects:Dataset",
    "Run": "workbench.objects:Run",
    "Runs": "workbench.objects:Runs",
    "Bundle": "workbench.objects:Bundle",
    "Endpoint": "workbench.objects:Endpoint",
    "Job": "workbench.objects:Job",
    "Recipe": "workbench.core.recipe:Recipe",
    "Split": "workbench.core.split:Split",
    "Report": "workbench.core.report:Report",
    "Finding": "workbench.core.report:Finding",
    "WorkbenchError": "workbench.core.errors:WorkbenchError",
}

__all__ = [
    "Bundle",
    "Dataset",
    "Endpoint",
    "Finding",
    "Job",
    "Recipe",
    "Report",
    "Run",
    "Runs",
    "Split",
    "Workspace",
    "WorkbenchError",
    "__version__",
    "open",
]


def __getattr__(name: str) -> Any:
    if name not in _ADDRESSES:
        raise AttributeError(f"module 'workbench' has no attribute {name!r}")
    module, _, attribute = _ADDRESSES[name].partition(":")
    value = getattr(import_module(module), attribute)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
