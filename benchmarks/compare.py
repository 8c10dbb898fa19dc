"""Comparing runs on very many test rows, and a table of very many runs with very many metrics.

Each subject is a process of its own; the seconds are those of the work alone, once libraries are
loaded and scores are made. Bootstrap by rows is what the same metrics take with one weight per row
and draw, on fewer draws, told for as many as ours; scikit-learn's is its AUC alone.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from harness import Sample, Subject, arguments, machine, rounds, table, write

TAIL = """
import resource, time
def spent():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
cpu, began = spent(), time.perf_counter()
times = work()
took, used = time.perf_counter() - began, spent() - cpu
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(took * times, used * times, peak)
"""
SCORES = """
import numpy as np
random = np.random.default_rng(0)
chance = random.beta(1, 2, {rows})
truth = (random.random({rows}) < chance).astype(float)
said = [np.clip(chance + random.normal(0, 0.01 + 0.02 * k, {rows}), 0, 1) for k in range({models})]
"""
OURS = """
from workbench.core.signature import Signature
from workbench.evaluation.compare import Subject, compare
signature = Signature((), "y", "binary", ("no", "yes"))
subjects = [Subject(str(k), f"model {{k}}", truth, s) for k, s in enumerate(said)]
def work():
    compare(subjects, signature, draws={draws})
    return 1
"""
BY_ROWS = """
from workbench.measures import intervals
from workbench.measures.metrics import METRICS
from workbench.measures.sample import Sample
intervals.LARGE = 10**12
samples = [Sample.of("binary", truth, s) for s in said[:1]]
def work():
    intervals.paired(samples, METRICS["binary"], draws=4)
    return {draws} / 4 * {models}
"""
SCIKIT = """
from sklearn.metrics import roc_auc_score
def work():
    for _ in range(2):
        rows = random.integers(0, len(truth), len(truth))
        roc_auc_score(truth[rows], said[0][rows])
    return {draws} / 2 * {models}
"""
FILL = """
import sqlite3, uuid, datetime
from workbench.core.recipe import Recipe
from workbench.core.split import Split
from workbench.store.mlflow import MLflowStore, TAG
from workbench.core.wire import dumps
from pathlib import Path
import numpy as np
store = MLflowStore(Path(folder), "many", "")
recipe = Recipe("made@1", "lightgbm", target="y", split=Split())
text = dumps(recipe.to_dict())
values = np.random.default_rng(0).random(({runs}, {metrics})).round(4)
database = sqlite3.connect(Path(folder) / "mlflow.db")
now = 1_700_000_000_000
for k in range({runs}):
    run = uuid.uuid4().hex
    place = f"{{Path(folder).as_uri()}}/artifacts/{{run}}/artifacts"
    database.execute(
        "insert into runs (run_uuid, name, source_type, source_name, entry_point_name, user_id,"
        " status, start_time, end_time, source_version, lifecycle_stage, artifact_uri,"
        " experiment_id) values (?, ?, 'UNKNOWN', '', '', '', 'FINISHED', ?, ?, '', 'active',"
        " ?, ?)",
        (run, f"run {{k}}", now + k, now + k + 5000, place, store.experiment),
    )
    database.execute("insert into tags (key, value, run_uuid) values (?, ?, ?)",
                     (TAG + "recipe", text, run))
    database.executemany(
        "insert into latest_metrics (key, value, timestamp, step, is_nan, run_uuid)"
        " values (?, ?, ?, 0, 0, ?)",
        [(f"metric_{{m}}", float(values[k, m]), now, run) for m in range({metrics})],
    )
database.commit()
"""
LIST = """
from pathlib import Path
from workbench.store.mlflow import MLflowStore
store = MLflowStore(Path(folder), "many", "")
def work():
    found = store.runs({runs})
    assert len(found) == {runs}, len(found)
    return 1
"""
PLAIN = """
import mlflow
from pathlib import Path
mlflow.set_tracking_uri(f"sqlite:///{{Path(folder) / 'mlflow.db'}}")
client = mlflow.MlflowClient()
experiment = client.get_experiment_by_name("many").experiment_id
def work():
    found = client.search_runs([experiment], max_results={runs})
    assert len(found) == {runs}
    return 1
"""


def measured(code: str) -> Sample:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    return Sample(*(float(part) for part in done.stdout.split()[-3:]))


def main() -> None:
    parser = arguments(__doc__ or "")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--models", type=int, default=10)
    parser.add_argument("--draws", type=int, default=1000)
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--metrics", type=int, default=1000)
    parser.add_argument("--only", choices=["compare", "runs"])
    given = parser.parse_args()
    sizes = {k: getattr(given, k) for k in ("rows", "models", "draws", "runs", "metrics")}
    print(machine())
    if given.only != "runs":
        head = SCORES.format(**sizes)

        def subject(name: str, body: str) -> Subject:
            code = head + body.format(**sizes) + TAIL
            return Subject(name, lambda: measured(code), name == "workbench compare")

        found = rounds(
            [
                subject("workbench compare", OURS),
                subject("the same metrics by rows", BY_ROWS),
                subject("scikit-learn, AUC alone", SCIKIT),
            ],
            given.rounds,
        )
        print(table(found, "workbench compare"))
        write(given.json, found)
    if given.only != "compare":
        with tempfile.TemporaryDirectory() as folder:
            place = f"folder = {folder!r}\n"
            measured(place + FILL.format(**sizes) + "\nprint(0, 0, 0)")
            listed = {"workbench, store.runs": LIST, "mlflow, search_runs": PLAIN}
            found = rounds(
                [
                    Subject(name, lambda body=body: measured(place + body.format(**sizes) + TAIL))
                    for name, body in listed.items()
                ],
                given.rounds,
            )
            print(Path(folder, "mlflow.db").stat().st_size // 2**20, "MB of mlflow.db")
            print(table(found, "workbench, store.runs"))


if __name__ == "__main__":
    main()
