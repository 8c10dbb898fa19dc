"""Breadth: calibration, criteria, corrections for many gaps, individual fairness, odd columns."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2_contingency
from sklearn.neighbors import NearestNeighbors

from workbench.core.errors import UsageError
from workbench.core.report import Report
from workbench.core.signature import Signature
from workbench.fairness.audit import audit
from workbench.fairness.gaps import Gap, holm
from workbench.fairness.individual import consistency, entropy

LOAN = Signature((), "loan", "binary", ("no", "yes"))


def _rows(count: int = 2000) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(1)
    scores = random.random(count)
    truth = (random.random(count) < scores).astype(int)
    return truth, scores, random.choice(["a", "b", "c"], count)


def _row(report: Report, table: str, **match: str) -> dict[str, float]:
    return next(r for r in report[table].records() if all(r[k] == v for k, v in match.items()))


def test_calibration_by_group_is_the_mean_distance_of_scores_and_shares() -> None:
    truth, scores, group = _rows()
    row = _row(audit(truth, scores, {"g": group}, LOAN, "run"), "groups", group="a")
    mine = group == "a"
    bins = np.minimum((scores[mine] * 10).astype(int), 9)
    parts = [(bins == k) for k in range(10)]
    expected = sum(p.sum() * abs(scores[mine][p].mean() - truth[mine][p].mean()) for p in parts)
    assert row["ece"] == pytest.approx(expected / mine.sum(), abs=1e-12)
    assert row["calibration_bias"] == pytest.approx(scores[mine].mean() - truth[mine].mean())
    assert row["base_rate"] == pytest.approx(truth[mine].mean())
    assert row["calibration_bias_low"] < row["calibration_bias"] < row["calibration_bias_high"]


def test_three_columns_give_their_pairs_and_all_together() -> None:
    truth, scores, group = _rows()
    random = np.random.default_rng(2)
    columns = {"g": group, "h": random.choice(["x", "y"], 2000), "k": random.choice([1, 2], 2000)}
    report = audit(truth, scores, columns, LOAN, "run", draws=50)
    named = list(dict.fromkeys(report["groups"].column("column")))
    assert named == ["g", "h", "k", "g × h", "g × k", "h × k", "g × h × k"]
    cell = (group == "a") & (columns["h"] == "x") & (columns["k"] == 2)
    row = _row(report, "groups", column="g × h × k", group="a × x × 2")
    assert row["count"] == cell.sum()
    assert row["selection_rate"] == pytest.approx((scores[cell] >= 0.5).mean(), abs=1e-12)


def test_p_of_a_gap_is_near_that_of_the_chi_square_test() -> None:
    truth, scores, group = _rows()
    scores = scores + np.where(group == "a", 0.05, 0.0)
    report = audit(truth, scores.clip(0, 1), {"g": group}, LOAN, "run")
    counts = [[(scores[group == k] >= 0.5).sum(), (scores[group == k] < 0.5).sum()] for k in "abc"]
    expected = chi2_contingency(counts, correction=False).pvalue
    found = _row(report, "gaps", metric="selection_rate")["p"]
    assert found == pytest.approx(expected, rel=0.4)


def _gap(metric: str, p: float | None) -> Gap:
    return Gap("g", metric, 0.1, 0.0, 0.2, None, None, None, "a", "b", p)


def test_holms_correction_is_that_of_his_paper() -> None:
    raised = holm([_gap("tpr", 0.01), _gap("fpr", 0.04), _gap("accuracy", 0.03), _gap("ece", None)])
    assert [g.p for g in raised] == [
        pytest.approx(0.03),
        pytest.approx(0.06),
        pytest.approx(0.06),
        None,
    ]


def test_false_negatives_are_no_second_look_at_true_positives() -> None:
    raised = holm([_gap("tpr", 0.02), _gap("fnr", 0.02), _gap("equalized_odds", 0.02)])
    assert [g.p for g in raised] == [0.02, 0.02, 0.02]


def test_alike_groups_meet_the_criteria_and_unlike_ones_do_not() -> None:
    truth, scores, group = _rows(4000)
    alike = audit(truth, scores, {"g": group}, LOAN, "run")
    assert set(alike["criteria"].column("verdict")) == {"not told apart"}
    moved = np.where(group == "a", scores**3, scores)
    apart = audit(truth, moved, {"g": group}, LOAN, "run")
    assert _row(apart, "criteria", criterion="Demographic parity")["verdict"] == "apart"
    assert _row(apart, "criteria", criterion="Calibration in the large")["verdict"] == "apart"


def test_looking_at_many_gaps_is_warned_of() -> None:
    random = np.random.default_rng(5)
    truth, scores, _ = _rows()
    columns = {f"c{k}": random.choice(["x", "y"], 2000) for k in range(4)}
    report = audit(truth, scores, columns, LOAN, "run")
    told = [f for f in report.findings if f.code == "multiple-comparisons"]
    assert told and told[0].evidence["looked"] > 30
    assert "Holm" in told[0].sentence


def test_consistency_is_zemels() -> None:
    random = np.random.default_rng(0)
    x, predicted = random.normal(size=(60, 3)), random.integers(0, 2, 60).astype(float)
    places = NearestNeighbors(n_neighbors=5, algorithm="brute").fit(x).kneighbors(x)[1]
    each = [abs(predicted[k] - predicted[near].mean()) for k, near in enumerate(places)]
    assert consistency(x, predicted) == pytest.approx(1 - np.mean(each))
    assert consistency(x, np.ones(60)) == 1


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=3, max_size=60))
def test_entropy_is_speichers(rows: list[tuple[bool, bool]]) -> None:
    truth, predicted = (np.array(c, int) for c in zip(*rows, strict=True))
    benefit = predicted - truth + 1.0
    mean = benefit.mean()
    counts = np.bincount(truth * 2 + predicted, minlength=4).reshape(1, 2, 2)
    if mean == 0:
        return
    share = benefit / mean
    logs = np.log(share, where=share > 0, out=np.zeros_like(share))
    assert entropy(counts, 1.0)[0] == pytest.approx((share * logs).mean(), abs=1e-12)
    assert entropy(counts, 2.0)[0] == pytest.approx((share**2 - 1).mean() / 2, abs=1e-12)


def test_a_constant_prediction_is_said_with_a_next_step() -> None:
    truth, _, group = _rows(600)
    report = audit(truth, np.full(600, 0.2), {"g": group}, LOAN, "run")
    told = next(f for f in report.findings if f.code == "constant-predictions")
    assert told.sentence.startswith("Every row is predicted loan = no")
    assert "Move the threshold" in told.sentence


def test_thousands_of_values_and_missing_ones_are_said_with_a_next_step() -> None:
    random = np.random.default_rng(0)
    truth, scores, _ = _rows(20_000)
    town = np.array([f"t{k}" for k in random.integers(0, 5000, 20_000)], object)
    area = np.where(np.arange(20_000) % 5 < 2, None, random.choice(["x", "y"], 20_000))
    report = audit(truth, scores, {"town": town, "area": area}, LOAN, "run", draws=20)
    told = {(f.code, f.subject): f.sentence for f in report.findings}
    assert "the 29 commonest stand alone" in told["many-values", "town"]
    assert "Features page" in told["many-values", "town"]
    assert told["many-missing", "area"].startswith("area is missing in 40% of the rows")


def test_groups_of_one_row_and_columns_that_form_none() -> None:
    truth, scores, group = _rows(300)
    group[0] = "z"
    report = audit(truth, scores, {"g": group}, LOAN, "run")
    told = next(f for f in report.findings if f.code == "small-groups")
    assert "of one row" in told.sentence and told.evidence["single_rows"] == 1
    with pytest.raises(UsageError, match="there twice"):
        audit(truth, scores, {"id": np.arange(300).astype(str)}, LOAN, "run")


def test_quantiles_of_predicted_values_tell_groups_apart() -> None:
    random = np.random.default_rng(0)
    truth, group = random.normal(size=900), random.choice(["a", "b"], 900)
    values = truth + np.where(group == "a", 1.0, 0.0)
    report = audit(truth, values, {"g": group}, Signature((), "y", "regression"), "run")
    row = _row(report, "groups", group="a")
    assert row["high_prediction"] == pytest.approx(np.quantile(values[group == "a"], 0.9))
    assert row["high_prediction_low"] < row["high_prediction"] < row["high_prediction_high"]
    assert _row(report, "criteria", criterion="Statistical parity of medians")["verdict"] == "apart"
