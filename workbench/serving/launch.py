"""Start the server of a bundle on this machine, and end it."""

from __future__ import annotations

import contextlib
import math
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import psutil

from workbench.core.doors import new_token, write_token
from workbench.core.errors import JobError, UsageError

HOST = "127.0.0.1"
READY_WITHIN = 60.0  # seconds
DRAIN = 35.0  # seconds given to answer what was begun; a little more than the server takes itself
LOG_LINES = 8
LOG_BYTES = 4 << 20  # of earlier starts that are kept


@dataclass(frozen=True)
class Launched:
    """A server that is ready."""

    pid: int
    started: float  # seconds since the epoch: tells it from a later process with its number
    host: str
    port: int
    log: Path
    token_file: Path


def launch(
    bundle: Path, *, name: str, folder: Path, predictions: Path | None = None, port: int = 0
) -> Launched:
    """Start a server in a process of its own and wait until it is ready.

    Parameters
    ----------
    bundle
        The bundle's folder.
    folder
        Where the server's ``token`` and ``log`` go; both are for this user alone.
    predictions
        Where it logs its answers.
    port
        0 takes a free one.

    Raises
    ------
    UsageError
        The port is taken.
    JobError
        It ended, or was not ready in time; with the last lines of its log.
    """
    with _listen(port) as listener:
        port = listener.getsockname()[1]
        folder.mkdir(parents=True, exist_ok=True)
        token_file, log = folder / "token", folder / "log"
        write_token(token_file, new_token())
        # -P: a json.py in the folder that somebody works in is none of the server's
        command = [sys.executable, "-P", "-m", "workbench.serving.runtime"]
        command += [str(bundle.absolute())]
        command += ["--fd", str(listener.fileno()), "--name", name, "--token-file", str(token_file)]
        if predictions is not None:
            command += ["--predictions", str(predictions)]
        before = _size(log)
        process = _start(command, listener.fileno(), log)
    try:
        started = psutil.Process(process.pid).create_time()
        why_not = _wait(process, port)
    except BaseException:
        _kill(process)
        raise
    if why_not:
        _kill(process)
        raise JobError(f"{name} {why_not}: {_last(log, before)}")
    _children.append(process)
    return Launched(process.pid, started, HOST, port, log, token_file)


def stop(pid: int, started: float, *, within: float = DRAIN) -> bool:
    """Let the server answer what it has begun, then end it; True when it was running.

    ``started`` guards against a process that got the same number later.
    """
    try:
        process = psutil.Process(pid)
        if abs(process.create_time() - started) > 1.0:
            return False
        process.send_signal(signal.SIGTERM)
    except psutil.Error:
        return False
    _wait_gone(process, within)
    return True


def _wait_gone(process: psutil.Process, within: float) -> None:
    end = time.monotonic() + within
    while _runs(process):
        if time.monotonic() > end:
            with contextlib.suppress(psutil.Error):
                process.kill()
            end = math.inf
        time.sleep(0.02)


def _runs(process: psutil.Process) -> bool:
    _reap()
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def _listen(port: int) -> socket.socket:
    # the socket is opened here and handed over: nobody can take the port in between, and requests
    # that come while the model loads wait instead of being refused
    try:
        return socket.create_server((HOST, port), backlog=1024)
    except (OSError, OverflowError) as error:
        if isinstance(error, PermissionError):
            why = f"Port {port} may only be used by the administrator."
        elif isinstance(error, OverflowError):
            why = f"{port} is no port: they end at 65535."
        else:
            why = f"Port {port} of this machine is taken."
        raise UsageError(why, "Choose another one, or 0 for a free one.") from error


def _start(command: list[str], descriptor: int, log: Path) -> subprocess.Popen[bytes]:
    package = str(Path(__file__).resolve().parents[2])
    path = os.pathsep.join(filter(None, [package, os.environ.get("PYTHONPATH", "")]))
    secrets = ("WORKBENCH_TOKEN", "WORKBENCH_APP_TOKEN")
    env = {k: v for k, v in os.environ.items() if k not in secrets}
    fresh = not 0 < _size(log) <= LOG_BYTES
    handle = os.open(log, os.O_WRONLY | os.O_CREAT | (os.O_TRUNC if fresh else os.O_APPEND), 0o600)
    with os.fdopen(handle, "ab") as output:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=(descriptor,),
            env={**env, "PYTHONPATH": path, "OMP_NUM_THREADS": "1"},
        )


def _wait(process: subprocess.Popen[bytes], port: int) -> str:
    """Until it is ready; else why it is not."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    end = time.monotonic() + READY_WITHIN
    while time.monotonic() < end:
        if process.poll() is not None:
            return "ended before it was ready"
        with (
            contextlib.suppress(urllib.error.URLError, ConnectionError, TimeoutError),
            opener.open(f"http://{HOST}:{port}/health", timeout=1) as answer,
        ):
            if answer.status == 200:
                return ""
        time.sleep(0.02)
    return f"was not ready after {READY_WITHIN:g} seconds"


def _last(log: Path, before: int) -> str:
    """What it said since ``before``, without the inside of a traceback."""
    with log.open("rb") as file:
        file.seek(before if before <= _size(log) else 0)  # the file was begun anew
        lines = file.read(LOG_BYTES).decode("utf-8", "replace").splitlines()
    said = [x.strip() for x in lines if x[:1] not in ("", " ") and not x.startswith("Traceback")]
    return " ".join(said[-LOG_LINES:]) or "its log is empty."


def _size(log: Path) -> int:
    return log.stat().st_size if log.is_file() else 0


def _kill(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


_children: list[subprocess.Popen[bytes]] = []  # of this process; asked, so that none stays a zombie


def _reap() -> None:
    _children[:] = [child for child in _children if child.poll() is None]
