"""How much of the machine a fit may take, where several processes fit at the same time."""

from __future__ import annotations

import os

_among = 1


def divide(among: int) -> None:
    """From now on this process is one of ``among`` that fit at the same time."""
    global _among
    _among = max(1, among)


def among() -> int:
    """How many processes fit at the same time, this one included."""
    return _among


def machine_cores() -> int:
    """Cores that this process may run on."""
    usable = getattr(os, "sched_getaffinity", None)
    return len(usable(0)) if usable else os.cpu_count() or 1


def own_cores() -> int:
    """Our part of them, at least one."""
    return max(1, machine_cores() // _among)
