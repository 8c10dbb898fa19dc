"""The machine's load, against what the operating system says itself."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from workbench.jobs.machine import Gpu, Load, gpus, load
from workbench.views import words


@pytest.mark.skipif(not Path("/proc/meminfo").exists(), reason="asks Linux")
def test_it_tells_what_the_kernel_does() -> None:
    told = dict(line.split(":") for line in Path("/proc/meminfo").read_text().splitlines())
    kilobytes = {name: int(value.split()[0]) for name, value in told.items()}
    now = load()
    assert now.cores == os.cpu_count()
    assert now.memory == kilobytes["MemTotal"] * 1024
    available = now.memory - now.used
    assert available == pytest.approx(kilobytes["MemAvailable"] * 1024, rel=0.2)
    assert 0 <= now.busy <= 100


@pytest.mark.skipif(Path("/proc/driver/nvidia").exists(), reason="a GPU is here")
def test_without_a_driver_there_is_no_gpu_and_no_error() -> None:
    assert list(gpus()) == []


def test_it_is_said_in_a_line() -> None:
    gpu = Gpu("NVIDIA H100", "580.159", 80_000_000_000, 2_100_000_000, 61)
    assert gpu.free == 77_900_000_000
    said = words.load(Load(2, 43.4, 24_000_000_000, 3_400_000_000, (gpu,)))
    assert said == (
        "Processor 43% of 2 cores · memory 3.4 GB of 24.0 GB"
        " · NVIDIA H100 61% busy, 2.1 GB of 80.0 GB"
    )
