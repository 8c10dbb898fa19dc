"""MLflow's own pages on the workspace's store, in a process of theirs."""

from __future__ import annotations

import atexit
import contextlib
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

from workbench.core.errors import StoreError

START = 120.0  # seconds; the first time, MLflow compiles for many
HOST = "127.0.0.1"


class MLflowPage:
    """MLflow's server for one embedded store; it ends with this process.

    It listens on this machine only and knows no password, as MLflow itself; its own check of the
    Host header keeps other pages in the browser away from it.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.log = root / "logs" / "mlflow.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._url = ""
        self._lock = threading.Lock()

    def open(self, port: int = 0) -> str:
        """Its address; it is started when it does not run.

        Raises
        ------
        StoreError
            It did not come up, or the port is taken.
        """
        with self._lock:
            if self._process is None or self._process.poll() is not None:
                self._start(_free_port(port))
            return self._url

    def wait(self) -> None:
        """Until it has ended."""
        if self._process is not None:
            self._process.wait()

    def close(self) -> None:
        """End it."""
        if self._process is not None:
            self._process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(5)
            self._process.kill()

    def _start(self, port: int) -> None:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        words = [sys.executable, "-m", "mlflow", "server", "--host", HOST, "--port", str(port)]
        words += ["--backend-store-uri", f"sqlite:///{self.root.resolve() / 'mlflow.db'}"]
        words += ["--artifacts-destination", (self.root.resolve() / "artifacts").as_uri()]
        words += ["--workers", "1"]
        # it must neither ask another server, nor send what people do to anybody
        env = {k: v for k, v in os.environ.items() if k != "MLFLOW_TRACKING_URI"}
        env |= {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true"}
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(words, stdout=log, stderr=log, env=env)
        atexit.register(self.close)
        self._url = f"http://{HOST}:{port}"
        until = time.monotonic() + START
        while not _answers(f"{self._url}/health") or self._process.poll() is not None:
            if self._process.poll() is not None or time.monotonic() > until:
                self.close()
                raise StoreError(f"MLflow's server did not start; {self.log} says why.")
            time.sleep(0.1)


def _answers(url: str) -> bool:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # never a proxy
    try:
        with opener.open(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


def _free_port(wanted: int) -> int:
    with socket.socket() as listener:
        try:
            listener.bind((HOST, wanted))
        except OSError as error:
            raise StoreError(f"Port {wanted} is taken.", "Use another one, or 0.") from error
        port: int = listener.getsockname()[1]
        return port
