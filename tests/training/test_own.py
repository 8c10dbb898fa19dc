"""Families that a user writes in a notebook, or in a module of his own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.linear_model import LogisticRegression, Perceptron

import workbench as wb
from workbench.core.errors import UsageError
from workbench.training.family import families
from workbench.training.own import meet
from workbench.training.steady import steady
from workbench.workspace import Workspace

MODULE = """
import workbench as wb
from sklearn.linear_model import LogisticRegression


class Careful(LogisticRegression):
    pass


@wb.family("careful", tasks=["binary", "multiclass"])
def careful(C=0.1):
    return Careful(C=C, max_iter=300)
"""


@pytest.fixture(autouse=True)
def _forgotten() -> Iterator[None]:
    """Families of a test go with it: others ask every family that there is."""
    before = set(families.names())
    yield
    for name in set(families.names()) - before:
        families.drop(name)


def test_a_function_is_a_family_at_once(workspace: Workspace, tmp_path: Path) -> None:
    asked: list[int] = []

    @wb.family("boosted", tasks="regression", columns="codes", space={"depth": wb.Whole(2, 4)})
    def boosted(depth: int = 3, rounds: int = 30, *, seed: int) -> GradientBoostingRegressor:
        asked.append(seed)
        return GradientBoostingRegressor(
            max_depth=depth, n_estimators=rounds, random_state=seed, init="zero"
        )

    workspace.import_data("diabetes")
    run = workspace.train("diabetes", ["boosted"], seed=5, params={"boosted": {"depth": 2}}).best
    assert asked == [5] and run.metrics["r2"] > 0.2
    assert run.record.recipe.params == {"depth": 2}
    assert run.explain(rows=5).facts["additivity_error"] < 1e-6
    assert run.export(tmp_path / "bundle").manifest.verdict.decision == "pass"
    with pytest.raises(UsageError, match="no parameter 'leaves'"):
        workspace.train("diabetes", ["boosted"], params={"boosted": {"leaves": 2}})
    assert workspace.tune("diabetes", "boosted", attempts=3).best.record.recipe.family == "boosted"
    with pytest.raises(UsageError, match="this process only"):
        workspace.submit("train", dataset="diabetes", families=["boosted"])


def test_a_class_is_a_family_too(workspace: Workspace) -> None:
    assert wb.family("plain", tasks="binary")(LogisticRegression) is LogisticRegression
    workspace.import_data("breast_cancer")
    run = workspace.train("breast_cancer", ["plain"], params={"plain": {"C": 0.5}}).best
    ours = workspace.train("breast_cancer", ["logistic"], params={"logistic": {"C": 0.5}}).best
    frame = workspace.datasets["breast_cancer"].frame()
    np.testing.assert_allclose(
        run.predictor().scores(frame), ours.predictor().scores(frame), atol=0.01
    )


def test_a_job_finds_a_family_of_a_module_and_later_stages_load_its_own_types(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "my_models.py").write_text(MODULE)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    __import__("my_models")
    workspace.import_data("wine")
    job = workspace.submit("train", dataset="wine", families=["careful"])
    assert job.record.params["own"] == {"careful": "my_models:careful"}
    done = job.wait()
    run = workspace.runs[done["best"]]
    assert run.metrics["accuracy"] > 0.8
    assert type(run.predictor().estimator).__name__ == "Careful"
    families.drop("careful")  # as in a process that does not know it
    assert run.explain(rows=3).kind == "explanation"
    with pytest.raises(UsageError, match="makes no family 'careful'"):
        run.reproduce()


@pytest.mark.parametrize(
    ("said", "word"),
    [
        ({"name": "lightgbm"}, "already"),
        ({"name": "a b"}, "no name"),
        ({"name": "mine", "tasks": "ranking"}, "no task"),
        ({"name": "mine", "columns": "raw"}, "prepare"),
        ({"name": "mine", "space": {"depth": 3}}, "none of its parameters"),
    ],
)
def test_what_cannot_be_a_family_is_refused(said: dict, word: str) -> None:
    with pytest.raises(UsageError, match=word):
        wb.family(**said)(LogisticRegression)


def test_an_estimator_that_cannot_answer_is_refused(workspace: Workspace) -> None:
    wb.family("hard", tasks="binary")(Perceptron)
    wb.family("none", tasks="binary")(lambda: 3)
    workspace.import_data("breast_cancer")
    for name, word in (("hard", "predict_proba"), ("none", "no method fit")):
        with pytest.raises(UsageError, match=word):
            workspace.train("breast_cancer", [name])


def test_a_torch_module_is_a_family(workspace: Workspace, tmp_path: Path) -> None:
    from torch import nn

    @wb.family("wide", network=True, space={"width": wb.Whole(8, 64)})
    def wide(inputs: int, outputs: int, width: int = 32) -> nn.Module:
        return nn.Sequential(
            nn.Linear(inputs, width), nn.BatchNorm1d(width), nn.ReLU(), nn.Dropout(0.2),
            nn.Linear(width, outputs),
        )  # fmt: skip

    for table, metric, least in (("wine", "accuracy", 0.9), ("diabetes", "r2", 0.3)):
        workspace.import_data(table)
        asked = {"wide": {"epochs": 40, "width": 24}}
        run, again = (workspace.train(table, ["wide"], seed=3, params=asked).best for _ in range(2))
        assert run.metrics[metric] > least
        assert dict(run.metrics) == dict(again.metrics)
        assert run.record.tags["fact.device"] == "cpu"
        assert run.explain(rows=5).facts["additivity_error"] < 1e-4
        assert run.export(tmp_path / table).manifest.verdict.decision == "pass"
        rows = workspace.datasets[table].frame().head(7)
        kept = workspace.runs[run.id].predictor()  # from disk
        np.testing.assert_array_equal(kept.scores(rows), run.predictor().scores(rows))
    assert type(kept.estimator).__name__ == "GraphRegressor"


def test_a_torch_module_that_does_not_fit_is_refused(workspace: Workspace) -> None:
    from torch import Tensor, nn

    workspace.import_data("wine")

    class Sorted(nn.Module):
        def __init__(self, inputs: int, outputs: int) -> None:
            super().__init__()
            self.last = nn.Linear(inputs, outputs)

        def forward(self, x: Tensor) -> Tensor:
            return self.last(x.sort(dim=1).values)

    wb.family("narrow", network=True)(lambda inputs: nn.Linear(inputs, 2))
    wb.family("nothing", network=True)(lambda inputs: LogisticRegression())
    wb.family("deaf", network=True)(lambda: nn.Linear(2, 3))
    wb.family("forgot")(lambda inputs, outputs: nn.Linear(inputs, outputs))
    wb.family("sorted", network=True)(lambda inputs, outputs: Sorted(inputs, outputs))
    for name, said in {
        "narrow": r"outputs of shape \(2, 2\) for 2 rows, not \(2, 3\)",
        "nothing": "LogisticRegression, which is no torch.nn.Module",
        "deaf": "cannot take rows of 13 columns",
        "forgot": "say network=True",
        "sorted": "uses the operation aten.sort",
    }.items():
        quick = {name: {"epochs": 1}} if name != "forgot" else {}
        with pytest.raises(wb.WorkbenchError, match=said):
            workspace.train("wine", [name], params=quick)


def test_a_module_that_fails_when_imported_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "halfway.py").write_text("import workbench\n1 / 0\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(UsageError, match=r"'halfway', which .*ZeroDivisionError"):
        meet({"half": "halfway:half"})


def test_a_space_of_something_else_than_ranges_is_refused() -> None:
    with pytest.raises(UsageError, match=r"'C': \(0.1, 10\), which is no range"):

        @wb.family("odd", tasks="binary", space={"C": (0.1, 10)})
        def odd(C: float = 1.0) -> LogisticRegression:
            return LogisticRegression(C=C)


def test_each_fit_knows_whether_it_is_to_repeat_itself(tmp_path: Path) -> None:
    """``training.deterministic`` reaches trainings, sweeps and validations."""
    seen: list[bool] = []

    @wb.family("watchful", tasks="regression", space={"rounds": wb.Whole(2, 4)})
    def watchful(rounds: int = 3) -> GradientBoostingRegressor:
        seen.append(steady())
        return GradientBoostingRegressor(n_estimators=rounds, init="zero", random_state=0)

    for on in (False, True):
        root = tmp_path / str(on)
        root.mkdir()
        (root / "workbench.toml").write_text(f"[training]\ndeterministic = {str(on).lower()}\n")
        ws = Workspace(root)
        ws.import_data("diabetes")
        run = ws.train("diabetes", ["watchful"]).best
        ws.tune("diabetes", ["watchful"], attempts=2)
        run.validate(folds=2, inner=2)
        assert len(seen) > 6 and set(seen) == {on}
        seen.clear()
