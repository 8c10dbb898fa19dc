"""The rows about which two models differ most, with what they said."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.core.signature import Signature
from workbench.evaluation.disagreement import disagreement, gaps, most_apart
from workbench.measures.sample import Sample

BINARY = Signature((), "y", "binary", ("no", "yes"))


def test_the_furthest_apart_come_first_with_truth_and_columns() -> None:
    truth = [1, 0, 1, 0, 1]
    pair = (
        Sample.of("binary", truth, [0.9, 0.2, 0.6, 0.1, 0.5]),
        Sample.of("binary", truth, [0.8, 0.9, 0.1, 0.1, 0.5]),
    )
    places = most_apart(*pair, 10)
    assert places.tolist() == [1, 2, 0]  # equal scores are no disagreement
    rows = np.array([3, 7, 8, 11, 20])
    report = disagreement(
        pair, places, rows, {"row": list("abc"), "age": [1, 2, None]}, BINARY,
        names=("one", "two"), subject="x y",
    )  # fmt: skip
    first = next(report["disagreements"].records())
    assert first == {
        "row": 7, "truth": "no", "a": "no", "b": "yes", "score_a": pytest.approx(0.2),
        "score_b": pytest.approx(0.9), "gap": pytest.approx(0.7), "closer": "a",
    }  # fmt: skip
    assert report["data"].rows == ((7, "a", 1), (8, "b", 2), (3, "c", None))
    assert report["decisions"].column("count") == [3, 2, 0, 0]
    assert report.facts["agreement"] == pytest.approx(3 / 5)
    assert "one is right in 2 of them, two in 0" in report.sentence


def test_gaps_of_several_classes_are_half_the_total_variation() -> None:
    truth = [0, 1]
    a = Sample.of("multiclass", truth, [[1, 0, 0], [0.2, 0.3, 0.5]])
    b = Sample.of("multiclass", truth, [[0, 1, 0], [0.2, 0.3, 0.5]])
    assert gaps(a, b).tolist() == [1, 0]


def test_values_are_apart_by_their_distance() -> None:
    truth = np.arange(4.0)
    pair = (
        Sample.of("regression", truth, truth + 1),
        Sample.of("regression", truth, truth + np.array([0, 5, 0, -1])),
    )
    places = most_apart(*pair, 1)
    report = disagreement(
        pair, places, np.arange(4), {}, Signature((), "y", "regression"),
        names=("one", "two"), subject="x y",
    )  # fmt: skip
    assert places.tolist() == [1]
    assert report["disagreements"].rows[0][0] == 1 and "decisions" not in report
    assert report.sentence == "one is closer to the truth in 25% of the rows."


def test_two_that_fail_alike_have_little_to_gain_from_each_other() -> None:
    truth = np.repeat([0, 1], 20)
    wrong = np.where(truth == 1, 0.2, 0.1)
    pair = (Sample.of("binary", truth, wrong), Sample.of("binary", truth, wrong / 2))
    report = disagreement(
        pair, most_apart(*pair, 5), np.arange(40), {}, BINARY, names=("a", "b"), subject=""
    )
    assert report.sentence == "They decide alike in every row."
    assert [f.code for f in report.findings] == ["same-errors"]
