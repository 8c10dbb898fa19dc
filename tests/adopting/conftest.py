"""One workspace with two small tables, for models that were made elsewhere."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from tests.training.tables import adult
from workbench.workspace import Workspace


@pytest.fixture(scope="module")
def ws(tmp_path_factory: pytest.TempPathFactory, datasets: Path) -> Workspace:
    """``cancer``: numbers; ``adult``: texts with gaps; ``diabetes``: a number to predict."""
    ws = Workspace(tmp_path_factory.mktemp("adopting"))
    ws.import_data("breast_cancer", name="cancer")
    ws.import_data("diabetes")
    ws.import_data(adult(datasets, 2500).frame, name="adult", target="income", sensitive=["sex"])
    return ws


@pytest.fixture(scope="module")
def cancer(ws: Workspace) -> tuple[pd.DataFrame, pd.Series]:
    frame = ws.datasets["cancer"].frame()
    return frame.drop(columns=["diagnosis"]), frame["diagnosis"]
