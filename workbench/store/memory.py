"""A library in memory: the promise of the store in its shortest form, for tests and trials."""

from __future__ import annotations

import datetime as dt
import tempfile
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from workbench.core.errors import NotFound, StoreError
from workbench.core.files import write_bytes
from workbench.core.recipe import Recipe
from workbench.core.report import Report
from workbench.core.run import ModelRecord, RunRecord, RunState
from workbench.store.store import Outcome


class MemoryStore:
    """Keeps the records in dicts; files go to a temporary folder that ends with it."""

    def __init__(self, root: Path | None = None, name: str = "memory", uri: str = "") -> None:
        self.name = name
        self._folder = tempfile.TemporaryDirectory()
        self._runs: dict[str, RunRecord] = {}
        self._reports: dict[tuple[str, str], Report] = {}
        self._outcomes: dict[str, Outcome] = {}
        self._models: dict[tuple[str, str], str] = {}  # model, version -> run
        self._alias: dict[tuple[str, str], str] = {}  # model, alias -> version

    def begin(self, name: str, recipe: Recipe, tags: Mapping[str, str]) -> str:
        run_id = uuid.uuid4().hex
        self._runs[run_id] = RunRecord(
            run_id,
            name,
            "running",
            recipe,
            dataset_digest=tags.get("dataset_digest", ""),
            started=dt.datetime.now(dt.UTC),
            tags=dict(tags),
        )
        return run_id

    def finish(self, run_id: str, outcome: Outcome) -> None:
        for report in outcome.reports:
            self.put_report(run_id, report)
        for path, content in outcome.files.items():
            self.put_file(run_id, path, content)
        self._outcomes[run_id] = outcome
        self._end(run_id, "done", "", signature=outcome.signature, metrics=dict(outcome.metrics))

    def reopen(self, run_id: str, tags: Mapping[str, str]) -> None:
        run = self._runs[run_id]
        self._runs[run_id] = replace(
            run, state="running", reason="", seconds=None, tags={**run.tags, **tags}
        )

    def close(self, run_id: str, state: RunState, reason: str) -> None:
        self._end(run_id, state, reason)

    def run(self, run_id: str) -> RunRecord:
        for model in self.aliased(run_id):
            return self.run(model.run_id)
        fitting = [r for r in self._runs if len(run_id) >= 4 and r.startswith(run_id)]
        if len(fitting) != 1:
            raise NotFound.among("run", run_id, [r[:8] for r in self._runs])
        return replace(self._runs[fitting[0]], aliases=self._aliases_of(fitting[0]))

    def runs(self, limit: int = 100) -> list[RunRecord]:
        return [self.run(run_id) for run_id in list(reversed(self._runs))[:limit]]

    def courses(self, run_ids: Sequence[str]) -> dict[str, dict[str, list[float]]]:
        found: dict[str, dict[str, list[float]]] = {}
        for run in run_ids:
            if run in self._outcomes:
                for _, name, value in self._outcomes[run].history:
                    found.setdefault(run, {}).setdefault(name, []).append(value)
        return found

    def rename(self, run_id: str, name: str) -> None:
        self._runs[run_id] = replace(self._runs[run_id], name=name)

    def model_file(self, run_id: str) -> Path:
        if run_id not in self._outcomes:
            raise StoreError(f"Run {run_id[:8]} has no model.", "Choose a run that is done.")
        import skops.io

        path = Path(self._folder.name) / run_id / "model.skops"
        path.parent.mkdir(parents=True, exist_ok=True)
        skops.io.dump(self._outcomes[run_id].pipeline, path)
        return path

    def put_report(self, run_id: str, report: Report) -> None:
        self._reports[run_id, report.kind] = report

    def report(self, run_id: str, kind: str) -> Report | None:
        return self._reports.get((run_id, kind))

    def report_kinds(self, run_id: str) -> list[str]:
        return sorted(kind for run, kind in self._reports if run == run_id)

    def put_file(self, run_id: str, path: str, content: bytes) -> None:
        write_bytes(Path(self._folder.name) / run_id / path, content)

    def file(self, run_id: str, path: str) -> Path:
        found = Path(self._folder.name) / run_id / path
        if not found.is_file():
            raise StoreError(f"Run {run_id[:8]} has no file {path!r}.")
        return found

    def fetch(self, uri: str, folder: Path) -> Path:
        raise StoreError(f"A library in memory has nothing at {uri!r}.", "Give a file or folder.")

    def set_alias(self, run_id: str, model: str, alias: str) -> ModelRecord:
        mine = [v for (m, v), run in self._models.items() if m == model and run == run_id]
        version = mine[0] if mine else str(sum(m == model for m, _ in self._models) + 1)
        self._models[model, version] = run_id
        self._alias[model, alias] = version
        return ModelRecord(model, version, run_id, (alias,))

    def aliased(self, alias: str, model: str | None = None) -> list[ModelRecord]:
        return [
            ModelRecord(m, version, self._models[m, version], (alias,))
            for (m, a), version in self._alias.items()
            if a == alias and model in (None, m)
        ]

    def _aliases_of(self, run_id: str) -> tuple[str, ...]:
        return tuple(a for (m, a), v in self._alias.items() if self._models[m, v] == run_id)

    def _end(self, run_id: str, state: RunState, reason: str, **more: Any) -> None:
        run = self._runs[run_id]
        seconds = (dt.datetime.now(dt.UTC) - (run.started or run.started)).total_seconds()  # type: ignore[operator]
        self._runs[run_id] = replace(run, state=state, reason=reason, seconds=seconds, **more)
