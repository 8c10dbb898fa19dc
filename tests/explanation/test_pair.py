"""Two columns at once, beside scikit-learn's partial dependence and the definition of H."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.inspection import partial_dependence

from tests.explanation.conftest import Case, make
from workbench.core.errors import Cancelled, NotFound, UsageError
from workbench.core.report import Report
from workbench.explanation.pair import pair

A, B = "bill_length_mm", "flipper_length_mm"


def _cell(report: Report, a: float, b: float) -> float:
    return next(
        r["effect"] for r in report["surface"].records() if (r["value"], r["other_value"]) == (a, b)
    )


def test_the_surface_is_scikit_learns(penguins: pd.DataFrame) -> None:
    case = make(penguins, "forest", "regression")
    report = pair(case.predictor, case.frame, A, B, "run")
    own = list(case.predictor.sources)
    places = [own.index((A,)), own.index((B,))]
    prepared = case.predictor.prepared(case.frame)
    lines = [sorted(set(report["surface"].column(key))) for key in ("value", "other_value")]
    found = case.frame.copy()
    for values in ((lines[0][0], lines[1][0]), (lines[0][-1], lines[1][3])):
        found[A], found[B] = values
        expected = case.predictor.scores(found).mean()
        assert _cell(report, *values) == pytest.approx(expected, rel=1e-6)
    theirs = partial_dependence(
        case.predictor.estimator, prepared, places, kind="average", method="brute",
        custom_values={
            p: np.unique(prepared[:, p])[:2] for p in places
        },
    )  # fmt: skip
    smallest = [c.min() for c in (case.frame[A], case.frame[B])]
    assert _cell(report, *smallest) == pytest.approx(float(theirs["average"][0, 0, 0]), rel=1e-6)


def test_h_is_friedmans(penguins: pd.DataFrame) -> None:
    """From the definition, by prediction for every pair of rows."""
    case = make(penguins, "lightgbm", "regression")
    frame = case.frame.iloc[:25]
    report = pair(case.predictor, frame, A, "island", "run")

    def dependence(*columns: str) -> np.ndarray:
        found = []
        for place in range(len(frame)):
            changed = frame.copy()
            for column in columns:
                changed[column] = frame[column].iloc[place]
            found.append(case.predictor.scores(changed).mean())
        return np.array(found) - np.mean(found)

    both, one, two = dependence(A, "island"), dependence(A), dependence("island")
    h = np.sqrt(((both - one - two) ** 2).sum() / (both**2).sum())
    row = next(report["strength"].records())
    assert row["h"] == pytest.approx(h, rel=1e-6)
    assert row["size"] == pytest.approx(np.sqrt(((both - one - two) ** 2).mean()), rel=1e-6)
    assert row["h_low"] <= row["h"] <= row["h_high"]


def test_a_model_that_adds_up_has_no_h_and_a_product_has_much(penguins: pd.DataFrame) -> None:
    rng = np.random.default_rng(0)
    linear = make(penguins, "logistic", "regression")
    report = pair(linear.predictor, linear.frame, A, B, "run")
    assert report["strength"].column("h")[0] < 1e-3
    assert max(map(abs, report["surface"].column("together"))) < 1e-2  # grams, of thousands
    frame = penguins.dropna().sample(1500, replace=True, random_state=0).reset_index(drop=True)
    frame[A], frame[B] = rng.normal(size=(2, 1500))
    frame["body_mass_g"] = 100 * frame[A] * frame[B]
    product = make(frame, "lightgbm", "regression")
    report = pair(product.predictor, product.frame, A, B, "run")
    assert report["strength"].column("h")[0] > 0.9
    assert "% of its variance is of both together" in report.sentence


def test_every_family_and_kind_of_column(case: Case) -> None:
    report = pair(case.predictor, case.frame, "sex", B, "run", around=case.background)
    classes = report.facts["classes"]
    rows = report["surface"].rows
    values = {r[0] for r in rows}
    assert values == set(case.frame["sex"].dropna())
    assert len(rows) == len(classes) * len(values) * len({r[1] for r in rows})
    known = case.background[["sex", B]].dropna()
    assert sum(r[5] for r in rows) == len(classes) * len(known)
    if case.predictor.signature.task == "multiclass":  # probabilities of all classes
        total = pd.DataFrame(rows).groupby([0, 1])[3].sum()
        np.testing.assert_allclose(total, 1, atol=1e-6)


def test_wrong_questions_and_stopping(penguins: pd.DataFrame) -> None:
    case = make(penguins, "logistic", "binary")
    with pytest.raises(NotFound):
        pair(case.predictor, case.frame, A, "nose", "run")
    with pytest.raises(UsageError, match="named twice"):
        pair(case.predictor, case.frame, A, A, "run")

    def stop(*_: object) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        pair(case.predictor, case.frame, A, B, "run", progress=stop)
