"""Tuning of real tables: what judges, what is kept, and what survives a kill."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from sklearn.metrics import log_loss, roc_auc_score

from workbench.actions.judge import folds
from workbench.core.errors import NotFound, StoreError, UsageError
from workbench.core.recipe import Recipe
from workbench.core.split import TEST, VALID, Split
from workbench.training.blend import greedy
from workbench.workspace import Workspace


@pytest.fixture(scope="module")
def ws(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    ws = Workspace(tmp_path_factory.mktemp("tuning"))
    for name in ("breast_cancer", "diabetes"):
        ws.import_data(name)
    return ws


@pytest.mark.parametrize("method", ["stratified", "random", "group", "content", "time"])
def test_every_row_judges_once_and_test_rows_never(ws: Workspace, method: str) -> None:
    frame = ws.datasets["breast_cancer"].frame()
    frame["patient"] = np.arange(len(frame)) // 7
    frame["mean radius"] = frame["patient"].astype(float)
    parts = np.zeros(len(frame), np.int8)
    parts[-100:], parts[-200:-100] = TEST, VALID
    split = Split(
        method,  # type: ignore[arg-type]
        column="patient" if method in ("group", "time") else None,
        columns=("mean radius",) if method == "content" else (),
    )
    recipe = Recipe("x", "logistic", split=split)
    schema = ws.datasets["breast_cancer"].schema
    table = pa.Table.from_pandas(frame)
    found = folds(parts, np.arange(len(frame)) % 2, recipe, table, schema)
    judged = sum((fold == VALID).astype(int) for fold in found)
    assert all((fold[parts == TEST] == TEST).all() for fold in found)
    if method == "time":
        assert len(found) == 1
        return
    assert len(found) == 5
    assert (judged == (parts != TEST)).all()
    for fold in found if method in ("group", "content") else ():
        inside = set(frame["patient"][fold == VALID])
        assert not inside & set(frame["patient"][(fold != VALID) & (fold != TEST)])


def test_a_sweep_ends_in_a_run_that_was_judged_as_it_says(ws: Workspace) -> None:
    sweep = ws.tune("breast_cancer", ["dummy", "logistic", "lightgbm"], attempts=9, seed=2)
    report = sweep.report()
    assert report is not None and report.facts["attempts"] == 9 and report.facts["folds"] == 5
    best = sweep.best
    assert best.record.recipe.family == report.facts["best_family"]
    assert dict(best.record.recipe.params) == report.facts["best_params"]
    first = next(r for r in report["attempts"].records() if r["family"] == "dummy")
    assert first["value"] == pytest.approx(0.5, abs=0.01)
    assert ws.sweeps[sweep.id[:6]].best.id == best.id
    assert len(ws.sweeps.list()) == 1 and len(sweep.attempts()) == 9
    assert "svg" in sweep._repr_html_()
    # what is seen while it runs is what the report holds at the end
    early = sweep.so_far()
    assert early is not None and early.facts["metric"] == "roc_auc"
    for table in ("attempts", "importance", "front"):
        assert early[table].rows == report[table].rows
    # the run's own held-out rows know nothing of the sweep, and say about the same
    rows = best.predictions()
    test = rows[rows["part"] == "test"]
    assert roc_auc_score(test["truth"], test["score_1"]) == pytest.approx(best.metrics["roc_auc"])
    assert abs(best.metrics["roc_auc"] - report.facts["best_value"]) < 0.06


def test_with_validation_rows_enough_an_attempt_is_a_run(ws: Workspace, tmp_path: Path) -> None:
    """The value of an attempt is what the trained run scores on its validation rows."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(8000, 4))
    y = (x[:, 0] + x[:, 1] * x[:, 2] + rng.normal(size=8000) > 0).astype(int)
    table = {f"x{i}": x[:, i] for i in range(4)} | {"y": y}
    ws.import_data(pd.DataFrame(table), name="made", target="y")
    sweep = ws.tune(
        "made", "histboost", attempts=2, params={"histboost": {"max_iter": 30}}, metric="log_loss"
    )
    report = sweep.report()
    assert report is not None and report.facts["folds"] == 1
    rows = sweep.best.predictions()
    valid = rows[rows["part"] == "valid"]
    said = log_loss(valid["truth"], valid[["score_0", "score_1"]])
    assert said == pytest.approx(report.facts["best_value"], rel=1e-9)
    assert sweep.best.record.recipe.params["max_iter"] == 30


