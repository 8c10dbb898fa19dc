"""What the benchmarks share: subjects run in turn, their processes measured from outside."""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import signal
import socket
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path

import psutil


@dataclass
class Sample:
    """One measured run: wall seconds, CPU seconds and peak memory (MB, proportional set size)."""

    wall: float
    cpu: float = 0.0
    memory: float = 0.0
    more: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Subject:
    """Something to measure; ``measure`` returns one sample."""

    name: str
    measure: Callable[[], Sample]
    ours: bool = False


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def tree(pid: int) -> list[psutil.Process]:
    """A process and all below it."""
    try:
        root = psutil.Process(pid)
        return [root, *root.children(recursive=True)]
    except psutil.Error:
        return []


def usage(pid: int) -> tuple[float, float]:
    """CPU seconds and memory (MB) of a process tree."""
    cpu = memory = 0.0
    for process in tree(pid):
        try:
            times = process.cpu_times()
            cpu += times.user + times.system
            memory += process.memory_full_info().pss / 2**20
        except (psutil.Error, AttributeError):
            continue
    return cpu, memory


def run_command(command: list[str], env: dict[str, str] | None = None) -> Sample:
    """A command from start to end."""
    start = time.perf_counter()
    process = subprocess.Popen(
        command,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **(env or {})},
    )
    _, status, spent = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - start
    if process.returncode:
        raise SystemExit(f"{command} ended with {process.returncode}")
    return Sample(wall, spent.ru_utime + spent.ru_stime, spent.ru_maxrss / 1024)


def serve(
    command: list[str],
    url: str,
    *,
    env: dict[str, str] | None = None,
    cookie: str = "",
    timeout: float = 180,
    then: Callable[[], None] = lambda: None,
) -> Sample:
    """A server from its start to its first good answer at ``url``, and to the end of ``then``."""
    start = time.perf_counter()
    with subprocess.Popen(
        command,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **(env or {})},
        start_new_session=True,
    ) as process:
        try:
            wait_for(url, process, timeout, cookie)
            then()
            wall = time.perf_counter() - start
            cpu, memory = usage(process.pid)
        finally:
            os.killpg(process.pid, signal.SIGKILL)
    return Sample(wall, cpu, memory)


def wait_for(url: str, process: subprocess.Popen[bytes], timeout: float, cookie: str = "") -> None:
    """Ask ``url`` until it answers with 200."""
    request = urllib.request.Request(url, headers={"Cookie": cookie} if cookie else {})
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        if process.poll() is not None:
            raise SystemExit(f"the server of {url} ended with {process.returncode}")
        try:
            with urllib.request.urlopen(request, timeout=timeout) as answer:
                if answer.status == 200:
                    answer.read()
                    return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.01)
    raise SystemExit(f"{url} did not answer in {timeout:g} s")


def rounds(subjects: Iterable[Subject], count: int) -> dict[str, list[Sample]]:
    """Measure all subjects ``count`` times, each round in a new order, after one warm-up."""
    subjects = list(subjects)
    found: dict[str, list[Sample]] = {s.name: [] for s in subjects}
    for number in range(count + 1):
        for subject in random.Random(number).sample(subjects, len(subjects)):
            sample = subject.measure()
            if number:
                found[subject.name].append(sample)
                print(f"round {number}: {subject.name:40} {sample.wall:8.3f} s", file=sys.stderr)
    return found


def median(samples: list[Sample], key: str) -> float:
    return statistics.median(getattr(s, key) for s in samples)


def table(found: dict[str, list[Sample]], base: str) -> str:
    """Medians, spread, and the ratio of each wall time to that of ``base``."""
    lines = [
        "| | wall s, median (min to max) | CPU s | MB | wall / ours |",
        "|---|---|---|---|---|",
    ]
    own = median(found[base], "wall")
    for name, samples in found.items():
        walls = [s.wall for s in samples]
        lines.append(
            f"| {name} | {median(samples, 'wall'):.3f} ({min(walls):.3f} to {max(walls):.3f})"
            f" | {median(samples, 'cpu'):.2f} | {median(samples, 'memory'):.0f}"
            f" | {median(samples, 'wall') / own:.1f} |"
        )
    return "\n".join(lines)


def machine() -> str:
    """One line about the machine."""
    memory = psutil.virtual_memory().total / 2**30
    return (
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, {memory:.0f} GB,"
        f" Python {platform.python_version()}, load {os.getloadavg()[0]:.1f}"
    )


def arguments(description: str) -> argparse.ArgumentParser:
    """The options that every benchmark has."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--peers", default="", help="python of the environment with the peers")
    parser.add_argument("--json", type=Path, help="write all samples here")
    return parser


def write(path: Path | None, found: dict[str, list[Sample]]) -> None:
    if path is not None:
        data = {name: [asdict(s) for s in samples] for name, samples in found.items()}
        path.write_text(json.dumps({"machine": machine(), "samples": data}, indent=2))
