"""Stacks: weights that are known, answers from rows that were not seen, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import nnls
from scipy.special import expit
from sklearn.datasets import load_diabetes
from sklearn.linear_model import LogisticRegression

from workbench.cli import main
from workbench.core.errors import UsageError
from workbench.core.split import Split
from workbench.training.families.stack import FAMILY, _folds
from workbench.training.family import Problem, families
from workbench.training.stack import StackRegressor, pooled
from workbench.workspace import Workspace


def quiet(fraction: float, text: str, metrics: object = None, /) -> None:
    """Nothing on the terminal of the tests."""


@pytest.fixture(scope="module")
def ws(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    ws = Workspace(tmp_path_factory.mktemp("stack"))
    ws.import_data("diabetes")
    ws.import_data("wine")
    x = np.random.default_rng(0).normal(size=(900, 6))
    # a line and a corner: what a line says of a row helps trees with the rest
    value = x[:, :4].sum(axis=1) + 2 * np.where(x[:, 4] * x[:, 5] > 0, 1, -1)
    table = pd.DataFrame(x, columns=list("abcdef"))
    for name, cuts in (("two", [0.0]), ("three", [-1.0, 1.0])):
        said = np.array(["low", "middle", "high"])[np.digitize(value, cuts)]
        ws.import_data(table.assign(y=said), name=name, target="y")
    return ws


def test_two_classes_are_pooled_as_a_logistic_regression_of_log_odds() -> None:
    rng = np.random.default_rng(0)
    one, other = rng.normal(size=(2, 4000))
    truth = (rng.random(4000) < expit(1.4 * one + 0.6 * other - 0.3)).astype(int)
    said = [np.stack([expit(-m), expit(m)], axis=1) for m in (one, other)]
    weights, offset = pooled(said, truth)
    theirs = LogisticRegression(C=np.inf).fit(np.stack([one, other], axis=1), truth)
    np.testing.assert_allclose(weights, theirs.coef_[0], rtol=2e-3)
    assert offset[1] - offset[0] == pytest.approx(theirs.intercept_[0], abs=2e-3)


def test_a_member_that_knows_nothing_is_let_go() -> None:
    rng = np.random.default_rng(1)
    margin = rng.normal(size=4000)
    truth = (rng.random(4000) < expit(margin)).astype(int)
    # the other says the opposite: only a weight below 0 would make use of it
    heard = [margin + rng.normal(size=4000), -margin + rng.normal(size=4000)]
    weights, _ = pooled([np.stack([expit(-m), expit(m)], axis=1) for m in heard], truth)
    assert weights[1] == 0 < weights[0]


def test_numbers_are_put_together_by_breimans_least_squares() -> None:
    rng = np.random.default_rng(2)
    said = list(rng.normal(size=(3, 500)))
    y = 0.7 * said[0] + 0.2 * said[1] - 0.4 * said[2] + rng.normal(0, 0.1, 500)
    np.testing.assert_allclose(StackRegressor().learn(said, y), nnls(np.stack(said, 1), y)[0])


def _problem(**more: object) -> Problem:
    data = load_diabetes()
    x = np.ascontiguousarray(data.data, dtype=np.float32)
    members = [{"family": "logistic"}, {"family": "neighbors"}]
    params = {"members": members, "folds": 5, "refit": True, "layers": 1}
    blocks = ((10, ()), (20, ()))
    given = Problem(
        "regression", 0, np.hstack([x, x]), data.target, None, None, (), params, 3, blocks
    )
    return replace(given, **more)  # type: ignore[arg-type]


def test_no_member_is_asked_about_a_row_that_it_has_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """A family that learns rows by heart gets no weight for that."""
    heart = families.get("neighbors")
    seen: list[tuple[np.ndarray, np.ndarray]] = []
    fit = type(heart).fit

    def watched(self: object, problem: Problem, progress: object) -> object:
        if problem.x_valid is not None:
            seen.append((problem.x, problem.x_valid))
        return fit(self, problem, progress)  # type: ignore[arg-type]

    monkeypatch.setattr(type(heart), "fit", watched)
    FAMILY.fit(_problem(), quiet)
    assert len(seen) == 5 and sum(len(held) for _, held in seen) == 442
    for x, held in seen:
        assert not {row.tobytes() for row in x} & {row.tobytes() for row in held}


def test_rows_of_one_group_are_never_on_both_sides() -> None:
    groups = np.random.default_rng(0).integers(0, 30, 442)
    for fit, held in _folds(_problem(groups=groups)):
        assert not set(groups[fit]) & set(groups[held])
    with pytest.raises(UsageError, match="order"):
        next(_folds(_problem(ordered=True)))
    with pytest.raises(UsageError, match="one group"):
        next(_folds(_problem(groups=np.zeros(442, int))))


def test_the_split_says_which_rows_belong_together(ws: Workspace) -> None:
    frame = pd.DataFrame(load_diabetes(as_frame=True).frame)
    frame["who"] = [f"p{k // 4}" for k in range(len(frame))]
    ws.import_data(frame, name="visits", target="target")
    asked = {"members": [{"family": "logistic"}, {"family": "neighbors"}]}
    columns = [c for c in frame if c not in ("who", "target")]
    split = Split("group", column="who")
    run = ws.train("visits", ["stack"], params={"stack": asked}, columns=columns, split=split,
                   progress=quiet).best  # fmt: skip
    assert float(run.record.tags["fact.folds"]) == 5
    frame["when"] = pd.date_range("2020-01-01", periods=len(frame))
    ws.import_data(frame, name="dated", target="target")
    with pytest.raises(UsageError, match="order of time"):
        ws.train("dated", ["stack"], params={"stack": asked}, columns=columns, progress=quiet,
                 split=Split("time", column="when"))  # fmt: skip


def test_finished_runs_become_one(ws: Workspace, tmp_path: Path) -> None:
    runs = ws.train("diabetes", ["logistic", "forest"], seed=4, progress=quiet,
                    params={"forest": {"n_estimators": 60}})  # fmt: skip
    stack = ws.combine(list(runs), progress=quiet)
    blend = ws.combine(list(runs), "blend", progress=quiet)
    for made in (stack, blend):
        members = made.record.recipe.params["members"]
        assert [m["family"] for m in members] == ["logistic", "forest"]
        assert members[1]["params"] == {"n_estimators": 60}
        assert made.record.recipe.split == runs.best.record.recipe.split
        worst = max(r.record.metrics["rmse"] for r in runs)
        assert made.record.metrics["rmse"] < worst
    assert stack.export(tmp_path / "bundle", progress=quiet).manifest.verdict.decision == "pass"


def test_runs_that_do_not_belong_together_are_refused(ws: Workspace) -> None:
    one = ws.train("diabetes", ["logistic"], progress=quiet).best
    other = ws.train("diabetes", ["dummy"], progress=quiet,
                     split=Split("random", seed=9)).best  # fmt: skip
    wine = ws.train("wine", ["dummy"], progress=quiet).best
    blend = ws.train("diabetes", ["blend"], progress=quiet,
                     params={"blend": {"members": [{"family": "dummy"}]}}).best  # fmt: skip
    for runs, said in (
        ([one], "Two runs"),
        ([one, one], "Two runs"),
        ([one, other], "differ in split"),
        ([one, wine], "differ in dataset"),
        ([one, blend], "holds other models"),
    ):
        with pytest.raises(UsageError, match=said):
            ws.combine(runs, progress=quiet)
    with pytest.raises(UsageError, match="stack, blend or bag"):
        ws.combine([one, other], "vote", progress=quiet)
    with pytest.raises(UsageError, match="holds others"):
        ws.train("diabetes", ["stack"], progress=quiet,
                 params={"stack": {"members": [{"family": "blend"}]}})  # fmt: skip
    with pytest.raises(UsageError, match="2 to 20"):
        ws.train("diabetes", ["stack"], progress=quiet, params={"stack": {"folds": 1}})


def test_the_command_line_combines(ws: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    ids = [r.id for r in ws.train("diabetes", ["dummy", "logistic"], progress=quiet)]
    words = ["--workspace", str(ws.root), "-q", "combine", *ids]
    assert main([*words, "--how", "blend"]) == 0
    assert "RMSE" in capsys.readouterr().out
    assert main(words[:-1]) == 2


# bags ---------------------------------------------------------------------------------------------


def test_a_bag_asks_no_fit_about_a_row_that_it_has_seen() -> None:
    """One neighbour knows every row by heart: what it says of validation rows is no better."""
    data = load_diabetes()
    x = np.ascontiguousarray(data.data, dtype=np.float32)
    params = {"members": [{"family": "neighbors", "params": {"neighbors": 1}}], "folds": 5,
              "refit": False, "layers": 1}  # fmt: skip
    problem = Problem("regression", 0, x[:342], data.target[:342], x[342:], data.target[342:], (),
                      params, 3, ((10, ()),))  # fmt: skip
    found = FAMILY.fit(problem, quiet)
    assert found.valid_scores is not None and found.valid_scores.shape == (100,)
    off = np.abs(found.valid_scores - data.target[342:]).mean()
    assert off > 40  # the target's own mean absolute deviation is 66
    # of five fits four have the row by heart
    weight = found.estimator.weights_.sum()
    assert np.abs(found.estimator.predict(x[342:]) - weight * data.target[342:]).mean() < off / 2
    assert len(found.estimator.members_) == 5 and found.facts["folds"] == 5


def test_rows_of_one_group_take_turns_together_in_a_bag(monkeypatch: pytest.MonkeyPatch) -> None:
    heart = families.get("neighbors")
    fit, seen = type(heart).fit, []

    def watched(self: object, problem: Problem, progress: object) -> object:
        seen.append((problem.x[:, 0], problem.x_valid[:, 0]))  # type: ignore[index]
        return fit(self, problem, progress)  # type: ignore[arg-type]

    monkeypatch.setattr(type(heart), "fit", watched)
    groups = np.repeat(np.arange(60), 5)
    x = np.stack([groups, np.arange(300)], axis=1).astype(np.float32)
    y = np.random.default_rng(0).normal(size=300)
    params = {"members": [{"family": "neighbors"}], "folds": 4, "refit": False, "layers": 1}
    FAMILY.fit(
        Problem("regression", 0, x[:200], y[:200], x[200:], y[200:], (), params, 0, ((2, ()),),
                groups=groups[:200], groups_valid=groups[200:]),
        quiet,
    )  # fmt: skip
    assert len(seen) == 4 and sum(len(held) for _, held in seen) == 300
    assert all(not set(known) & set(held) for known, held in seen)


# layers -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["two", "three", "diabetes"])
def test_a_bag_of_two_layers_is_a_run_like_any_other(
    ws: Workspace, tmp_path: Path, name: str
) -> None:
    """Of two classes, of three, and of values; with linear members, trees and a neighbourhood."""
    runs = ws.train(name, ["logistic", "lightgbm", "neighbors"], progress=quiet, seed=2,
                    params={"lightgbm": {"n_estimators": 25}})  # fmt: skip
    bag = ws.combine(list(runs), "bag", layers=2, progress=quiet)
    assert bag.record.recipe.params["layers"] == 2
    model = bag.predictor().estimator
    assert model.layers == 2 and len(model.members_) == 2 * 3 * 8
    assert None not in model.members_[:24]  # the second layer listens to all
    weights = [k for k in bag.record.tags if k.startswith("fact.weight_")]
    assert len(weights) == 6
    verdict = bag.export(tmp_path / "bundle", progress=quiet).manifest.verdict
    assert verdict.decision == "pass", verdict
    frame = ws.datasets[name].frame()
    again = bag.predictor().scores(frame)
    rows = bag.predictions()
    columns = [c for c in rows if c == "value" or c.startswith("score_")]
    test = (rows["part"] == "test").to_numpy()
    said = again.reshape(len(again), -1)[rows["row"]]
    np.testing.assert_allclose(rows.loc[test, columns], said[test], rtol=1e-9)
    assert bag.reproduce(progress=quiet).facts["equal"]


@pytest.mark.parametrize("refit", [False, True])
def test_a_second_layer_learns_from_what_is_said_of_unseen_rows(
    monkeypatch: pytest.MonkeyPatch, refit: bool
) -> None:
    """One neighbour knows every row by heart: told of rows that it has seen, it would tell all."""
    heart = families.get("neighbors")
    fit = type(heart).fit
    seen: list[Problem] = []

    def watched(self: object, problem: Problem, progress: object) -> object:
        seen.append(problem)
        return fit(self, problem, progress)  # type: ignore[arg-type]

    monkeypatch.setattr(type(heart), "fit", watched)
    members = [{"family": "neighbors", "params": {"neighbors": 1}}]
    params = {"members": members, "folds": 5, "refit": refit, "layers": 2}
    data = load_diabetes()
    x = np.ascontiguousarray(data.data, dtype=np.float32)
    problem = Problem("regression", 0, x[:342], data.target[:342], x[342:], data.target[342:], (),
                      params, 3, ((10, ()),))  # fmt: skip
    found = FAMILY.fit(problem, quiet)
    later = [p for p in seen if p.x.shape[1] == 11]
    assert len(later) == len(seen) / 2
    for asked in later:
        assert abs(np.corrcoef(asked.x[:, 0], asked.y)[0, 1]) < 0.6  # by heart it would be 1
        np.testing.assert_allclose(asked.x[:, 1:].mean(axis=0), 0, atol=0.02)  # its own behind
    # in the form in which the model tells it: of all fits, in the target's standard deviations
    model = found.estimator
    first = model.members_[: model.fits]
    mean = np.mean([m.predict(x[342:]) for m in first], axis=0)
    known = data.target[:342] if refit else data.target
    ends = known.min() - known.mean(), known.max() - known.mean()
    told = np.round(np.clip(mean, *ends) / known.std() * 2**20) / 2**20
    weight = model.weights_[model.fits :].sum()
    says = [m.predict(np.hstack([told[:, None], x[342:]])) for m in model.members_[model.fits :]]
    both = model.weights_[: model.fits].sum() * mean + weight * np.mean(says, axis=0)
    np.testing.assert_allclose(model.predict(x[342:]), both + known.mean(), rtol=1e-9)


def test_two_layers_are_better_where_members_differ(ws: Workspace, datasets: Path) -> None:
    """Houses: what trees and a line say of a place tells more together than each alone."""
    houses = ws.import_data("california_housing").frame().sample(4000, random_state=0)
    ws.import_data(houses, name="houses", target="median_house_value")
    members = [
        {"family": "lightgbm", "params": {"n_estimators": 150}},
        {"family": "logistic"},
        {"family": "extratrees", "params": {"n_estimators": 160}},
    ]
    asked = {"members": members, "folds": 5, "refit": False}
    one, two = (
        ws.train(
            "houses", ["stack"], params={"stack": {**asked, "layers": layers}}, progress=quiet
        ).best.record.metrics["rmse"]
        for layers in (1, 2)
    )
    assert two < 0.995 * one


def test_a_target_far_from_zero_is_exported_as_it_is_fitted(ws: Workspace, tmp_path: Path) -> None:
    """Of kelvins float32 holds too few digits for thresholds in hundredths of a degree."""
    x = np.random.default_rng(0).normal(size=(2500, 4))
    y = 290 + 8 * (x[:, 0] + np.sin(3 * x[:, 1]))
    ws.import_data(pd.DataFrame(x, columns=list("abcd")).assign(y=y), name="kelvin", target="y")
    members = [
        {"family": "logistic"},
        {"family": "lightgbm", "params": {"n_estimators": 80}},
        {"family": "xgboost", "params": {"n_estimators": 80}},
        {"family": "extratrees", "params": {"n_estimators": 200}},
    ]
    asked = {"members": members, "folds": 5, "refit": False, "layers": 2}
    run = ws.train("kelvin", ["stack"], params={"stack": asked}, progress=quiet).best
    assert run.record.metrics["r2"] > 0.9
    assert run.export(tmp_path / "bundle", progress=quiet).manifest.verdict.decision == "pass"


def test_a_layer_that_nobody_heeds_is_left_out(ws: Workspace) -> None:
    """On wine the first layer leaves nothing to be learned."""
    runs = ws.train("wine", ["logistic", "lightgbm", "neighbors"], progress=quiet, seed=2,
                    params={"lightgbm": {"n_estimators": 25}})  # fmt: skip
    bag = ws.combine(list(runs), "bag", layers=2, progress=quiet)
    model = bag.predictor().estimator
    assert model.layers == 1 and len(model.members_) == 3 * 8
    assert sum(k.startswith("fact.weight_") for k in bag.record.tags) == 3
    assert bag.reproduce(progress=quiet).facts["equal"]


def test_a_class_in_one_group_is_refused_in_a_sentence() -> None:
    groups = np.repeat(np.arange(10), 20)
    y = np.where(groups == 9, 2, np.arange(200) % 2)
    x = np.random.default_rng(0).normal(size=(200, 2)).astype(np.float32)
    params = {"members": [{"family": "logistic"}], "folds": 5, "refit": True, "layers": 1}
    with pytest.raises(UsageError, match="All rows of a class are in one fold"):
        FAMILY.fit(
            Problem("multiclass", 3, x, y, None, None, (), params, 0, ((2, ()),), groups=groups),
            quiet,
        )


def test_layers_are_one_to_three(ws: Workspace) -> None:
    for layers in (0, 4, True, "two"):
        with pytest.raises(UsageError, match="1 to 3 layers"):
            ws.train("wine", ["stack"], params={"stack": {"layers": layers}}, progress=quiet)
    runs = ws.train("wine", ["dummy", "logistic"], progress=quiet)
    with pytest.raises(UsageError, match="one layer"):
        ws.combine(list(runs), "blend", layers=2, progress=quiet)


# one run ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["wine", "diabetes"])
def test_a_bag_is_a_run_like_any_other(ws: Workspace, tmp_path: Path, name: str) -> None:
    """Its kept validation scores are those of the folds; its bundle says what the model says."""
    runs = ws.train(name, ["logistic", "lightgbm"], progress=quiet, seed=2,
                    params={"lightgbm": {"n_estimators": 25}})  # fmt: skip
    bag = ws.combine(list(runs), "bag", progress=quiet)
    assert bag.record.recipe.params["refit"] is False
    rows = bag.predictions()
    frame = ws.datasets[name].frame()
    columns = [c for c in rows if c == "value" or c.startswith("score_")]
    again = bag.predictor().scores(frame.iloc[rows["row"]]).reshape(len(rows), -1)
    test = (rows["part"] == "test").to_numpy()
    np.testing.assert_allclose(rows.loc[test, columns], again[test], rtol=1e-9)
    assert np.abs(rows.loc[~test, columns].to_numpy() - again[~test]).max() > 1e-3
    assert bag.export(tmp_path / "bundle", progress=quiet).manifest.verdict.decision == "pass"
    assert bag.conformal(0.2).facts["coverage"] > 0.6
    assert bag.reproduce(progress=quiet).facts["equal"]


def test_the_forests_of_a_bag_are_one_forest(ws: Workspace) -> None:
    members = [{"family": "forest", "params": {"n_estimators": 240}}, {"family": "dummy"}]
    asked = {"members": members, "folds": 4, "refit": False, "layers": 1}
    bag = ws.train("wine", ["stack"], params={"stack": asked}, progress=quiet).best
    forests = [m for m in bag.predictor().estimator.members_ if hasattr(m, "estimators_")]
    assert [len(f.estimators_) for f in forests] == [60] * 4


def test_refit_is_yes_or_no(ws: Workspace) -> None:
    with pytest.raises(UsageError, match="true or false"):
        ws.train("wine", ["stack"], params={"stack": {"refit": "no"}}, progress=quiet)
