"""Good explanations pass the checks; false ones are found out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.explanation.conftest import Case, make
from tests.explanation.predictors import penguin_task
from workbench.core.errors import Cancelled, DataError
from workbench.core.report import Report
from workbench.core.wire import dumps
from workbench.explanation import trust as room
from workbench.explanation.explainer import Attribution, explainers
from workbench.explanation.permutation import importance
from workbench.explanation.trust import trust


def _trust(case: Case, penguins: pd.DataFrame, **options: Any) -> Report:
    truth = penguin_task(penguins, case.predictor.signature.task)[0][case.frame.index]
    permuted = importance(case.predictor, case.frame, truth, "run", repeats=2)
    pools = [penguins.sample(40, random_state=n) for n in range(3)]
    return trust(
        case.predictor, case.frame.iloc[:20], pools, permuted, "run", kind=case.kind, **options
    )


@pytest.mark.parametrize("family", ["logistic", "forest"])
@pytest.mark.parametrize("task", ["multiclass", "regression"])
def test_an_honest_explanation_is_faithful(penguins: pd.DataFrame, family: str, task: str) -> None:
    report = _trust(make(penguins, family, task), penguins)
    checks = {r["check"]: r for r in report["checks"].records()}
    assert checks["additivity"]["verdict"] == "good"
    assert checks["stability"]["verdict"] == "good"
    assert checks["faithfulness"]["value"] > 0.02
    assert checks["agreement with sampling"]["value"] > 0.7
    curves = report["curves"].frame()
    assert curves["deletion"].iloc[0] == pytest.approx(0, abs=1e-6)
    assert curves["deletion"].iloc[-1] == pytest.approx(1)
    assert curves["insertion"].iloc[-1] == pytest.approx(1)
    assert "NaN" not in dumps(report)


def test_an_explanation_turned_around_is_found_out(
    penguins: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Contributions of the wrong columns still add up, but nothing else holds."""
    case = make(penguins, "logistic", "regression")
    honest = explainers.get("linear")

    class Liar:
        @staticmethod
        def get(kind: str) -> Any:
            def explain(*args: Any, **options: Any) -> Attribution:
                found = honest(*args, **options)
                order = np.argsort(np.abs(found.values).mean(axis=(0, 2)))
                turned = np.empty_like(found.values)
                turned[:, order] = found.values[:, order[::-1]]
                return replace(found, values=turned)

            return explain if kind == "linear" else explainers.get(kind)

    monkeypatch.setattr(room, "explainers", Liar)
    report = _trust(case, penguins)
    checks = {r["check"]: r for r in report["checks"].records()}
    assert checks["additivity"]["verdict"] == "good"
    assert checks["faithfulness"]["verdict"] == "bad"
    assert checks["agreement with sampling"]["verdict"] == "bad"
    assert checks["faithfulness"]["advice"]
    assert {f.subject for f in report.findings} >= {"faithfulness", "agreement with sampling"}


def test_too_few_rows_and_a_stop(penguins: pd.DataFrame) -> None:
    case = make(penguins, "logistic", "binary")
    with pytest.raises(DataError):
        trust(
            case.predictor,
            case.frame[:0],
            [case.background] * 2,
            Report("importance", "run", ""),
            "run",
            kind="linear",
        )

    def stop(*_: object) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        _trust(case, penguins, progress=stop)
