"""A made-up row gets the model's own prediction, and contributions that add up."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.explanation.conftest import Case, make
from workbench.core.errors import InvalidValue
from workbench.explanation.whatif import WhatIf


def test_the_answer_is_the_models_own_and_adds_up(case: Case) -> None:
    what_if = WhatIf(case.predictor, case.background, case.kind)
    row = case.frame.iloc[[4]].copy()
    values = {n: row[n].iloc[0] for n in case.predictor.signature.names}
    for flipper in (180.0, 230.0):
        values["flipper_length_mm"] = flipper
        row["flipper_length_mm"] = flipper
        answer = what_if.ask(values)
        scores = np.ravel(case.predictor.scores(row))
        wanted = scores[1:] if case.predictor.signature.task == "binary" else scores
        np.testing.assert_allclose(answer.scores, wanted, rtol=1e-6)
        total = answer.base + answer.contributions.sum(axis=0)
        np.testing.assert_allclose(total, answer.output, rtol=1e-6, atol=1e-9)
        assert answer.contributions.shape == (len(answer.columns), len(answer.classes))


def test_what_lacks_is_named(penguins: pd.DataFrame) -> None:
    case = make(penguins, "logistic", "binary")
    what_if = WhatIf(case.predictor, case.background, case.kind)
    with pytest.raises(InvalidValue, match="'bill_length_mm' is missing"):
        what_if.ask({"sex": "MALE"})


def test_missing_values_may_be_given(penguins: pd.DataFrame) -> None:
    case = make(penguins, "lightgbm", "multiclass")
    what_if = WhatIf(case.predictor, case.background, case.kind)
    names = case.predictor.signature.names
    answer = what_if.ask(dict.fromkeys(names))
    assert np.isfinite(answer.scores).all()
    assert answer.label in case.predictor.signature.classes
