"""The promise of a feature step, asked of every one that is registered."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
import pandas as pd
import pytest
from onnx import TensorProto, helper

from workbench.core.errors import UsageError
from workbench.core.feature import Feature
from workbench.encoding import DATE_PARTS
from workbench.features.step import TAKEN, made, required, steps
from workbench.onnxgraph import OPSETS, RUNTIME, Graph
from workbench.packaging.converter import converter_of
from workbench.training import persist

NAMES = steps.names()
ROWS = 400
TEXTS = (
    "",
    "red",
    "ÉCOLE école",
    "Straße 12_3",
    "two\nlines\tand tabs",
    "日本 語",
    "#",
    " ",
    "x" * 300,
    "-3.50e1",
    "9e99",
    "7 ",
)
ODD = (np.nan, 0.0, -0.0, 1e30, -1e30, 1e-40, 3.4e38, -1.0)


def column(taken: str, draw: np.random.Generator, seen: bool = True) -> dict[str, np.ndarray]:
    """Encoded arrays of one column; those not ``seen`` hold values that no row had in fitting."""
    if taken == "text":
        words = (
            np.array([*TEXTS, "blue", "green red"], object)
            if seen
            else np.array(["new", ""], object)
        )
        return {"text": draw.choice(words, ROWS)}
    if taken == "date":
        parts = {
            "day": draw.integers(0, 4000, ROWS), "year": draw.integers(1999, 2030, ROWS),
            "month": draw.integers(1, 13, ROWS), "weekday": draw.integers(0, 7, ROWS),
            "hour": draw.integers(0, 24, ROWS),
        }  # fmt: skip
        missing = draw.random(ROWS) < 0.1
        return {p: np.where(missing, np.nan, parts[p]).astype(np.float32) for p in DATE_PARTS}
    values = np.round(draw.normal(0, 100, ROWS), 1)
    values[: len(ODD)] = ODD
    return {"number": values.astype(np.float32)}


def frame(name: str, seed: int = 0, seen: bool = True) -> pd.DataFrame:
    draw = np.random.default_rng(seed)
    kinds = ["number" if t in ("amount", "any") else t for t in steps.get(name).takes]
    arrays = [column(kind, draw, seen) for kind in kinds]
    return pd.DataFrame({f"c{i}_{k}": v for i, a in enumerate(arrays) for k, v in a.items()})


def fitted(name: str, **params: Any) -> tuple[Any, pd.DataFrame, np.ndarray]:
    columns = tuple(f"column{i}" for i in range(len(steps.get(name).takes)))
    step = made(Feature(name, columns, params))
    rows = frame(name)
    truth = np.random.default_rng(1).integers(0, 2, ROWS)
    return step, rows, step.fit_transform(rows, truth)


@pytest.mark.parametrize("name", NAMES)
def test_a_step_says_how_it_may_be_used(name: str) -> None:
    kind = steps.get(name)
    assert kind.title and kind.title[0].isupper()
    assert set(kind.takes) <= set(TAKEN) and 0 < required(kind) <= len(kind.takes)
    assert kind.gives in ("float", "string", "same")
    assert [o.name for o in kind.options] == list(inspect.signature(kind).parameters)
    assert all(o.says[0].isupper() for o in kind.options)


@pytest.mark.parametrize("name", NAMES)
def test_a_step_repeats_and_keeps_its_shape(name: str) -> None:
    step, rows, first = fitted(name)
    again = fitted(name)[2]
    np.testing.assert_array_equal(first, again)
    found = step.transform(rows)
    assert found.shape == first.shape == (ROWS, len(step.parts()))
    assert found.dtype == (object if step.gives == "string" else np.float32)
    if found.dtype == np.float32:
        assert not np.isinf(found).any()
    assert len(step.transform(rows.head(0))) == 0


@pytest.mark.parametrize("name", NAMES)
def test_a_step_comes_back_from_disk(name: str) -> None:
    step, rows, _ = fitted(name)
    kept = persist.load(persist.dump(step))
    np.testing.assert_array_equal(kept.transform(rows), step.transform(rows))


@pytest.mark.parametrize("name", NAMES)
def test_a_step_takes_rows_and_values_that_it_never_saw(name: str) -> None:
    step, _, _ = fitted(name)
    found = step.transform(frame(name, seed=9, seen=False))
    assert found.shape == (ROWS, len(step.parts()))


@pytest.mark.parametrize("seen", [True, False], ids=["seen", "unseen"])
@pytest.mark.parametrize("name", [n for n in NAMES if steps.get(n).exact])
def test_the_onnx_form_gives_the_same_bits(name: str, seen: bool) -> None:
    step, _, _ = fitted(name)
    rows = frame(name, seed=5, seen=seen)
    np.testing.assert_array_equal(drawn(step, rows), step.transform(rows))


def test_the_onnx_form_of_text_without_any_word() -> None:
    step, rows, _ = fitted("length")
    rows = pd.DataFrame({rows.columns[0]: np.array(["", "", ""], object)})
    np.testing.assert_array_equal(drawn(step, rows), np.zeros((3, 2), np.float32))


@pytest.mark.parametrize("name", NAMES)
def test_what_a_step_does_not_know_is_refused(name: str) -> None:
    columns = tuple(f"column{i}" for i in range(len(steps.get(name).takes)))
    with pytest.raises(UsageError, match="no parameter 'nonsense'"):
        made(Feature(name, columns, {"nonsense": 1}))
    with pytest.raises(UsageError, match="takes"):
        made(Feature(name, (*columns, "one too many")))
    for option in steps.get(name).options:
        with pytest.raises(UsageError, match=option.name):
            made(Feature(name, columns, {option.name: object()}))


def drawn(step: Any, rows: pd.DataFrame) -> np.ndarray:
    """What the step's ONNX form says of the rows."""
    graph = Graph("step")
    deciding = rows.columns[: len(DATE_PARTS) if step.takes[0] == "date" else step.decides]
    kinds = {c: "float" if rows[c].dtype == np.float32 else "string" for c in deciding}
    names = [graph.input(f"x{i}", kinds[c]) for i, c in enumerate(deciding)]
    output = converter_of(step)(step, graph, graph.join(names))
    text = step.gives == "string" or (step.gives == "same" and "string" in kinds.values())
    kind = TensorProto.STRING if text else TensorProto.FLOAT
    made = helper.make_model(
        helper.make_graph(
            graph.nodes, "step", graph.inputs,
            [helper.make_tensor_value_info(output, kind, ["rows", None])], graph.constants,
        ),
        opset_imports=[helper.make_opsetid(*o) for o in {**OPSETS, RUNTIME: 1}.items()],
        ir_version=9,
    )  # fmt: skip
    onnx.checker.check_model(made)
    session = ort.InferenceSession(made.SerializeToString())
    given = {
        n: rows[c].to_numpy(None if kinds[c] == "float" else object).reshape(-1, 1)
        for n, c in zip(names, deciding, strict=True)
    }
    return session.run(None, given)[0]
