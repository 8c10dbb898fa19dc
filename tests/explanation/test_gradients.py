"""Integrated gradients of our networks: complete, captum's, and of a linear network exact."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch

from tests.explanation.conftest import make
from workbench.core.errors import Cancelled, UsageError
from workbench.explanation.explainer import outputs
from workbench.explanation.explainers import gradients
from workbench.objects import Run
from workbench.training.perceptron import NetworkRegressor
from workbench.workspace import Workspace

SMALL = {"epochs": 4, "hidden": [24, 12], "device": "cpu"}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Run]:
    """A network of two classes with categories, an ensemble, several classes, and a value."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "x": rng.normal(size=300), "y": rng.normal(size=300).round(2),
            "town": rng.choice(["north", "south", "east"], 300),
        }
    )  # fmt: skip
    south = (frame["town"] == "south").to_numpy()
    frame["buys"] = frame["x"] + south * frame["y"] > 0
    frame["kind"] = np.where(frame["x"] > 0.5, "a", np.where(frame["y"] > 0, "b", "c"))
    frame["price"] = 100 + 20 * frame["x"] * (1 + south)
    ws = Workspace(tmp_path_factory.mktemp("nets") / "ws")
    made = {}
    for name, target, family in (
        ("binary", "buys", "network"), ("ensemble", "buys", "tabm"),
        ("multiclass", "kind", "network"), ("regression", "price", "network"),
    ):  # fmt: skip
        data = frame[["x", "y", "town", target]]
        ref = ws.import_data(data, name=name, target=target)
        made[name] = ws.train(
            ref,
            [family],
            params={family: {**SMALL, **({"members": 4} if family == "tabm" else {})}},
        ).best
    return made


@pytest.mark.parametrize("kind", ["binary", "ensemble", "multiclass", "regression"])
def test_contributions_are_complete_and_the_networks_are_the_predictors(
    runs: dict[str, Run], kind: str
) -> None:
    run = runs[kind]
    predictor, frame = run.predictor(), run.workspace.datasets[kind].frame()
    found = gradients.explain(predictor, frame[:40], frame[100:160])
    assert found.values.shape[1] == 3
    assert found.error < 2e-3 * np.ptp(found.output)
    regression = kind == "regression"
    net = gradients.Differentiable(predictor.estimator, regression, kind in ("binary", "ensemble"))
    rows = predictor.prepared(frame[:40])
    said = net.says(net.embedded(rows)).detach().numpy()
    np.testing.assert_allclose(said, outputs(predictor, rows), rtol=1e-4, atol=1e-4)


def test_captum_says_the_same(runs: dict[str, Run]) -> None:
    attr = pytest.importorskip("captum.attr")
    run = runs["multiclass"]
    predictor, frame = run.predictor(), run.workspace.datasets["multiclass"].frame()
    net = gradients.Differentiable(predictor.estimator, False, False)
    rows, reference = predictor.prepared(frame[:6]), predictor.prepared(frame[50:53])
    ours = net.integrated(rows, reference, 32, lambda *_: None)
    ends, starts = net.embedded(rows), net.embedded(reference)
    owners = net.owners(rows.shape[1])
    method = attr.IntegratedGradients(net.says)
    for k in range(3):
        theirs = torch.stack(
            [
                method.attribute(ends, starts[[b]].expand_as(ends), target=k, n_steps=32,
                                 method="gausslegendre")
                for b in range(3)
            ]
        ).mean(dim=0).detach().numpy()  # fmt: skip
        folded = np.zeros(ours.shape[:2])
        np.add.at(folded, (slice(None), owners), theirs)
        np.testing.assert_allclose(ours[..., k], folded, atol=1e-9)


def test_of_a_network_without_bends_they_are_its_coefficients() -> None:
    """All hidden units stay above zero: the network is linear, and so the answer is known."""
    random = np.random.default_rng(0)
    first, last = random.normal(size=(4, 5)), random.normal(size=(5, 1))

    model = NetworkRegressor()
    biases = {"bias.0": np.full(5, 100.0), "bias.1": np.ones(1)}
    model.adopt({"weight.0": first, "weight.1": last, **biases}, 4)
    model.scale_, model.shift_ = 3.0, 1.0
    net = gradients.Differentiable(model, regression=True, binary=False)
    rows, reference = random.normal(size=(7, 4)), random.normal(size=(3, 4))
    found = net.integrated(rows, reference, 4, lambda *_: None)[..., 0]
    expected = (rows - reference.mean(axis=0)) * (3.0 * first @ last).ravel()
    np.testing.assert_allclose(found, expected, atol=1e-5)  # weights are kept as float32


def test_a_run_is_explained_by_them_when_asked(runs: dict[str, Run]) -> None:
    report = runs["binary"].explain(rows=60, method="gradients")
    assert report.facts["method"].startswith("integrated gradients, ")
    assert report.facts["additivity_error"] < 2e-3
    sampled = runs["binary"].explain(rows=60)
    assert sampled.facts["method"].startswith("sampled")
    order = [r.column("column") for r in (report["importance"], sampled["importance"])]
    assert order[0][0] == order[1][0]
    one, two = (np.ravel([row[5:] for row in r["values"].rows]) for r in (report, sampled))
    assert np.corrcoef(one.astype(float), two.astype(float))[0, 1] > 0.9
    with pytest.raises(UsageError, match="network cannot be explained by 'trees'"):
        runs["binary"].explain(rows=5, method="trees")


def test_stopping_is_heard_and_other_models_are_refused(
    runs: dict[str, Run], penguins: pd.DataFrame
) -> None:
    predictor, frame = (
        runs["binary"].predictor(),
        runs["binary"].workspace.datasets["binary"].frame(),
    )

    def stop(*_: object) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        gradients.explain(predictor, frame[:5], frame[:30], progress=stop)
    case = make(penguins, "forest", "binary")
    with pytest.raises(UsageError, match="no gradients"):
        gradients.explain(case.predictor, case.frame, case.background)
