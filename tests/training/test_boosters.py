"""CatBoost and the explainable boosting machine: read exactly, against what their makers say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris

from tests.training.tables import adult
from workbench.core.errors import Cancelled, UsageError
from workbench.core.progress import silent
from workbench.explanation.treeshap import contributions, plan
from workbench.training.family import Problem, families, settled
from workbench.trees import read
from workbench.workspace import Workspace

LOADERS = {
    "binary": load_breast_cancer,
    "multiclass": load_iris,
    "regression": load_diabetes,
}
SMALL = {
    "catboost": {"iterations": 40, "depth": 4},
    "ebm": {"outer_bags": 2, "max_rounds": 120},
}


def _problem(name: str, task: str, **params: Any) -> Problem:
    pytest.importorskip({"catboost": "catboost", "ebm": "interpret"}[name])
    x, y = LOADERS[task](return_X_y=True)
    order = np.random.default_rng(0).permutation(len(x))
    x, y = x[order].astype(np.float32), y[order]
    x[::7, 0] = np.nan
    cut = len(x) * 3 // 4
    return Problem(
        task=task,  # type: ignore[arg-type]
        classes=0 if task == "regression" else len(np.unique(y)),
        x=x[:cut], y=y[:cut], x_valid=x[cut:], y_valid=y[cut:], levels=(),
        params=settled(families.get(name), task, {**SMALL[name], **params}),  # type: ignore[arg-type]
        seed=4,
    )  # fmt: skip


@pytest.mark.parametrize("task", list(LOADERS))
def test_catboosts_trees_are_read_to_the_last_digit(task: str) -> None:
    problem = _problem("catboost", task)
    model = families.get("catboost").fit(problem, silent).estimator
    rows = np.vstack([problem.x_valid, problem.x_valid + 1e-3]).astype(np.float32)
    rows[::5, 1] = np.nan  # a column that had no gaps in training
    found = read(model)
    total = np.tile(found.base, (len(rows), 1))
    for tree in found.trees:
        for row, x in enumerate(rows):
            node = 0
            while tree.left[node] >= 0:
                value = x[tree.feature[node]]
                left = tree.missing_left[node] if np.isnan(value) else value <= tree.threshold[node]
                node = int(tree.left[node] if left else tree.right[node])
            total[row] += tree.value[node]
    np.testing.assert_allclose(total, model.raw(rows).reshape(len(rows), -1), atol=1e-9)


@pytest.mark.parametrize("task", list(LOADERS))
def test_catboosts_shap_values_are_its_own(task: str) -> None:
    import catboost

    problem = _problem("catboost", task)
    model = families.get("catboost").fit(problem, silent).estimator
    rows = problem.x_valid
    assert rows is not None
    ours = contributions(plan(read(model), rows.shape[1]), rows, 1, silent)
    theirs = model.model.get_feature_importance(
        catboost.Pool(rows), type="ShapValues", shap_calc_type="Regular"
    )
    theirs = theirs[:, :, :-1].transpose(0, 2, 1) if theirs.ndim == 3 else theirs[:, :-1, None]
    np.testing.assert_allclose(ours, theirs, atol=1e-6)


@pytest.mark.parametrize("task", list(LOADERS))
def test_the_tables_of_a_machine_answer_as_interpret_does(task: str) -> None:
    from interpret.glassbox import ExplainableBoostingClassifier, ExplainableBoostingRegressor

    from workbench.training.additive import AdditiveClassifier, AdditiveRegressor

    problem = _problem("ebm", task)
    regression = task == "regression"
    kind = ExplainableBoostingRegressor if regression else ExplainableBoostingClassifier
    machine = kind(
        **problem.params,
        feature_types=["continuous"] * problem.x.shape[1],
        random_state=1,
        n_jobs=1,
    ).fit(problem.x, problem.y)
    held = (AdditiveRegressor if regression else AdditiveClassifier)(5)
    held.adopt(machine, problem.classes)
    cuts = np.concatenate([c for term in held.cuts_ for c in term])
    rows = np.vstack([problem.x, problem.x_valid])
    rows[: len(cuts[:200]), 2] = cuts[: len(rows)][:200]  # some values stand on a cut
    said = machine.predict(rows) if regression else machine.predict_proba(rows)
    ours = held.predict(rows) if regression else held.predict_proba(rows)
    np.testing.assert_allclose(ours, said, atol=1e-9)
    total = held.base_ + held.contributions(rows).sum(axis=1)
    np.testing.assert_allclose(total, held.margins(rows), atol=1e-9)


@pytest.mark.parametrize("name", list(SMALL))
def test_it_can_be_stopped_and_tells_how_far_it_is(name: str) -> None:
    problem = _problem(name, "binary")
    seen: list[float] = []

    def stop(fraction: float, text: str, metrics: Any = None, /) -> None:
        seen.append(fraction)
        if len(seen) == 3:
            raise Cancelled

    with pytest.raises(Cancelled):
        families.get(name).fit(problem, stop)
    assert len(seen) == 3 and seen == sorted(seen)


def test_a_value_that_catboost_refuses_is_said_in_a_sentence() -> None:
    problem = _problem("catboost", "binary", depth=99)
    with pytest.raises(UsageError, match="CatBoost refused"):
        families.get("catboost").fit(problem, silent)


@pytest.mark.parametrize("name", list(SMALL))
def test_on_a_table_with_texts_and_gaps_it_beats_the_baseline_and_is_exported(
    name: str, tmp_path: Path, datasets: Path
) -> None:
    pytest.importorskip({"catboost": "catboost", "ebm": "interpret"}[name])
    ws = Workspace(tmp_path / "ws")
    ws.import_data(adult(datasets, 2500).frame, name="adult", target="income")
    run = ws.train("adult", [name], params={name: SMALL[name]}).best
    assert run.metrics["roc_auc"] > 0.85
    assert run.export(tmp_path / "bundle").manifest.verdict.decision == "pass"
