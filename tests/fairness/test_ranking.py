"""What a ranking does to groups equals brute force over all pairs, and is told in words."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from workbench.core.report import Report
from workbench.core.signature import Signature
from workbench.fairness.audit import audit
from workbench.fairness.places import MOST
from workbench.fairness.ranking import TOPS, Measure, Order, Ranked
from workbench.groups import grouped

HIRED = Signature((), "hired", "binary", ("no", "yes"))
ROWS = st.lists(
    st.tuples(st.sampled_from("aabc"), st.integers(0, 1), st.integers(0, 5)),
    min_size=2,
    max_size=40,
)


def _ranked(groups: np.ndarray, truth: np.ndarray, scores: np.ndarray) -> Ranked:
    made = Order.of(truth.astype(float), scores.astype(float))
    return made.groups(grouped("g", groups.tolist()))


def _won(above: np.ndarray, below: np.ndarray) -> float:
    """The share of pairs in the right order, ties by half."""
    if not len(above) or not len(below):
        return np.nan
    pairs = above[:, None]
    return float(((pairs > below) + 0.5 * (pairs == below)).mean())


@given(ROWS)
@settings(max_examples=150, deadline=None)
def test_areas_places_and_tops_equal_brute_force_over_all_pairs(
    rows: list[tuple[str, int, int]],
) -> None:
    groups, truth, scores = (np.array(c) for c in zip(*rows, strict=True))
    found = _ranked(groups, truth, scores)
    above = (scores[:, None] < scores).sum(axis=1)
    tied = (scores[:, None] == scores).sum(axis=1)
    # of rows with one score each stands at each of their places as often as the others
    seen = np.array(
        [
            np.mean(1 / np.log2(1 + np.arange(a + 1, a + t + 1)))
            for a, t in zip(above, tied, strict=True)
        ]
    )
    for k, name in enumerate(found.found.names):
        mine, yes = groups == name, truth == 1
        expected = {
            "auc": _won(scores[mine & yes], scores[mine & ~yes]),
            "xauc": _won(scores[mine & yes], scores[~mine & ~yes]),
            "xauc_reverse": _won(scores[~mine & yes], scores[mine & ~yes]),
            "exposure": seen[mine].mean(),
            "exposure_ratio": seen[mine].mean() / seen.mean(),
        }
        for top, share in TOPS.items():
            inside = np.clip((share * len(rows) - above) / tied, 0, 1)
            expected[top] = inside[mine].sum() / (share * len(rows))
        for measure, value in expected.items():
            told = found[measure].values[k]
            assert told == pytest.approx(value, abs=1e-12, nan_ok=True), (measure, name)
    assert sum(found.share) == pytest.approx(1)


@given(ROWS)
@settings(max_examples=100, deadline=None)
def test_errors_of_areas_are_delongs(rows: list[tuple[str, int, int]]) -> None:
    groups, truth, scores = (np.array(c) for c in zip(*rows, strict=True))
    found = _ranked(groups, truth, scores)
    for k, name in enumerate(found.found.names):
        mine, yes = groups == name, truth == 1
        for measure, up, down in (
            ("auc", mine & yes, mine & ~yes),
            ("xauc", mine & yes, ~mine & ~yes),
            ("xauc_reverse", ~mine & yes, mine & ~yes),
        ):
            told = found[measure]
            assert isinstance(told, Measure)
            if up.sum() < 2 or down.sum() < 2:
                assert np.isnan(told.errors[k])
                continue
            pairs = scores[up][:, None]
            won = (pairs > scores[down]) + 0.5 * (pairs == scores[down])
            expected = won.mean(axis=1).var(ddof=1) / up.sum()
            expected += won.mean(axis=0).var(ddof=1) / down.sum()
            assert told.errors[k] == pytest.approx(np.sqrt(expected), abs=1e-7)


def _people(rows: int, seed: int, ties: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Three groups, of which the last is scored too low."""
    random = np.random.default_rng(seed)
    groups = random.choice(["a", "b", "c"], rows, p=[0.5, 0.3, 0.2])
    truth = (random.random(rows) < 0.4).astype(int)
    scores = random.normal(size=rows) + 0.8 * truth - 0.5 * (groups == "c")
    return groups, truth, np.round(scores, 0 if ties else 6)


@pytest.mark.parametrize("ties", [False, True])
def test_intervals_are_as_wide_as_other_draws_of_rows_are_apart(ties: bool) -> None:
    many = [_ranked(*_people(3000, seed, ties)) for seed in range(250)]
    for measure in (m.name for m in many[0].measures):
        spread = np.std([r[measure].values for r in many], axis=0)
        bounds = np.array([r[measure].bounds() for r in many])
        width = (bounds[:, 1] - bounds[:, 0]).mean(axis=0) / (2 * 1.96)
        np.testing.assert_allclose(width, spread, rtol=0.2, err_msg=measure)


