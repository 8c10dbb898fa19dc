"""A workspace with a data set and two runs, and the command line as a real process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from workbench.workspace import Workspace


@dataclass(frozen=True)
class Terminal:
    """Runs ``workbench`` in a folder, as a process."""

    folder: Path

    def run(
        self, *words: str, expect: int = 0, trace: bool = False, **more: Any
    ) -> subprocess.CompletedProcess[str]:
        env = {**os.environ, "COLUMNS": "120"}
        env.pop("WORKBENCH_WORKSPACE", None)
        done = subprocess.run(
            [sys.executable, "-m", "workbench.cli", *words],
            cwd=self.folder, capture_output=True, text=True, timeout=120, check=False, env=env,
            **more,
        )  # fmt: skip
        said = f"{words}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        assert done.returncode == expect, said
        assert ("Traceback" in said) == trace
        return done

    def json(self, *words: str) -> Any:
        return json.loads(self.run(*words, "--json").stdout)


@pytest.fixture(scope="session")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    ws = Workspace(tmp_path_factory.mktemp("cli") / "ws")
    data = ws.import_data("breast_cancer")
    ws.train(data, families=["logistic", "forest"], params={"forest": {"n_estimators": 20}})
    return ws


@pytest.fixture(scope="session")
def terminal(workspace: Workspace) -> Terminal:
    return Terminal(workspace.root)
