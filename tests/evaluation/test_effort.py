"""What a model takes: measured, kept, compared; and metered trainings."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from workbench.core.errors import MissingExtra, UsageError
from workbench.core.settings import Settings
from workbench.evaluation.effort import effort
from workbench.jobs.energy import metered
from workbench.workspace import Workspace


def quiet(fraction: float, text: str, metrics: object = None, /) -> None:
    """Nothing on the terminal of the tests."""


def test_what_takes_long_is_told_to_take_long() -> None:
    def ask(rows: pd.DataFrame) -> np.ndarray:
        time.sleep(0.002 + 2e-6 * len(rows))
        return np.zeros(len(rows))

    report = effort(ask, pd.DataFrame({"a": range(30)}), "r", size=1_500_000, made={"seconds": "2"})
    facts = report.facts
    # sleeping is never shorter than asked; how much longer is the machine's business
    assert facts["single_us"] >= 2000 and facts["row_us"] >= 4
    assert facts["row_us"] < facts["single_us"] <= facts["single_us_p95"]
    assert facts["train_seconds"] == 2.0 and facts["energy_wh"] is None
    assert "1.5 MB" in report.sentence and "Wh" not in report.sentence


def test_it_is_measured_once_and_stands_in_the_comparison(tmp_path: Path) -> None:
    ws = Workspace(tmp_path)
    ws.import_data("diabetes")
    small, large = ws.train("diabetes", ["logistic", "forest"], seed=1, progress=quiet)
    before = ws.compare([small, large], progress=quiet)
    assert "effort" not in before
    reports = {run.id: run.effort() for run in (small, large)}
    assert small.effort().facts == reports[small.id].facts  # the kept one
    assert small.effort(again=True).facts != reports[small.id].facts
    table = {r["id"]: r for r in ws.compare([small, large], progress=quiet)["effort"].records()}
    assert table[large.id]["size_bytes"] == reports[large.id].facts["size_bytes"]
    assert table[large.id]["size_bytes"] > 10 * table[small.id]["size_bytes"]
    assert table[large.id]["train_seconds"] == float(large.record.tags["fact.seconds"])


def test_a_training_is_metered_where_the_settings_say_so(tmp_path: Path) -> None:
    (tmp_path / "workbench.toml").write_text('[energy]\nmeter = true\ncountry = "fra"\n')
    ws = Workspace(tmp_path)
    ws.import_data("diabetes")
    run = ws.train("diabetes", ["forest"], progress=quiet).best
    tags = run.record.tags
    assert float(tags["fact.energy_wh"]) > 0 and tags["fact.energy_how"]
    assert run.effort().facts["energy_wh"] == float(tags["fact.energy_wh"])
    # France's electricity is among the cleanest: far below half a gram a watt hour
    assert 0 <= float(tags["fact.co2_g"]) < 0.3 * float(tags["fact.energy_wh"])


def test_more_work_draws_more() -> None:
    drawn = []
    for seconds in (1.0, 4.0):
        with metered(True) as energy:
            until = time.monotonic() + seconds
            while time.monotonic() < until:
                pass
        assert energy.total == pytest.approx(energy.processor + energy.memory + energy.gpu)
        assert energy.grams is None  # nobody said where
        drawn.append(energy.total)
    assert drawn[1] > 1.5 * drawn[0]


def test_nothing_is_metered_unasked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "codecarbon", None)  # its import would fail
    with metered(False) as energy:
        pass
    assert energy.facts() == {}
    with pytest.raises(MissingExtra) as caught, metered(True):
        pass
    assert "ml-workbench[energy]" in str(caught.value.hint)


def test_a_wrong_setting_is_named(tmp_path: Path) -> None:
    (tmp_path / "workbench.toml").write_text('[energy]\nmeter = "yes"\n')
    with pytest.raises(UsageError, match=r"energy\.meter must be bool"):
        Settings.read(tmp_path)
    # codecarbon itself would take the world's mean for it
    for country in ("DE", "XXX"):
        with pytest.raises(UsageError, match="is no country"), metered(True, country):
            pass
