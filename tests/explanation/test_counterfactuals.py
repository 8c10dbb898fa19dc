"""Counterfactuals do what they promise, on the model itself, within the limits."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.explanation.conftest import Case, make
from workbench.core.errors import Cancelled, NotFound, UsageError
from workbench.core.report import Report
from workbench.core.wire import dumps
from workbench.encoding import decide
from workbench.explanation.counterfactuals import counterfactuals
from workbench.explanation.gower import Gower
from workbench.explanation.wish import Limits

NOTHING = Limits()


def _said(case: Case, rows: pd.DataFrame) -> Any:
    scores = case.predictor.scores(rows)
    if case.predictor.signature.task == "regression":
        return scores
    return [case.predictor.signature.classes[c] for c in decide(scores, case.predictor.signature)]


def _changed(row: pd.DataFrame, changes: list[dict[str, Any]]) -> pd.DataFrame:
    found = row.copy()
    for change in changes:
        found[change["column"]] = [change["after"]]
    return found


def _ways(report: Report) -> list[list[dict[str, Any]]]:
    changes = list(report["changes"].records())
    return [[c for c in changes if c["way"] == way] for way in report["ways"].column("way")]


def _want(case: Case, row: pd.DataFrame) -> Any:
    if case.predictor.signature.task == "regression":
        value = float(case.predictor.scores(row)[0])
        step = float(np.std(case.predictor.scores(case.frame))) / 2
        return (value + step, None)
    return None


def _grants(case: Case, report: Report, rows: pd.DataFrame) -> bool:
    said = _said(case, rows)[0]
    if case.predictor.signature.task == "regression":
        low = float(report.facts["want"].removeprefix("at least "))
        return bool(said >= low * (1 - 1e-5))
    return bool(said == report.facts["want"])


def test_each_way_flips_and_no_part_of_it_does(case: Case) -> None:
    for place in (0, 17, 30):
        row = case.frame.iloc[[place]]
        report = counterfactuals(
            case.predictor, row, case.background, "run", want=_want(case, row), limits=NOTHING
        )
        assert report.facts["found"] >= 1, report.sentence
        for changes in _ways(report):
            assert _grants(case, report, _changed(row, changes))
            for size in range(len(changes)):
                for part in combinations(changes, size):
                    assert not _grants(case, report, _changed(row, list(part)))
        sets = [frozenset(c["column"] for c in way) for way in _ways(report)]
        assert len(set(sets)) == len(sets)  # ways are of different columns
        assert "NaN" not in dumps(report)


@settings(max_examples=20)
@given(
    place=st.integers(0, 36),
    keep=st.sets(st.sampled_from(["bill_length_mm", "island", "sex", "flipper_length_mm"])),
    way=st.sampled_from(["up", "down"]),
    low=st.floats(33, 50),
)
def test_limits_hold(penguin_case: Case, place: int, keep: set[str], way: str, low: float) -> None:
    row = penguin_case.frame.iloc[[place]]
    limits = Limits(
        frozenset(keep),
        {"bill_length_mm": (low, low + 6), "island": ["Dream", "Torgersen"]},
        {"bill_depth_mm": way, "flipper_length_mm": "up"},
    )
    report = counterfactuals(
        penguin_case.predictor, row, penguin_case.background, "run", limits=limits
    )
    for change in report["changes"].records():
        column, before, after = change["column"], change["before"], change["after"]
        assert column not in keep
        assert before != after
        assert before is None or before == row[column].iloc[0]
        if column == "bill_length_mm":
            assert low <= after <= low + 6
        if column == "island":
            assert after in ("Dream", "Torgersen")
        if column == "bill_depth_mm":
            assert after > before if way == "up" else after < before
        if column == "flipper_length_mm":
            assert after > before
    for changes in _ways(report):
        assert _grants(penguin_case, report, _changed(row, changes))


@pytest.fixture(scope="module")
def penguin_case(penguins: pd.DataFrame) -> Case:
    return make(penguins.dropna().reset_index(drop=True), "lightgbm", "multiclass")


def test_a_linear_model_is_crossed_at_its_border(penguins: pd.DataFrame) -> None:
    case = make(penguins.dropna().reset_index(drop=True), "logistic", "binary")
    row = case.frame.iloc[[0]]
    pool = case.frame
    report = counterfactuals(case.predictor, row, pool, "run", limits=NOTHING, most=1)
    for changes in _ways(report):
        (change,) = changes
        if change["column"] in ("island", "sex"):
            continue
        seen = np.unique(pool[change["column"]])
        between = seen[
            (seen > min(change["before"], change["after"]))
            & (seen < max(change["before"], change["after"]))
        ]
        for value in between:  # nothing that lies nearer would have done
            assert not _grants(case, report, row.assign(**{change["column"]: [value]}))


def test_no_way_is_said_in_one_sentence(penguin_case: Case) -> None:
    names = penguin_case.predictor.signature.names
    row = penguin_case.frame.iloc[[3]]
    report = counterfactuals(
        penguin_case.predictor, row, penguin_case.background, "run",
        limits=Limits(frozenset(names)),
    )  # fmt: skip
    assert report.facts["found"] == 0
    assert report.sentence.startswith("No change of up to 4 columns that is allowed leads to ")
    assert report.findings[0].code == "no-way"


def test_sensitive_columns_stay_unless_told_otherwise(penguins: pd.DataFrame) -> None:
    case = make(penguins, "forest", "binary")
    report = counterfactuals(case.predictor, case.frame.iloc[[2]], case.background, "run")
    assert report.facts["keep"] == ["sex"]
    assert "sex" not in report["changes"].column("column")


def test_wrong_wishes_are_one_sentence(penguin_case: Case, penguins: pd.DataFrame) -> None:
    row = penguin_case.frame.iloc[[0]]
    said = _said(penguin_case, row)[0]
    asked = (
        (UsageError, {"want": said}),
        (NotFound, {"want": "Emperor"}),
        (NotFound, {"limits": Limits(frozenset(["wings"]))}),
        (UsageError, {"limits": Limits(directions={"island": "up"})}),
        (UsageError, {"limits": Limits(directions={"bill_depth_mm": "sideways"})}),
    )
    for error, options in asked:
        with pytest.raises(error):
            counterfactuals(penguin_case.predictor, row, penguin_case.background, "run", **options)
    number = make(penguins, "forest", "regression")
    with pytest.raises(UsageError, match="say between which values"):
        counterfactuals(number.predictor, number.frame.iloc[[0]], number.background, "run")


def test_stopping_is_heard(penguin_case: Case) -> None:
    def stop(*_: object) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        counterfactuals(
            penguin_case.predictor, penguin_case.frame.iloc[[0]], penguin_case.background, "run",
            progress=stop,
        )  # fmt: skip


def test_gower_distance_by_hand(penguin_case: Case) -> None:
    pool = penguin_case.background
    signature = penguin_case.predictor.signature
    gower = Gower(pool, signature)
    two = pool.iloc[[0, 1]]
    total = 0.0
    for item in signature.inputs:
        a, b = two[item.name]
        if item.kind == "category":
            total += a != b
        else:
            low, high = np.quantile(pool[item.name], [0.05, 0.95])
            total += min(abs(a - b) / (high - low), 1.0)
    found = gower.distances(two)
    assert found[0, 1] == pytest.approx(total / len(signature.inputs))
    assert found[0, 0] == 0
    np.testing.assert_allclose(found[0, 1], found[1, 0])
