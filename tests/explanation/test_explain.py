"""Contributions add up to the model's output, in the user's own columns, for every family."""

from __future__ import annotations

from itertools import combinations
from math import factorial

import numpy as np
import pandas as pd
import pytest
import shap
from sklearn.linear_model import LogisticRegression

from tests.explanation.conftest import Case, make
from tests.explanation.predictors import Predictor, fields
from workbench.core.errors import Cancelled, DataError
from workbench.core.report import Report
from workbench.core.signature import Field, Signature
from workbench.core.wire import dumps
from workbench.explanation.explain import FIXED, explain
from workbench.explanation.explainer import explainers, outputs
from workbench.explanation.explainers import sampling, trees


def _explain(case: Case, **options: object) -> Report:
    return explain(case.predictor, case.frame, case.background, "run", kind=case.kind, **options)  # type: ignore[arg-type]


def test_base_and_contributions_add_up_to_the_output(case: Case) -> None:
    report = _explain(case)
    columns = len(case.predictor.signature.names)
    for row in report["values"].rows:
        assert len(row) == len(FIXED) + columns
        assert row[2] + sum(row[5:]) == pytest.approx(row[3], rel=1e-6, abs=1e-9)
    scale = max(abs(r[3]) for r in report["values"].rows)
    assert report.facts["additivity_error"] < 1e-9 * max(scale, 1)


def test_the_output_is_the_predictors_own_score(case: Case) -> None:
    report = _explain(case)
    scores = case.predictor.scores(case.frame)
    task = case.predictor.signature.task
    wanted = scores[:, 1] if task == "binary" else scores
    shown = np.array(report["values"].column("prediction"))
    np.testing.assert_allclose(shown, np.ravel(wanted), rtol=1e-6)
    assert report.facts["prediction_error"] < 1e-3 * max(1.0, np.abs(wanted).max())
    assert not [f for f in report.findings if f.severity == "error"]


def test_rows_and_columns_are_the_users(case: Case) -> None:
    report = _explain(case)
    names = case.predictor.signature.names
    assert report["data"].columns == ("row", *names)
    assert report["values"].columns == (*FIXED, *names)
    assert set(report["importance"].column("column")) == set(names)
    assert set(report["data"].column("row")) == set(case.frame.index)
    assert report["data"].column("island") == case.frame["island"].tolist()
    assert report.sentence.endswith("move the prediction most.")
    assert Report.from_dict(report.to_dict()).tables == report.tables
    assert "NaN" not in dumps(report)


def test_the_same_seed_gives_the_same_report(case: Case) -> None:
    one, two = (_explain(case, seed=3)["values"].rows for _ in range(2))
    assert one == two


def test_stopping_is_heard(case: Case) -> None:
    def stop(*_: object) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        _explain(case, progress=stop)


def test_every_family_kind_is_registered() -> None:
    assert {"linear", "trees", "sampling"} <= set(explainers.names())


def _shapley(value: object, columns: int) -> np.ndarray:
    """Shapley values by their definition, over all subsets."""
    found = np.zeros(columns)
    for c in range(columns):
        rest = [k for k in range(columns) if k != c]
        for size in range(columns):
            weight = factorial(size) * factorial(columns - size - 1) / factorial(columns)
            for chosen in combinations(rest, size):
                found[c] += weight * (value({*chosen, c}) - value(set(chosen)))  # type: ignore[operator]
    return found


def test_sampled_contributions_come_near_the_definition(penguins: pd.DataFrame) -> None:
    case = make(penguins, "network", "binary")
    predictor, rows = case.predictor, case.frame.iloc[:4]
    found = sampling.explain(predictor, rows, case.background, seed=0)
    background = predictor.prepared(case.background)
    sources = np.array([name for (name,) in predictor.sources])
    names = predictor.signature.names
    for place, row in enumerate(predictor.prepared(rows)):

        def value(chosen: set[int], row: np.ndarray = row) -> float:
            mixed = background.copy()
            mask = np.isin(sources, [names[c] for c in chosen])
            mixed[:, mask] = row[mask]
            return float(outputs(predictor, mixed).mean())

        exact = _shapley(value, len(names))
        assert np.abs(found.values[place, :, 0] - exact).max() < 0.06
        assert np.corrcoef(found.values[place, :, 0], exact)[0, 1] > 0.97


