"""The seam of checks: who carries out a contract."""

from __future__ import annotations

from typing import Protocol

from workbench.core.contract import Contract, Examination
from workbench.core.progress import Progress, silent
from workbench.core.registry import Registry
from workbench.tables import Tabular


class Checker(Protocol):
    """Holds tables against contracts."""

    def examine(
        self, table: Tabular, contract: Contract, progress: Progress = silent
    ) -> Examination:
        """Hold every cell of ``table`` against ``contract``."""
        ...

    def code(self, contract: Contract) -> str:
        """The contract as a module that needs the checker's library alone."""
        ...


checkers: Registry[Checker] = Registry(
    "checker", {"pandera": "workbench.data.checkers.pandera:PANDERA"}
)