def test_a_full_disk_is_one_sentence_and_nothing_is_lost(ws: Workspace) -> None:
    """The file that holds the attempts may grow no more, as on a full disk."""
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)

    def fill(_: float, text: str, __: object = None, /) -> None:
        journals = sorted(
            ws.root.glob("sweeps/*/attempts.journal"), key=lambda p: p.stat().st_mtime
        )
        if text.startswith("attempt 4"):
            resource.setrlimit(resource.RLIMIT_FSIZE, (journals[-1].stat().st_size + 300, hard))

    before = {s.id for s in ws.sweeps.list()}
    try:
        with pytest.raises(StoreError, match="cannot go on") as caught:
            ws.tune("breast_cancer", ["logistic"], attempts=8, progress=fill)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    [sweep] = [s for s in ws.sweeps.list() if s.id not in before]
    assert sweep.id in caught.value.hint
    kept = sweep.attempts()
    assert len(kept) >= 2
    sweep.resume(attempts=6)
    assert sweep.attempts()[: len(kept)] == kept and len(sweep.attempts()) == 6


@pytest.mark.slow
def test_auto_ends_in_a_bag(ws: Workspace) -> None:
    sweep = ws.tune("breast_cancer", auto=True, minutes=0.5, seed=1)
    found = {r.record.recipe.family: r for r in sweep.runs}
    assert {"dummy", "stack"} < set(found)
    bag = found["stack"].record.recipe.params
    assert bag["refit"] is False and 2 <= len(bag["members"]) <= 8
    assert sweep.best.record.recipe.family != "dummy"


def test_good_and_quick_models_become_runs(ws: Workspace) -> None:
    sweep = ws.tune("breast_cancer", ["logistic", "lightgbm"], attempts=10, quick=True, keep=3,
                    params={"lightgbm": {"n_estimators": 30}})  # fmt: skip
    report = sweep.report()
    assert report is not None
    done = [(a["value"], a["facts"]["latency_us"], a) for a in sweep.attempts() if a["value"]]
    points = [
        (a["family"], a["params"])
        for value, cost, a in done
        if not any((v >= value and c < cost) or (v > value and c <= cost) for v, c, _ in done)
    ]
    held = {"lightgbm": {"n_estimators": 30}}
    made = [(r.record.recipe.family, dict(r.record.recipe.params)) for r in sweep.runs]
    assert 1 <= len(made) <= 3 and len(made) == len(report.facts["runs"])
    for family, params in made:
        assert (family, params) in [(f, {**held.get(f, {}), **p}) for f, p in points]
    assert sweep.best.record.recipe.family == report.facts["best_family"]
    more = sweep.resume(attempts=12)
    assert len(more.attempts()) == 12


def test_rows_in_order_of_time_are_never_bagged(ws: Workspace) -> None:
    rng = np.random.default_rng(3)
    table = {"x": rng.normal(size=300), "when": pd.date_range("2024-01-01", periods=300)}
    table["y"] = 2 * table["x"] + rng.normal(size=300)
    ws.import_data(pd.DataFrame(table), name="dated", target="y")
    sweep = ws.tune("dated", ["logistic", "forest"], auto=True, attempts=4, columns=["x"],
                    split={"method": "time", "column": "when"})  # fmt: skip
    assert "blend" in {r.record.recipe.family for r in sweep.runs}


def test_where_a_column_names_the_test_rows_alone_the_others_take_turns(ws: Workspace) -> None:
    rng = np.random.default_rng(3)
    table = pd.DataFrame({"x": rng.normal(size=400), "part": ["train"] * 300 + ["test"] * 100})
    table["y"] = 2 * table["x"] + rng.normal(size=400)
    ws.import_data(table, name="dealt", target="y")
    sweep = ws.tune("dealt", ["logistic", "forest"], auto=True, attempts=4, columns=["x"],
                    split={"method": "given", "column": "part"})  # fmt: skip
    assert "stack" in {r.record.recipe.family for r in sweep.runs}


def test_the_winners_are_blended_and_the_baseline_stands_beside_them(ws: Workspace) -> None:
    sweep = ws.tune(
        "diabetes", ["dummy", "logistic", "forest", "svm"], attempts=10, keep=3, blend=True
    )
    found = {r.record.recipe.family: r for r in sweep.runs}
    assert {"dummy", "blend"} < set(found) and len(found) == 5
    members = found["blend"].record.recipe.params["members"]
    assert [m["family"] for m in members] == list(found)[:3]
    weights = [
        float(v) for k, v in found["blend"].record.tags.items() if k.startswith("fact.weight")
    ]
    assert sum(weights) == pytest.approx(1, abs=1e-3)
    assert found["blend"].metrics["rmse"] < found["dummy"].metrics["rmse"] * 0.85


def test_earlier_runs_give_a_warm_start(ws: Workspace) -> None:
    ws.import_data("wine")
    ws.train("wine", ["svm"], params={"svm": {"C": 7.5, "width": 2.0}})
    sweep = ws.tune("wine", ["svm"], attempts=2)
    tried = [a["params"] for a in sweep.attempts()]
    assert tried[0] == {"C": 1.0, "width": 1.0}
    assert tried[1] == {"C": 7.5, "width": 2.0}