def test_linear_contributions_equal_shaps(penguins: pd.DataFrame) -> None:
    case = make(penguins, "logistic", "binary")
    predictor = case.predictor
    masker = shap.maskers.Independent(predictor.prepared(case.background), max_samples=100)
    theirs = shap.LinearExplainer(predictor.estimator, masker).shap_values(
        predictor.prepared(case.frame)
    )
    folded = pd.DataFrame(theirs.T).groupby([n for (n,) in predictor.sources], sort=False).sum().T
    report = _explain(case)
    for name in predictor.signature.names:
        np.testing.assert_allclose(report["values"].column(name), folded[name], atol=1e-6)


def test_lightgbm_contributions_equal_shaps(penguins: pd.DataFrame) -> None:
    case = make(penguins, "lightgbm", "multiclass")
    predictor = case.predictor
    theirs = shap.TreeExplainer(predictor.estimator).shap_values(predictor.prepared(case.frame))
    numbers = trees.explain(predictor, case.frame, case.background).values
    island = np.array([name == "island" for (name,) in predictor.sources])
    place = predictor.signature.names.index("island")
    np.testing.assert_allclose(numbers[:, place], theirs[:, island].sum(axis=1), atol=1e-9)


def test_a_deep_forest_explains_some_rows_evenly_and_says_so(
    penguins: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = make(penguins, "forest", "binary")
    monkeypatch.setattr(trees, "WORK", 1)
    report = _explain(case)
    assert report.facts["rows"] == trees.FEWEST < len(case.frame)
    assert report["data"].column("row")[-1] > case.frame.index[-5]
    assert any(f.code == "fewer-rows" for f in report.findings)


def test_a_sensitive_column_in_use_is_told_with_its_rank(penguins: pd.DataFrame) -> None:
    report = _explain(make(penguins, "logistic", "binary"))
    finding = next(f for f in report.findings if f.code == "sensitive-used")
    assert finding.sentence.startswith("sex is sensitive and moves the prediction: rank ")


def test_columns_called_like_ours_are_found_by_place(penguins: pd.DataFrame) -> None:
    frame = penguins.rename(columns={"island": "class", "bill_depth_mm": "output"})
    inputs = (Field("output", "number"), Field("class", "category"))
    truth = (penguins["species"] == "Adelie").astype(int).to_numpy()
    signature = Signature(inputs, "Adelie", "binary", ("no", "yes"))
    predictor = Predictor(
        LogisticRegression(), frame.dropna(), truth[frame.dropna().index], signature
    )
    report = explain(predictor, frame[:9], frame[:50], "run", kind="linear")
    assert report["values"].columns == (*FIXED, "output", "class")
    for row in report["values"].rows:
        assert row[2] + row[5] + row[6] == pytest.approx(row[3])


def test_a_single_column_takes_it_all(penguins: pd.DataFrame) -> None:
    truth = (penguins["species"] == "Adelie").astype(int).to_numpy()
    only = tuple(f for f in fields() if f.name == "bill_length_mm")
    predictor = Predictor(
        LogisticRegression(), penguins, truth, Signature(only, "Adelie", "binary", ("no", "yes"))
    )
    report = explain(predictor, penguins[:9], penguins[:50], "run", kind="sampling")
    assert report.sentence == "bill_length_mm moves the prediction most."
    assert report.facts["additivity_error"] < 1e-12


def test_no_rows_are_refused(penguins: pd.DataFrame) -> None:
    case = make(penguins, "logistic", "binary")
    with pytest.raises(DataError):
        explain(case.predictor, case.frame[:0], case.background, "run", kind="linear")
