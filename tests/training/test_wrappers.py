"""Calibration against known answers, and decisions by what mistakes cost."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.special import expit, softmax
from sklearn.isotonic import IsotonicRegression
from sklearn.metrics import roc_auc_score

from tests.training.tables import adult, penguins
from workbench.core.errors import UsageError
from workbench.core.signature import Field, Signature
from workbench.encoding import decide
from workbench.training.calibrated import CalibratedClassifier, isotonic, log_odds
from workbench.training.families.costly import price_list, weights
from workbench.workspace import Workspace


class Says:
    """A classifier that says its one column, or its columns."""

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        return X if X.shape[1] > 1 else np.hstack([1 - X, X])


@pytest.fixture(scope="module")
def ws(tmp_path_factory: pytest.TempPathFactory, datasets: Path) -> Workspace:
    ws = Workspace(tmp_path_factory.mktemp("wrappers"))
    ws.import_data(adult(datasets, 3000).frame, name="adult", target="income")
    ws.import_data(penguins(datasets).frame, name="penguins", target="species")
    return ws


def test_isotonic_levels_are_those_of_sklearn_and_keep_the_order() -> None:
    rng = np.random.default_rng(0)
    share = rng.random(800).round(3)
    hit = rng.random(800) < share**2
    x, y = isotonic(share, hit)
    theirs = IsotonicRegression(out_of_bounds="clip").fit(share, hit)
    np.testing.assert_allclose(np.unique(theirs.predict(share)), y, atol=1e-12)
    assert (np.diff(x) > 0).all() and (np.diff(y) > 0).all()
    model = CalibratedClassifier("isotonic").adopt(Says(), share[:, None], hit.astype(int))
    said = model.predict_proba(share[:, None])[:, 1]
    odds, ends = log_odds(np.stack([1 - share, share], axis=1), 1), model.knots_[0][0]
    inside = (odds > ends[0]) & (odds < ends[-1])
    assert roc_auc_score(hit[inside], said[inside]) == pytest.approx(
        roc_auc_score(hit[inside], share[inside])
    )


def test_sigmoid_and_temperature_find_what_bent_the_probabilities() -> None:
    rng = np.random.default_rng(1)
    margin = rng.normal(size=20_000)
    hit = (rng.random(20_000) < expit(margin)).astype(int)
    bent = expit(2 * margin + 1)[:, None]
    model = CalibratedClassifier("sigmoid").adopt(Says(), bent, hit)
    assert model.slope_[0] == pytest.approx(0.5, abs=0.03)
    assert model.offset_[0] == pytest.approx(-0.5, abs=0.05)
    logits = rng.normal(size=(20_000, 3))
    truth = np.array([rng.choice(3, p=p) for p in softmax(logits, axis=1)])
    hot = softmax(3 * logits, axis=1)
    cooled = CalibratedClassifier("temperature").adopt(Says(), hot, truth)
    assert cooled.temperature_ == pytest.approx(3, rel=0.05)
    clear = (hot > 1e-4).all(axis=1)  # what lies below is cut off on purpose
    found = cooled.predict_proba(hot)[clear]
    np.testing.assert_allclose(found, softmax(logits, axis=1)[clear], atol=0.02)
    assert np.isfinite(log_odds(np.array([[0.0, 1.0], [1.0, 0.0]]), 1)).all()


@pytest.mark.parametrize("method", ["isotonic", "sigmoid", "temperature"])
@pytest.mark.parametrize("name", ["adult", "penguins"])
def test_a_calibrated_model_leaves_behind_the_parity_gate(
    ws: Workspace, tmp_path: Path, name: str, method: str
) -> None:
    wrapped = {"of": "bayes", "method": method}  # naive Bayes is sure of itself
    run = ws.train(name, ["calibrated"], params={"calibrated": wrapped}).best
    plain = ws.train(name, ["bayes"]).best
    if name == "adult":
        assert run.metrics["log_loss"] < plain.metrics["log_loss"]
    assert run.export(tmp_path / "bundle").manifest.verdict.decision == "pass"


def test_costs_of_two_classes_are_a_threshold_and_travel_with_the_bundle(
    ws: Workspace, tmp_path: Path
) -> None:
    costs = {"false_positive": 1, "false_negative": 4}
    run = ws.train("adult", ["costly"], params={"costly": {"of": "logistic", "costs": costs}}).best
    assert run.record.signature is not None
    assert run.record.signature.threshold == pytest.approx(0.2)
    plain = ws.train("adult", ["logistic"]).best
    frame = ws.datasets["adult"].frame()
    np.testing.assert_array_equal(run.predictor().scores(frame), plain.predictor().scores(frame))
    assert _cost(run, costs) < _cost(plain, costs)
    bundle = run.export(tmp_path / "bundle")
    assert bundle.manifest.signature.threshold == pytest.approx(0.2)
    assert "coefficients" in run.explain(rows=5).facts["method"]


def _cost(run: object, costs: dict[str, float]) -> float:
    kept = run.predictions()  # type: ignore[attr-defined]
    test = kept[kept["part"] == "test"]
    said = test["score_1"] >= run.record.signature.threshold  # type: ignore[attr-defined]
    truth = test["truth"] == 1
    alarms, misses = (said & ~truth).sum(), (~said & truth).sum()
    return float(costs["false_positive"] * alarms + costs["false_negative"] * misses)


def test_costs_of_three_classes_decide_for_the_least_expected_cost() -> None:
    costs = ((0.0, 1.0, 1.0), (1.0, 0.0, 1.0), (10.0, 10.0, 0.0))
    signature = Signature((Field("a", "number"),), "t", "multiclass", ("x", "y", "z"), costs=costs)
    scores = np.array([[0.6, 0.25, 0.15], [0.95, 0.03, 0.02], [0.1, 0.8, 0.1]])
    expected = [
        min(range(3), key=lambda k: sum(p[j] * costs[j][k] for j in range(3))) for p in scores
    ]
    assert decide(scores, signature).tolist() == expected == [2, 0, 2]


def test_class_weights_lean_the_probabilities(ws: Workspace) -> None:
    costs = {"false_positive": 1, "false_negative": 9}
    given = {"of": "logistic", "costs": costs, "by": "weights"}
    run = ws.train("adult", ["costly"], params={"costly": given}).best
    plain = ws.train("adult", ["logistic"]).best
    assert run.record.signature is not None and run.record.signature.threshold == 0.5
    frame = ws.datasets["adult"].frame()
    said, before = (r.predictor().scores(frame)[:, 1].mean() for r in (run, plain))
    assert said > before + 0.1
    assert weights(price_list(costs, 2)) == pytest.approx({0: 0.2, 1: 1.8})


@pytest.mark.parametrize(
    "costs",
    [
        {"false_positive": 1},
        [[0, 1], [1]],
        [[0, 1, 2]],
        [[0, -1], [1, 0]],
        [[1, 1], [1, 0]],
        "much",
    ],
)
def test_what_is_no_cost_is_refused(costs: object) -> None:
    with pytest.raises(UsageError):
        price_list(costs, 2)


@pytest.mark.parametrize(
    ("family", "params", "said"),
    [
        ("calibrated", {"of": "blend"}, "wraps others"),
        ("calibrated", {"method": "magic"}, "no method"),
        ("costly", {"of": "neighbors", "by": "weights"}, "cannot weigh"),
        ("costly", {"of": ["logistic"]}, "wraps a family"),
    ],
)
def test_what_cannot_be_wrapped_is_refused(
    ws: Workspace, family: str, params: dict, said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        ws.train("penguins", [family], params={family: params})
