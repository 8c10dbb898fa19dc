"""What people or fits wait for many times, in one process, warm, beside MLflow where it has it.

A live metric (one row in the jobs' database) beside ``mlflow.log_metric``; a whole run recorded
(parameters, metrics, 200 steps of two curves, a report, predictions and the model, LightGBM of 200
trees) beside what MLflow's own client does for the parameters, metrics and curves alone; another
value in *What if* (the prediction and exact contributions of one row of Adult); and a beeswarm
made ready for the browser.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from harness import machine

from workbench.app.charts.swarm import beeswarm
from workbench.jobs.processes import Identity
from workbench.store.store import Outcome
from workbench.training.persist import trusted
from workbench.views.reading import Effect
from workbench.workspace import Workspace

STEPS = 200


def median(work: Callable[[int], Any], times: int) -> float:
    """Seconds of one call."""
    took = []
    for number in range(times):
        began = time.perf_counter()
        work(number)
        took.append(time.perf_counter() - began)
    return statistics.median(took)


def told(folder: Path) -> dict[str, float]:
    """A live metric: ours, and MLflow's on a store of its own."""
    import mlflow

    ws = Workspace(folder / "ws")
    ledger = ws.context.ledger
    job = ledger.submit("train", {})
    ledger.claim(job.id, Identity.own())  # a running job's position is written, too
    ours = median(lambda k: ledger.tell(job.id, 0.5, "epoch", {"loss": 1.0 / (k + 1)}), 2000)
    mlflow.set_tracking_uri(f"sqlite:///{folder / 'their.db'}")
    with mlflow.start_run():
        theirs = median(lambda k: mlflow.log_metric("loss", 1.0 / (k + 1), step=k), 200)
    return {"a live metric, us": 1e6 * ours, "mlflow.log_metric, us": 1e6 * theirs}


def recorded(ws: Workspace, run: Any) -> dict[str, float]:
    """A whole run: ours with all that it leaves, MLflow's client with the numbers alone."""
    import mlflow
    from mlflow.entities import Metric, Param

    store = ws.context.store
    curves = tuple((k, n, 1.0 / k) for k in range(1, STEPS + 1) for n in ("train", "valid"))
    predictor = run.predictor()
    kept = run.predictions().to_parquet()
    outcome = Outcome(
        signature=run.record.signature,
        pipeline=predictor.pipeline,
        trusted=tuple(trusted()),
        metrics=dict(run.metrics),
        reports=(run.report("evaluation"),),
        files={"predictions.parquet": kept},
        history=curves,
        params={"family": "lightgbm"},
        tags={},
    )

    def ours(number: int) -> None:
        store.finish(store.begin("lightgbm", run.record.recipe, {}), outcome)

    mine = median(ours, 20)
    mlflow.set_tracking_uri(f"sqlite:///{ws.root / 'their.db'}")
    client = mlflow.MlflowClient(mlflow.get_tracking_uri())
    metrics = [Metric(n, v, 0, k) for k, n, v in curves]
    params = [Param(f"p{k}", "1") for k in range(10)]

    def theirs(number: int) -> None:
        made = client.create_run("0")
        client.log_batch(made.info.run_id, metrics=metrics, params=params)
        client.set_terminated(made.info.run_id)

    return {
        "a run recorded, ms": 1e3 * mine,
        "MLflow's log_batch of its numbers, ms": 1e3 * median(theirs, 20),
    }


def asked(run: Any) -> dict[str, float]:
    """*What if*: one value changed, the answer and its contributions."""
    model = run.what_if()
    row = dict(run.workspace.datasets["adult"].frame().iloc[0])
    names = [f.name for f in run.record.signature.inputs]
    start = {name: row[name] for name in names}
    model.ask(start)
    took = median(lambda k: model.ask({**start, "age": 20 + k % 60}), 100)
    return {"What if, ms": 1e3 * took}


def drawn() -> dict[str, float]:
    """A beeswarm as the page builds it, serialised for the browser."""
    from bokeh.document import Document

    random = np.random.default_rng(0)

    def made(dots: int) -> Callable[[int], Any]:
        rows = dots // 10
        effects = [Effect(f"c{k}", random.normal(size=rows), random.normal(size=rows).tolist())
                   for k in range(10)]  # fmt: skip

        def work(_: int) -> None:
            document = Document()
            document.add_root(beeswarm(effects, list(range(rows)), "Contribution"))
            document.to_json()

        return work

    return {f"beeswarm of {n:,} dots, ms": 1e3 * median(made(n), 3) for n in (20_000, 100_000)}


def main() -> None:
    """Measure all, print a table."""
    print(machine())
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        ws = Workspace(folder / "adult")
        ws.import_data("adult")
        fixed = {"lightgbm": {"n_estimators": 200, "early_stopping": 0}}
        run = ws.train("adult", ["lightgbm"], params=fixed).best
        found = {**asked(run), **drawn(), **recorded(ws, run), **told(folder)}
    print("| | |\n|---|---|")
    for name, value in found.items():
        what, _, unit = name.rpartition(", ")
        print(f"| {what} | {value:,.1f} {unit} |")


if __name__ == "__main__":
    main()
