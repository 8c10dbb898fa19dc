"""Whether a boosting library can compute on an NVIDIA GPU here, found by a tiny fit, once."""

from __future__ import annotations

import ctypes
import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from typing import Any, NamedTuple

from workbench.core.errors import UsageError
from workbench.core.progress import Progress
from workbench.training.family import SMALL, Fitted, Problem
from workbench.training.steady import REASON, steady

DEVICES = ("auto", "cpu", "cuda")
FULL = re.compile(r"out of memory|memory ?allocation|bad_alloc|alloc\w* failed", re.IGNORECASE)
FALLBACK = "the GPU has too little memory for this table: going on with the processor"
_faults: dict[str, str] = {}  # of each library that was tried; "" where it computes


class Chosen(NamedTuple):
    """``cpu`` or ``cuda``, and why."""

    name: str
    reason: str


@cache
def driver() -> bool:
    """Whether NVIDIA's driver is on this machine; it is found, not started."""
    names = ["nvcuda.dll"] if sys.platform == "win32" else ["libcuda.so.1", "libcuda.so"]
    for name in names:
        try:
            ctypes.CDLL(name)
        except OSError:
            continue
        return True
    return False


def place(asked: Any, library: str, problem: Problem, tiny: Callable[[], Any]) -> Chosen:
    """Where a fit runs: on the GPU when a tiny fit on it succeeded in this process.

    Parameters
    ----------
    asked
        ``auto``, ``cpu`` or ``cuda``. With ``auto`` a table of few cells stays on the processor.
    tiny
        Fits a few rows on the GPU, and raises where that does not work.

    Raises
    ------
    UsageError
        There is no such device, or ``cuda`` was asked for and does not work.
    """
    if asked not in DEVICES:
        raise UsageError(f"{asked!r} is no device of {library}.", "Use auto, cpu or cuda.")
    if asked == "cpu":
        return Chosen("cpu", "asked for")
    if asked == "auto" and steady():
        return Chosen("cpu", REASON)
    if asked == "auto" and problem.x.size < SMALL:
        return Chosen("cpu", "the table is small")
    fault = _fault(library, tiny)
    if not fault:
        return Chosen("cuda", "asked for" if asked == "cuda" else "found by a test run")
    if asked == "cuda":
        raise UsageError(f"{library} cannot use CUDA here: {fault}.", "Use auto or cpu.")
    return Chosen("cpu", f"cuda: {fault}")


def fitted_on(chosen: Chosen, on: Callable[[str], Fitted], progress: Progress) -> Fitted:
    """Fit on the chosen device; on the processor when the GPU's memory ends."""
    try:
        fitted = on(chosen.name)
    except Exception as error:
        if chosen.name != "cuda" or not _full(error):
            raise
        progress(0.0, FALLBACK)
        chosen = Chosen("cpu", "the GPU had too little memory")
        fitted = on("cpu")
    told = {"device": chosen.name, "device_reason": chosen.reason}
    return replace(fitted, facts={**fitted.facts, **told})


def _fault(library: str, tiny: Callable[[], Any]) -> str:
    """Why the library does not compute on a GPU here; nothing when it does."""
    if not driver():
        return "there is no NVIDIA driver"
    if library not in _faults:
        try:
            with _quiet():
                tiny()
        except Exception as error:  # noqa: BLE001 - each library has its own
            lines = str(error).strip().splitlines() or [type(error).__name__]
            _faults[library] = lines[0].rstrip(".")[:200]
        else:
            _faults[library] = ""
    return _faults[library]


def _full(error: BaseException) -> bool:
    """Whether memory was too small, as the library or what it was wrapped in says."""
    told = [str(error), str(error.__cause__ or "")]
    return isinstance(error, MemoryError) or any(FULL.search(text) for text in told)


@contextmanager
def _quiet() -> Iterator[None]:
    """What a native library writes about a GPU that fails is our reason, not a line on screen."""
    sys.stderr.flush()
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
