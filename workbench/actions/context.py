"""What every action needs: the workspace's folder, settings, stores and books."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from workbench.core.settings import Settings
from workbench.jobs.audit import Audit
from workbench.jobs.ledger import Ledger


@dataclass(frozen=True)
class Context:
    """Opened lazily: a listing of jobs must not wait for MLflow."""

    root: Path
    settings: Settings
    job: str | None = None  # the job that carries the action out, if any
    store_kind: str = "mlflow"

    @cached_property
    def ledger(self) -> Ledger:
        return Ledger(self.root / "ledger.db")

    @cached_property
    def audit(self) -> Audit:
        return Audit(self.ledger.database)

    @cached_property
    def datasets(self) -> Any:
        from workbench.store.datasets import DatasetStore

        return DatasetStore(self.root)

    @cached_property
    def store(self) -> Any:
        from workbench.store.store import stores

        return stores.get(self.store_kind)(
            self.root, self.settings.name, self.settings.tracking_uri
        )

    @property
    def learned(self) -> bool:
        """Whether there may be runs: a workspace without any need not wait for MLflow."""
        embedded = self.store_kind == "mlflow" and not self.settings.tracking_uri
        return not embedded or (self.root / "mlflow.db").is_file()

    def folder(self, *parts: str) -> Path:
        """A folder of the workspace, made when it is first asked for."""
        path = self.root.joinpath(*parts)
        path.mkdir(parents=True, exist_ok=True)
        return path
