"""Mitigation: weights, labels, inputs and thresholds that treat groups alike."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from fairlearn.preprocessing import CorrelationRemover
from hypothesis import given
from hypothesis import strategies as st

from workbench.core.dataset import Column, Schema
from workbench.core.errors import DataError, UsageError
from workbench.core.mitigation import METHODS, Mitigation
from workbench.core.recipe import Recipe
from workbench.encoding import inputs
from workbench.packaging.onnx import to_onnx
from workbench.training.membership import FEWEST, Groups, Membership
from workbench.training.mitigated import cleaned
from workbench.training.mitigation import _numbers, _told, moments, reweighed, thresholds
from workbench.training.persist import dump, load
from workbench.training.predictor import Predictor
from workbench.training.train import ground, train

ROWS = 1200
PARTS = np.arange(ROWS) % 4 // 2  # half train, half validation
SCHEMA = Schema(
    (
        Column("skill", "double", "number", "feature"),
        Column("years", "double", "number", "feature"),
        Column("field", "string", "category", "feature"),
        Column("sex", "string", "category", "sensitive"),
        Column("hired", "string", "category", "target"),
    )
)


def _table() -> pd.DataFrame:
    random = np.random.default_rng(0)
    sex = random.choice(["f", "m"], ROWS)
    years = random.normal(size=ROWS) + (sex == "m")
    skill = random.normal(size=ROWS)
    hired = skill + years + 0.5 * random.normal(size=ROWS) > 0.8
    return pd.DataFrame(
        {
            "skill": np.where(random.random(ROWS) < 0.05, np.nan, skill),
            "years": years,
            "field": random.choice(["a", "b"], ROWS),
            "sex": sex,
            "hired": np.where(hired, "yes", "no"),
        }
    )


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return _table()


def _predictor(
    table: pd.DataFrame, family: str, done: Mitigation | None, **more: object
) -> Predictor:
    recipe = Recipe("t@1", family, target="hired", features=(), mitigation=done, **more)  # type: ignore[arg-type]
    trained = train(recipe, table, SCHEMA, PARTS)
    return Predictor(load(dump(trained.pipeline)), trained.signature)


def _rates(predictor: Predictor, table: pd.DataFrame) -> dict[str, float]:
    said = predictor.scores(table)[:, 1] >= 0.5
    return {g: float(said[table["sex"] == g].mean()) for g in ("f", "m")}


def _gap(predictor: Predictor, table: pd.DataFrame) -> float:
    rates = _rates(predictor, table)
    return abs(rates["m"] - rates["f"])


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 1)), min_size=30, max_size=200))
def test_reweighed_groups_have_one_base_rate(rows: list[tuple[int, int]]) -> None:
    group, y = (np.array(c) for c in zip(*rows, strict=True))
    members = (group[:, None] == np.arange(3)).astype(np.float32)
    weights = reweighed(y, members)
    assert weights.mean() == pytest.approx(1)
    full = [g for g in range(3) if {0, 1} <= set(y[group == g])]
    if all(g in full for g in set(group.tolist())):
        shares = [np.average(y[group == g], weights=weights[group == g]) for g in full]
        assert np.ptp(shares) < 1e-9
        assert shares[0] == pytest.approx(y.mean())


def test_less_strength_weighs_less() -> None:
    y, members = np.tile([0, 0, 1], 40), np.zeros((120, 2), np.float32)
    members[:50, 0], members[50:, 1] = 1, 1
    assert np.ptp(reweighed(y, members, 0.0)) == 0
    assert np.ptp(reweighed(y, members, 0.5)) < np.ptp(reweighed(y, members))


@pytest.mark.parametrize("family", ["logistic", "forest", "histboost", "lightgbm", "xgboost"])
def test_reweighing_narrows_the_gap_of_every_family_that_weighs(
    table: pd.DataFrame, family: str
) -> None:
    if family == "xgboost":
        pytest.importorskip("xgboost")
    plain = _gap(_predictor(table, family, None), table)
    after = _gap(_predictor(table, family, Mitigation("reweighing", ("sex",))), table)
    assert after < plain - 0.02


def test_families_that_cannot_weigh_say_so(table: pd.DataFrame) -> None:
    with pytest.raises(UsageError, match="cannot weigh rows"):
        _predictor(table, "neighbors", Mitigation("reweighing", ("sex",)))
    with pytest.raises(UsageError, match="cannot weigh rows"):
        _predictor(table, "dummy", Mitigation("exponentiated_gradient", ("sex",)))


def test_columns_that_form_no_groups_say_so(table: pd.DataFrame) -> None:
    lone = table.assign(field=[f"v{k}" for k in range(ROWS)])
    with pytest.raises(DataError, match="forms no group"):
        _predictor(lone, "logistic", Mitigation("reweighing", ("field",)))
    with pytest.raises(UsageError, match="it is the target"):
        _predictor(table, "logistic", Mitigation("reweighing", ("hired",)))


@pytest.mark.parametrize("aim", ["demographic_parity", "equal_opportunity", "equalized_odds"])
def test_moments_are_the_gaps_to_everybody(aim: str) -> None:
    random = np.random.default_rng(0)
    y, chosen, group = random.integers(0, 2, (3, 400))
    members = (group[:, None] == np.arange(2)).astype(np.float32)
    gaps, effects = moments(chosen, y, members, aim)
    rows = np.ones(400, bool) if aim == "demographic_parity" else y == 1
    expected = chosen[rows & (group == 1)].mean() - chosen[rows].mean()
    assert gaps[0, 1] == pytest.approx(expected)
    assert effects @ chosen == pytest.approx(gaps)


@pytest.mark.parametrize("aim", ["demographic_parity", "equal_opportunity", "equalized_odds"])
def test_thresholds_reach_their_aim_and_beat_every_other_pair_of_a_grid(aim: str) -> None:
    random = np.random.default_rng(3)
    group = random.integers(0, 2, 3000)
    said = random.beta(2 + group, 3, 3000)
    y = (random.random(3000) < said).astype(int)
    members = (group[:, None] == np.arange(2)).astype(np.float32)
    found = thresholds(said, y, members, aim)
    chosen = said >= found[group]

    def widest(chosen: np.ndarray) -> float:
        return float(np.abs(moments(chosen, y, members, aim)[0]).max())

    assert widest(chosen) < widest(said >= 0.5)
    right = (chosen == y).mean()
    if aim != "equalized_odds":
        assert widest(chosen) < 0.01
        pairs = [np.array([a, b]) for a in np.linspace(0, 1, 33) for b in np.linspace(0, 1, 33)]
        fair = [said >= p[group] for p in pairs if widest(said >= p[group]) < 0.003]
        assert right > max((c == y).mean() for c in fair) - 0.01


def test_correlation_remover_is_fairlearns_on_one_group_column() -> None:
    random = np.random.default_rng(0)
    group = random.integers(0, 2, 300)
    x = np.column_stack([random.normal(size=300) + group, random.normal(size=300)])
    theirs = CorrelationRemover(sensitive_feature_ids=[0]).fit_transform(
        np.column_stack([group, x])
    )
    members = (group[:, None] == np.arange(2)).astype(float)
    slopes = np.linalg.lstsq(np.column_stack([np.ones(300), members]), x, rcond=None)[0][1:]
    ours = cleaned(x, members, slopes, (members.mean(axis=0) @ slopes).astype(np.float32))
    assert ours == pytest.approx(theirs, abs=1e-5)


def test_a_cleaned_number_is_not_correlated_with_the_group(table: pd.DataFrame) -> None:
    predictor = _predictor(table, "logistic", Mitigation("correlation_remover", ("sex",)))
    learned = table[PARTS == 0]
    x = predictor.estimator.cleaned(predictor.prepared(learned))
    years = predictor.sources.index(("years",))
    male = (learned["sex"] == "m").to_numpy()
    assert abs(np.corrcoef(x[:, years], male)[0, 1]) < 1e-4
    plain = _predictor(table, "logistic", None)
    assert _gap(predictor, table) < _gap(plain, table) - 0.05


ASKED = [
    Mitigation("thresholds", ("sex",)),
    Mitigation("thresholds", ("sex", "years", "field"), "equal_opportunity"),
    Mitigation("correlation_remover", ("sex", "field")),
    Mitigation("exponentiated_gradient", ("sex",)),
    Mitigation("grid_search", ("sex",), "equalized_odds", 0.2),
]


@pytest.mark.parametrize("done", ASKED, ids=lambda d: f"{d.method}-{len(d.by)}")
@pytest.mark.parametrize("family", ["logistic", "lightgbm"])
def test_every_mitigated_pipeline_has_an_onnx_form_that_answers_alike(
    table: pd.DataFrame, done: Mitigation, family: str
) -> None:
    import onnxruntime as rt

    params = {"n_estimators": 30} if family == "lightgbm" else {}
    predictor = _predictor(table, family, done, params=params, sensitive="drop")
    asks = "sex" in predictor.signature.names
    assert asks == (done.method in ("thresholds", "correlation_remover"))
    rows = table.head(200).copy()
    rows.loc[:20, "sex"] = None
    rows.loc[20:40, "years"] = np.nan
    session = rt.InferenceSession(to_onnx(predictor.pipeline, predictor.signature))
    encoded = predictor.encoded(rows)
    feed = {i.name: encoded[[i.name]].to_numpy() for i in inputs(predictor.signature)}
    [said] = session.run(None, {k: v.astype(v.dtype) for k, v in feed.items()})
    assert said == pytest.approx(predictor.scores(rows), abs=2e-6)


def test_thresholds_per_group_select_alike_and_unknown_groups_keep_half(
    table: pd.DataFrame,
) -> None:
    done = Mitigation("thresholds", ("sex",))
    predictor = _predictor(table, "lightgbm", done, sensitive="drop")
    valid = table[PARTS == 1]
    assert _gap(predictor, valid) < 0.03
    plain = _predictor(table, "lightgbm", None, sensitive="drop")
    unknown = valid.assign(sex="x")
    assert predictor.scores(unknown) == pytest.approx(plain.scores(valid))
    assert "group-asked" in {n.code for n in train(
        Recipe("t@1", "logistic", target="hired", features=(), sensitive="drop", mitigation=done),
        table, SCHEMA, PARTS,
    ).notes}  # fmt: skip


def test_a_target_of_values_has_no_thresholds(table: pd.DataFrame) -> None:
    recipe = Recipe("t@1", "logistic", target="years", features=(), mitigation=ASKED[0])
    with pytest.raises(UsageError, match="two classes"):
        train(recipe, table, SCHEMA, PARTS)
    recipe = Recipe(
        "t@1", "logistic", target="years", features=(),
        mitigation=Mitigation("correlation_remover", ("sex",)),
    )  # fmt: skip
    trained = train(recipe, table, SCHEMA, PARTS)
    assert np.isfinite(Predictor(trained.pipeline, trained.signature).scores(table)).all()


def test_memberships_are_texts_numbers_or_ranges() -> None:
    texts = pd.DataFrame({"c": pd.Series(["a"] * FEWEST + ["b"] * FEWEST + ["rare"], dtype=object)})
    step = Membership().fit(texts)
    assert step.names == ["a", "b"]
    assert step.transform(texts).sum(axis=0).tolist() == [FEWEST, FEWEST]
    numbers = pd.DataFrame({"c": np.r_[np.arange(100.0), np.nan]})
    ranges = Membership().fit(numbers)
    assert ranges.transform(numbers).sum(axis=0).tolist() == [25, 25, 25, 25]
    assert ranges.names[0] == "up to 24" and ranges.names[-1] == "above 74"


def test_a_mitigation_that_is_none_is_refused() -> None:
    for wrong in ({"method": "magic"}, {"aim": "peace"}, {"by": ()}, {"strength": -1}):
        with pytest.raises(UsageError):
            Mitigation(**{"method": "reweighing", "by": ("sex",), **wrong})  # type: ignore[arg-type]


def test_recipes_without_mitigation_keep_their_digest_and_others_their_data() -> None:
    recipe = Recipe("t@1", "logistic")
    done = Recipe("t@1", "logistic", mitigation=ASKED[1])
    assert recipe.digest != done.digest
    assert Recipe.from_dict(done.to_dict()) == done


# several models ---------------------------------------------------------------------------------

MEMBERS = [{"family": "logistic"}, {"family": "lightgbm", "params": {"n_estimators": 15}}]
BAG = {"members": MEMBERS, "folds": 4, "refit": False}


@pytest.mark.parametrize("method", METHODS)
def test_a_mitigated_bag_says_of_validation_rows_what_fits_without_them_say(
    table: pd.DataFrame, method: str
) -> None:
    done = Mitigation(method, ("sex",), strength=0.2 if method == "grid_search" else 1.0)
    plain = Recipe("t@1", "stack", target="hired", features=(), params=BAG)
    recipe = replace(plain, mitigation=done)
    trained = train(recipe, table, SCHEMA, PARTS)
    held = trained.valid_scores
    assert held is not None and held.shape == (int((PARTS == 1).sum()), 2)
    np.testing.assert_allclose(held.sum(axis=1), 1, atol=1e-9)
    valid = table[PARTS == 1].reset_index(drop=True)
    gaps = {}
    for name, said in (
        ("plain", train(plain, table, SCHEMA, PARTS).valid_scores),
        (method, held),
        ("the model's own", Predictor(trained.pipeline, trained.signature).scores(valid)),
    ):
        chosen = said[:, 1] >= 0.5  # type: ignore[index]
        gaps[name] = abs(chosen[valid["sex"] == "m"].mean() - chosen[valid["sex"] == "f"].mean())
    assert gaps[method] < 0.7 * gaps["plain"], gaps
    own = Predictor(trained.pipeline, trained.signature).scores(valid)
    assert np.abs(own - held).max() > 1e-3  # which has learned from these rows


def test_codes_of_a_stacks_members_stay_codes(table: pd.DataFrame) -> None:
    """Each member has its own columns, codes behind its numbers."""
    members = [{"family": "bayes"}, {"family": "lightgbm", "params": {"n_estimators": 10}}]
    recipe = Recipe("t@1", "blend", target="hired", features=(), params={"members": members},
                    mitigation=Mitigation("correlation_remover", ("sex",)))  # fmt: skip
    found = ground(recipe, table, SCHEMA, PARTS)
    amounts = _numbers(found.problem)
    for column in set(range(found.problem.x.shape[1])) - set(amounts):
        values = found.problem.x[:, column]
        assert (values == values.round()).all()
    codes = found.problem.x.shape[1] - len(amounts)
    assert codes == sum(len(levels) for _, levels in found.problem.blocks) > 0
    assert np.isfinite(_predictor(table, "blend", recipe.mitigation,
                                  params={"members": members}).scores(table)).all()  # fmt: skip


def test_as_many_thresholds_are_told_as_a_tag_holds() -> None:
    names = tuple('"' * 40 + "a" * 60 + str(k) for k in range(80))  # alike in their first letters
    members = (np.arange(80) >= np.arange(80)[:, None]).astype(
        np.float32
    )  # the last is the largest
    groups = Groups(members, None, np.zeros((80, 1), np.int64), names, 80)
    said = _told(groups, np.linspace(0, 1, 80))
    told = json.loads(said)
    assert len(said) <= 4500 and 20 < len(told) < 80 and len({*told}) == len(told)
    assert list(told.values()) == [round(v, 4) for v in np.linspace(0, 1, 80)[::-1][: len(told)]]
