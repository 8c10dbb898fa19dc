"""Keeping pipelines: nothing but our own types is loaded."""

from __future__ import annotations

import io
import json
import os
import zipfile
from pathlib import Path

import pytest
import skops.io

from tests.training.tables import penguins
from tests.training.test_train import fit
from workbench.core.errors import StoreError
from workbench.training.persist import dump, load
from workbench.training.quickskops import ask_once


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


class Asked:
    """Counts how often its state is made."""

    times = 0

    def __init__(self, trees: str) -> None:
        self.trees = trees

    def __getstate__(self) -> dict[str, str]:
        type(self).times += 1
        return vars(self)


def test_a_boosters_state_is_made_once_and_the_file_stays_the_same() -> None:
    def told() -> tuple[int, object]:
        Asked.times = 0
        content = skops.io.dumps(Asked("many"))
        name = f"{Asked.__module__}.Asked"
        assert skops.io.get_untrusted_types(data=content) == [name]
        assert skops.io.loads(content, trusted=[name]).trees == "many"
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            return Asked.times, _without_numbers(json.loads(packed.read("schema.json")))

    twice, before = told()
    ask_once(Asked)
    once, after = told()
    assert (twice, once) == (2, 1)  # if skops asks once itself, ask_once can go
    assert after == before


@pytest.mark.parametrize("family", ["lightgbm", "xgboost"])
def test_the_trees_of_a_booster_are_written_once(family: str, datasets: Path) -> None:
    params = {"n_estimators": 30}
    pipeline = fit(penguins(datasets), family, params=params).pipeline
    kind = type(pipeline[-1].get_booster() if family == "xgboost" else pipeline[-1].booster_)
    written = skops.io._utils._get_state.dispatch(kind)
    assert written.__module__ == "workbench.training.quickskops"
    with zipfile.ZipFile(io.BytesIO(dump(pipeline))) as packed:
        assert len(packed.namelist()) < 20  # no file for each round


def _without_numbers(state: object) -> object:
    """A skops schema without the addresses in memory that number its objects."""
    if isinstance(state, dict):
        return {k: _without_numbers(v) for k, v in state.items() if k != "__id__"}
    return [_without_numbers(v) for v in state] if isinstance(state, list) else state
