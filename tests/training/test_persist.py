"""Keeping pipelines: nothing but our own types is loaded."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import skops.io

from tests.training.tables import penguins
from tests.training.test_train import fit
from workbench.core.errors import StoreError
from workbench.training.persist import dump, load


class Stranger:
    def __init__(self) -> None:
        self.x = 1


@pytest.mark.parametrize("thing", [Stranger(), os.system])
def test_a_type_that_is_not_ours_is_refused_by_name(thing: object) -> None:
    with pytest.raises(StoreError, match=r"Stranger|system"):
        load(skops.io.dumps({"model": thing}))


def test_a_damaged_file_is_one_clear_error(datasets: Path, tmp_path: Path) -> None:
    content = dump(fit(penguins(datasets), "logistic").pipeline)
    for broken in (b"", b"PK garbage", content[: len(content) // 2]):
        path = tmp_path / "model.skops"
        path.write_bytes(broken)
        with pytest.raises(StoreError, match="damaged"):
            load(path)
