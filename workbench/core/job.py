"""Jobs and the events that they emit."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

JobState = Literal["queued", "running", "done", "failed", "cancelled", "lost"]
ACTIVE: tuple[str, ...] = ("queued", "running")


@dataclass(frozen=True)
class JobRecord:
    """An action with JSON parameters, and how far it has come."""

    id: str
    action: str
    params: Mapping[str, Any]
    state: JobState = "queued"
    engine: str = "local"
    fraction: float = 0.0
    text: str = ""
    result: Mapping[str, Any] = field(default_factory=dict)
    error: str = ""
    pid: int | None = None
    cancel_asked: bool = False
    created: dt.datetime | None = None
    started: dt.datetime | None = None
    ended: dt.datetime | None = None

    @property
    def active(self) -> bool:
        return self.state in ACTIVE


@dataclass(frozen=True)
class Event:
    """What a job said: ``seq`` grows by one within the ledger."""

    seq: int
    job: str
    time: dt.datetime
    fraction: float
    text: str
    metrics: Mapping[str, float] = field(default_factory=dict)
