"""A remote MLflow server takes the place of the embedded store by one setting."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench.core.errors import StoreError
from workbench.core.settings import Settings
from workbench.store.mlflow import MLflowStore

from .test_store import RECIPE, finished

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("server")
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "mlflow", "server", "--port", str(port), "--workers", "1",
         "--backend-store-uri", f"sqlite:///{folder}/remote.db",
         "--artifacts-destination", str(folder / "artifacts")],
        cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    try:
        _wait(url + "/health")
        yield url
    finally:
        process.terminate()
        process.wait(20)


def _wait(url: str) -> None:
    end = time.monotonic() + 120
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.2)
    raise AssertionError("the MLflow server did not start")


def test_the_environment_names_the_server(tmp_path: Path) -> None:
    settings = Settings.read(tmp_path, {"MLFLOW_TRACKING_URI": "http://127.0.0.1:1"})
    assert settings.tracking_uri == "http://127.0.0.1:1"


def test_runs_models_and_aliases_live_on_the_server(server: str, tmp_path: Path) -> None:
    store = MLflowStore(tmp_path, "remote", server)
    run_id = finished(store)
    again = MLflowStore(tmp_path / "other", "remote", server)
    assert again.run(run_id).recipe == RECIPE
    assert again.model_file(run_id).stat().st_size > 500
    assert again.set_alias(run_id, "toy-y", "champion").run_id == run_id
    assert store.run("champion").id == run_id
    assert not (tmp_path / "mlflow.db").exists()


def test_a_server_that_is_not_there_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from workbench.store import library

    for name in ("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "MLFLOW_HTTP_REQUEST_TIMEOUT"):
        monkeypatch.delenv(name, raising=False)
    retries = library.MLFLOW_HTTP_REQUEST_MAX_RETRIES
    with pytest.raises(
        StoreError, match=r"The MLflow server at http://127\.0\.0\.1:1 does not answer"
    ):
        MLflowStore(tmp_path, "remote", "http://127.0.0.1:1")
    assert (retries.get(), library.MLFLOW_HTTP_REQUEST_TIMEOUT.get()) == (2, 30)
    assert not retries.defined  # nothing that child processes would inherit
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")  # what the user says counts
    with pytest.raises(StoreError, match="does not answer"):
        MLflowStore(tmp_path, "remote", "http://127.0.0.1:1")
    assert retries.get() == 1
