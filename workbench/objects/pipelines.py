"""A pipeline that was carried out: its stages, its gates, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.core.report import Report
from workbench.objects.datasets import Dataset
from workbench.objects.endpoints import Bundle
from workbench.objects.runs import Run
from workbench.objects.shown import Shown
from workbench.objects.sweeps import Sweep
from workbench.views import shelves

if TYPE_CHECKING:
    from workbench.workspace import Workspace

REPORTS = {"explain": "explanation", "fairness": "fairness"}  # by the stage that makes them


class Carried(Shown):
    """What a pipeline came to, all of whose gates hold."""

    def __init__(self, workspace: Workspace, done: Mapping[str, Any]) -> None:
        self.workspace = workspace
        self.stages: list[dict[str, Any]] = done["stages"]  # stage, state, seconds, result
        self.gates: list[dict[str, Any]] = done["gates"]  # rule, value, holds
        self.notes: list[str] = done["notes"]
        self._run = str(done["run"])

    @property
    def dataset(self) -> Dataset:
        """The data set that it trained on."""
        return self.workspace.datasets[self._came("data")["dataset"]]

    @property
    def run(self) -> Run:
        """The best run, which the gates judged."""
        return self.workspace.runs[self._run]

    @property
    def sweep(self) -> Sweep | None:
        """The sweep, where it tuned."""
        name = self._came("tune").get("sweep")
        return None if name is None else self.workspace.sweeps[name]

    @property
    def bundle(self) -> Bundle | None:
        """The bundle, where it exported."""
        folder = self._came("export").get("bundle")
        return None if folder is None else Bundle(self.workspace, Path(folder))

    @property
    def reports(self) -> dict[str, Report]:
        """The reports by kind: the evaluation, and those of its stages."""
        kinds = ["evaluation", *(kind for stage, kind in REPORTS.items() if self._came(stage))]
        found = {kind: self.run.report(kind) for kind in kinds}
        return {kind: report for kind, report in found.items() if report is not None}

    def to_dict(self) -> dict[str, Any]:
        """Plain data: ``run``, ``stages``, ``gates`` and ``notes``."""
        return {
            "run": self._run, "stages": self.stages, "gates": self.gates, "notes": self.notes,
        }  # fmt: skip

    def _came(self, stage: str) -> Mapping[str, Any]:
        """What a stage came to; nothing where there is none."""
        result: Mapping[str, Any] = next(
            (s["result"] for s in self.stages if s["stage"] == stage), {}
        )
        return result

    def _html(self) -> str:
        return shelves.pipeline(self.stages, self.gates, self.notes)

    def __repr__(self) -> str:
        done = ", ".join(f"{s['stage']} {s['state']}" for s in self.stages)
        return f"<Pipeline: {done}; {len(self.gates)} gates hold; run {self._run[:8]}>"
