"""How busy this machine is: processor, memory and each NVIDIA GPU, as its driver says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import psutil


@dataclass(frozen=True)
class Gpu:
    """One NVIDIA GPU now; memory in bytes, ``busy`` in percent of the last moments."""

    name: str
    driver: str
    memory: int
    used: int
    busy: int

    @property
    def free(self) -> int:
        return self.memory - self.used


@dataclass(frozen=True)
class Load:
    """The machine now; memory in bytes, ``busy`` in percent of all cores since the last look."""

    cores: int
    busy: float
    memory: int
    used: int
    gpus: tuple[Gpu, ...] = ()


def load() -> Load:
    """Look at the machine; takes about a millisecond."""
    memory = psutil.virtual_memory()
    return Load(
        cores=psutil.cpu_count() or 1,
        busy=psutil.cpu_percent(),
        memory=memory.total,
        used=memory.total - memory.available,
        gpus=tuple(gpus()),
    )


def gpus() -> Iterator[Gpu]:
    """The NVIDIA GPUs that a driver answers for; none without a driver or its Python package."""
    try:
        import pynvml
    except ImportError:
        return
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        return  # no driver: no GPU
    try:
        driver = str(pynvml.nvmlSystemGetDriverVersion())
        for index in range(pynvml.nvmlDeviceGetCount()):
            handle = pynvml.nvmlDeviceGetHandleByIndex(index)
            memory = pynvml.nvmlDeviceGetMemoryInfo(handle)
            yield Gpu(
                name=str(pynvml.nvmlDeviceGetName(handle)),
                driver=driver,
                memory=int(memory.total),
                used=int(memory.used),
                busy=_busy(handle),
            )
    except pynvml.NVMLError:
        return  # it fell off the bus, or may not be asked
    finally:
        pynvml.nvmlShutdown()


def _busy(handle: object) -> int:
    """Some GPUs, and slices of a GPU, do not count it."""
    import pynvml

    try:
        return int(pynvml.nvmlDeviceGetUtilizationRates(handle).gpu)
    except pynvml.NVMLError:
        return 0
