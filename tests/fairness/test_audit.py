"""Rates of groups equal fairlearn's and the published ones, and are told in plain words."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import fairlearn.metrics as fl
import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, mean_absolute_error, precision_score

from workbench.core.errors import DataError, UsageError
from workbench.core.report import Report
from workbench.core.signature import Signature
from workbench.core.wire import dumps
from workbench.fairness.audit import audit, measure
from workbench.fairness.thresholds import sweep
from workbench.groups import groupings
from workbench.measures.sample import Sample

INCOME = Signature((), "income", "binary", ("<=50K", ">50K"))
AGAIN = Signature((), "two_year_recid", "binary", ("no", "yes"))
RATES = {
    "selection_rate": fl.selection_rate,
    "tpr": fl.true_positive_rate,
    "fpr": fl.false_positive_rate,
    "fnr": fl.false_negative_rate,
    "precision": partial(precision_score, zero_division=np.nan),
    "accuracy": accuracy_score,
}
INPUTS = ["age", "education-num", "capital-gain", "capital-loss", "hours-per-week"]
PLACES = dict(zip(["age", "education-num", "race", "sex"], [0, 4, 8, 9], strict=True)) | dict(
    zip(["capital-gain", "capital-loss", "hours-per-week", "income"], [10, 11, 12, 14], strict=True)
)


@pytest.fixture(scope="module")
def compas(datasets: Path) -> pd.DataFrame:
    return pd.read_csv(datasets / "compas" / "compas-scores-two-years.csv")


@pytest.fixture(scope="module")
def adult(datasets: Path) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """The official test part with the scores of a small model of the training part."""

    def read(name: str) -> pd.DataFrame:
        path = datasets / "adult" / name
        frame = pd.read_csv(path, header=None, skipinitialspace=True)
        return frame[list(PLACES.values())].set_axis(list(PLACES), axis=1)

    train, test = read("adult.data"), read("adult-test.csv")
    truth = [f["income"].str.startswith(">").astype(int).to_numpy() for f in (train, test)]
    scale = train[INPUTS].std()
    model = LogisticRegression().fit(train[INPUTS] / scale, truth[0])
    return test, truth[1], model.predict_proba(test[INPUTS] / scale)


def _by(report: Report, table: str) -> dict[tuple[str, str], dict[str, float]]:
    second = "group" if table == "groups" else "metric"
    return {(r["column"], r[second]): r for r in report[table].records()}


def test_the_published_error_rates_of_compas_come_out(compas: pd.DataFrame) -> None:
    report = audit(
        compas["two_year_recid"],
        compas["decile_score"] / 10,
        {"race": compas["race"].tolist()},
        AGAIN,
        "compas",
    )
    groups = _by(report, "groups")
    black, white = groups["race", "African-American"], groups["race", "Caucasian"]
    assert round(100 * black["fpr"], 2) == 44.85
    assert round(100 * white["fpr"], 2) == 23.45
    assert round(100 * (1 - black["tpr"]), 2) == 27.99
    assert round(100 * (1 - white["tpr"]), 2) == 47.72


def test_groups_and_gaps_on_adult_equal_fairlearns(
    adult: tuple[pd.DataFrame, np.ndarray, np.ndarray],
) -> None:
    test, truth, scores = adult
    chosen = {"sex": test["sex"].tolist(), "race": test["race"].tolist()}
    report = audit(truth, scores, chosen, INCOME, "run")
    groups, gaps = _by(report, "groups"), _by(report, "gaps")
    predicted = (scores[:, 1] >= 0.5).astype(int)
    for columns in (["sex"], ["race"], ["sex", "race"]):
        theirs = fl.MetricFrame(
            metrics=RATES, y_true=truth, y_pred=predicted, sensitive_features=test[columns]
        )
        name = " × ".join(columns)
        for key, row in theirs.by_group.iterrows():
            group = " × ".join(key) if isinstance(key, tuple) else key
            for rate in RATES:
                ours = groups[name, group][rate]
                assert ours == pytest.approx(row[rate], abs=1e-12), (group, rate)
        for rate in RATES:
            assert gaps[name, rate]["difference"] == pytest.approx(theirs.difference()[rate])
            assert gaps[name, rate]["ratio"] == pytest.approx(theirs.ratio()[rate])


def test_equalized_odds_and_parity_equal_fairlearns(
    adult: tuple[pd.DataFrame, np.ndarray, np.ndarray],
) -> None:
    test, truth, scores = adult
    gaps = _by(audit(truth, scores, {"sex": test["sex"].tolist()}, INCOME, "run"), "gaps")
    given = {
        "y_true": truth,
        "y_pred": (scores[:, 1] >= 0.5).astype(int),
        "sensitive_features": test["sex"],
    }
    odds, parity = gaps["sex", "equalized_odds"], gaps["sex", "selection_rate"]
    assert odds["difference"] == pytest.approx(fl.equalized_odds_difference(**given))
    assert odds["ratio"] == pytest.approx(fl.equalized_odds_ratio(**given))
    assert parity["difference"] == pytest.approx(fl.demographic_parity_difference(**given))


def test_the_sentence_names_the_gap_the_groups_and_four_fifths(
    adult: tuple[pd.DataFrame, np.ndarray, np.ndarray],
) -> None:
    test, truth, scores = adult
    report = audit(truth, scores, {"sex": test["sex"].tolist()}, INCOME, "run")
    assert report.sentence.startswith("Selection rate differs by 0.")
    assert "between sex = Male and sex = Female (ratio 0." in report.sentence
    assert report.sentence.endswith(", below four fifths).")
    assert any(f.code == "four-fifths" and f.evidence["sure"] for f in report.findings)
    assert Report.from_dict(report.to_dict()).tables == report.tables


def test_intervals_agree_with_resampled_rows() -> None:
    random = np.random.default_rng(0)
    rows = 800
    sex = random.choice(["f", "m"], rows)
    truth = random.integers(0, 2, rows)
    scores = random.random(rows)
    report = audit(truth, scores, {"sex": sex.tolist()}, INCOME, "run", draws=4000)
    row = _by(report, "groups")["sex", "f"]
    drawn = []
    for _ in range(2000):
        picks = random.integers(0, rows, rows)
        mine = picks[(sex[picks] == "f") & (truth[picks] == 1)]
        drawn.append((scores[mine] >= 0.5).mean())
    low, high = np.quantile(drawn, [0.025, 0.975])
    assert row["tpr_low"] == pytest.approx(low, abs=0.01)
    assert row["tpr_high"] == pytest.approx(high, abs=0.01)


def test_small_groups_are_marked_and_decide_nothing() -> None:
    truth = np.tile([0, 1], 60)
    scores = np.tile([0.2, 0.8], 60).astype(float)
    group = ["a"] * 55 + ["b"] * 55 + ["tiny"] * 10
    scores[-10:] = 0.0
    report = audit(truth, scores, {"g": group}, AGAIN, "run")
    assert _by(report, "groups")["g", "tiny"]["small"] is True
    assert _by(report, "gaps")["g", "selection_rate"]["ratio"] == 0
    assert _by(report, "gaps_large")["g", "selection_rate"]["ratio"] > 0.9
    assert [f.code for f in report.findings] == ["small-groups"]
    assert "four fifths" not in report.sentence


def test_a_rate_without_rows_is_not_applicable_rather_than_zero() -> None:
    truth = np.r_[np.zeros(50), np.tile([0, 1], 25)]
    report = audit(truth, np.full(100, 0.7), {"g": ["a"] * 50 + ["b"] * 50}, AGAIN, "run")
    row = _by(report, "groups")["g", "a"]
    assert row["tpr"] is None and row["tpr_low"] is None and row["fpr"] == 1
    assert _by(report, "gaps")["g", "tpr"]["difference"] is None
    assert any(f.code == "not-applicable" and "a" in f.evidence["groups"] for f in report.findings)
    assert "NaN" not in dumps(report)


def test_missing_values_are_a_group_and_numbers_become_ranges() -> None:
    random = np.random.default_rng(0)
    age = [None if k % 10 == 0 else float(a) for k, a in enumerate(random.integers(18, 90, 400))]
    report = audit(random.integers(0, 2, 400), random.random(400), {"age": age}, AGAIN, "run")
    names = report["groups"].column("group")
    assert len(names) == 5 and names[-1] == "unknown" and names[0].startswith("18 to ")
    assert sum(report["groups"].column("count")) == 400


def test_few_numbers_and_booleans_stay_names() -> None:
    truth, scores = np.tile([0, 1], 50), np.linspace(0, 1, 100)
    for values, names in (([0, 1] * 50, ["0", "1"]), ([True, False] * 50, ["false", "true"])):
        report = audit(truth, scores, {"g": values}, AGAIN, "run")
        assert report["groups"].column("group") == names


def test_hundreds_of_groups_are_pooled() -> None:
    random = np.random.default_rng(0)
    town = [f"t{k}" for k in random.integers(0, 400, 3000)]
    report = audit(random.integers(0, 2, 3000), random.random(3000), {"town": town}, AGAIN, "run")
    assert len(report["groups"]) == 30
    assert report["groups"].column("group")[-1] == "(other)"


def test_a_regression_has_errors_of_groups() -> None:
    random = np.random.default_rng(0)
    truth, sex = random.normal(50, 10, 600), random.choice(["f", "m"], 600)
    values = truth + random.normal(0, 2, 600) + 3 * (sex == "m")
    signature = Signature((), "hours", "regression")
    report = audit(truth, values, {"sex": sex.tolist()}, signature, "run")
    row = _by(report, "groups")["sex", "m"]
    assert row["mae"] == pytest.approx(mean_absolute_error(truth[sex == "m"], values[sex == "m"]))
    assert row["bias_low"] < 3 < row["bias_high"]
    assert report.sentence.startswith("Mean absolute error differs by ")
    assert any(f.code == "not-applicable" for f in report.findings)


def test_many_classes_have_accuracies_of_groups() -> None:
    random = np.random.default_rng(0)
    scores = random.dirichlet(np.ones(3), 300)
    truth, sex = scores.argmax(axis=1), random.choice(["f", "m"], 300)
    signature = Signature((), "species", "multiclass", ("a", "b", "c"))
    report = audit(truth, scores, {"sex": sex.tolist()}, signature, "run")
    assert report["groups"].column("accuracy") == [1, 1]
    assert report.facts["not_applicable"][:3] == ["selection_rate", "tpr", "fpr"]
    assert "accuracy" not in report.facts["not_applicable"]


def test_wrong_columns_are_refused() -> None:
    truth, scores = np.tile([0, 1], 50), np.linspace(0, 1, 100)
    with pytest.raises(UsageError):
        audit(truth, scores, {}, AGAIN, "run")
    with pytest.raises(UsageError, match="there twice"):
        audit(truth, scores, {"id": [f"i{k}" for k in range(100)]}, AGAIN, "run")
    with pytest.raises(DataError):
        audit(truth, scores, {"a": ["a"] * 99}, AGAIN, "run")


@pytest.mark.parametrize("threshold", [0.0, 0.001, 0.3, 0.5, 0.7, 1.0])
def test_a_moved_threshold_gives_what_an_audit_would(
    compas: pd.DataFrame, threshold: float
) -> None:
    truth, scores = compas["two_year_recid"], compas["decile_score"] / 10
    groups = {"race": compas["race"].tolist(), "sex": compas["sex"].tolist()}
    found = sweep(truth, scores, groups, AGAIN)
    report = audit(truth, scores, groups, AGAIN, "run", threshold=threshold, draws=10)
    shared = ("column", "group", "count", *RATES)
    ours = [tuple(r[c] for c in shared) for r in found.at(threshold).records()]
    assert ours == [tuple(r[c] for c in shared) for r in report["groups"].records()]
    large = {k: r["difference"] for k, r in _by(report, "gaps_large").items()}
    for row in found.gaps(threshold).records():
        assert row["difference"] == pytest.approx(large[row["column"], row["metric"]])
    predicted = (scores >= threshold).astype(int)
    assert found.accuracy(threshold) == pytest.approx(accuracy_score(truth, predicted))


def test_there_is_no_threshold_without_two_classes() -> None:
    with pytest.raises(UsageError):
        sweep([1.0], [1.0], {"a": ["x"]}, Signature((), "y", "regression"))


def test_a_coarser_grouping_is_the_sum_of_a_finer_one() -> None:
    """Counts, and the draws of them, by one column follow from those by both."""
    rng = np.random.default_rng(0)
    groups = {"a": rng.choice(["x", "y"], 4000), "b": rng.choice(["p", "q", None], 4000)}
    scores = rng.random(4000)
    truth = (rng.random(4000) < scores).astype(int)
    sample = Sample.of("binary", truth, scores)
    both = measure(sample, groups, 300, 0)
    for column, grouping, rates in zip(groups, both.found, both.rates, strict=False):
        [alone] = measure(sample, {column: groups[column]}, 300, 0).rates
        for mine, other in zip(rates, alone, strict=True):
            np.testing.assert_allclose(mine.values, other.values, rtol=1e-12)
            # other draws of the same law
            np.testing.assert_allclose(mine.draws.std(0), other.draws.std(0), rtol=0.25)
            np.testing.assert_allclose(mine.draws.mean(0), other.draws.mean(0), atol=0.01)
        place = grouping.inside(both.found[-1])
        assert place is not None
        names = [both.found[-1].names[k].split(" × ") for k in range(len(both.found[-1]))]
        at = list(groups).index(column)
        assert [grouping.names[k] for k in place] == [parts[at] for parts in names]


def test_pooled_crossings_are_no_finer_grouping() -> None:
    rng = np.random.default_rng(0)
    groups = {n: rng.integers(0, 28, 6000).astype(str).tolist() for n in ("a", "b")}
    found = groupings(groups, 6000)
    assert found[-1].pooled and found[0].inside(found[-1]) is None
    assert found[1].inside(found[0]) is None
