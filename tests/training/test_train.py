"""Training: every family, every task, from raw frames."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import accuracy_score, roc_auc_score

from tests.training.tables import AWKWARD, SAMPLES, Sample, adult, adult_whole, bikes, penguins
from workbench.core.dataset import Column, Schema
from workbench.core.errors import Cancelled, DataError, InvalidValue, NotFound, UsageError
from workbench.core.recipe import Preparation, Recipe
from workbench.training.family import families
from workbench.training.persist import dump, load
from workbench.training.predictor import Predictor
from workbench.training.train import Trained, train, truth_codes

FAMILIES = ("logistic", "forest", "lightgbm", "network")
QUICK: dict[str, dict[str, Any]] = {
    "logistic": {},
    "forest": {"n_estimators": 30},
    "lightgbm": {"n_estimators": 60},
    "network": {"epochs": 12},
}


def fit(sample: Sample, family: str, **more: Any) -> Trained:
    recipe = Recipe("sample@1", family, params=more.pop("params", QUICK.get(family, {})), **more)
    return train(recipe, sample.frame, sample.schema, sample.parts)


def predictor(trained: Trained) -> Predictor:
    return Predictor(trained.pipeline, trained.signature)


def quality(trained: Trained, sample: Sample) -> float:
    """Share of right labels, or the share of the variance that is explained."""
    scores = predictor(trained).scores(sample.test)
    truth = truth_codes(sample.test[trained.signature.target], trained.signature)
    if trained.signature.task == "regression":
        return float(1 - np.var(scores - truth) / np.var(truth))
    return float((scores.argmax(axis=1) == truth).mean())


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize(
    ("task", "least"), [("binary", 0.80), ("multiclass", 0.92), ("regression", 0.3)]
)
def test_every_family_learns_every_task_and_comes_back_from_disk(
    datasets: Path, family: str, task: str, least: float
) -> None:
    sample = SAMPLES[task](datasets)
    trained = fit(sample, family)
    assert trained.signature.task == task
    assert quality(trained, sample) > least
    again = Predictor(load(dump(trained.pipeline)), trained.signature)
    np.testing.assert_array_equal(again.scores(sample.test), predictor(trained).scores(sample.test))


@pytest.mark.parametrize("family", FAMILIES)
def test_probabilities_follow_the_classes_of_the_signature(datasets: Path, family: str) -> None:
    sample = penguins(datasets)
    trained = fit(sample, family)
    assert trained.signature.classes == ("Adelie", "Chinstrap", "Gentoo")
    scores = predictor(trained).scores(sample.test)
    assert scores.shape == (len(sample.test), 3)
    np.testing.assert_allclose(scores.sum(axis=1), 1.0, atol=1e-6)
    assert set(predictor(trained).predict(sample.test)) <= set(trained.signature.classes)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_seed_decides(datasets: Path, family: str) -> None:
    sample = adult(datasets, 1200)
    first, second = fit(sample, family, seed=5), fit(sample, family, seed=5)
    np.testing.assert_array_equal(
        predictor(first).scores(sample.test), predictor(second).scores(sample.test)
    )


@pytest.mark.parametrize("family", FAMILIES)
def test_rows_with_missing_and_unknown_values_get_an_answer(datasets: Path, family: str) -> None:
    sample = adult(datasets, 1200)
    rows = sample.test.head(3).astype(object).reset_index(drop=True)
    rows.loc[0, :] = None
    rows.loc[1, "occupation"] = "astronaut"
    assert np.isfinite(predictor(fit(sample, family)).scores(rows)).all()


@pytest.mark.parametrize("family", FAMILIES)
def test_a_fit_ends_soon_after_it_is_cancelled(datasets: Path, family: str) -> None:
    calls: list[float] = []

    def stop(fraction: float, text: str, metrics: Mapping[str, float] | None = None, /) -> None:
        calls.append(fraction)
        if len(calls) == 3:
            raise Cancelled

    sample = adult(datasets, 1200)
    with pytest.raises(Cancelled):
        train(Recipe("a@1", family), sample.frame, sample.schema, sample.parts, stop)
    assert len(calls) == 3
    assert calls == sorted(calls)


@pytest.mark.parametrize("family", ["lightgbm", "network"])
def test_the_loss_is_told_while_it_falls(datasets: Path, family: str) -> None:
    told: list[float] = []

    def listen(fraction: float, text: str, metrics: Mapping[str, float] | None = None, /) -> None:
        told.extend([metrics["valid_loss"]] if metrics and "valid_loss" in metrics else [])

    sample = adult(datasets, 1200)
    recipe = Recipe("a@1", family, params=QUICK[family])
    trained = train(recipe, sample.frame, sample.schema, sample.parts, listen)
    assert told == trained.history.column("valid_loss")
    assert min(told) < told[0]


@pytest.mark.parametrize("family", FAMILIES)
def test_every_prepared_column_knows_the_column_it_came_from(datasets: Path, family: str) -> None:
    sample = bikes(datasets)
    made = predictor(fit(sample, family))
    prepared = made.prepared(sample.test)
    assert prepared.dtype == np.float32
    assert len(made.sources) == prepared.shape[1]
    assert {name for (name,) in made.sources} == {
        "dteday", "hr", "workingday", "weathersit", "cat", AWKWARD, "constant", "empty",
    }  # fmt: skip
    changed = sample.test.copy()
    changed["weathersit"] = "w1"
    moved = (made.prepared(changed) != prepared) & ~np.isnan(prepared)
    assert {made.sources[i] for i in np.flatnonzero(moved.any(axis=0))} == {("weathersit",)}


def test_lightgbm_reaches_the_published_figures_on_adult(datasets: Path) -> None:
    sample = adult_whole(datasets)
    trained = fit(sample, "lightgbm", params={})
    scores = predictor(trained).scores(sample.test)
    truth = truth_codes(sample.test["income"], trained.signature)
    assert roc_auc_score(truth, scores[:, 1]) >= 0.925
    assert accuracy_score(truth, scores[:, 1] >= 0.5) >= 0.870


def test_the_network_is_good_on_adult(datasets: Path) -> None:
    sample = adult_whole(datasets)
    trained = fit(sample, "network", params={"epochs": 8})
    scores = predictor(trained).scores(sample.test)
    truth = truth_codes(sample.test["income"], trained.signature)
    assert roc_auc_score(truth, scores[:, 1]) >= 0.905
    assert trained.facts["device_reason"]


def test_the_signature_says_what_training_saw(datasets: Path) -> None:
    sample = adult(datasets)
    signature = fit(sample, "logistic").signature
    assert "income" not in signature.names
    assert "fnlwgt" not in signature.names
    assert signature.positive == ">50K"
    assert signature.sensitive == ("race", "sex")
    assert signature["sex"].categories == ("Male", "Female")
    assert signature["age"].low == sample.train["age"].min()
    assert isinstance(signature["age"].example, int)


def test_dropped_sensitive_columns_are_no_inputs(datasets: Path) -> None:
    signature = fit(adult(datasets, 1200), "logistic", sensitive="drop").signature
    assert not {"sex", "race"} & set(signature.names)
    assert signature.sensitive == ("race", "sex")


def test_labels_come_back_in_the_targets_own_type(datasets: Path) -> None:
    sample = adult(datasets, 1200)
    frame = sample.frame.assign(income=(sample.frame["income"] == ">50K").astype(int) + 1)
    columns = [
        replace(c, dtype="int64") if c.name == "income" else c for c in sample.schema.columns
    ]
    made = fit(replace(sample, frame=frame, schema=Schema(tuple(columns))), "lightgbm")
    assert set(predictor(made).predict(sample.test)) == {1, 2}


def test_rows_without_a_target_are_left_out_with_a_note(datasets: Path) -> None:
    sample = penguins(datasets)
    sample.frame.loc[::10, "species"] = None
    trained = fit(sample, "lightgbm")
    assert "target-missing" in [n.code for n in trained.notes]
    assert (truth_codes(sample.frame["species"], trained.signature)[::10] == -1).all()


def test_missing_numbers_can_be_filled_in_front_of_trees(datasets: Path) -> None:
    trained = fit(penguins(datasets), "forest", preparation=Preparation(missing="impute"))
    assert np.isfinite(predictor(trained).prepared(penguins(datasets).frame)).all()


def test_rare_and_unknown_categories_share_one_code(datasets: Path) -> None:
    sample = adult(datasets)
    made = predictor(fit(sample, "lightgbm"))
    counts = sample.train["native-country"].value_counts()
    rows = sample.test.head(3).reset_index(drop=True)
    rows["native-country"] = [counts.index[-1], "Atlantis", "United-States"]
    codes = made.prepared(rows)[:, made.sources.index(("native-country",))]
    assert counts.iloc[-1] < 10
    assert codes[0] == codes[1] == 0 != codes[2]


def test_whole_numbers_with_few_values_are_read_as_classes_unless_told() -> None:
    frame = pd.DataFrame({"x": np.arange(120.0), "y": np.arange(120) // 40})
    columns = (Column("x", "double", "number"), Column("y", "int64", "number", "target"))
    parts = (np.arange(120) % 3).astype(np.int8)
    trained = train(Recipe("d", "lightgbm"), frame, Schema(columns), parts)
    assert trained.signature.task == "multiclass"
    assert [n.code for n in trained.notes] == ["target-read-as-classes"]
    told = train(Recipe("d", "lightgbm", task="regression"), frame, Schema(columns), parts)
    assert told.signature.task == "regression"


def _with_target(values: list[Any]) -> pd.Series:
    return pd.Series((values * 344)[:344])


@pytest.mark.parametrize(
    ("target", "said"),
    [
        (_with_target([None]), "has no values"),
        (_with_target(["a"]), "is the same in every row"),
        (pd.Series(["rare", *["a", "b"] * 172][:344]), "Class 'rare' .* has one row only"),
        (pd.Series([f"name {i // 2}" for i in range(344)]), "172 classes|no training rows"),
    ],
)
def test_a_target_that_teaches_nothing_is_refused(
    datasets: Path, target: pd.Series, said: str
) -> None:
    sample = penguins(datasets)
    sample.frame["species"] = target
    with pytest.raises(DataError, match=said):
        fit(sample, "logistic")


def test_a_class_without_training_rows_is_named(datasets: Path) -> None:
    sample = penguins(datasets)
    sample.parts[sample.frame["species"] == "Gentoo"] = 2
    with pytest.raises(DataError, match=r"Class 'Gentoo' .* has no training rows"):
        fit(sample, "forest")


def test_a_text_target_is_no_number(datasets: Path) -> None:
    with pytest.raises(InvalidValue, match="'species'"):
        fit(penguins(datasets), "logistic", task="regression")


@pytest.mark.parametrize(
    ("recipe", "error", "said"),
    [
        ({"params": {"colour": 1}}, UsageError, "no parameter 'colour'"),
        ({"params": {"num_leaves": -3}}, UsageError, "num_leaves"),
        ({"columns": ("bill_lenght_mm",)}, NotFound, "bill_lenght_mm"),
        ({"columns": ("species",)}, DataError, "No column is left"),
        ({"target": "specie"}, NotFound, "specie"),
        ({"task": "binary"}, DataError, "3 classes, not two"),
    ],
)
def test_a_recipe_that_cannot_be_followed_is_refused(
    datasets: Path, recipe: dict[str, Any], error: type[Exception], said: str
) -> None:
    sample = penguins(datasets)
    with pytest.raises(error, match=said):
        train(Recipe("p@1", "lightgbm", **recipe), sample.frame, sample.schema, sample.parts)


@pytest.mark.parametrize("family", ["logistic", "network"])
def test_families_that_need_filled_values_say_so(datasets: Path, family: str) -> None:
    with pytest.raises(UsageError, match="cannot take missing values"):
        fit(penguins(datasets), family, preparation=Preparation(missing="native"))


@pytest.mark.parametrize(
    "params", [{"hidden": "wide"}, {"dropout": 1.5}, {"epochs": 0}, {"device": "tpu"}]
)
def test_the_network_refuses_impossible_parameters(datasets: Path, params: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=next(iter(params)) + "|tpu"):
        fit(penguins(datasets), "network", params=params)


def test_every_family_keeps_the_promise() -> None:
    for name in families.names():
        family = families.get(name)
        assert family.name == name
        assert family.explainer in ("linear", "trees", "additive", "sampling")
        for task in family.tasks:
            assert set(family.defaults(task)) <= family.parameters(task)
