"""Our own small estimators against scikit-learn's, and every family against the baseline."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.calibration import _sigmoid_calibration
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
from sklearn.linear_model import ElasticNet
from sklearn.metrics import log_loss
from sklearn.naive_bayes import CategoricalNB, GaussianNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, SVR

from workbench.cli.commands.train import train
from workbench.core.errors import UsageError
from workbench.core.progress import silent
from workbench.core.space import Choice, Real, Whole
from workbench.training.bayes import NaiveBayes
from workbench.training.families.elastic import FAMILY as ELASTIC
from workbench.training.families.svm import FAMILY as SUPPORT
from workbench.training.family import Problem, drawn, families, kin, settled, space, starts
from workbench.training.nearest import NearestClassifier, NearestRegressor
from workbench.training.vectors import VectorClassifier, VectorRegressor, platt
from workbench.tuning.studies import holds


def _scaled(loader: object) -> tuple[np.ndarray, np.ndarray]:
    x, y = loader(return_X_y=True)  # type: ignore[operator]
    return StandardScaler().fit_transform(x).astype(np.float32), y


def _problem(task: str, x: np.ndarray, y: np.ndarray, params: dict, **more: object) -> Problem:
    given = {
        "classes": 0 if task == "regression" else int(y.max()) + 1,
        "x_valid": None,
        "y_valid": None,
        "levels": (),
        "seed": 0,
        **more,
    }
    return Problem(task=task, x=x, y=y, params=params, **given)  # type: ignore[arg-type]


def test_bayes_is_gaussian_on_numbers() -> None:
    x, y = _scaled(load_iris)
    ours = NaiveBayes().fit(x, y).predict_proba(x)
    np.testing.assert_allclose(ours, GaussianNB().fit(x, y).predict_proba(x), atol=1e-6)


def test_bayes_is_categorical_on_codes_and_the_product_of_both_on_a_mixed_table() -> None:
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, 500)
    codes = np.stack([(y + rng.integers(0, 3, 500)) % 4, rng.integers(0, 5, 500)], axis=1)
    mine = NaiveBayes(levels=(4, 5)).fit(codes.astype(np.float32), y)
    theirs = CategoricalNB(min_categories=[4, 5]).fit(codes, y)
    np.testing.assert_allclose(mine.predict_proba(codes), theirs.predict_proba(codes), atol=1e-12)
    numbers = (y[:, None] + rng.normal(size=(500, 2))).astype(np.float32)
    both = NaiveBayes(levels=(4, 5)).fit(np.hstack([numbers, codes]).astype(np.float32), y)
    gauss = GaussianNB().fit(numbers, y)
    joint = gauss.predict_log_proba(numbers) + theirs.predict_log_proba(codes)
    joint -= np.log(np.bincount(y) / len(y))
    share = np.exp(joint - np.logaddexp.reduce(joint, axis=1)[:, None])
    found = both.predict_proba(np.hstack([numbers, codes]).astype(np.float32))
    np.testing.assert_allclose(found, share, atol=1e-6)


@pytest.mark.parametrize("k", [1, 7, 40])
def test_nearest_neighbours_are_those_of_sklearn_where_nothing_is_tied(k: int) -> None:
    x, y = _scaled(load_breast_cancer)
    there, here = x[:400], x[400:]
    ours = NearestClassifier(k).fit(there, y[:400]).predict_proba(here)
    np.testing.assert_allclose(
        ours, KNeighborsClassifier(k).fit(there, y[:400]).predict_proba(here), atol=1e-12
    )
    x, y = _scaled(load_diabetes)
    np.testing.assert_allclose(
        NearestRegressor(k).fit(x[:300], y[:300]).predict(x[300:]),
        KNeighborsRegressor(k).fit(x[:300], y[:300]).predict(x[300:]),
    )


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 3), min_size=2, max_size=40), st.integers(1, 12), st.randoms())
def test_of_equally_near_rows_the_earlier_ones_count(
    places: list[int], k: int, random: object
) -> None:
    x = np.array(places, np.float32)[:, None]
    y = np.array([random.randint(0, 1) for _ in places])  # type: ignore[attr-defined]
    y[:2] = 0, 1
    found = NearestClassifier(k).fit(x, y).predict_proba(np.array([[1.0]], np.float32))
    order = sorted(range(len(places)), key=lambda i: (abs(places[i] - 1), i))[:k]
    assert found[0, 1] == pytest.approx(np.mean(y[order]))


def test_margins_of_support_vectors_are_those_of_libsvm() -> None:
    x, y = _scaled(load_breast_cancer)
    machine = SVC(C=2.0, gamma=0.05).fit(x.astype(float), y)
    mine = VectorClassifier(0.05).adopt([machine], x.astype(float))
    np.testing.assert_allclose(
        mine.margins(x)[:, 0], machine.decision_function(x.astype(float)), atol=1e-9
    )
    x, y = _scaled(load_diabetes)
    line = SVR(gamma=0.05).fit(x.astype(float), y)
    found = VectorRegressor(0.05).adopt([line], x.astype(float)).predict(x)
    np.testing.assert_allclose(found, line.predict(x.astype(float)), atol=1e-8)


def test_platt_finds_the_sigmoid_that_sklearn_finds() -> None:
    rng = np.random.default_rng(1)
    margin = rng.normal(size=400)
    positive = rng.random(400) < 1 / (1 + np.exp(-(2.5 * margin - 0.7)))
    slope, offset = platt(margin, positive)
    a, b = _sigmoid_calibration(margin, positive.astype(float))
    assert (slope, offset) == pytest.approx((-a, -b), rel=1e-3)


def test_svm_without_validation_rows_calibrates_on_rows_kept_aside() -> None:
    x, y = _scaled(load_breast_cancer)
    params = settled(SUPPORT, "binary", {})
    model = SUPPORT.fit(_problem("binary", x[:400], y[:400], params), silent).estimator
    assert log_loss(y[400:], model.predict_proba(x[400:])) < 0.2


def test_elastic_net_on_the_targets_own_scale() -> None:
    x, y = _scaled(load_diabetes)
    params = settled(ELASTIC, "regression", {"alpha": 0.2})
    ours = ELASTIC.fit(_problem("regression", x, y, params), silent).estimator
    assert (np.abs(ours.coef_) > 0).sum() < x.shape[1]
    standard = ElasticNet(alpha=0.2, l1_ratio=0.5).fit(x, (y - y.mean()) / y.std())
    np.testing.assert_allclose(ours.predict(x), standard.predict(x) * y.std() + y.mean(), rtol=1e-6)


def test_a_large_table_is_drawn_from_with_every_class_in_its_share() -> None:
    y = np.repeat([0, 1, 2], [9000, 990, 10])
    found = drawn(_problem("multiclass", np.zeros((10_000, 1), np.float32), y, {"rows": 1000}))
    assert np.bincount(y[found]).tolist() == [900, 99, 2]
    assert (np.diff(found) > 0).all()
    with pytest.raises(UsageError, match="whole number"):
        drawn(_problem("multiclass", np.zeros((9, 1), np.float32), y[:9], {"rows": 1}))


@pytest.mark.parametrize("name", families.names())
def test_a_search_space_holds_parameters_that_the_family_knows(name: str) -> None:
    family = families.get(name)
    for task in family.tasks:
        for parameter, domain in space(family, task).items():
            # what is tried first is exactly what is trained untuned
            assert holds(domain, family.defaults(task)[parameter])
            if isinstance(domain, Choice):
                assert len(domain.options) > 1
            else:
                assert isinstance(domain, Real | Whole) and domain.low < domain.high
                assert not domain.log or domain.low > 0


@pytest.mark.parametrize("name", families.names())
def test_a_tuner_begins_with_the_defaults_and_then_where_a_family_says(name: str) -> None:
    family = families.get(name)
    for task in family.tasks:
        first, *others = starts(family, task)
        assert first == family.defaults(task)
        for other in others:  # they are tried as they are, and are no second defaults
            domains = space(family, task)
            assert settled(family, task, other) == other
            assert all(holds(domain, other[name]) for name, domain in domains.items())
            assert any(other[name] != first[name] for name in domains)


def test_families_of_one_kin_err_on_the_same_rows() -> None:
    """Kin is what a bag has one of first: that of the likes, and of nobody else."""
    of: dict[str, set[str]] = {}
    for name in families.names():
        of.setdefault(kin(families.get(name)), set()).add(name)
    assert {frozenset(v) for v in of.values() if len(v) > 1} == {
        frozenset({"histboost", "lightgbm", "xgboost", "catboost"}),
        frozenset({"forest", "extratrees"}),
        frozenset({"network", "tabm"}),
    }


@pytest.mark.parametrize(
    "name",
    # networks have tests of their own, blends and stacks are what they hold
    [n for n in families.names() if n not in ("dummy", "network", "tabm", "blend", "stack")],
)
def test_every_family_beats_the_baseline_by_far(name: str) -> None:
    family = families.get(name)
    x, y = _scaled(load_breast_cancer)
    order = np.random.default_rng(0).permutation(len(x))
    fit, stop, test = np.split(order, [300, 420])
    problem = _problem(
        "binary", x[fit], y[fit], settled(family, "binary", {}), x_valid=x[stop], y_valid=y[stop]
    )
    model = family.fit(problem, silent).estimator
    missed = np.mean((model.predict_proba(x[test])[:, 1] - y[test]) ** 2)
    assert missed < 0.4 * np.mean((y[fit].mean() - y[test]) ** 2)


def test_the_command_line_names_the_families() -> None:
    told = next(p for p in train.params if p.name == "family")
    assert [n.strip() for n in str(told.help).split(",")[:-1]] == [
        n for n in families.names() if not n.startswith("guest")
    ]
