"""Telling one process from another that later got its number."""

from __future__ import annotations

import os
import socket
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
