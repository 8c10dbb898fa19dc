"""Starting and ending a server: it is ready when launch returns, and loses nothing at its end."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

from tests.serving.endpoints import Live, answer_of, running
from workbench.core.errors import JobError, UsageError
from workbench.serving.launch import launch, stop
from workbench.serving.predictions import read


def test_a_launched_server_is_ready_and_a_stopped_one_is_gone(bundle: Path, tmp_path: Path) -> None:
    with running(bundle, tmp_path) as live:
        process = psutil.Process(live.launched.pid)
        assert os.getsid(process.pid) == process.pid  # it outlives whoever started it
        with live.client() as client:
            assert client.get("/health").status_code == 200
        assert stop(process.pid, live.launched.started)
        assert not process.is_running()
        assert "stopped" in live.log
        assert not stop(process.pid, live.launched.started)


def test_a_port_that_is_taken_is_named(bundle: Path, tmp_path: Path, live: Live) -> None:
    with pytest.raises(UsageError, match=f"Port {live.launched.port} of this machine is taken"):
        launch(bundle, name="b", folder=tmp_path, port=live.launched.port)
    with pytest.raises(UsageError, match="70000 is no port"):
        launch(bundle, name="b", folder=tmp_path, port=70000)
    assert list(tmp_path.iterdir()) == []


def test_a_server_comes_back_on_its_port_at_once(bundle: Path, tmp_path: Path) -> None:
    with running(bundle, tmp_path) as live, live.client() as client:
        client.get("/health")
        port = live.launched.port
    with running(bundle, tmp_path, port=port) as again:
        assert (again.launched.port, again.token != live.token) == (port, True)


def test_a_changed_bundle_is_refused_and_its_file_named(bundle: Path, tmp_path: Path) -> None:
    changed = shutil.copytree(bundle, tmp_path / "changed")
    content = bytearray((changed / "model.onnx").read_bytes())
    content[len(content) // 2] ^= 1
    (changed / "model.onnx").write_bytes(content)
    with pytest.raises(JobError, match=r"'model\.onnx' was changed") as caught:
        launch(changed, name="b", folder=tmp_path / "e")
    assert "Traceback" not in str(caught.value)
    assert "b ended before it was ready" in str(caught.value)


def test_another_process_with_the_number_is_left_alone(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        assert not stop(other.pid, psutil.Process(other.pid).create_time() - 60)
        assert other.poll() is None
        other.communicate(b"\n")


def test_a_server_that_does_not_listen_is_killed(bundle: Path, tmp_path: Path) -> None:
    with running(bundle, tmp_path) as live:
        process = psutil.Process(live.launched.pid)
        process.suspend()
        start = time.monotonic()
        assert stop(process.pid, live.launched.started, within=0.3)
        assert time.monotonic() - start < 5
        assert not process.is_running()


@dataclass
class Asker(threading.Thread):
    """A client that asks on one connection until it is told that this was the last answer."""

    live: Live
    answered: int = 0
    lost: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def run(self) -> None:
        body = json.dumps({"rows": self.live.rows})
        headers = {
            "Authorization": f"Bearer {self.live.token}",
            "Content-Type": "application/json",
        }
        connection = http.client.HTTPConnection("127.0.0.1", self.live.launched.port, timeout=20)
        with contextlib.closing(connection):
            while True:
                try:
                    connection.request("POST", "/predict", body, headers)
                    said = connection.getresponse()
                    said.read()
                except (OSError, http.client.HTTPException) as error:
                    self.lost.append(repr(error))
                    return
                self.answered += said.status == 200
                if said.getheader("connection") == "close":
                    return

    __hash__ = threading.Thread.__hash__


def test_a_server_under_load_ends_without_losing_a_request(bundle: Path, tmp_path: Path) -> None:
    with running(bundle, tmp_path) as live:
        askers = [Asker(live) for _ in range(8)]
        for asker in askers:
            asker.start()
        time.sleep(0.5)
        slow = live.connect()  # has begun, and takes its time
        body = json.dumps({"rows": live.rows}).encode()
        slow.sendall(live.head(len(body)) + body[:-10])
        time.sleep(0.1)
        os.kill(live.launched.pid, signal.SIGTERM)
        for asker in askers:
            asker.join(20)
        with pytest.raises(ConnectionRefusedError):
            live.connect()
        time.sleep(0.3)
        slow.sendall(body[-10:])
        status, headers, _ = answer_of(slow)
        slow.close()
        stop(live.launched.pid, live.launched.started)
    assert (status, headers["connection"]) == (200, "close")
    assert [a.lost for a in askers] == [[]] * len(askers)
    assert min(a.answered for a in askers) > 10
    answered = sum(a.answered for a in askers) + 1
    assert len(read(live.predictions)) == answered * len(live.rows)  # the log has them all


def test_after_a_kill_the_log_is_whole_and_the_next_server_goes_on(
    bundle: Path, tmp_path: Path
) -> None:
    with running(bundle, tmp_path) as live, live.client() as client:
        for _ in range(20):
            client.post("/predict", json={"rows": live.rows})
        time.sleep(0.5)
        os.kill(live.launched.pid, signal.SIGKILL)
    with (live.predictions / "00000001.jsonl").open("ab") as file:
        file.write(b'{"id": "cut of')
    with running(bundle, tmp_path) as again, again.client() as client:
        client.post("/predict", json={"rows": again.rows[:1]})
    frame = read(live.predictions)
    assert len(frame) == 20 * len(live.rows) + 1
    assert sorted(p.name for p in live.predictions.iterdir()) == [
        "00000001.jsonl",
        "00000002.jsonl",
    ]


def test_a_log_that_cannot_be_written_is_counted_and_hurts_nobody(
    bundle: Path, tmp_path: Path
) -> None:
    with running(bundle, tmp_path) as live, live.client() as client:
        shutil.rmtree(live.predictions)
        live.predictions.write_text("in the way")
        for _ in range(5):
            assert client.post("/predict", json={"rows": live.rows}).status_code == 200
        time.sleep(0.3)
        dropped = live.metric('workbench_log_rows_total{outcome="dropped"}')
        assert dropped == 5 * len(live.rows)
        assert live.log.count("The prediction log cannot be written") == 1
        live.predictions.unlink()
        live.predictions.mkdir()
        client.post("/predict", json={"rows": live.rows})
        time.sleep(0.3)
        assert live.metric('workbench_log_rows_total{outcome="written"}') == len(live.rows)


@pytest.mark.parametrize(
    ("options", "token", "said"),
    [
        ([], "", "A server needs a token."),
        (["--host", "0.0.0.0"], "", "A server needs a token."),
        (["--token-file", "/nowhere/token"], "", "The token file /nowhere/token cannot be read"),
        (["--port", "70000"], "t", "Port 70000 of 127.0.0.1 cannot be used"),
    ],
)
def test_a_server_that_cannot_start_says_why(
    bundle: Path, options: list[str], token: str, said: str
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "workbench.serving.runtime", str(bundle), *options],
        env={**os.environ, "WORKBENCH_TOKEN": token}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, said in done.stderr) == (1, True)
    assert "Traceback" not in done.stderr


def test_outside_of_this_machine_it_answers_to_the_names_it_was_given(
    bundle: Path, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "workbench.serving.runtime", str(bundle), "--host", "0.0.0.0"]
    command += ["--port", str(port), "--allow-host", "models.example:80"]
    with subprocess.Popen(command, env={**os.environ, "WORKBENCH_TOKEN": "t"}) as process:
        found = {}
        for name in ("models.example:80", "other.example:80", f"localhost:{port}"):
            found[name] = _status(port, name)
        process.terminate()
        assert process.wait(20) == 0
    assert list(found.values()) == [200, 421, 200]


def _status(port: int, host: str) -> int:
    for _ in range(200):
        with contextlib.suppress(ConnectionRefusedError):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
            with contextlib.closing(connection):
                connection.request("GET", "/health", headers={"Host": host})
                return connection.getresponse().status
        time.sleep(0.05)
    return 0


def test_the_server_loads_nothing_heavy(live: Live, bundle: Path) -> None:
    maps = Path(f"/proc/{live.launched.pid}/maps").read_text()
    assert "onnxruntime" in maps
    for name in ("pandas", "pyarrow", "sklearn", "scipy", "torch", "lightgbm"):
        assert f"/{name}/" not in maps
    code = (
        "import sys, workbench.serving.runtime.__main__;"
        "print(*{m.partition('.')[0] for m in sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"pandas", "sklearn", "scipy", "torch", "mlflow", "panel", "starlette", "fastapi",
             "pyarrow", "pydantic", "onnx", "lightgbm", "httpx", "requests"}  # fmt: skip
    assert not heavy & set(done.stdout.split())
    assert live.metric("process_resident_memory_bytes") < 200 << 20
