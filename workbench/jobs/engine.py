"""The promise of an engine: carry out jobs that are in the ledger."""

from __future__ import annotations

from typing import Protocol

from workbench.core.registry import Registry


class Engine(Protocol):
    """Starts jobs; what they say and how they end goes to the ledger."""

    def start(self, job: str) -> None:
        """Carry out the queued job, now or when its turn comes."""

    def cancel(self, job: str) -> None:
        """Ask the job to stop."""


engines: Registry[type] = Registry(
    "engine", {"local": "workbench.jobs.engines.local:LocalEngine"}, extra="ml"
)
