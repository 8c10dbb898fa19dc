"""The promise of a library of runs: what was learned, and which model is the champion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from workbench.core.recipe import Recipe
from workbench.core.registry import Registry
from workbench.core.report import Report
from workbench.core.run import ModelRecord, RunRecord, RunState
from workbench.core.signature import Signature


@dataclass(frozen=True)
class Outcome:
    """What a finished run leaves behind."""

    signature: Signature
    pipeline: Any  # the fitted scikit-learn pipeline
    trusted: tuple[str, ...]  # the types that may be loaded from its file
    metrics: Mapping[str, float]
    reports: tuple[Report, ...] = ()
    files: Mapping[str, bytes] = field(default_factory=dict)  # artifact path -> content
    history: tuple[tuple[int, str, float], ...] = ()  # step, metric, value
    params: Mapping[str, Any] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)


class Store(Protocol):
    """Where runs, models, reports and aliases live."""

    def begin(self, name: str, recipe: Recipe, tags: Mapping[str, str]) -> str:
        """Open a run; returns its id."""

    def finish(self, run_id: str, outcome: Outcome) -> None:
        """Write everything that the run left, and close it."""

    def reopen(self, run_id: str, tags: Mapping[str, str]) -> None:
        """Open a run again that did not finish; ``tags`` replace those that have changed."""

    def close(self, run_id: str, state: RunState, reason: str) -> None:
        """Close a run that did not finish."""

    def run(self, run_id: str) -> RunRecord:
        """One run by its id, a beginning of it (at least four letters), or an alias."""

    def runs(self, limit: int = 100) -> list[RunRecord]:
        """The newest runs first."""

    def courses(self, run_ids: Sequence[str]) -> dict[str, dict[str, list[float]]]:
        """How the numbers of the fitting itself went, step by step: run, then name, to values."""

    def rename(self, run_id: str, name: str) -> None:
        """Call a run otherwise."""

    def model_file(self, run_id: str) -> Path:
        """The run's fitted pipeline as a local file."""

    def put_report(self, run_id: str, report: Report) -> None:
        """Keep a report with its run, in place of an earlier one of its kind and name."""

    def report(self, run_id: str, kind: str) -> Report | None:
        """The kept report of a kind."""

    def report_kinds(self, run_id: str) -> list[str]:
        """The kinds of report that the run has."""

    def put_file(self, run_id: str, path: str, content: bytes) -> None:
        """Keep a file with a run."""

    def file(self, run_id: str, path: str) -> Path:
        """A kept file, as a local path."""

    def fetch(self, uri: str, folder: Path) -> Path:
        """A model of the library by its address (``models:/…``), copied to a folder."""

    def set_alias(self, run_id: str, model: str, alias: str) -> ModelRecord:
        """Register the run's model under ``model`` and point ``alias`` at it."""

    def aliased(self, alias: str, model: str | None = None) -> list[ModelRecord]:
        """The models that carry an alias."""


stores: Registry[Any] = Registry(
    "store",
    {
        "mlflow": "workbench.store.mlflow:MLflowStore",
        "memory": "workbench.store.memory:MemoryStore",
    },
)
