"""Small trees say how near they are to the model; similar rows are the nearest by Gower."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.explanation.conftest import Case, make
from workbench.core.errors import DataError
from workbench.core.wire import dumps
from workbench.encoding import decide
from workbench.explanation.gower import Gower
from workbench.explanation.neighbours import neighbours
from workbench.explanation.surrogate import surrogate


def _holds(row: pd.Series, where: str) -> bool:
    for part in where.split(" and "):
        if " ≤ " in part or " > " in part:
            column, sign, limit = part.rsplit(" ", 2)
            value = row[column]
            if (value <= float(limit.replace(",", ""))) != (sign == "≤"):
                return False
        else:
            column, _, level = part.partition(" is ")
            wanted = not level.startswith("not ")
            shown = "missing" if pd.isna(row[column]) else row[column]
            if (shown == level.removeprefix("not ")) != wanted:
                return False
    return True


def test_rules_cover_each_row_once_and_fidelity_is_counted(
    case: Case, penguins: pd.DataFrame
) -> None:
    frame = penguins.dropna()
    report = surrogate(case.predictor, frame, frame, "run")
    rules = list(report["rules"].records())
    homes = [[r for r in rules if r["where"] == "always" or _holds(row, r["where"])]
             for _, row in frame.iterrows()]  # fmt: skip
    once = np.array([len(h) == 1 for h in homes])
    assert once.mean() > 0.97  # printed limits have four digits
    assert sum(r["rows"] for r in rules) == len(frame)
    scores = case.predictor.scores(frame)
    said = [h[0]["says"] for h, one in zip(homes, once, strict=True) if one]
    if case.predictor.signature.task == "regression":
        truth, guess = scores[once], np.array(said)
        known = 1 - ((truth - guess) ** 2).sum() / ((truth - truth.mean()) ** 2).sum()
        assert report.facts["fidelity"] == pytest.approx(known, abs=0.05)
    else:
        classes = case.predictor.signature.classes
        model = [classes[c] for c in decide(scores, case.predictor.signature)[once]]
        agree = np.mean([a == b for a, b in zip(said, model, strict=True)])
        assert report.facts["fidelity"] == pytest.approx(agree, abs=0.03)
        assert agree > 0.9
    assert "NaN" not in dumps(report)


def test_a_deeper_tree_is_nearer_to_the_model(penguins: pd.DataFrame) -> None:
    case = make(penguins, "forest", "regression")
    frame = penguins.dropna()
    found = [surrogate(case.predictor, frame, frame, "r", depth=d).facts["fidelity"]
             for d in (1, 2, 4)]  # fmt: skip
    assert found == sorted(found)
    assert found[-1] > found[0]


def test_the_nearest_rows_are_the_nearest(penguins: pd.DataFrame) -> None:
    case = make(penguins.dropna().reset_index(drop=True), "logistic", "multiclass")
    frame = penguins.dropna().reset_index(drop=True)
    outcomes = frame["species"].tolist()
    row = frame.iloc[[20]]
    pool = frame.drop(index=20)
    came = [outcomes[i] for i in pool.index]
    report = neighbours(case.predictor, row, pool, came, "run", count=7)
    distances = Gower(pool, case.predictor.signature).distances(row)[0]
    wanted = pool.index[np.argsort(distances, kind="stable")[:7]].tolist()
    assert report["nearest"].column("row") == wanted
    assert report["nearest"].column("outcome") == [outcomes[i] for i in wanted]
    assert report["prototypes"].columns[:4] == ("row", "rows", "outcome", "predicted")
    assert sum(report["prototypes"].column("rows")) == pytest.approx(len(pool))
    assert set(report["prototypes"].column("outcome")) == {"Adelie", "Chinstrap", "Gentoo"}
    assert 0 <= report.facts["agreement"] <= 1


def test_no_rows_are_refused(penguins: pd.DataFrame) -> None:
    case = make(penguins, "logistic", "binary")
    with pytest.raises(DataError):
        surrogate(case.predictor, case.frame[:0], case.frame, "run")
    with pytest.raises(DataError):
        neighbours(case.predictor, case.frame[:1], case.frame[:0], [], "run")
