"""Features in a pipeline: chained, hidden, refused, explained, and left out when they must be."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from workbench.core.errors import NotFound, UsageError
from workbench.core.feature import Feature, still_possible
from workbench.core.recipe import Recipe
from workbench.core.split import TEST, TRAIN
from workbench.data.read import read
from workbench.data.schema import infer
from workbench.features.derive import Derive
from workbench.training.predictor import Predictor
from workbench.training.train import Trained, train

PARAMS: dict[str, dict[str, Any]] = {"lightgbm": {"n_estimators": 30}, "network": {"epochs": 3}}


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    draw = np.random.default_rng(0)
    rows = 600
    debt, income = draw.gamma(2, 1000, rows), draw.gamma(3, 1500, rows)
    late = draw.random(rows) < 1 / (1 + np.exp(2 - 2 * debt / income))
    income[::50] = np.nan
    return pd.DataFrame(
        {
            "debt": debt,
            "income": income,
            "sex": draw.choice(["f", "m"], rows),
            "note": [f"row {i} of {draw.integers(9)} words" for i in range(rows)],
            "late": late,
        }
    )  # fmt: skip


def trained(frame: pd.DataFrame, family: str, *features: str, **recipe: Any) -> Trained:
    table = read(frame).table
    schema = infer(table, target="late", sensitive=["sex"])
    parts = np.where(np.arange(len(frame)) % 5 == 0, TEST, TRAIN)
    asked = Recipe(
        "loans@1", family, params=PARAMS.get(family, {}),
        features=tuple(Feature.parse(f) for f in features), **recipe,
    )  # fmt: skip
    return train(asked, table.to_pandas(), schema, parts, derive=Derive.of)


def test_features_are_made_from_features(frame: pd.DataFrame) -> None:
    made = trained(
        frame, "logistic",
        "combine(debt, income) as burden", "log(burden) as size", "bins(size, count=4) as band",
    )  # fmt: skip
    derive = made.pipeline.named_steps["derive"]
    # each step stands for what it is made from, but for the arithmetic
    assert [s.name for s in derive.passed] == ["debt", "income", "sex", "band"]
    assert derive.origins[derive.arrays_[-1].name] == ("debt", "income")
    out = derive.transform(made.pipeline.named_steps["encode"].transform(frame))
    burden = (frame["debt"].astype("float32") / frame["income"].astype("float32")).to_numpy()
    edges = derive.steps_[-1].edges_
    wanted = np.searchsorted(edges, np.log1p(burden.astype(float)).astype("float32"), side="right")
    np.testing.assert_array_equal(
        out[derive.arrays_[-1].name], np.where(np.isnan(burden), np.nan, wanted)
    )


def test_a_feature_called_like_a_column_stands_in_its_place(frame: pd.DataFrame) -> None:
    made = trained(frame, "logistic", "clip(income, high=5000) as income", "log(income) as size")
    derive = made.pipeline.named_steps["derive"]
    assert [s.name for s in derive.passed] == ["debt", "sex", "size"]
    out = derive.transform(made.pipeline.named_steps["encode"].transform(frame))
    assert out[derive.arrays_[-1].name].max() == pytest.approx(np.log1p(5000))


def test_a_text_serves_features_and_no_model(frame: pd.DataFrame) -> None:
    made = trained(frame, "logistic", "words(note, most=3)")
    assert made.signature["note"].kind == "text"
    assert made.signature["note"].categories == ()
    assert made.facts["n_features"] == trained(frame, "logistic").facts["n_features"] + 3


@pytest.mark.parametrize("family", ["logistic", "forest", "lightgbm", "network"])
def test_contributions_of_made_columns_reach_the_users_columns(
    frame: pd.DataFrame, family: str
) -> None:
    from workbench.explanation.explain import explain
    from workbench.training.family import families

    made = trained(frame, family, "combine(debt, income) as burden", "words(note, most=3)")
    predictor = Predictor(made.pipeline, made.signature)
    report = explain(
        predictor, frame.head(30), frame.tail(50), "run", kind=families.get(family).explainer
    )
    assert report.facts["additivity_error"] < 1e-6
    sizes = {r["column"]: r["mean_abs"] for r in report["importance"].records()}
    assert set(sizes) == {"debt", "income", "sex", "note"}
    shared = [f for f in report.findings if f.code == "shared"]
    assert [f.evidence["columns"] for f in shared] == [["debt", "income"]]


def test_equal_shares_of_a_feature_keep_its_sum(frame: pd.DataFrame) -> None:
    """With the ratio as the only input, debt and income get the same, and together all of it."""
    from workbench.explanation.explain import explain

    made = trained(frame, "lightgbm", "combine(debt, income) as burden", columns=())
    predictor = Predictor(made.pipeline, made.signature)
    report = explain(predictor, frame.head(20), frame.tail(20), "run", kind="trees")
    for row in report["values"].records():
        assert row["debt"] == row["income"]
        assert row["base"] + 2 * row["debt"] == pytest.approx(row["output"])


def test_what_is_made_from_sensitive_columns_goes_with_them(frame: pd.DataFrame) -> None:
    made = trained(
        frame, "logistic", "target_mean(sex) as rate", "log(rate) as size", "log(debt)",
        sensitive="drop",
    )  # fmt: skip
    assert made.signature.names == ("debt", "income")
    left = {f.subject: f.evidence["column"] for f in made.notes if f.code == "feature-left-out"}
    assert left == {"rate": "sex", "size": "sex"}


def test_a_training_row_never_sees_its_own_target(frame: pd.DataFrame) -> None:
    """A column that names each row tells nothing, although its mean of the target tells all."""
    noise = frame.assign(
        key=[f"k{i // 2}" for i in range(len(frame))],
        late=np.random.default_rng(3).random(len(frame)) < 0.5,
    )
    made = trained(noise, "lightgbm", "target_mean(key)", columns=())
    scores = Predictor(made.pipeline, made.signature).scores(noise)[:, 1]
    held = np.arange(len(noise)) % 5 == 0
    from sklearn.metrics import roc_auc_score

    assert abs(roc_auc_score(noise["late"][held], scores[held]) - 0.5) < 0.15


@pytest.mark.parametrize(
    ("feature", "error", "said"),
    [
        ("log(sex)", UsageError, "needs a number, and 'sex' is a text"),
        ("words(debt)", UsageError, "needs a category or a text, and 'debt' is a number"),
        ("date(debt)", UsageError, "needs a date"),
        ("log(dept)", NotFound, "dept"),
        ("logg(debt)", NotFound, "No step is called 'logg'"),
        ("log(debt, income)", UsageError, "takes 1"),
        ("bins(debt, count=1)", UsageError, "count is 2 to 256"),
        ("bins(debt, how=guess)", UsageError, "one of quantile, width"),
        ("combine(late, debt)", UsageError, "made from the target 'late'"),
    ],
)
def test_what_cannot_be_made_is_said_in_a_sentence(
    frame: pd.DataFrame, feature: str, error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        trained(frame, "logistic", feature)


@pytest.mark.parametrize(
    ("text", "feature"),
    [
        ("log(fare)", Feature("log", ("fare",))),
        ('bins("log(fare)") as log(fare)', Feature("bins", ("log(fare)",), name="log(fare)")),
        ('log("k=v") as "x, y"', Feature("log", ("k=v",), name="x, y")),
        (
            'combine(debt, "net, income", how=sum) as my burden',
            Feature("combine", ("debt", "net, income"), {"how": "sum"}, "my burden"),
        ),
        (
            'missing(age, values="-999,?", keep=yes)',
            Feature("missing", ("age",), {"values": "-999,?"}, keep=True),
        ),
    ],
)
def test_a_feature_is_read_as_it_is_written(text: str, feature: Feature) -> None:
    assert Feature.parse(text) == feature


@pytest.mark.parametrize(
    "text",
    [
        "",
        "log",
        "log()",
        'log("fare)',
        "(fare)",
        "log fare)",
        "log(a, keep=maybe)",
        'log(a) as "x" as y',
        "log(a,,b)",
    ],
)
def test_what_is_no_feature_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is no feature"):
        Feature.parse(text)
    with pytest.raises(UsageError, match="names no columns"):
        Feature("log", "fare")  # type: ignore[arg-type]


def test_features_that_lost_a_column_go_with_what_is_made_from_them() -> None:
    chain = [Feature.parse(t) for t in ("log(a) as x", "log(b) as y", "combine(x, y)", "log(x)")]
    assert [f.called for f in still_possible(chain, ["a"])] == ["x", "log(x)"]
