"""Start-up: import, ``--help``, and each server from its start to its first page.

Peers: ``panel serve`` of one line, ``mlflow ui``, explainerdashboard on 1,000 rows of LightGBM.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from harness import Sample, Subject, arguments, free_port, machine, rounds, run_command, serve, table, write

HERE = Path(__file__).parent


def commands() -> list[Subject]:
    python = sys.executable
    return [
        Subject("import workbench", lambda: run_command([python, "-c", "import workbench"]), True),
        Subject(
            "workbench --help", lambda: run_command([python, "-m", "workbench.cli", "--help"]), True
        ),
        Subject("import panel", lambda: run_command([python, "-c", "import panel"])),
        Subject("import mlflow", lambda: run_command([python, "-c", "import mlflow"])),
        Subject("python -c pass", lambda: run_command([python, "-c", "pass"])),
    ]


def app(workspace: str) -> Sample:
    port = free_port()
    command = [sys.executable, "-m", "workbench.cli", "app", "--workspace", workspace]
    command += ["--port", str(port), "--no-browser", "--no-token"]
    return serve(command, f"http://127.0.0.1:{port}/")


def panel_hello() -> Sample:
    port = free_port()
    command = [sys.executable, "-m", "panel", "serve", str(HERE / "peers" / "panel_hello.py")]
    return serve([*command, "--port", str(port)], f"http://127.0.0.1:{port}/panel_hello")


def mlflow_ui(python: str) -> Sample:
    port, folder = free_port(), tempfile.mkdtemp()
    command = [python, "-m", "mlflow", "server", "--port", str(port), "--workers", "1"]
    command += ["--backend-store-uri", f"sqlite:///{folder}/mlflow.db"]
    return serve(command, f"http://127.0.0.1:{port}/health")


def explainer(python: str) -> Sample:
    port = free_port()
    command = [python, str(HERE / "peers" / "explainer.py"), str(port)]
    return serve(command, f"http://127.0.0.1:{port}/_dash-layout")


def main() -> None:
    options = arguments(__doc__ or "").parse_args()
    print(machine())
    found = rounds(commands(), options.rounds)
    print(table(found, "workbench --help"))
    with tempfile.TemporaryDirectory() as folder:
        run_command([sys.executable, "-m", "workbench.cli", "init", folder, "--quiet"])
        servers = [
            Subject("workbench app", lambda: app(folder), True),
            Subject("panel serve, one line", panel_hello),
        ]
        if options.peers:
            servers += [
                Subject("mlflow server, 1 worker", lambda: mlflow_ui(options.peers)),
                Subject("explainerdashboard, 1,000 rows", lambda: explainer(options.peers)),
            ]
        pages = rounds(servers, options.rounds)
    print(table(pages, "workbench app"))
    write(options.json, {**found, **pages})


if __name__ == "__main__":
    main()
