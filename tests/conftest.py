"""What many tests share: a fresh workspace, and the real data sets."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

from workbench.workspace import Workspace

SHARED = Path(__file__).resolve().parents[2] / "shared" / "datasets"

if SHARED.is_dir():
    os.environ.setdefault("WORKBENCH_DATA_CACHE", str(SHARED))
os.environ.pop("MLFLOW_TRACKING_URI", None)

# The same examples on every machine, so that a red run can be repeated; how long one takes says
# nothing on a busy machine. To search further: HYPOTHESIS_PROFILE=search.
settings.register_profile("steady", derandomize=True, deadline=None)
settings.register_profile("search", deadline=None, max_examples=1000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """A workspace in an empty folder."""
    return Workspace(tmp_path / "ws")


@pytest.fixture(scope="session")
def datasets() -> Path:
    """The folder of real data sets; tests that need it are skipped where it is missing."""
    folder = Path(os.environ.get("WORKBENCH_DATA_CACHE", ""))
    if not (folder / "adult" / "adult.data").is_file():
        pytest.skip("WORKBENCH_DATA_CACHE does not point at the data sets")
    return folder
