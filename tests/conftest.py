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


# Files that take minutes, the longest first: one that is begun last keeps a single worker busy.
LONG = (
    "journeys/test_story_app.py",
    "journeys/test_notebooks.py",
    "cli/test_commands.py",
    "journeys/test_story_cli.py",
    "app/test_data_page.py",
    "journeys/test_resume.py",
    "app/test_tune_page.py",
    "journeys/test_story_python.py",
    "jobs/test_many_jobs.py",
    "app/test_tasks.py",
    "app/test_weak_spots.py",
    "app/test_compare_cards.py",
    "app/test_explain_page.py",
    "tuning/test_tune.py",
    "contracts/test_families.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the long files."""
    places = {Path(__file__).parent / name: place for place, name in enumerate(LONG)}
    items.sort(key=lambda item: places.get(item.path, len(LONG)))


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
