"""Actions: one file per verb. Load, call the rooms, save. The only place where rooms meet.

An action is ``run(context, progress, **parameters) -> dict`` with JSON in and JSON out, so that it
can be carried out inline, as a job, or on another machine, and written down as it was asked.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from workbench.core.registry import Registry

ACTIONS: Registry[Callable[..., dict[str, Any]]] = Registry(
    "action",
    {
        "import": "workbench.actions.import_data:run",
        "profile": "workbench.actions.profile:run",
        "write": "workbench.actions.write_data:run",
        "train": "workbench.actions.train:run",
        "tune": "workbench.actions.tune:run",
        "resume": "workbench.actions.resume:run",
        "code": "workbench.actions.code:run",
        "combine": "workbench.actions.combine:run",
        "adopt": "workbench.actions.adopt:run",
        "reproduce": "workbench.actions.reproduce:run",
        "pipeline": "workbench.actions.pipeline:run",
        "validate": "workbench.actions.validate:run",
        "compare": "workbench.actions.compare:run",
        "effort": "workbench.actions.effort:run",
        "disagree": "workbench.actions.disagree:run",
        "surprise": "workbench.actions.surprise:run",
        "threshold": "workbench.actions.threshold:run",
        "decide": "workbench.actions.decide:run",
        "conformal": "workbench.actions.conformal:run",
        "slices": "workbench.actions.slices:run",
        "error_tree": "workbench.actions.error_tree:run",
        "rename": "workbench.actions.rename:run",
        "promote": "workbench.actions.promote:run",
        "mitigate": "workbench.actions.mitigate:run",
        "tradeoff": "workbench.actions.tradeoff:run",
        "explain": "workbench.actions.explain:run",
        "effects": "workbench.actions.effects:run",
        "pair": "workbench.actions.pair:run",
        "interactions": "workbench.actions.interactions:run",
        "cohorts": "workbench.actions.cohorts:run",
        "surrogate": "workbench.actions.surrogate:run",
        "lime": "workbench.actions.lime:run",
        "neighbours": "workbench.actions.neighbours:run",
        "trust": "workbench.actions.trust:run",
        "counterfactuals": "workbench.actions.counterfactuals:run",
        "importance": "workbench.actions.importance:run",
        "fairness": "workbench.actions.fairness:run",
        "export": "workbench.actions.export:run",
        "serve": "workbench.actions.serve:run",
        "watch": "workbench.actions.watch:run",
        "drift": "workbench.actions.drift:run",
        "abandon": "workbench.actions.abandon:run",
    },
)
