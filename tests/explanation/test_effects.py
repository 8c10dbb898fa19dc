"""Effects of single columns equal scikit-learn's and closed forms, in the user's columns."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.inspection import partial_dependence
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import Pipeline

from tests.explanation.conftest import Case, make
from tests.explanation.predictors import Predictor
from workbench.core.errors import Cancelled, DataError, NotFound, UsageError
from workbench.core.report import Report, Table
from workbench.core.signature import Field, Signature
from workbench.core.wire import dumps
from workbench.explanation.effects import effects
from workbench.explanation.explainer import classes_of


def _of(table: Table, **wanted: object) -> pd.DataFrame:
    frame = table.frame()
    for column, value in wanted.items():
        frame = frame[frame[column] == value] if value is not None else frame
    return frame


def test_partial_dependence_equals_scikit_learns(case: Case) -> None:
    predictor = case.predictor
    task, frame = predictor.signature.task, case.frame.dropna()
    pipeline = Pipeline([("prepare", predictor.preparation), ("model", predictor.estimator)])
    for column in ("flipper_length_mm", "island"):
        report = effects(predictor, frame, [column], "run", methods=["pdp"])
        classes = classes_of(predictor.signature)
        shown = _of(report["effects"], **{"class": classes[0]})
        theirs = partial_dependence(
            pipeline,
            frame,
            [column],
            categorical_features=["island", "sex"],
            custom_values={column: shown["value"].to_numpy()},
            kind="both",
            response_method="auto" if task == "regression" else "predict_proba",
        )
        np.testing.assert_allclose(shown["effect"], theirs["average"][0], atol=1e-5, rtol=1e-5)
        lines = _of(report["ice"], **{"class": classes[0]}).pivot(
            index="row", columns="position", values="effect"
        )
        places = [frame.index.get_loc(row) for row in lines.index]
        np.testing.assert_allclose(lines, theirs["individual"][0][places], atol=1e-5, rtol=1e-5)


def _additive(frame: pd.DataFrame) -> tuple[Predictor, dict[str, float]]:
    """A linear model: its effects are lines of known slopes."""
    inputs = (Field("a", "number"), Field("b", "number"), Field("c", "category"))
    signature = Signature(inputs, "y", "regression")
    truth = 3 * frame["a"] - 2 * frame["b"] + frame["c"].map({"x": 0.0, "y": 5.0, "z": -1.0})
    return Predictor(LinearRegression(), frame, truth.to_numpy(), signature), {"a": 3, "b": -2}


@pytest.fixture(scope="module")
def entangled() -> pd.DataFrame:
    """Two numbers that move together, and a category that moves with them."""
    random = np.random.default_rng(0)
    a = random.normal(size=400)
    b = a + random.normal(scale=0.1, size=400)
    c = np.where(a < -0.5, "x", np.where(a < 0.5, "y", "z"))
    return pd.DataFrame({"a": a, "b": b, "c": c})


def test_ale_of_an_additive_function_is_the_function(entangled: pd.DataFrame) -> None:
    predictor, slopes = _additive(entangled)
    report = effects(predictor, entangled, ["a", "b", "c"], "run", methods=["ale"])
    for column, slope in slopes.items():
        shown = _of(report["effects"], column=column)
        wanted = slope * shown["value"].to_numpy(dtype=float)
        np.testing.assert_allclose(np.diff(shown["effect"]), np.diff(wanted), atol=1e-4)
    shown = _of(report["effects"], column="c").set_index("value")["effect"]
    assert shown["y"] - shown["x"] == pytest.approx(5, abs=1e-4)
    assert shown["z"] - shown["x"] == pytest.approx(-1, abs=1e-4)
    counts = entangled["c"].value_counts()
    assert sum(shown[k] * counts[k] for k in counts.index) == pytest.approx(0, abs=1e-3)


def test_levels_of_a_category_are_ordered_by_likeness(entangled: pd.DataFrame) -> None:
    predictor, _ = _additive(entangled)
    renamed = entangled.assign(c=entangled["c"].map({"x": "x", "y": "z", "z": "y"}))
    report = effects(predictor, renamed, ["c"], "run", methods=["ale"])
    order = _of(report["effects"], column="c")["value"].tolist()
    assert order in (["x", "z", "y"], ["y", "z", "x"])  # "z" lies between the two others


class _Product:
    """``y = a * b``, which no sum of effects can tell."""

    def predict(self, prepared: np.ndarray) -> np.ndarray:
        return prepared[:, 0] * prepared[:, 1]

    def fit(self, *_: object) -> _Product:
        return self


def test_where_columns_move_together_the_methods_differ_and_it_says_so() -> None:
    random = np.random.default_rng(1)
    a = random.normal(size=500)
    frame = pd.DataFrame({"a": a, "b": a + random.normal(scale=0.05, size=500)})
    signature = Signature((Field("a", "number"), Field("b", "number")), "y", "regression")
    predictor = Predictor(_Product(), frame, a, signature)
    report = effects(predictor, frame, ["a"], "run")
    assert {"dependent", "interacts"} <= {f.code for f in report.findings}
    ale = _of(report["effects"], method="ale")
    inner = ale[ale["value"].abs() < 1.5]
    # a * b with b = a has the local slope b = a: the accumulated effect is half a square
    scale = float(a.std())
    shape = (inner["value"].to_numpy(dtype=float) - a.mean()) ** 2 / 2 / scale**2
    fitted = inner["effect"].to_numpy(dtype=float)
    assert np.corrcoef(shape, fitted)[0, 1] > 0.99


def test_the_missing_value_is_asked_about_too(penguins: pd.DataFrame) -> None:
    predictor = make(penguins, "forest", "multiclass").predictor
    frame = penguins.iloc[::3]
    assert frame["sex"].isna().any()
    report = effects(predictor, frame, ["sex"], "run")
    pdp = _of(report["effects"], method="pdp", **{"class": "Adelie"})
    assert pdp["value"].isna().sum() == 1
    assert pdp["rows"].sum() == len(frame)
    empty = frame.assign(sex=frame["sex"].where(np.zeros(len(frame), bool)))
    missing = pdp[pdp["value"].isna()]["effect"].iloc[0]
    assert missing == pytest.approx(predictor.scores(empty)[:, 0].mean(), abs=1e-6)


def test_intervals_hold_the_effect_and_the_report_is_plain(case: Case) -> None:
    columns = ["bill_length_mm", "sex"]
    report = effects(case.predictor, case.frame, columns, "run", seed=2)
    for row in report["effects"].records():
        assert row["effect_low"] - 1e-9 <= row["effect"] <= row["effect_high"] + 1e-9 or (
            row["method"] == "ale"  # a bootstrap of few rows may lean
        )
    assert set(report["reach"].column("column")) == set(columns)
    assert "NaN" not in dumps(report)
    assert Report.from_dict(report.to_dict()).tables == report.tables
    assert effects(case.predictor, case.frame, columns, "run", seed=2).tables == report.tables


def test_wrong_requests_are_one_sentence(penguins: pd.DataFrame) -> None:
    case = make(penguins, "logistic", "binary")
    for error, columns, methods, frame in (
        (NotFound, ["age"], ["ale"], case.frame),
        (UsageError, ["sex"], ["lime"], case.frame),
        (UsageError, [], ["ale"], case.frame),
        (DataError, ["sex"], ["ale"], case.frame[:0]),
        (DataError, ["sex"], ["ale"], case.frame.assign(sex=None)),
    ):
        with pytest.raises(error):
            effects(case.predictor, frame, columns, "run", methods=methods)


def test_stopping_is_heard(penguins: pd.DataFrame) -> None:
    case = make(penguins, "logistic", "binary")

    def stop(*_: object) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        effects(case.predictor, case.frame, ["sex"], "run", progress=stop)
