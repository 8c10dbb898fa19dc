"""The parity gate: what differs is blocked, what cannot be told apart passes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.packaging.models import model
from workbench.core.errors import Blocked
from workbench.core.gate import ParityGate
from workbench.packaging.onnx import to_onnx
from workbench.packaging.parity import answers, parity


@pytest.mark.parametrize("task", ["binary", "regression"])
def test_a_model_that_answers_otherwise_is_blocked(datasets: Path, task: str) -> None:
    made = model(datasets, task, "logistic")
    content = to_onnx(made.predictor.pipeline, made.signature)
    wrong = made.predictor.scores(made.rows)[::-1]
    report, verdict = parity(wrong, content, made.columns, made.signature, subject="r")
    assert verdict.decision == "block"
    assert {f.code for f in report.findings} >= {"parity-agreement", "parity-outliers"}
    with pytest.raises(Blocked, match="does not answer"):
        verdict.require()


def test_one_row_in_thousands_may_differ_with_a_warning(datasets: Path) -> None:
    made = model(datasets, "binary", "logistic")
    content = to_onnx(made.predictor.pipeline, made.signature)
    reference = answers(content, made.columns, made.signature)
    reference[3] = [0.0, 1.0] if reference[3, 1] > 0.5 else [1.0, 0.0]
    gate = ParityGate(outliers=0.01, mean=0.01)
    report, verdict = parity(reference, content, made.columns, made.signature, gate=gate)
    assert verdict.decision == "warn"
    assert report["worst"].column("row")[0] == 3


def test_a_tie_is_no_disagreement(datasets: Path) -> None:
    made = model(datasets, "binary", "logistic")
    content = to_onnx(made.predictor.pipeline, made.signature)
    found = answers(content, made.columns, made.signature)
    row = int(np.argmin(np.abs(found[:, 1] - 0.5)))
    edge = float(found[row, 1])
    signature = type(made.signature)(
        **{**made.signature.__dict__, "threshold": edge + (1e-9 if edge < 1 else -1e-9)}
    )
    reference = found.copy()
    reference[row] += [-2e-9, 2e-9]
    report, verdict = parity(reference, content, made.columns, signature)
    assert report.facts["ties"] == 1
    assert verdict.decision == "pass"


@pytest.mark.parametrize("content", [b"", b"not a model", b"\x08\x09\x12"])
def test_bytes_that_are_no_model_are_blocked(datasets: Path, content: bytes) -> None:
    made = model(datasets, "binary", "logistic")
    reference = made.predictor.scores(made.rows)
    _, verdict = parity(reference, content, made.columns, made.signature)
    assert verdict.decision == "block"
