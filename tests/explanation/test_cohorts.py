"""One group of rows against another, from the contributions that are there."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ttest_ind
from sklearn.metrics import accuracy_score, roc_auc_score

from workbench.core.errors import DataError, NotFound, UsageError
from workbench.core.report import Report, Table
from workbench.explanation.cohorts import REST, Cohort, cohorts
from workbench.explanation.explain import FIXED
from workbench.workspace import Workspace


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A made-up question: age decides in the south, income elsewhere."""
    rng = np.random.default_rng(0)
    n = 1500
    town = rng.choice(["north", "south"], n)
    age, income = rng.integers(18, 80, n), rng.normal(50, 15, n).round(1)
    odds = np.where(town == "south", (age - 50) / 6, (income - 50) / 6)
    buys = rng.random(n) < 1 / (1 + np.exp(-odds))
    ws = Workspace(tmp_path_factory.mktemp("shop") / "ws")
    frame = pd.DataFrame({"age": age, "income": income, "town": town, "buys": buys})
    ws.import_data(frame, name="s", target="buys")
    ws.train("s", ["lightgbm"], params={"lightgbm": {"n_estimators": 40}})
    return ws


def test_figures_are_those_of_the_rows(shop: Workspace) -> None:
    """Means, Welch's interval and metrics, each computed anew from the run's own tables."""
    run = shop.runs.list()[0]
    explained = run.explain(rows=300)
    report = run.cohorts({"town": "south", "age": (30, None)})
    data, values = explained["data"].frame(), explained["values"].frame()
    inside = (data["town"] == "south") & (data["age"] >= 30)
    for row in report["contributions"].records():
        own = values[row["column"]].to_numpy()
        welch = ttest_ind(own[inside], own[~inside], equal_var=False)
        ends = welch.confidence_interval(0.95)
        assert row["a"] == pytest.approx(own[inside].mean())
        assert row["size_b"] == pytest.approx(np.abs(own[~inside]).mean())
        assert row["difference"] == pytest.approx(own[inside].mean() - own[~inside].mean())
        assert (row["difference_low"], row["difference_high"]) == pytest.approx(ends)
        assert row["p"] >= welch.pvalue * 0.999
    told = run.predictions().query("part == 'test'")
    frame = shop.datasets["s"].frame().loc[told["row"]].reset_index(drop=True)
    mine = ((frame["town"] == "south") & (frame["age"] >= 30)).to_numpy()
    score = run.predictor().scores(frame)[:, 1]
    truth = frame["buys"].to_numpy()
    quality = {r["name"]: r for r in report["quality"].records()}
    assert quality["roc_auc"]["a"] == pytest.approx(roc_auc_score(truth[mine], score[mine]))
    assert quality["accuracy"]["b"] == pytest.approx(
        accuracy_score(truth[~mine], score[~mine] >= 0.5)
    )
    assert quality["roc_auc"]["a_low"] < quality["roc_auc"]["a"] < quality["roc_auc"]["a_high"]
    groups = {r["group"]: r for r in report["groups"].records()}
    assert (groups["a"]["explained"], groups["a"]["rows"]) == (inside.sum(), mine.sum())
    assert groups["a"]["output"] == pytest.approx(values["output"][inside].mean())


def test_what_decides_in_one_town_only_has_another_size_there(shop: Workspace) -> None:
    report = shop.runs.list()[0].cohorts({"town": "south"}, {"town": "north"})
    rows = {r["column"]: r for r in report["contributions"].records()}
    assert rows["age"]["size_difference_low"] > 0 > rows["income"]["size_difference"]
    assert report.sentence.startswith(("Where town is south, ", "No column moves"))


def test_wrong_questions_have_a_sentence(shop: Workspace) -> None:
    run = shop.runs.list()[0]
    with pytest.raises(NotFound, match="No column is called 'twon'"):
        run.cohorts({"twon": "south"})
    with pytest.raises(UsageError, match="same test rows"):
        run.cohorts({"age": (30, 40)}, {"age": (30, 40)})
    with pytest.raises(DataError, match="0 explained rows of"):
        run.cohorts({"town": "west"})
    with pytest.raises(DataError, match="“all other rows”"):
        run.cohorts({"age": (0, 200)})


def _explanation(values: np.ndarray) -> Report:
    rows = tuple((i, None, 0.0, float(v.sum()), 0.0, *map(float, v)) for i, v in enumerate(values))
    names = tuple("xyz"[: values.shape[1]])
    return Report(
        "explanation", "r", "", "", {"space": "value", "classes": [None]}, (),
        (Table("values", (*FIXED, *names), rows), Table("data", ("row", *names), rows)),
    )  # fmt: skip


def test_rows_in_both_groups_count_for_their_covariance() -> None:
    """A row in both cannot tell them apart: the interval is that of many draws of the rows."""
    rng = np.random.default_rng(1)
    values = rng.normal(size=(400, 1))
    first, second = np.arange(400) < 300, np.arange(400) >= 100
    report = cohorts(
        _explanation(values), Cohort("a", first, None), Cohort("b", second, None), "r",
        task="regression", shared=200,
    )  # fmt: skip
    row = next(report["contributions"].records())
    gaps = []
    for _ in range(3000):
        pick = rng.integers(0, 400, 400)
        drawn, own, other = values[pick, 0], first[pick], second[pick]
        gaps.append(drawn[own].mean() - drawn[other].mean())
    width = row["difference_high"] - row["difference_low"]
    assert width == pytest.approx(2 * 1.96 * np.std(gaps), rel=0.06)
    assert [f.code for f in report.findings] == ["shared-rows"]


def test_chance_alone_is_told_as_such_in_nineteen_of_twenty_cases() -> None:
    rng = np.random.default_rng(2)
    told = 0
    for _ in range(200):
        half = rng.random(120) < 0.5
        report = cohorts(
            _explanation(rng.normal(size=(120, 3))), Cohort("a", half, None),
            Cohort(REST, ~half, None), "r", task="regression",
        )  # fmt: skip
        told += not report.sentence.startswith("No column")
    assert told <= 20
