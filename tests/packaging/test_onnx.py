"""ONNX: a graph answers as the pipeline does, on ordinary and on awkward rows."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
import pandas as pd
import pytest
from sklearn.ensemble import ExtraTreesClassifier, HistGradientBoostingClassifier
from sklearn.gaussian_process import GaussianProcessClassifier
from sklearn.neural_network import MLPClassifier

from tests.packaging.models import model
from workbench.core.errors import UsageError
from workbench.encoding import inputs
from workbench.packaging.converters.trees import floor32, thresholds
from workbench.packaging.onnx import to_onnx
from workbench.packaging.parity import parity
from workbench.training.predictor import Predictor
from workbench.workspace import Workspace

FAMILIES = ("logistic", "forest", "lightgbm", "network")
TASKS = ("binary", "multiclass", "regression")


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_answers_alike_in_onnx(datasets: Path, task: str, family: str) -> None:
    made = model(datasets, task, family)
    report, verdict = made.judged(to_onnx(made.predictor.pipeline, made.signature))
    assert verdict.decision == "pass"
    assert report.facts["max_abs"] < 5e-5
    assert report.facts["rows"] == len(made.rows) > len(made.sample.test)


@pytest.mark.parametrize("family", ["forest", "lightgbm"])
def test_trees_behind_filled_numbers_answer_alike(datasets: Path, family: str) -> None:
    made = model(datasets, "regression", family, "impute")
    assert made.judged(to_onnx(made.predictor.pipeline, made.signature))[1].decision == "pass"


def test_the_graph_has_the_inputs_of_the_encoding_and_one_output(datasets: Path) -> None:
    made = model(datasets, "regression", "lightgbm")
    graph = onnx.load_from_string(to_onnx(made.predictor.pipeline, made.signature))
    assert [i.name for i in graph.graph.input] == [i.name for i in inputs(made.signature)]
    assert [o.name for o in graph.graph.output] == ["scores"]
    assert {o.domain: o.version for o in graph.opset_import} == {"": 18, "ai.onnx.ml": 3}
    assert "cat" in made.signature.names  # a value of that name once broke torch's exports


def test_one_row_and_many_rows_get_the_same_answers(datasets: Path) -> None:
    made = model(datasets, "multiclass", "forest")
    session = ort.InferenceSession(to_onnx(made.predictor.pipeline, made.signature))
    encoded = made.predictor.encoded(made.rows)
    feed = {name: encoded[name].to_numpy().reshape(-1, 1) for name in encoded}
    whole = session.run(None, feed)[0]
    single = session.run(None, {name: values[5:6] for name, values in feed.items()})[0]
    np.testing.assert_allclose(single[0], whole[5], atol=1e-6)
    assert whole.shape == (len(made.rows), 3)


@pytest.mark.parametrize("family", ["forest", "lightgbm"])
def test_rows_on_thresholds_are_among_the_probes(datasets: Path, family: str) -> None:
    made = model(datasets, "binary", family)
    column = made.predictor.sources.index(("age",))
    cuts = floor32(thresholds(made.predictor.estimator)[column])
    ages = made.rows["age"].iloc[len(made.sample.test) :].to_numpy(np.float32)
    assert np.isin(ages, cuts).sum() >= 10


def test_rounding_thresholds_to_nearest_would_be_caught(
    datasets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = model(datasets, "regression", "lightgbm")
    monkeypatch.setattr(
        "workbench.packaging.converters.trees.floor32",
        lambda values: np.asarray(values, np.float64).clip(-1e30, 1e30).astype(np.float32),
    )
    _, verdict = made.judged(to_onnx(made.predictor.pipeline, made.signature))
    assert verdict.decision == "block"


def test_rounding_down_keeps_every_comparison() -> None:
    draw = np.random.default_rng(0)
    cuts = draw.normal(size=20_000)
    values = np.concatenate([floor32(cuts), np.nextafter(floor32(cuts), np.float32(np.inf))])
    cuts = np.concatenate([cuts, cuts])
    np.testing.assert_array_equal(values.astype(np.float64) <= cuts, values <= floor32(cuts))


def test_numbers_that_lightgbm_reads_as_zero_are_read_so(tmp_path: Path) -> None:
    """Splits at its smallest number come with every column that has signs and zeros."""
    draw = np.random.default_rng(0)
    x = np.round(draw.normal(size=400), 1).astype(np.float32)
    table = pd.DataFrame({"x": x, "other": draw.normal(size=400), "label": (x >= 0).astype(int)})
    table.loc[::7, "x"] = np.nan
    ws = Workspace(tmp_path)
    run = ws.train(ws.import_data(table, name="signs", target="label"), ["lightgbm"]).best
    tiny = np.float32(1e-35)
    beside = [np.nextafter(tiny, np.float32(s)) for s in (0, 1)]
    values = np.array([0.0, -0.0, tiny, -tiny, *beside, *(-b for b in beside), 1e-40, np.nan])
    rows = pd.DataFrame({"x": values, "other": 0.5})
    content = to_onnx(run.predictor().pipeline, run.predictor().signature)
    encoded = run.predictor().encoded(rows)
    feed = {name: encoded[name].to_numpy().reshape(-1, 1) for name in encoded}
    scores = ort.InferenceSession(content).run(["scores"], feed)[0]
    np.testing.assert_allclose(scores, run.predictor().scores(rows), atol=1e-6)


def _with(datasets: Path, estimator: Any, rows: int | None = None) -> Predictor:
    """The forest's pipeline with another estimator fitted at its end."""
    made = model(datasets, "multiclass", "forest", "impute")
    pipeline = copy.copy(made.predictor.pipeline)
    train = made.sample.train.dropna(subset=["species"])
    codes = train["species"].map({c: i for i, c in enumerate(made.signature.classes)})
    estimator.fit(made.predictor.prepared(train)[:rows], codes[:rows])
    pipeline.steps = [*pipeline.steps[:2], ("model", estimator)]
    return Predictor(pipeline, made.signature)


@pytest.mark.parametrize(
    "estimator",
    [
        HistGradientBoostingClassifier(max_iter=20),
        ExtraTreesClassifier(20, random_state=0),
        MLPClassifier((8,), max_iter=5),
    ],
)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_other_estimators_go_through_skl2onnx(datasets: Path, estimator: Any) -> None:
    made = model(datasets, "multiclass", "forest", "impute")
    other = _with(datasets, estimator)
    content = to_onnx(other.pipeline, other.signature)
    _, verdict = parity(other.scores(made.rows), content, made.columns, other.signature)
    assert verdict.decision == "pass"


@pytest.mark.filterwarnings("ignore")
def test_what_cannot_be_converted_is_named(datasets: Path) -> None:
    other = _with(datasets, GaussianProcessClassifier())
    with pytest.raises(UsageError, match="GaussianProcessClassifier cannot be exported"):
        to_onnx(other.pipeline, other.signature)