def test_wrong_requests_are_said_in_a_sentence(ws: Workspace) -> None:
    with pytest.raises(UsageError, match="can do regression"):
        ws.tune("diabetes", ["bayes"])
    with pytest.raises(NotFound, match="roc_auc"):
        ws.tune("diabetes", ["svm"], metric="roc_auc")
    with pytest.raises(UsageError, match="at least one attempt"):
        ws.tune("diabetes", ["svm"], attempts=0)
    with pytest.raises(UsageError, match="no budget"):
        ws.tune("diabetes", ["svm"], minutes=-1)
    with pytest.raises(NotFound, match="sweep"):
        ws.tune(resume="nosuchsweep")


def test_a_sweep_does_not_go_on_over_other_test_rows(ws: Workspace) -> None:
    ws.import_data("iris", name="flowers")
    sweep = ws.tune("flowers", ["bayes"], attempts=2)
    ws.datasets["flowers"].edit(split=Split("stratified", seed=9))
    with pytest.raises(UsageError, match="was edited since"):
        sweep.resume(attempts=4)


def test_few_groups_and_rare_classes_still_judge(ws: Workspace) -> None:
    frame = ws.datasets["breast_cancer"].frame()[["mean radius", "mean texture"]].head(120)
    frame["site"] = np.arange(120) // 30
    frame["kind"] = np.where(np.arange(120) == 40, "rare", np.where(frame["site"] > 1, "a", "b"))
    frame.loc[:9, "kind"] = "a"
    frame.loc[100:, "kind"] = "b"
    table, schema = pa.Table.from_pandas(frame), ws.datasets["breast_cancer"].schema
    truth = pd.factorize(frame["kind"])[0]
    parts = np.zeros(120, np.int8)
    parts[90:] = TEST
    for split in (Split("group", column="site"), Split("stratified")):
        found = folds(parts, truth, Recipe("x", "bayes", split=split), table, schema)
        assert len(found) == (3 if split.column else 5)
        for fold in found:
            assert set(truth[fold == VALID]) <= set(truth[fold == 0])


def test_two_processes_never_drive_one_sweep(ws: Workspace) -> None:
    sweep = ws.tune("diabetes", ["dummy"], attempts=1)
    holder = (
        "import sys, time; from pathlib import Path; from workbench.core.files import locked\n"
        "with locked(Path(sys.argv[1])): print('held', flush=True); time.sleep(60)"
    )
    lock = ws.root / "sweeps" / sweep.id / "driver.lock"
    with subprocess.Popen(
        [sys.executable, "-c", holder, str(lock)], stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None and other.stdout.readline() == b"held\n"
        with pytest.raises(UsageError, match="under way in another process"):
            sweep.resume(attempts=3)
        other.kill()
    assert len(sweep.resume(attempts=3).attempts()) == 1  # nothing is left to try


def test_greedy_weights_are_never_worse_than_the_best_member() -> None:
    rng = np.random.default_rng(3)
    truth = rng.normal(size=500)
    said = [truth + rng.normal(size=500) * s for s in (1.0, 1.2, 3.0)]
    loss = lambda s: float(np.mean((s - truth) ** 2))  # noqa: E731
    weights = greedy(said, loss)
    mixed = loss(sum(w * s for w, s in zip(weights, said, strict=True)))
    assert mixed < 0.75 * min(map(loss, said))
    assert weights.sum() == pytest.approx(1) and weights[0] > weights[2]
    assert greedy([truth, said[0]], loss).tolist() == [1.0, 0.0]


@pytest.mark.slow
def test_a_sweep_that_is_killed_loses_no_attempt(tmp_path: Path) -> None:
    ws = Workspace(tmp_path / "ws")
    ws.import_data("breast_cancer")
    command = [
        sys.executable, "-m", "workbench.cli", "--workspace", str(tmp_path / "ws"), "tune",
        "breast_cancer", "--family", "logistic,svm", "--attempts", "400",
    ]  # fmt: skip
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    before = _some(ws, process, 6)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    sweep = ws.sweeps.list()[0]
    kept = sweep.attempts()
    assert [a["number"] for a in kept[: len(before)]] == [a["number"] for a in before]
    assert sweep.report() is None
    done = sweep.resume(attempts=len(kept) + 4)
    assert done.attempts()[: len(kept)] == kept
    assert len(done.attempts()) == len(kept) + 4
    assert [r.record.state for r in ws.runs.list()] == ["done"]


def _some(ws: Workspace, process: subprocess.Popen[Any], count: int) -> list[dict[str, Any]]:
    until = time.monotonic() + 90
    while time.monotonic() < until:
        assert process.poll() is None
        found = ws.sweeps.list()[0].attempts() if ws.sweeps.list() else []
        if len(found) >= count:
            return found
        time.sleep(0.1)
    raise AssertionError("no attempts came")
