"""Where boosting runs: what is asked for, what is there, and what happens when memory ends."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from workbench.core.errors import UsageError
from workbench.core.progress import silent
from workbench.training.cuda import FALLBACK, Chosen, driver, fitted_on, place
from workbench.training.device import Device, choose
from workbench.training.families.catboost import _Report
from workbench.training.family import SMALL, Fitted, Problem, families, settled
from workbench.training.steady import REASON, steadily, steady

without = pytest.mark.skipif(driver(), reason="there is an NVIDIA driver")


def problem(family: str, task: str, rows: int = 400, **params: Any) -> Problem:
    rng = np.random.default_rng(3)
    x = rng.normal(size=(rows, 10)).astype(np.float32)
    score = x[:, 0] + x[:, 1] * x[:, 2] + 0.3 * rng.normal(size=rows)
    y = {"binary": score > 0, "multiclass": np.digitize(score, [-0.7, 0.7]), "regression": score}
    cut = rows * 3 // 4
    truth = y[task] if task == "regression" else y[task].astype(np.int64)
    return Problem(
        task=task,  # type: ignore[arg-type]
        classes={"binary": 2, "multiclass": 3, "regression": 0}[task],
        x=x[:cut], y=truth[:cut], x_valid=x[cut:], y_valid=truth[cut:], levels=(),
        params=settled(families.get(family), task, params),  # type: ignore[arg-type]
        seed=1,
    )  # fmt: skip


def never() -> None:
    raise AssertionError("nobody should have tried")


def test_a_processor_that_is_asked_for_and_a_small_table_try_no_gpu() -> None:
    asked = problem("xgboost", "binary")
    assert asked.x.size < SMALL
    assert place("cpu", "Boosted", asked, never) == Chosen("cpu", "asked for")
    assert place("auto", "Boosted", asked, never) == Chosen("cpu", "the table is small")
    with pytest.raises(UsageError, match="'tpu' is no device of Boosted"):
        place("tpu", "Boosted", asked, never)


def test_where_equal_bits_are_asked_for_no_gpu_is_taken_unasked() -> None:
    large = problem("xgboost", "binary", rows=SMALL // 5)
    with steadily(True):
        assert place("auto", "Boosted", large, never) == Chosen("cpu", REASON)
        assert choose("auto") == Device("cpu", REASON)
        with steadily(False):
            assert not steady()
        if not driver():  # asked for by name it is tried
            with pytest.raises(UsageError, match="cannot use CUDA here"):
                place("cuda", "Boosted", large, never)
    assert not steady()


@without
def test_without_a_driver_nothing_is_tried() -> None:
    large = problem("xgboost", "binary", rows=SMALL // 5)
    chosen = place("auto", "Boosted", large, never)
    assert chosen == Chosen("cpu", "cuda: there is no NVIDIA driver")
    with pytest.raises(UsageError, match=r"cannot use CUDA here: there is no NVIDIA driver"):
        place("cuda", "Boosted", large, never)


@pytest.mark.parametrize("family", ["lightgbm", "xgboost", "catboost"])
def test_the_device_is_a_fact(family: str) -> None:
    name = "iterations" if family == "catboost" else "n_estimators"
    fitted = families.get(family).fit(problem(family, "binary", **{name: 5}), silent)
    assert fitted.facts["device"] == "cpu"
    assert fitted.facts["device_reason"] == "the table is small"
    with pytest.raises(UsageError, match="'gpu' is no device"):
        families.get(family).fit(problem(family, "binary", device="gpu"), silent)


@pytest.mark.parametrize(
    "message",
    [
        "CUDA error 2: out of memory",
        "parallel_for failed: cudaErrorMemoryAllocation: out of memory",
        "std::bad_alloc: temporary_buffer::allocate: get_temporary_buffer failed",
    ],
)
def test_when_the_gpus_memory_ends_the_processor_goes_on(message: str) -> None:
    said: list[str] = []

    def fit(device: str) -> Fitted:
        if device == "cuda":
            raise UsageError("It refused.", "Check the parameters.") from RuntimeError(message)
        return Fitted("model", facts={"best_iteration": 3})

    fitted = fitted_on(Chosen("cuda", "asked for"), fit, lambda _, text, __=None: said.append(text))
    assert fitted.facts == {
        "best_iteration": 3, "device": "cpu", "device_reason": "the GPU had too little memory"
    }  # fmt: skip
    assert said == [FALLBACK]


def test_another_fault_is_not_hidden() -> None:
    def fit(device: str) -> Fitted:
        raise UsageError("max_depth is odd.")

    with pytest.raises(UsageError, match="max_depth is odd"):
        fitted_on(Chosen("cuda", "asked for"), fit, silent)


def test_catboosts_log_says_what_its_calls_do() -> None:
    """On a GPU it calls nobody: its lines are all there is to hear."""
    import catboost

    asked = problem("catboost", "binary")
    told: list[tuple[float, str]] = []
    report = _Report(lambda share, text, _=None: told.append((share, text)), 8)
    model = catboost.CatBoostClassifier(
        iterations=8, allow_writing_files=False, verbose=True, thread_count=1
    )
    model.fit(asked.x, asked.y, eval_set=(asked.x_valid, asked.y_valid), log_cout=report)
    assert told == [(k / 8, f"round {k}") for k in range(1, 9)]
    np.testing.assert_allclose(
        report.losses, model.evals_result_["validation"]["Logloss"], atol=1e-6
    )
