"""The rows that a model was surest about and wrong."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.core.errors import UsageError
from workbench.core.signature import Signature
from workbench.evaluation.surprise import most_surprising, surprises
from workbench.measures.sample import Sample
from workbench.workspace import Workspace

BINARY = Signature((), "y", "binary", ("no", "yes"))


def test_the_greatest_losses_come_first_with_truth_and_columns() -> None:
    sample = Sample.of("binary", [1, 0, 1, 0], [0.01, 0.9, 0.6, 0.0])
    places = most_surprising(sample, 10)
    assert places.tolist() == [0, 1, 2]  # what was certain and right is no surprise
    rows = np.array([3, 7, 8, 11])
    report = surprises(
        sample, places, rows, {"row": list("abc"), "age": [1, 2, None]}, BINARY,
        name="one", subject="x",
    )  # fmt: skip
    first, second, third = report["surprises"].records()
    assert first == {
        "row": 3, "truth": "yes", "predicted": "no", "given": pytest.approx(0.01),
        "loss": pytest.approx(-np.log(0.01)),
    }  # fmt: skip
    assert (second["truth"], second["predicted"], third["predicted"]) == ("no", "yes", "yes")
    assert report["data"].rows == ((3, "a", 1), (7, "b", 2), (8, "c", None))
    assert report.facts["share"] == pytest.approx(1)
    assert [f.code for f in report.findings] == ["sure-and-wrong"]


def test_a_few_rows_that_hold_the_loss_are_told() -> None:
    truth = np.zeros(100)
    scores = np.full(100, 0.1)
    scores[42] = 30.0
    sample = Sample.of("regression", truth, scores)
    places = most_surprising(sample, 1)
    report = surprises(
        sample, places, np.arange(100), {}, Signature((), "y", "regression"), name="a", subject="x"
    )
    assert report["surprises"].rows == ((42, 0.0, 30.0, 900.0),)
    assert [f.code for f in report.findings] == ["few-rows-hold-the-loss"]
    assert "The 1 row that surprised it most" in report.sentence


def test_a_model_that_was_never_wrong_is_told_so() -> None:
    sample = Sample.of("multiclass", [0, 1], [[1, 0, 0], [0, 1, 0]])
    signature = Signature((), "y", "multiclass", ("a", "b", "c"))
    places = most_surprising(sample, 5)
    report = surprises(sample, places, np.arange(2), {}, signature, name="a", subject="x")
    assert len(places) == 0
    assert "Nothing surprised it" in report.sentence


def test_a_runs_rows_are_those_of_the_data_set(workspace: Workspace) -> None:
    """By the kept predictions and the snapshot, read anew."""
    data = workspace.import_data("breast_cancer")
    run = workspace.train(data, ["logistic"], seed=3).best
    report = run.surprises(rows=7)
    frame = data.frame()
    for said, row in zip(report["surprises"].records(), report["data"].rows, strict=True):
        number, *values = row
        names = report["data"].columns[1:]
        assert frame.loc[number, list(names)].tolist() == values
        assert run.predict(frame.loc[[number], list(names)]) == [said["predicted"]]
        assert frame.loc[number, data.schema.target.name] == said["truth"]
    lost = report["surprises"].column("loss")
    assert lost == sorted(lost, reverse=True)
    assert [np.exp(-x) for x in lost] == pytest.approx(report["surprises"].column("given"))
    mean = run.metrics["log_loss"]
    assert report.facts["mean_loss"] == pytest.approx(mean)
    for rows in (0, 20_000):
        with pytest.raises(UsageError, match="cannot be shown"):
            run.surprises(rows=rows)
