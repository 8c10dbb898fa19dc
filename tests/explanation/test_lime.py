"""LIME: a line where the model is one, and what is said where it is none."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.explanation.conftest import Case, make
from workbench.core.errors import DataError
from workbench.explanation.lime import lime


def test_a_rule_of_categories_is_found_exactly(penguins: pd.DataFrame) -> None:
    """The model says island and sex add so much; the line must say the same, with an R² of 1."""
    frame = penguins.dropna().reset_index(drop=True)
    island = frame["island"].map({"Biscoe": 500.0, "Dream": 0.0, "Torgersen": 0.0})
    frame["body_mass_g"] = 4000 + island + 300 * (frame["sex"].str.lower() == "male")
    case = make(frame, "logistic", "regression")
    row = frame[(frame["island"] == "Biscoe") & (frame["sex"].str.lower() == "male")].iloc[[0]]
    report = lime(case.predictor, row, frame, "run", kind="linear")
    terms = {r["column"]: r for r in report["terms"].records()}
    assert terms["island"]["condition"] == "island Biscoe"
    assert terms["island"]["weight"] == pytest.approx(500, rel=0.02)
    assert terms["sex"]["weight"] == pytest.approx(300, rel=0.02)
    assert abs(terms["bill_length_mm"]["weight"]) < 5
    assert report.facts["fidelity"] > 0.999
    assert report.facts["prediction"] == pytest.approx(4800, rel=0.01)
    assert report.facts["local"] == pytest.approx(4800, rel=0.01)
    assert report.sentence.startswith("Around this row island Biscoe (+")
    assert not [f for f in report.findings if f.code == "unfaithful"]


def test_intervals_hold_what_very_many_samples_say(penguins: pd.DataFrame) -> None:
    case = make(penguins, "forest", "binary")
    row = case.frame.iloc[[3]]
    many = lime(case.predictor, row, penguins, "run", kind="trees", samples=40_000)
    truth = {r["column"]: r["weight"] for r in many["terms"].records()}
    inside = []
    for seed in range(1, 9):
        report = lime(case.predictor, row, penguins, "run", kind="trees", seed=seed, samples=800)
        inside += [
            r["weight_low"] <= truth[r["column"]] <= r["weight_high"]
            for r in report["terms"].records()
        ]
    assert np.mean(inside) > 0.85


def test_columns_that_only_act_together_are_no_line(penguins: pd.DataFrame) -> None:
    rng = np.random.default_rng(0)
    frame = penguins.dropna().sample(1500, replace=True, random_state=0).reset_index(drop=True)
    frame["bill_depth_mm"], frame["flipper_length_mm"] = rng.normal(size=(2, 1500))
    frame["body_mass_g"] = np.sign(frame["bill_depth_mm"]) * np.sign(frame["flipper_length_mm"])
    case = make(frame, "lightgbm", "regression")
    report = lime(case.predictor, frame.iloc[[0]], frame, "run", kind="trees")
    assert report.facts["fidelity"] < 0.5
    assert "unfaithful" in [f.code for f in report.findings]


def test_every_family_task_and_missing_cell(case: Case) -> None:
    row = case.frame.iloc[[0]].copy()
    row["sex"] = pd.Series([np.nan], dtype=object, index=row.index)
    report = lime(case.predictor, row, case.background, "run", kind=case.kind, samples=400)
    classes = report.facts["classes"]
    names = case.predictor.signature.names
    assert len(report["terms"]) == len(names) * len(classes)
    assert "sex missing" in report["terms"].column("condition")
    scores = np.ravel(case.predictor.scores(row))
    known = scores if case.predictor.signature.task != "binary" else scores[1:]
    assert report.facts["prediction"] == pytest.approx(float(known.max()), rel=1e-5)
    again = lime(case.predictor, row, case.background, "run", kind=case.kind, samples=400)
    assert again["terms"].rows == report["terms"].rows


def test_no_rows_to_draw_from(penguins: pd.DataFrame) -> None:
    case = make(penguins, "logistic", "binary")
    with pytest.raises(DataError, match="no training rows"):
        lime(case.predictor, case.frame[:1], penguins[:0], "run", kind="linear")