def test_areas_of_groups_equal_scikit_learns_on_compas(datasets: Path) -> None:
    frame = pd.read_csv(datasets / "compas" / "compas-scores-two-years.csv")
    truth, scores = frame["two_year_recid"], frame["decile_score"] / 10
    report = audit(truth, scores, {"race": frame["race"].tolist()}, HIRED, "run")
    for row in report["ranking"].records():
        mine = frame["race"] == row["group"]
        if row["auc"] is not None and truth[mine].nunique() == 2:
            assert row["auc"] == pytest.approx(roc_auc_score(truth[mine], scores[mine]))
        assert row["count"] == mine.sum() and row["small"] == (mine.sum() < 30)
        assert row["share_positive"] == pytest.approx(truth[mine].sum() / truth.sum())
    assert report.facts["rows_ranked"] == len(frame)


def test_exposure_of_six_applicants_worked_by_hand() -> None:
    """Three men a hair's breadth before three women: (1 + 1/log2 3 + 1/2) / 3 is 0.71."""
    six = _ranked(
        np.array(["man", "man", "man", "woman", "woman", "woman"]),
        np.array([1, 0, 1, 0, 1, 0]),
        np.array([0.80, 0.79, 0.78, 0.77, 0.76, 0.75]),
    )
    assert [round(v, 2) for v in six["exposure"].values] == [0.71, 0.39]


def _finding(report: Report) -> dict[str, object] | None:
    return next((dict(f.evidence) for f in report.findings if f.code == "ranking-gap"), None)


def test_a_group_that_is_put_behind_is_named_with_its_pairs_and_places() -> None:
    groups, truth, scores = _people(4000, 0, ties=False)
    scores = 1 / (1 + np.exp(-scores))
    report = audit(truth, scores, {"g": groups.tolist()}, HIRED, "run")
    told = _finding(report)
    assert told is not None and told["group"] == "g = c" and told["pairs"] == "behind"
    sentence = next(f.sentence for f in report.findings if f.code == "ranking-gap")
    assert sentence.startswith("A row with hired = yes where g = c comes before a row without it")
    assert "of the best-scored tenth" in sentence
    row = next(r for r in report["ranking"].records() if r["group"] == "c")
    assert row["xauc_high"] < row["xauc_reverse_low"]
    assert row["top_10_high"] < row["share"] and row["exposure_ratio_high"] < 1


def test_groups_that_are_ranked_alike_are_not_told_apart() -> None:
    told = 0
    for seed in range(20):
        groups, truth, scores = _people(800, seed, ties=True)
        anyone = np.random.default_rng(seed).permutation(groups).tolist()
        report = audit(truth, (scores + 6) / 13, {"g": anyone}, HIRED, "run", draws=10)
        told += _finding(report) is not None
    assert told <= 2


def test_a_worse_ranking_within_a_group_is_told() -> None:
    groups, truth, scores = _people(6000, 1, ties=False)
    noise = np.random.default_rng(0).normal(size=len(scores))
    scores = np.where(groups == "b", noise + 0.32, scores + 0.5 * (groups == "c"))
    report = audit(truth, 1 / (1 + np.exp(-scores)), {"g": groups.tolist()}, HIRED, "run")
    told = _finding(report)
    assert told is not None and (told["pairs"], told["group"]) == ("within", "g = b")


def test_small_groups_decide_nothing_of_a_ranking() -> None:
    truth = np.tile([0, 1], 60)
    scores = np.tile([0.2, 0.8], 60).astype(float)
    scores[-20:] = np.tile([0.9, 0.1], 10)
    report = audit(truth, scores, {"g": ["a"] * 50 + ["b"] * 50 + ["s"] * 20}, HIRED, "run")
    rows = {r["group"]: r for r in report["ranking"].records()}
    assert rows["s"]["small"] and rows["s"]["auc"] == 0 and rows["a"]["auc"] == 1
    assert _finding(report) is None


def test_one_class_and_constant_scores_leave_no_area_and_equal_places() -> None:
    groups = ["a"] * 40 + ["b"] * 60
    report = audit(np.ones(100), np.full(100, 0.5), {"g": groups}, HIRED, "run")
    first, second = report["ranking"].records()
    assert first["auc"] is None and first["xauc"] is None
    assert first["exposure_ratio"] == pytest.approx(1) == second["exposure_ratio"]
    assert (first["top_1"], second["top_1"]) == pytest.approx((0.4, 0.6))


def test_of_very_many_rows_a_sample_is_ranked_and_the_report_says_so() -> None:
    groups, truth, scores = _people(MOST + 20_000, 0, ties=True)
    scores = (scores + 6) / 13
    report = audit(truth, scores, {"g": groups.tolist()}, HIRED, "run", draws=10)
    whole = _ranked(groups, truth, scores)
    assert report.facts["rows_ranked"] == MOST
    assert report["ranking"].caption.endswith("100,000 of the 120,000 rows, drawn at random.")
    for k, row in enumerate(report["ranking"].records()):
        for m in whole.measures:
            low, high = row[f"{m.name}_low"], row[f"{m.name}_high"]
            assert low - 0.002 <= m.values[k] <= high + 0.002


def test_other_tasks_have_no_ranking() -> None:
    values = np.arange(100.0)
    signature = Signature((), "y", "regression")
    assert "ranking" not in audit(values, values, {"g": ["a", "b"] * 50}, signature, "run")
