"""Weak spots: planted ones are found, noise gives none, numbers are those of pandas."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import ttest_ind

from workbench.core.errors import DataError, UsageError
from workbench.core.report import Report
from workbench.evaluation.bins import binned
from workbench.evaluation.slices import slices
from workbench.workspace import Workspace

ROWS = 6000


def table(seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "age": rng.integers(18, 80, ROWS),
            "town": rng.choice(["north", "south", "east"], ROWS),
            "member": rng.random(ROWS) < 0.3,
            "income": np.where(rng.random(ROWS) < 0.1, np.nan, rng.lognormal(10, 1, ROWS)),
            "day": pd.Timestamp("2025-01-01") + pd.to_timedelta(rng.integers(0, 400, ROWS), "D"),
        }
    )


def look(losses: np.ndarray, frame: pd.DataFrame, **more: object) -> Report:
    columns = [binned(frame[c], c) for c in frame]
    given = {"subject": "r", "title": "t", "loss": "log loss", **more}
    return slices(losses, columns, **given)  # type: ignore[arg-type]


def noise(seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).exponential(0.3, ROWS)


def test_a_planted_weak_spot_of_two_columns_is_the_first() -> None:
    frame = table()
    inside = (frame["town"] == "south") & frame["member"]
    report = look(noise() + 0.4 * inside, frame)
    first = next(report["slices"].records())
    assert first["where"] == "town is 'south' and member is True"
    assert first["rows"] == int(inside.sum()) and first["columns"] == ["town", "member"]
    assert first["difference"] == pytest.approx(0.4, abs=0.06) and first["p"] < 1e-20
    assert report.sentence.startswith("It fails most where town is 'south' and member is True")


def test_its_numbers_are_those_of_pandas_and_welch() -> None:
    frame = table()
    losses = noise() + 0.2 * frame["income"].isna()
    hits = np.random.default_rng(3).random(ROWS) < 0.8
    report = look(losses, frame, hits=hits)
    first = next(report["slices"].records())
    inside = frame["income"].isna()
    assert first["where"] == "income is missing"
    assert first["loss"] == pytest.approx(losses[inside].mean())
    assert first["elsewhere"] == pytest.approx(losses[~inside].mean())
    assert first["accuracy"] == pytest.approx(hits[inside].mean())
    welch = ttest_ind(losses[inside], losses[~inside], equal_var=False)
    half = (first["high"] - first["low"]) / 2 / 1.96
    assert first["difference"] / half == pytest.approx(welch.statistic, rel=2e-3)


def test_noise_has_no_weak_spots() -> None:
    found = [len(look(noise(seed), table(seed), signed=True)["slices"]) for seed in range(30)]
    assert sum(n > 0 for n in found) <= 5
    quiet = look(np.ones(ROWS), table())
    assert "fails alike everywhere" in quiet.sentence and quiet.facts["looked_at"] == 0


def test_two_models_differ_either_way() -> None:
    frame = table()
    losses = noise(1) - noise(2) - 0.3 * (frame["town"] == "east")
    assert len(look(losses, frame)["slices"]) == 0 or "east" not in look(losses, frame).sentence
    report = look(losses, frame, signed=True, names=("A", "B"))
    assert report.sentence.startswith("A is ahead most where town is 'east'")


def test_groups_that_are_nearly_one_are_shown_once() -> None:
    frame = table()
    frame["twin"] = frame["town"].str.upper()
    report = look(noise() + 0.5 * (frame["town"] == "north"), frame)
    shown = [r["where"] for r in report["slices"].records()]
    assert sum("orth" in w or "ORTH" in w for w in shown) == 1


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.one_of(st.none(), st.floats(allow_nan=False, allow_infinity=False, width=32)),
        min_size=1,
        max_size=60,
    ),
    st.integers(2, 7),
)
def test_bins_of_numbers_hold_what_they_say(values: list[float | None], most: int) -> None:
    column = pd.Series(values, dtype="float64")
    found = binned(column, "x", most)
    assert len(found.codes) == len(values)
    assert found.codes.min() >= 0 and found.codes.max() < len(found.labels)
    named = np.array(found.labels, dtype=object)[found.codes]
    assert ((named == "is missing") == column.isna()).all()
    counts = column.value_counts()
    heavy = column.isin(counts[counts * most > column.notna().sum()].index)
    there = column[column.notna()]
    if column.nunique() > most and heavy.any():
        assert (named[heavy] == [f"is {v}" for v in map(_said, column[heavy] + 0.0)]).all()
        return
    for code in np.unique(found.codes[column.notna().to_numpy()]):
        mine = there[found.codes[column.notna().to_numpy()] == code]
        others = there[found.codes[column.notna().to_numpy()] != code]
        assert not ((others > mine.min()) & (others < mine.max())).any()


def test_a_column_that_is_mostly_one_value_is_seen() -> None:
    frame = pd.DataFrame({"gain": np.r_[np.zeros(5400), np.arange(1.0, 601)]})
    column = binned(frame["gain"], "gain")
    assert column.labels[-1] == "is 0" and (column.codes == len(column.labels) - 1).sum() == 5400
    report = look(noise() + 0.3 * (frame["gain"] == 0), frame)
    assert next(report["slices"].records())["where"] == "gain is 0"


def test_a_run_is_looked_at_on_its_test_rows_and_two_against_each_other(tmp_path) -> None:
    ws = Workspace(tmp_path)
    frame = table()
    rng = np.random.default_rng(5)
    easy = frame["town"] != "south"
    frame["bought"] = np.where(
        easy,
        frame["age"] > 45,
        rng.random(ROWS) < 0.5,  # in the south nothing tells it
    )
    ws.import_data(frame, name="shop", target="bought")
    runs = ws.train("shop", ["forest", "bayes"], params={"forest": {"n_estimators": 30}})
    report = runs[0].slices()
    first = next(report["slices"].records())
    assert "town is 'south'" in first["where"]
    assert first["accuracy"] < 0.65 and report.facts["rows"] == ROWS // 5
    kept = ws.runs[runs[0].id].report("slices")
    assert kept is not None and kept["slices"].rows == report["slices"].rows
    against = runs[0].slices(runs[1])
    assert against.facts["signed"] and "ahead most where" in against.sentence
    assert "svg" in report._repr_html_()
    ws.import_data("diabetes")
    other = ws.train("diabetes", ["logistic"]).best
    with pytest.raises(UsageError, match="cannot be compared"):
        runs[0].slices(other)


def _said(value: float) -> str:
    return f"{value:,.4g}" if abs(value) < 1e5 else f"{value:,.0f}"


def test_few_rows_are_said(tmp_path) -> None:
    with pytest.raises(DataError, match="too few"):
        look(noise()[:40], table().head(40))
