"""Telling one process from another that later got its number, and how one ends."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import sys
from dataclasses import dataclass

import psutil


@dataclass(frozen=True)
class Identity:
    """A process by number and start time (seconds since the epoch)."""

    pid: int
    started: float

    @classmethod
    def own(cls) -> Identity:
        return cls.of(os.getpid())

    @classmethod
    def of(cls, pid: int) -> Identity:
        return cls(pid, psutil.Process(pid).create_time())

    @property
    def alive(self) -> bool:
        """Whether this very process still runs."""
        if self.pid <= 0:
            return False
        try:
            process = psutil.Process(self.pid)
            # start times are read with a resolution of a clock tick
            same = abs(process.create_time() - self.started) < 1.0
            return same and bool(process.status() != psutil.STATUS_ZOMBIE)
        except psutil.Error:
            return False


@dataclass(frozen=True)
class Home:
    """A process and its machine: what a run that no job carries out lives in."""

    pid: int
    started: float
    host: str

    @classmethod
    def own(cls) -> Home:
        who = Identity.own()
        return cls(who.pid, who.started, socket.gethostname())

    @property
    def gone(self) -> bool:
        """Whether it has certainly ended; of another machine nobody knows."""
        return self.host == socket.gethostname() and not Identity(self.pid, self.started).alive


def why_it_died(number: int) -> str:
    """How a process ended that the signal ``number`` ended, as the end of a sentence."""
    why = {
        signal.SIGKILL: "it was killed, most likely because the machine ran out of memory",
        signal.SIGSEGV: "a native library crashed (segmentation fault)",
        signal.SIGABRT: "a native library gave up (abort)",
        signal.SIGBUS: "a native library crashed (bus error)",
    }
    told = signal.Signals(number)
    return why.get(told, f"it was ended by {told.name}")


def die_with_parent() -> None:
    """On Linux, ask the kernel to end this process when the one that started it dies."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL, 0, 0, 0)  # PR_SET_PDEATHSIG
