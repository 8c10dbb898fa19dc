"""Which device torch can really compute on here, found by a tiny run."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from workbench.training.share import among
from workbench.training.steady import REASON, steady


@dataclass(frozen=True)
class Device:
    """A torch device, and why it was chosen."""

    name: str
    reason: str


def choose(wanted: str = "auto") -> Device:
    """The fastest device that computes; a device that is there but fails is named in the reason.

    Parameters
    ----------
    wanted
        ``auto``, or ``cuda``, ``mps`` or ``cpu``; a wish that cannot be met ends on the CPU.
    """
    if wanted == "cpu":
        return Device("cpu", "asked for")
    if wanted == "auto" and steady():
        return Device("cpu", REASON)
    tried: list[str] = []
    for name in ("cuda", "mps") if wanted == "auto" else (wanted,):
        fault = _fault(name)
        if fault is None:
            if name == "cuda" and among() > 1:  # its memory is shared, too
                torch.cuda.set_per_process_memory_fraction(1 / among())
            return Device(name, "found by a test run" if wanted == "auto" else "asked for")
        tried.append(f"{name}: {fault}")
    return Device("cpu", "; ".join(tried))


def _fault(name: str) -> str | None:
    """Why one step of training does not run on this device; nothing when it does."""
    there = torch.cuda.is_available() if name == "cuda" else torch.backends.mps.is_available()
    if not there:
        return "not there"
    try:
        weight = torch.ones(4, 4, device=name, requires_grad=True)
        (torch.ones(2, 4, device=name) @ weight).sum().backward()
        value = float(weight.grad.sum().item())  # type: ignore[union-attr]
    except RuntimeError as error:  # an old driver, no memory left, an unknown chip
        return str(error).strip().splitlines()[0]
    return None if value == 32.0 else "computes wrongly"
