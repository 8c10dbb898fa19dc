"""Serving: one row over HTTP, keep-alive, one client and sixteen; our endpoint and its peers.

All answer for LightGBM of 200 trees on the breast cancer data (30 columns, JSON, one process).
Ours also checks Host, Origin and token, and logs every answer; the peers do neither.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness import Sample, Subject, arguments, free_port, machine, rounds, usage, wait_for, write

import workbench as wb

HERE = Path(__file__).parent
OURS = "workbench serve"
COLUMNS = {
    "cold": "start s",
    "memory": "MB",
    "p50": "1 client: p50 ms",
    "p99": "p99 ms",
    "rate_many": "16 clients: requests/s",
    "p50_many": "p50 ms",
    "p99_many": "p99 ms",
    "cpu": "CPU us/request",
}


@dataclass(frozen=True)
class Server:
    """How to start a server and what to ask it."""

    name: str
    command: Callable[[int], list[str]]
    path: str
    body: bytes
    token: str = ""
    ready: str = "/health"

    def request(self, port: int) -> bytes:
        """The bytes of one request."""
        head = (
            f"POST {self.path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(self.body)}\r\n"
        )
        if self.token:
            head += f"Authorization: Bearer {self.token}\r\n"
        return head.encode() + b"\r\n" + self.body

    def measure(self, seconds: float) -> Sample:
        """Start it, ask it from one client and from sixteen, and end it."""
        port = free_port()
        with self._running(port) as (pid, cold):
            load(self.request(port), port, 1, 0.5)
            one = load(self.request(port), port, 1, seconds)
            before, _ = usage(pid)
            many = load(self.request(port), port, 16, seconds)
            after, memory = usage(pid)
        figures = {
            "cold": cold,
            "p50": one["p50"],
            "p99": one["p99"],
            "rate_many": many["rate"],
            "p50_many": many["p50"],
            "p99_many": many["p99"],
        }
        return Sample(cold, 1e6 * (after - before) / many["count"], memory, figures)

    @contextmanager
    def _running(self, port: int) -> Any:
        start = time.perf_counter()
        quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        command = self.command(port)
        path = f"{Path(command[0]).parent}{os.pathsep}{os.environ['PATH']}"  # mlflow calls uvicorn
        env = {**os.environ, "OMP_NUM_THREADS": "1", "WORKBENCH_TOKEN": self.token, "PATH": path}
        with subprocess.Popen(command, env=env, start_new_session=True, **quiet) as process:
            try:
                wait_for(f"http://127.0.0.1:{port}{self.ready}", process, 180)
                yield process.pid, time.perf_counter() - start
            finally:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)


def load(request: bytes, port: int, clients: int, seconds: float) -> dict[str, float]:
    """Latencies (ms) and rate that ``clients`` kept connections see, from a process of its own."""
    command = [sys.executable, str(HERE / "serving_load.py"), str(port), str(clients), str(seconds)]
    done = subprocess.run(command, input=request, stdout=subprocess.PIPE, check=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def bundle(folder: Path) -> Path:
    """A bundle of LightGBM on the breast cancer data that scikit-learn ships."""
    workspace = wb.open(folder / "workspace")
    data = workspace.import_data("breast_cancer")
    params = {"lightgbm": {"n_estimators": 200, "early_stopping": 0}}
    run = workspace.train(data, families=["lightgbm"], params=params)[0]
    return Path(run.export(folder / "bundle").path)


def servers(folder: Path, peers: str) -> list[Server]:
    """Ours, the floor, and the peers."""
    made = bundle(folder)
    row = json.loads((made / "sample.json").read_text())["rows"][0]
    body = json.dumps({"rows": [row]}).encode()
    ours = [sys.executable, "-m", "workbench.serving.runtime", str(made)]
    ours += ["--predictions", str(folder / "predictions"), "--port"]
    names = _inputs(made)
    renamed = json.dumps({"rows": [dict(zip(names, row.values(), strict=True))]}).encode()
    model = folder / "mlflow"
    subprocess.run([peers, str(HERE / "peers" / "mlflow_model.py"), str(model)], check=True)
    split = {"columns": list(row), "data": [list(row.values())]}
    fastapi = [peers, str(HERE / "peers" / "fastapi_ort.py"), str(made)]
    mlflow = [peers, "-m", "mlflow", "models", "serve", "-m", str(model), "--env-manager", "local"]
    mlflow += ["--workers", "1", "--port"]
    constant = [peers, str(HERE / "peers" / "constant.py")]
    return [
        Server(OURS, lambda p: [*ours, str(p)], "/predict", body, "benchmark"),
        Server("uvicorn, constant answer", lambda p: [*constant, str(p)], "/", body),
        Server("FastAPI + ONNX Runtime", lambda p: [*fastapi, str(p)], "/predict", renamed),
        Server(
            "mlflow models serve",
            lambda p: [*mlflow, str(p)],
            "/invocations",
            json.dumps({"dataframe_split": split}).encode(),
        ),
    ]


def _inputs(made: Path) -> list[str]:
    from workbench.core.bundle import verify
    from workbench.encoding import inputs

    return [i.name for i in inputs(verify(made).signature)]


def table(found: dict[str, list[Sample]]) -> str:
    """Medians over the rounds, and what each is to ours."""
    lines = ["| | " + " | ".join(COLUMNS.values()) + " |", "|---" * (len(COLUMNS) + 1) + "|"]
    own = {key: _median(found[OURS], key) for key in COLUMNS}
    for name, samples in found.items():
        cells = []
        for key, base in own.items():
            value = _median(samples, key)
            ratio = "" if name == OURS else f" ({value / base:.2g}x)"
            cells.append(f"{value:.4g}{ratio}")
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _median(samples: list[Sample], key: str) -> float:
    own = {"cpu": "cpu", "memory": "memory"}
    return statistics.median(getattr(s, own[key]) if key in own else s.more[key] for s in samples)


def main() -> None:
    parser = arguments(__doc__ or "")
    parser.add_argument("--seconds", type=float, default=3.0, help="of load for each figure")
    options = parser.parse_args()
    print(machine())
    with tempfile.TemporaryDirectory() as folder:
        subjects = [
            Subject(s.name, lambda s=s: s.measure(options.seconds), s.name == OURS)  # type: ignore[misc]
            for s in servers(Path(folder), options.peers or sys.executable)
        ]
        found = rounds(subjects, options.rounds)
    print(table(found))
    write(options.json, found)


if __name__ == "__main__":
    main()
