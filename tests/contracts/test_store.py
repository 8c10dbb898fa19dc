"""Every store keeps the same promise."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import skops.io
import yaml
from mlflow.tracking._tracking_service.utils import _get_store
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer

from workbench.core.errors import NotFound, StoreError
from workbench.core.recipe import Recipe
from workbench.core.report import Report, Table
from workbench.core.signature import Field, Signature
from workbench.core.split import Split
from workbench.store.store import Outcome, Store, stores

RECIPE = Recipe("toy@1", "logistic", target="y", split=Split(), seed=3)
SIGNATURE = Signature((Field("a", "number"), Field("b", "number")), "y", "binary", ("no", "yes"))


@pytest.fixture(params=stores.names(), scope="module")
def store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Store:
    made: Store = stores.get(request.param)(tmp_path_factory.mktemp("store"), "toy", "")
    return made


def outcome(**more: Any) -> Outcome:
    x = np.random.default_rng(0).normal(size=(40, 2))
    pipeline = Pipeline([("model", LogisticRegression().fit(x, (x[:, 0] > 0).astype(int)))])
    return Outcome(
        signature=SIGNATURE,
        pipeline=pipeline,
        trusted=(),
        metrics={"roc_auc": 0.9},
        reports=(Report("evaluation", "r", "Evaluation", tables=(Table("t", ("a",), ((1,),)),)),),
        files={"predictions.parquet": b"bytes"},
        history=((1, "valid_loss", 0.5), (2, "valid_loss", 0.4)),
        params={"family": "logistic"},
        tags={"task": "binary"},
        **more,
    )


def finished(store: Store) -> str:
    run_id = store.begin("logistic", RECIPE, {"job": "j1", "dataset_digest": "d"})
    store.finish(run_id, outcome())
    return run_id


def test_a_finished_run_comes_back_whole(store: Store) -> None:
    run_id = finished(store)
    run = store.run(run_id)
    assert (run.state, run.name, run.recipe, run.signature) == (
        "done",
        "logistic",
        RECIPE,
        SIGNATURE,
    )
    assert run.metrics == {"roc_auc": 0.9}
    assert run.dataset_digest == "d"
    assert run.seconds is not None
    assert store.file(run_id, "predictions.parquet").read_bytes() == b"bytes"
    assert store.report_kinds(run_id) == ["evaluation"]
    report = store.report(run_id, "evaluation")
    assert report is not None and report["t"].column("a") == [1]
    assert store.report(run_id, "fairness") is None


def test_the_model_comes_back_and_predicts_the_same(store: Store) -> None:
    run_id = finished(store)
    again = skops.io.load(store.model_file(run_id), trusted=[])
    x = np.random.default_rng(1).normal(size=(10, 2))
    np.testing.assert_array_equal(again.predict_proba(x), outcome().pipeline.predict_proba(x))


def test_a_run_is_found_by_its_beginning_and_the_newest_come_first(store: Store) -> None:
    first, second = finished(store), finished(store)
    assert store.run(first[:10]).id == first
    assert [r.id for r in store.runs(2)] == [second, first]
    with pytest.raises(NotFound, match="nothing"):
        store.run("nothing")


def test_a_listing_says_what_each_run_says(store: Store) -> None:
    run_id = finished(store)
    failed = store.begin("logistic", RECIPE, {"job": "j2"})
    store.close(failed, "failed", "No rows.")
    found = {r.id: r for r in store.runs(1000)}
    for one in (run_id, failed):
        alone = store.run(one)
        listed = found[one]
        assert (listed.state, listed.metrics, listed.tags, listed.recipe, listed.reason) == (
            alone.state,
            alone.metrics,
            alone.tags,
            alone.recipe,
            alone.reason,
        )
        assert (listed.name, listed.started, listed.seconds) == (
            alone.name,
            alone.started,
            alone.seconds,
        )


def test_a_run_that_failed_says_why_and_has_no_model(store: Store) -> None:
    run_id = store.begin("logistic", RECIPE, {})
    assert store.run(run_id).state == "running"
    store.close(run_id, "failed", "The target is constant.")
    run = store.run(run_id)
    assert (run.state, run.reason) == ("failed", "The target is constant.")
    with pytest.raises(StoreError, match="no model"):
        store.model_file(run_id)


def test_an_alias_moves_from_run_to_run(store: Store) -> None:
    first, second = finished(store), finished(store)
    assert store.set_alias(first, "toy-y", "champion").run_id == first
    moved = store.set_alias(second, "toy-y", "champion")
    assert [m.run_id for m in store.aliased("champion", "toy-y")] == [second]
    assert store.run("champion").id == second
    assert store.run(second).aliases == ("champion",)
    assert store.run(first).aliases == ()
    assert store.set_alias(second, "toy-y", "champion").version == moved.version


def test_a_report_of_one_kind_replaces_the_earlier(store: Store) -> None:
    run_id = finished(store)
    store.put_report(run_id, Report("fairness", run_id, "one"))
    store.put_report(run_id, Report("fairness", run_id, "two"))
    report = store.report(run_id, "fairness")
    assert report is not None and report.title == "two"


def test_a_recipe_longer_than_a_tag_is_kept_whole(store: Store) -> None:
    recipe = Recipe("toy@1", "logistic", features=tuple(f"column_{i}" for i in range(2000)))
    run_id = store.begin("wide", recipe, {})
    assert store.run(run_id).recipe == recipe
    store.close(run_id, "failed", "only a test")


def test_plain_mlflow_can_read_what_we_wrote(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    store = stores.get("mlflow")(tmp_path, "toy", "")
    run_id = finished(store)
    assert list((tmp_path / "elsewhere").iterdir()) == []  # all of it stays in the workspace
    code = (
        "import sys, mlflow, pandas as pd; mlflow.set_tracking_uri(sys.argv[1])\n"
        "run = mlflow.search_runs(experiment_names=['toy']).iloc[0]\n"
        "assert run['metrics.roc_auc'] == 0.9 and run['params.family'] == 'logistic'\n"
        "history = mlflow.MlflowClient().get_metric_history(sys.argv[2], 'fit/valid_loss')\n"
        "assert [m.value for m in history] == [0.5, 0.4]\n"
        "model = mlflow.pyfunc.load_model('models:/' + run['tags.workbench.model'])\n"
        "out = model.predict(pd.DataFrame({'a': [3.0], 'b': [0.0]}))\n"
        "assert out[0][1] > 0.9, out\n"
        "again = mlflow.sklearn.load_model('models:/' + run['tags.workbench.model'])\n"
        "assert again.predict_proba([[3.0, 0.0]])[0, 1] == out[0][1]\n"
        "assert 'workbench' not in sys.modules\n"
        "run = mlflow.get_run(sys.argv[2])\n"
        "(kept,) = run.outputs.model_outputs\n"
        "found = mlflow.get_logged_model(kept.model_id)\n"
        "assert (found.status, found.source_run_id) == ('READY', sys.argv[2])\n"
        "assert found.model_id == run.data.tags['workbench.model']\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, f"sqlite:///{tmp_path}/mlflow.db", run_id],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]


def test_a_models_folder_is_as_mlflow_itself_writes_it(tmp_path: Path) -> None:
    import mlflow.sklearn

    store = stores.get("mlflow")(tmp_path, "toy", "")
    ours = store.model_file(finished(store)).parent
    theirs = tmp_path / "theirs"
    mlflow.sklearn.save_model(
        outcome().pipeline,
        str(theirs),
        serialization_format="skops",
        skops_trusted_types=[],
        pip_requirements=["ml-workbench[ml]"],
        pyfunc_predict_fn="predict_proba",
        signature=mlflow.models.Model.load(str(ours)).signature,
    )
    assert {p.name for p in ours.iterdir()} == {p.name for p in theirs.iterdir()}
    for name in ("conda.yaml", "python_env.yaml", "requirements.txt"):
        assert (ours / name).read_bytes() == (theirs / name).read_bytes()
    said, wanted = (yaml.safe_load((f / "MLmodel").read_text()) for f in (ours, theirs))
    about_itself = {"model_id", "model_uuid", "utc_time_created", "model_size_bytes"}
    assert {k: v for k, v in said.items() if k in wanted and k not in about_itself} == {
        k: v for k, v in wanted.items() if k not in about_itself
    }
    assert said["model_size_bytes"] == (ours / "model.skops").stat().st_size
    assert ours.stat().st_mode == ours.parent.stat().st_mode


def test_commits_are_ordered_and_do_not_wait_for_the_disk(tmp_path: Path) -> None:
    from sqlalchemy import create_engine, text

    store = stores.get("mlflow")(tmp_path, "toy", "")
    finished(store)
    engine = _get_store(store.uri).engine
    with engine.connect() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
        assert connection.execute(text("PRAGMA synchronous")).scalar() == 1  # NORMAL
    with create_engine(f"sqlite:///{tmp_path}/other.db").connect() as connection:
        assert connection.execute(text("PRAGMA synchronous")).scalar() == 2  # FULL, as ever


class Stranger(LogisticRegression):
    """A type that no file of ours may hold."""


def test_a_model_that_may_not_be_loaded_again_is_refused(tmp_path: Path) -> None:
    store = stores.get("mlflow")(tmp_path, "toy", "")
    run_id = store.begin("logistic", RECIPE, {})
    x = np.arange(8.0).reshape(4, 2)
    strange = Pipeline([("model", Stranger().fit(x, [0, 0, 1, 1]))])
    with pytest.raises(StoreError, match=r"nobody vouched for: .*test_store\.Stranger\."):
        store.finish(run_id, replace(outcome(), pipeline=strange))
    assert store.run(run_id).state == "running"
    with pytest.raises(StoreError, match="no model"):
        store.model_file(run_id)
    assert [p for p in (tmp_path / "artifacts" / "models").rglob("*") if p.is_file()] == []
    held = FunctionTransformer(kw_args={"held": threading})
    unkept = Pipeline([("step", held), *outcome().pipeline.steps])
    with pytest.raises(StoreError, match="cannot be kept"):
        store.finish(run_id, replace(outcome(), pipeline=unkept))


def _finish_many(root: str) -> None:
    store = stores.get("mlflow")(Path(root), "toy", "")
    while True:
        print(finished(store), flush=True)


@pytest.mark.slow
def test_a_run_that_is_done_is_whole_whenever_its_process_was_killed(tmp_path: Path) -> None:
    code = f"from {__name__} import _finish_many; _finish_many({str(tmp_path)!r})"
    done = []
    for pause in (0.0, 0.02, 0.05):
        writer = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
        assert writer.stdout is not None
        done += [writer.stdout.readline().decode().strip() for _ in range(3)]
        time.sleep(pause)
        writer.kill()
        done += writer.stdout.read().decode().split()
        writer.wait(20)
    store = stores.get("mlflow")(tmp_path, "toy", "")
    found = {run.id: run for run in store.runs(1000)}
    assert set(done) <= {run for run in found if found[run].state == "done"}
    for run in (r for r in found.values() if r.state == "done"):
        assert run.metrics == {"roc_auc": 0.9}
        assert store.courses([run.id]) == {run.id: {"valid_loss": [0.5, 0.4]}}
        assert store.run(run.id).signature == SIGNATURE
        assert store.report_kinds(run.id) == ["evaluation"]
        assert store.file(run.id, "predictions.parquet").read_bytes() == b"bytes"
        skops.io.load(store.model_file(run.id), trusted=[])


def test_the_address_of_mlflow_in_the_users_process_is_left_alone(tmp_path: Path) -> None:
    import mlflow

    before = mlflow.get_tracking_uri()
    finished(stores.get("mlflow")(tmp_path, "toy", ""))
    assert mlflow.get_tracking_uri() == before


def _begin_many(root: str, count: int) -> None:
    store = stores.get("mlflow")(Path(root), "toy", "")
    for _ in range(count):
        store.close(store.begin("x", RECIPE, {}), "failed", "test")


@pytest.mark.slow
def test_two_processes_open_a_new_store_at_once_and_lose_nothing(tmp_path: Path) -> None:
    import multiprocessing

    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_begin_many, args=(str(tmp_path), 5)) for _ in range(2)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(120)
        assert writer.exitcode == 0
    assert len(stores.get("mlflow")(tmp_path, "toy", "").runs(100)) == 10


def test_the_course_of_a_fit_is_told_for_several_runs_at_once(store: Store) -> None:
    first, second = finished(store), finished(store)
    begun = store.begin("logistic", RECIPE, {})
    courses = store.courses([first, second, begun])
    assert courses == {run: {"valid_loss": [0.5, 0.4]} for run in (first, second)}
    assert store.courses([]) == {}


def test_a_run_is_called_otherwise_and_keeps_its_id(store: Store) -> None:
    run_id = finished(store)
    store.rename(run_id, "without <age> & income")
    assert store.run(run_id).name == "without <age> & income"
    assert [r.name for r in store.runs(100) if r.id == run_id] == ["without <age> & income"]
