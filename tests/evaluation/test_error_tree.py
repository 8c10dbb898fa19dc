"""Error trees: planted failures are found with their true size, noise gives none."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import fisher_exact, ttest_ind

from workbench.core.errors import DataError, UsageError
from workbench.core.report import Report
from workbench.core.signature import Field
from workbench.core.wire import dumps
from workbench.evaluation.errortree import error_tree
from workbench.evaluation.leaves import Errors, chances
from workbench.measures.curves import wilson
from workbench.measures.pairs import holm, mcnemar
from workbench.workspace import Workspace

ROWS = 4000
FIELDS = (
    Field("age", "number"),
    Field("town", "category"),
    Field("member", "boolean"),
    Field("income", "number"),
)


def table(seed: int = 0, rows: int = ROWS) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "age": rng.integers(18, 80, rows),
            "town": rng.choice(["north", "south", "east"], rows),
            "member": rng.random(rows) < 0.3,
            "income": np.where(rng.random(rows) < 0.1, np.nan, rng.lognormal(10, 1, rows)),
        }
    )


def grow(errors: Errors, frame: pd.DataFrame, **more: object) -> Report:
    metric = "accuracy" if errors.rates else "mae"
    given = {"subject": "r", "title": "t", "metric": metric, "names": ("A", "B"), **more}
    return error_tree(errors, frame, FIELDS, **given)  # type: ignore[arg-type]


def limit(where: str) -> float:
    found = re.search(r"age > (\d+)", where)
    assert found is not None
    return float(found[1])


def planted(frame: pd.DataFrame, seed: int = 1) -> np.ndarray:
    """Wrong in 12 of 100 rows, and in 35 where people over 60 live in the east."""
    rng = np.random.default_rng(seed)
    inside = (frame["age"] > 60) & (frame["town"] == "east")
    return (rng.random(len(frame)) < np.where(inside, 0.35, 0.12)).astype(float)


def test_a_planted_failure_is_named_in_the_columns_own_words() -> None:
    frame = table()
    report = grow(Errors(planted(frame), rates=True), frame)
    first = next(report["leaves"].records())
    assert sorted(first["where"].split(" and "))[1] == "town is east"
    assert limit(first["where"]) == pytest.approx(60, abs=4)
    assert first["error_low"] < 0.35 < first["error_high"]
    assert first["lift"] == pytest.approx(first["error"] / report.facts["error"])
    assert first["p"] < 1e-6 and report.facts["stands_out"] == first["where"]
    said = f"{100 * first['error']:.0f}% wrong"
    assert report.sentence.startswith(f"Fails most where {first['where']}: {said}")
    assert "over all rows, on the half of the test rows that did not grow" in report.sentence


def test_figures_are_those_of_the_rows_that_did_not_grow_the_tree() -> None:
    frame = table()
    wrong = planted(frame)
    report = grow(Errors(wrong, rates=True), frame, seed=3)
    order = np.random.default_rng(3).permutation(ROWS)
    fit, rest = frame.iloc[order[: ROWS // 2]], frame.iloc[order[ROWS // 2 :]]
    first = next(report["leaves"].records())
    inside = ((rest["age"] > limit(first["where"])) & (rest["town"] == "east")).to_numpy()
    mine = wrong[rest.index]
    assert first["rows"] == inside.sum() and first["share"] == pytest.approx(inside.mean())
    assert first["error"] == pytest.approx(mine[inside].mean())
    low, high = wilson(mine[inside].mean(keepdims=True), np.array([float(inside.sum())]))
    assert (first["error_low"], first["error_high"]) == pytest.approx((low[0], high[0]))
    own = ((fit["age"] > limit(first["where"])) & (fit["town"] == "east")).to_numpy()
    assert first["fitted"] == pytest.approx(wrong[fit.index][own].mean())
    assert sum(report["leaves"].column("rows")) == len(rest) == report.facts["rows_measured"]
    tree = list(report["tree"].records())
    assert tree[0]["branch"] == "all rows" and tree[0]["rows"] == len(rest)
    assert tree[0]["error"] == pytest.approx(mine.mean()) == report.facts["error"]
    assert sum(t["rows"] for t in tree if t["question"] is None) == len(rest)


def test_noise_has_no_error_tree() -> None:
    for rates in (True, False):
        said = []
        for seed in range(20):
            rng = np.random.default_rng(100 + seed)
            errors = rng.random(400) < 0.2 if rates else rng.exponential(size=400)
            report = grow(Errors(errors.astype(float), rates=rates), table(seed, 400))
            said.append(report.facts["stands_out"])
        assert sum(s is not None for s in said) <= 2
    assert "No group of rows stands out" in report.sentence


def test_what_one_half_shows_by_chance_is_not_claimed() -> None:
    """The group fails in the half that grows the tree only."""
    frame = table(2, 1200)
    order = np.random.default_rng(0).permutation(1200)
    wrong = np.zeros(1200)
    wrong[order[:600]] = (frame["age"] > 60).to_numpy()[order[:600]]
    wrong[order[600:]] = np.random.default_rng(1).random(600) < 0.3
    report = grow(Errors(wrong, rates=True), frame)
    assert report.facts["leaves"] > 1 and report.facts["stands_out"] is None
    assert "is not there in the other" in report.sentence
    assert next(report["leaves"].records())["fitted"] == 1.0


def test_errors_that_are_no_shares_have_their_own_unit() -> None:
    frame = table()
    far = np.random.default_rng(4).exponential(10, ROWS) + 25 * frame["income"].isna()
    report = grow(Errors(far.to_numpy()), frame)
    first = next(report["leaves"].records())
    assert first["where"] == "income is missing"
    assert first["error_low"] < 35 < first["error_high"]
    assert "absolute error" in report.sentence and "%" not in report.sentence
    assert "NaN" not in dumps(report)


def test_two_models_differ_where_it_was_planted() -> None:
    frame = table(5)
    rng = np.random.default_rng(6)
    hard = rng.random(ROWS) < 0.15
    lost = (frame["member"] & (rng.random(ROWS) < 0.4)).to_numpy()
    first, second = hard.astype(float), (hard | lost).astype(float)
    report = grow(Errors(first, second, rates=True), frame)
    top = next(report["leaves"].records())
    assert top["where"] == "member is true"
    order = np.random.default_rng(0).permutation(ROWS)
    rest = order[ROWS // 2 :][frame["member"].to_numpy()[order[ROWS // 2 :]]]
    known = mcnemar(1 - second[rest], 1 - first[rest])
    assert top["difference"] == pytest.approx(known.difference)
    assert (top["difference_low"], top["difference_high"]) == pytest.approx(
        (known.low, known.high), abs=0.01
    )
    assert report.sentence.startswith("A is ahead most where member is true:")
    other = grow(Errors(second, first, rates=True), frame)
    assert other.sentence.startswith("B is ahead most where member is true:")
    alike = grow(Errors(first, first, rates=True), frame)
    assert "the two differ alike everywhere" in alike.sentence


def test_rows_of_one_group_stay_in_one_half() -> None:
    """One customer fails always; what is learned of her must not be measured on her."""
    frame = table(8, 1200)
    groups = np.repeat(np.arange(40), 30)
    frame["age"] = np.where(groups == 7, 99, frame["age"])
    wrong = np.where(groups == 7, 1.0, np.random.default_rng(9).random(1200) < 0.1)
    errors = Errors(wrong, rates=True)
    report = grow(errors, frame, groups=groups)
    assert report.facts["rows_measured"] % 30 == 0 and report.facts["stands_out"] is None
    assert {bool(grow(errors, frame, seed=s).facts["stands_out"]) for s in range(3)} == {True}
    with pytest.raises(DataError, match="nearly all belong to one group"):
        grow(errors, frame, groups=np.r_[np.zeros(1190, int), np.arange(1, 11)])


def test_chances_are_those_of_scipy() -> None:
    rng = np.random.default_rng(7)
    wrong, far = (rng.random(300) < 0.2).astype(float), rng.exponential(size=300)
    groups = [np.arange(300) < 40, np.arange(300) >= 260]
    known = []
    for inside in groups:
        cells = [[int(w.sum()), int((1 - w).sum())] for w in (wrong[inside], wrong[~inside])]
        known.append(fisher_exact(cells).pvalue)
    assert chances(Errors(wrong, rates=True), groups) == pytest.approx(holm(known))
    known = [ttest_ind(far[g], far[~g], equal_var=False).pvalue for g in groups]
    assert chances(Errors(far), groups) == pytest.approx(holm(known))


def test_few_rows_and_no_columns_are_one_sentence() -> None:
    frame = table(0, 119)
    with pytest.raises(DataError, match="119 test rows are too few for an error tree"):
        grow(Errors(np.ones(119), rates=True), frame)
    with pytest.raises(DataError, match="no column"):
        error_tree(
            Errors(np.ones(200)), table(0, 200), (), subject="r", title="t", metric="mae"
        )  # fmt: skip
    report = grow(Errors(np.zeros(120), rates=True), table(0, 120))
    assert report.facts["leaves"] == 1 and "0% wrong over all rows" in report.sentence


def test_a_run_and_a_pair_are_asked_on_their_test_rows(tmp_path: Path) -> None:
    ws = Workspace(tmp_path)
    frame = table()
    easy = frame["town"] != "south"
    rng = np.random.default_rng(5)
    frame["bought"] = np.where(easy, frame["age"] > 45, rng.random(ROWS) < 0.5)
    ws.import_data(frame, name="shop", target="bought")
    runs = ws.train("shop", ["forest", "dummy"], params={"forest": {"n_estimators": 30}})
    forest, dummy = (next(r for r in runs if r.record.model == m) for m in ("forest", "dummy"))
    report = forest.error_tree(depth=2)
    first = next(report["leaves"].records())
    assert "town is south" in first["where"] and first["error"] > 0.35
    assert report.facts["metric"] == "accuracy" and report.facts["rows"] == ROWS // 5
    kept = ws.runs[forest.id].report("error_tree")
    assert kept is not None and kept["leaves"].rows == report["leaves"].rows
    against = forest.error_tree(dummy, metric="log_loss")
    assert against.facts["signed"] and against.facts["metric"] == "log_loss"
    assert "town" in against["leaves"].column("where")[0]
    done = ws.submit("error_tree", run=forest.id, other=dummy.id).wait(120)
    assert done["report"]["kind"] == "error_tree"
    with pytest.raises(UsageError, match="grown for 'mae'"):
        forest.error_tree(metric="mae")
    with pytest.raises(UsageError, match="one to four questions"):
        forest.error_tree(depth=5)
    ws.import_data("diabetes")
    other = ws.train("diabetes", ["logistic"]).best
    with pytest.raises(DataError, match="test rows are too few for an error tree"):
        other.error_tree()
    with pytest.raises(UsageError, match="cannot be compared"):
        forest.error_tree(other)
