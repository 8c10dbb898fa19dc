"""Features of a data set: kept beside it, inherited, previewed, trained with, exported, served."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from workbench.core.errors import NotFound, UsageError
from workbench.core.feature import Feature, with_remedy
from workbench.core.split import Split
from workbench.data.split import assign
from workbench.objects import Dataset
from workbench.workspace import Workspace


@pytest.fixture(scope="module")
def ws(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return Workspace(tmp_path_factory.mktemp("features"))


@pytest.fixture
def titanic(ws: Workspace) -> Dataset:
    return ws.import_data("titanic").edit(features=[])


def test_features_are_kept_beside_the_snapshot(ws: Workspace, titanic: Dataset) -> None:
    digest = titanic.record.digest
    data = titanic.derive("log(fare)", 'combine(fare, sibsp, how=sum) as "odd sum"')
    assert [f.called for f in data.features] == ["log(fare)", "odd sum"]
    assert ws.datasets["titanic"].features == data.features
    assert data.record.digest == digest
    data = data.derive('bins(fare) as "log(fare)"').without("odd sum")
    assert [(f.called, f.step) for f in data.features] == [("log(fare)", "bins")]
    with pytest.raises(NotFound, match="No feature is called 'odd sum'"):
        data.without("odd sum")


def test_what_cannot_be_made_changes_nothing(ws: Workspace, titanic: Dataset) -> None:
    titanic.derive("log(fare)")
    for wrong in ("log(sex)", "target_mean(survived)", "log(nothing)"):
        with pytest.raises(UsageError):
            titanic.derive(wrong)
    with pytest.raises(UsageError, match="Two features are called 'x'"):
        titanic.edit(features=[Feature.parse("log(fare) as x"), Feature.parse("bins(age) as x")])
    assert [f.called for f in ws.datasets["titanic"].features] == ["log(fare)"]


def test_a_new_version_inherits_what_can_still_be_made(ws: Workspace) -> None:
    frame = pd.DataFrame({"a": range(40), "b": np.arange(40) * 1.5, "y": [0, 1] * 20})
    ws.import_data(frame, name="inherit", target="y").derive("log(a) as x", "combine(b, x)")
    assert len(ws.import_data(frame.head(30), name="inherit").features) == 2
    assert [f.called for f in ws.import_data(frame[["a", "y"]], name="inherit").features] == ["x"]


def test_a_preview_says_what_a_feature_tells(titanic: Dataset) -> None:
    report = titanic.preview("words(name, most=4) as title")
    effect = {r["column"]: r for r in report["effect"].records()}
    assert effect["title: mr"]["relation"] > 0.7 > effect["name"]["relation"]
    assert effect["title: mr"]["made"] and not effect["name"]["made"]
    groups = [g for g in report["groups"].records() if g["column"] == "title: mr"]
    assert sum(g["rows"] for g in groups) == report.facts["rows"]
    survived = titanic.frame(["survived", "name"])
    men = survived["name"].str.contains(r"\bMr\b")
    share = next(g["mean"] for g in groups if g["label"] == "1")
    assert share == pytest.approx(survived["survived"][men].mean(), abs=0.05)
    assert "title: mr tells survived with an AUC of" in report.sentence
    assert titanic.features == ()  # nothing is kept


def test_a_preview_follows_features_of_features(titanic: Dataset) -> None:
    data = titanic.derive("combine(fare, parch, how=difference) as rest", "log(age) as years")
    report = data.preview("log(rest)")
    assert [r["column"] for r in report["effect"].records()] == ["fare", "parch", "log(rest)"]


def test_a_preview_needs_no_target_unless_the_step_does(ws: Workspace) -> None:
    frame = pd.DataFrame({"a": range(50), "c": list("xy") * 25})
    data = ws.import_data(frame, name="no-target")
    assert "no target is set" in data.preview("log(a)").sentence
    with pytest.raises(UsageError, match="needs a target"):
        data.preview("target_mean(c)")


FEATURES = (
    "log(fare)", "combine(sibsp, parch, how=sum) as family", "words(name, most=6) as title",
    "length(name)", "target_mean(embarked)", "hash(ticket, buckets=30)",
    "aggregate(ticket, fare, how=count) as party", "missing(cabin, values=T)", "bins(age, count=5)",
)  # fmt: skip


def test_a_model_with_features_is_served_as_it_was_judged(
    ws: Workspace, titanic: Dataset, tmp_path: Path
) -> None:
    data = titanic.derive(*FEATURES)
    run = ws.train(
        data, families=["lightgbm"], seed=1, params={"lightgbm": {"n_estimators": 40}}
    ).best
    assert tuple(f.called for f in run.record.recipe.features) == tuple(
        f.called for f in data.features
    )
    bundle = run.export(tmp_path / "bundle")
    assert bundle.manifest.verdict.decision == "pass"
    rows = data.frame().head(25)
    rows.loc[0, ["name", "ticket", "embarked"]] = [None, "never seen", "Ümlaut\n"]
    with bundle.serve() as endpoint:
        assert endpoint.predict(rows)["predictions"] == run.predict(rows)


def test_a_recipe_may_leave_the_features_of_the_data_set_out(
    ws: Workspace, titanic: Dataset
) -> None:
    data = titanic.derive("words(name, most=3)")
    with_them = ws.train(data, families=["logistic"]).best
    without = ws.train(data, families=["logistic"], features=[]).best
    others = ws.train(data, families=["logistic"], features=[Feature.parse("log(fare)")]).best
    assert "name" in with_them.record.signature.names
    assert "name" not in without.record.signature.names
    assert [f.called for f in others.record.recipe.features] == ["log(fare)"]


def skewed(ws: Workspace, name: str) -> Dataset:
    frame = pd.DataFrame(
        {
            "income": np.r_[np.random.default_rng(0).lognormal(9, 1.5, 480), [-999.0] * 20],
            "y": [0, 1] * 250,
        }
    )
    return ws.import_data(frame, name=name, target="y")


@pytest.mark.parametrize(
    "order", [("disguised-missing", "skew"), ("skew", "disguised-missing")], ids=["early", "late"]
)
def test_remedies_clean_before_they_turn_whatever_came_first(
    ws: Workspace, order: tuple[str, str]
) -> None:
    data = skewed(ws, f"mended-{order[0]}")
    codes = {f.code for f in data.profile().findings if f.remedy}
    assert set(order) <= codes
    for code in order:
        data = data.mend(code)
    first, second = data.features
    assert (first.step, first.columns) == ("missing", ("income",))
    assert (second.step, second.columns) == ("log", (first.called,))
    run = ws.train(data, families=["logistic"]).best
    assert run.record.recipe.features == data.features
    told = data.profile().findings
    assert not set(order) & {f.code for f in told if f.remedy}
    assert any("Mended: Read '-999' as missing." in f.sentence for f in told)
    assert data.restore().features == ()
    assert {f.code for f in data.restore().profile().findings if f.remedy} == codes


def test_stand_ins_are_gathered_and_all_that_is_made_sees_them_gone() -> None:
    made = [Feature.parse(t) for t in ("combine(a, b) as x", "log(a)", "bins(x)")]
    for value in ("-1", "99"):
        made = [*with_remedy(made, Feature("missing", ("a",), {"values": [value]}))]
    assert [(f.step, f.columns, f.called) for f in made] == [
        ("missing", ("a",), "missing(a, values=-1)"),
        ("combine", ("missing(a, values=-1)", "b"), "x"),
        ("log", ("missing(a, values=-1)",), "log(a)"),
        ("bins", ("x",), "bins(x)"),
    ]
    assert made[0].params == {"values": ["-1", "99"]}


def test_two_who_add_a_feature_each_keep_both(ws: Workspace, titanic: Dataset) -> None:
    titanic.derive("log(fare)")
    titanic.derive("log(age)")  # by the same handle, which knows nothing of the first
    assert [f.called for f in ws.datasets["titanic"].features] == ["log(fare)", "log(age)"]
    ws.datasets["titanic"].edit(roles={"fare": "feature"})
    assert len(ws.datasets["titanic"].features) == 2


def test_a_feature_in_its_columns_place_is_previewed_trained_and_profiled(
    ws: Workspace, titanic: Dataset
) -> None:
    assert titanic.preview("log(fare) as fare").sentence.startswith("fare tells survived")
    data = titanic.derive("clip(fare, high=100) as fare").edit(roles={"fare": "ignore"})
    assert data.profile().kind == "profile"
    run = ws.train(data, families=["logistic"], columns=["sex"], features=data.features).best
    assert "fare" in run.record.signature.names
    data.edit(roles={"fare": "feature"})


def test_an_edit_that_makes_a_feature_impossible_is_refused(titanic: Dataset) -> None:
    data = titanic.derive("log(age)")
    with pytest.raises(UsageError, match="made from the target 'age'"):
        data.edit(roles={"age": "target"})
    with pytest.raises(UsageError, match="needs a number, and 'age' is a text"):
        data.edit(semantics={"age": "category"})
    assert data.sources()["log(age)"] == "number"


def test_a_version_in_which_a_column_changed_its_type_says_what_is_dropped(ws: Workspace) -> None:
    frame = pd.DataFrame({"a": range(40), "y": [0, 1] * 20})
    ws.import_data(frame, name="typed", target="y").derive("log(a)")
    words = frame.assign(a=[f"w{i % 5}" for i in range(40)])
    done = ws.perform("import", {"source": words, "name": "typed"})
    assert ws.datasets["typed"].features == ()
    dropped = [n for n in done["notes"] if n["code"] == "feature-dropped"]
    assert "log(a) cannot be made from this version" in dropped[0]["sentence"]


def test_another_target_leaves_out_what_is_made_from_it(ws: Workspace, titanic: Dataset) -> None:
    data = titanic.derive("log(fare)", "log(age)")
    run = ws.train(data, families=["logistic"], target="fare").best
    assert [f.called for f in run.record.recipe.features] == ["log(age)"]


def test_a_hashed_column_leaves_no_value_in_the_bundle(ws: Workspace, tmp_path: Path) -> None:
    draw = np.random.default_rng(0)
    frame = pd.DataFrame(
        {"who": [f"person-{i % 40}" for i in range(400)], "x": draw.normal(size=400)}
    )
    frame["late"] = frame["x"] > 0
    data = ws.import_data(frame, name="hashed", target="late").derive("hash(who, buckets=16)")
    bundle = ws.train(data, families=["logistic"]).best.export(tmp_path / "bundle")
    for path in (p for p in bundle.path.rglob("*") if p.is_file()):
        assert b"person-" not in path.read_bytes(), path.name


def test_a_preview_leaves_rows_without_a_target_aside(ws: Workspace) -> None:
    frame = pd.DataFrame({"c": list("abcd") * 50, "y": ["no", "yes", None, "no"] * 50})
    data = ws.import_data(frame, name="holes", target="y")
    values = data.preview("target_mean(c)")["values"].column("target_mean(c)")
    assert all(0 <= value <= 1 for value in values)
    numbers = ws.import_data(
        frame.assign(y=[1.5, None, 2.5, 4.0] * 50), name="number-holes", target="y"
    )
    assert numbers.preview("target_mean(c)").facts["rows"] < 150


def test_a_look_back_on_a_shuffled_split_is_warned_of(ws: Workspace) -> None:
    days = pd.date_range("2024-01-01", periods=300)
    frame = pd.DataFrame({"k": list("ab") * 150, "v": range(300), "d": days, "y": [0, 1] * 150})
    data = ws.import_data(frame, name="looks-back", target="y")
    codes = [f.code for f in data.preview("aggregate(k, v, d)").findings]
    assert "split-not-by-time" in codes
    by_time = data.edit(split=Split("time", column="d"))
    assert "split-not-by-time" not in [
        f.code for f in by_time.preview("aggregate(k, v, d)").findings
    ]


def test_the_rows_are_dealt_once_for_many_previews(
    ws: Workspace, titanic: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    dealt: list[Split] = []

    def counted(split: Split, *given: Any) -> Any:
        dealt.append(split)
        return assign(split, *given)

    monkeypatch.setattr("workbench.data.split.assign", counted)
    data = titanic.edit(split=Split(seed=41))
    first = data.preview("log(fare)")
    assert data.preview("log(fare)").tables == first.tables and len(dealt) == 1
    other = data.edit(split=Split(seed=42)).preview("log(fare)")
    assert [s.seed for s in dealt] == [41, 42] and other.tables != first.tables
    data.edit(split=Split(seed=41), roles={"sex": "target"}).preview("log(fare)")
    assert len(dealt) == 3  # another target is dealt otherwise
    titanic.restore()
