"""Mitigated runs on Adult: what is published of them, what they cost, and that they leave."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from workbench.core.errors import UsageError
from workbench.objects import Run, Runs
from workbench.workspace import Workspace

METHODS = ["reweighing", "thresholds", "exponentiated_gradient", "correlation_remover"]
ROWS = 6_000


@pytest.fixture(scope="module")
def adult(datasets: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Logistic regression on a part of Adult; sex is sensitive."""
    names = "age workclass fnlwgt education education_num marital occupation relationship race sex"
    columns = [*names.split(), "gain", "loss", "hours", "country", "income"]
    path = datasets / "adult" / "adult.data"
    frame = pd.read_csv(path, header=None, names=columns, skipinitialspace=True, nrows=ROWS)
    ws = Workspace(tmp_path_factory.mktemp("mitigate") / "ws")
    data = ws.import_data(frame, name="adult", target="income", sensitive=["sex", "race"])
    run: Run = ws.train(data, families=["logistic"]).best
    return run


@pytest.fixture(scope="module")
def mended(adult: Run) -> Runs:
    return adult.mitigate(METHODS, by="sex")


def _gap(run: Run) -> float:
    gaps = run.fairness("sex")["gaps"].records()
    return float(next(g["difference"] for g in gaps if g["metric"] == "selection_rate"))


def test_every_method_narrows_the_gap_and_costs_little(adult: Run, mended: Runs) -> None:
    before = _gap(adult)
    after = {r.record.recipe.mitigation.method: _gap(r) for r in mended}  # type: ignore[union-attr]
    assert set(after) == set(METHODS) and not mended.failed
    assert max(after.values()) < 0.7 * before
    assert after["thresholds"] < 0.05 and after["exponentiated_gradient"] < 0.06
    for run in mended:
        assert run.metrics["accuracy"] > adult.metrics["accuracy"] - 0.05


def test_runs_say_where_they_come_from_and_repeat(adult: Run, mended: Runs) -> None:
    for run in mended:
        assert run.record.tags["origin"] == adult.id
        assert "fairness" in run.reports()
    assert mended[0].reproduce().facts["equal"]


def test_the_price_is_told_in_words(adult: Run, mended: Runs) -> None:
    report = adult.report("tradeoff")
    assert report is not None
    first = report.sentence.partition(". ")[0]
    assert first.startswith("Reweighing (logistic ")
    assert "AUC falls by " in first and "the gap in selection rate by sex falls by " in first
    rows = {r["run"]: r for r in report["runs"].records()}
    assert rows[mended[0].id]["quality"] == pytest.approx(mended[0].metrics["roc_auc"])
    assert rows[mended[0].id]["gap"] == pytest.approx(_gap(mended[0]))


def test_the_front_is_what_nothing_beats_in_both(adult: Run, mended: Runs) -> None:
    rows = list(adult.tradeoff("sex", metric="accuracy")["runs"].records())
    assert {r["run"] for r in rows} >= {adult.id, *(r.id for r in mended)}
    for row in rows:
        beaten = any(
            o["quality"] > row["quality"] and o["gap"] < row["gap"] for o in rows if o is not row
        )
        assert not (row["front"] and beaten)
    assert any(r["front"] for r in rows) and not all(r["front"] for r in rows)


def test_thresholds_export_and_ask_for_the_group(adult: Run, mended: Runs) -> None:
    run = next(r for r in mended if r.record.recipe.mitigation.method == "thresholds")  # type: ignore[union-attr]
    told = (run.export().path / "README.md").read_text()
    assert "Each group of `sex` has a threshold of its own" in told
    assert re.search(r"\| `Female` \| 0\.\d+ \|\n\| `Male` \| 0\.\d+ \|", told)
    assert "from a probability of" not in told and "no probability any more" in told
    assert "| mitigation | Thresholds per group by `sex`, for demographic parity |" in told
    parity = run.parity()
    assert parity is not None and parity.facts["agreement"] == 1
    rows = adult._results().test_rows().head(400)
    assert "sex" in run.record.signature.names  # type: ignore[union-attr]
    flipped = rows.assign(sex=np.where(rows["sex"] == "Male", "Female", "Male"))
    assert run.predict(rows) != run.predict(flipped)


def test_wrong_requests_are_one_sentence(adult: Run) -> None:
    with pytest.raises(UsageError, match="no way to mitigate"):
        adult.mitigate("magic", by="sex")
    with pytest.raises(UsageError, match="no aim"):
        adult.mitigate("reweighing", by="sex", aim="peace")
    with pytest.raises(UsageError, match="no aim"):
        adult.tradeoff("sex", aim="peace")
    with pytest.raises(UsageError, match="no metric"):
        adult.tradeoff("sex", metric="beauty")
