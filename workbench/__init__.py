"""Workbench: explore, train, compare, explain, audit, export and serve models on one machine.

    import workbench as wb
    ws = wb.open("credit")

Names are opened on first touch, so that ``import workbench`` stays quick.
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbench.actions.own import family
    from workbench.core.errors import WorkbenchError
    from workbench.core.feature import Feature
    from workbench.core.recipe import Recipe
    from workbench.core.report import Finding, Report
    from workbench.core.space import Choice, Real, Whole
    from workbench.core.split import Split
    from workbench.objects import Bundle, Carried, Dataset, Endpoint, Job, Preview, Run, Runs, Sweep
    from workbench.workspace import Workspace
    from workbench.workspace import open_workspace as open

__version__ = "0.1.0"

# What is done here is nobody else's business: libraries that report to their makers are told not
# to, before they are loaded (onnxruntime writes a device id and uploads from 1.29 on). A user who
# wants it sets the variable.
for _switch in ("ORT_DISABLE_TELEMETRY", "MLFLOW_DISABLE_TELEMETRY", "DO_NOT_TRACK"):
    os.environ.setdefault(_switch, "1")

_ADDRESSES = {
    "open": "workbench.workspace:open_workspace",
    "app": "workbench.app:",  # a package that can be called: it bears the name already
    "Workspace": "workbench.workspace:Workspace",
    "Dataset": "workbench.objects:Dataset",
    "Run": "workbench.objects:Run",
    "Runs": "workbench.objects:Runs",
    "Sweep": "workbench.objects:Sweep",
    "Bundle": "workbench.objects:Bundle",
    "Carried": "workbench.objects:Carried",
    "Endpoint": "workbench.objects:Endpoint",
    "Job": "workbench.objects:Job",
    "family": "workbench.actions.own:family",
    "Choice": "workbench.core.space:Choice",
    "Real": "workbench.core.space:Real",
    "Whole": "workbench.core.space:Whole",
    "Feature": "workbench.core.feature:Feature",
    "Preview": "workbench.objects:Preview",
    "Recipe": "workbench.core.recipe:Recipe",
    "Split": "workbench.core.split:Split",
    "Report": "workbench.core.report:Report",
    "Finding": "workbench.core.report:Finding",
    "WorkbenchError": "workbench.core.errors:WorkbenchError",
}

__all__ = [
    "Bundle",
    "Carried",
    "Choice",
    "Dataset",
    "Endpoint",
    "Feature",
    "Finding",
    "Job",
    "Preview",
    "Real",
    "Recipe",
    "Report",
    "Run",
    "Runs",
    "Split",
    "Sweep",
    "Whole",
    "WorkbenchError",
    "Workspace",
    "__version__",
    "app",
    "family",
    "open",
]


def __getattr__(name: str) -> Any:
    if name not in _ADDRESSES:
        raise AttributeError(f"module 'workbench' has no attribute {name!r}")
    module, _, attribute = _ADDRESSES[name].partition(":")
    opened = import_module(module)
    value = getattr(opened, attribute) if attribute else opened
    globals()[name] = value
    return value


def load_ipython_extension(shell: Any) -> None:
    """What ``%load_ext workbench`` does: the magics ``%workbench`` and ``%%workbench``."""
    import_module("workbench.notebook.magics").register(shell)


def __dir__() -> list[str]:
    return sorted(__all__)
