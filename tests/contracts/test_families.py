"""The promise of a model family, asked of every one that is registered, guests included."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from workbench.actions.train import scores_of
from workbench.core.recipe import PRIMARY, Recipe
from workbench.evaluation.evaluate import sample_of
from workbench.measures.intervals import paired
from workbench.measures.metrics import METRICS
from workbench.objects import Run
from workbench.training.family import families
from workbench.workspace import Workspace

TABLES = {"binary": "breast_cancer", "multiclass": "wine", "regression": "diabetes"}
QUICK = {
    "extratrees": {"n_estimators": 20},
    "histboost": {"max_iter": 30},
    "xgboost": {"n_estimators": 40},
    "forest": {"n_estimators": 20},
    "lightgbm": {"n_estimators": 40},
    "network": {"epochs": 8},
    "tabm": {"epochs": 4, "members": 4},
    "catboost": {"iterations": 40},
    "ebm": {"outer_bags": 2, "max_rounds": 150},
    "calibrated": {"of": "forest", "params": {"n_estimators": 20}},
    "costly": {"of": "logistic", "by": "decision"},
}
CASES = [(f, t) for f in families.names() for t in families.get(f).tasks]


@pytest.fixture(scope="module")
def ws(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    ws = Workspace(tmp_path_factory.mktemp("families"))
    for name in TABLES.values():
        ws.import_data(name)
    return ws


@pytest.fixture(scope="module")
def baselines(ws: Workspace) -> dict[str, Run]:
    """The baseline of each task, on the split that all share."""
    return {t: ws.train(recipe=Recipe(f"{n}@1", "dummy", seed=3)).best for t, n in TABLES.items()}


@pytest.mark.parametrize(("family", "task"), CASES)
def test_a_family_trains_repeats_explains_and_exports(
    ws: Workspace, baselines: dict[str, Run], tmp_path: Path, family: str, task: str
) -> None:
    recipe = Recipe(f"{TABLES[task]}@1", family, params=_quick(family), seed=3)
    run, again = (ws.train(recipe=recipe).best for _ in range(2))
    signature = run.record.signature
    assert signature is not None and signature.task == task
    rows = ws.datasets[TABLES[task]].frame().head(40)

    scores = run.predictor().scores(rows)
    assert scores.shape == ((40,) if task == "regression" else (40, len(signature.classes)))
    assert np.isfinite(scores).all()
    np.testing.assert_array_equal(scores, again.predictor().scores(rows))
    assert dict(run.metrics) == dict(again.metrics)
    if task != "regression":
        np.testing.assert_allclose(scores.sum(axis=1), 1, atol=1e-6)
        assert set(run.predict(rows)) <= set(ws.datasets[TABLES[task]].frame()[signature.target])

    report = run.explain(rows=10)
    digits = 1e-5 if family == "xgboost" else 1e-6  # XGBoost adds up in float32
    assert report.facts["additivity_error"] < digits * max(1.0, float(np.abs(scores).max()))
    assert set(report["importance"].column("column")) == set(signature.names)

    _beats_the_baseline(run, baselines[task])
    bundle = run.export(tmp_path / "bundle")
    assert bundle.manifest.verdict.decision == "pass"
    _refuses_an_unknown_parameter(ws, run, recipe)


def _beats_the_baseline(run: Run, baseline: Run) -> None:
    """By more than the test rows' noise: the whole interval of the paired difference is better."""
    signature = run.record.signature
    assert signature is not None
    if run.record.recipe.family == "dummy":
        return
    kept = [r.predictions().query("part == 'test'") for r in (run, baseline)]
    assert (kept[0]["row"].to_numpy() == kept[1]["row"].to_numpy()).all()
    samples = [sample_of(k["truth"].to_numpy(), scores_of(k, signature), signature) for k in kept]
    name = PRIMARY[signature.task]
    metric = METRICS[signature.task][name]
    mine, other = paired(samples, {name: metric}, draws=1000, seed=0)
    apart = mine[name].minus(other[name]).interval()
    assert apart.side == (1 if metric.higher_is_better else -1), apart


def _refuses_an_unknown_parameter(ws: Workspace, run: Run, recipe: Recipe) -> None:
    wrong = Recipe(recipe.dataset, recipe.family, params={"no_such": 1})
    with pytest.raises(Exception, match="no_such"):
        ws.train(recipe=wrong)
    assert ws.runs[run.id].record.state == "done"


def _quick(family: str) -> dict[str, object]:
    known = families.get(family).parameters("binary")
    return {k: v for k, v in QUICK.get(family, {}).items() if k in known}


def test_a_model_is_called_as_the_field_calls_it(ws: Workspace) -> None:
    run = ws.train("diabetes", ["logistic"]).best
    assert run.record.model == "ridge"
    assert ws.train("wine", ["logistic"]).best.record.model == "logistic"
