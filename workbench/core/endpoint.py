"""Endpoints: bundles being served, and the predictions that they log."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal

EndpointState = Literal["starting", "ready", "stopped", "failed"]


@dataclass(frozen=True)
class EndpointRecord:
    """A bundle being served on this machine."""

    name: str
    bundle: str  # path of the bundle's folder
    port: int
    state: EndpointState
    host: str = "127.0.0.1"
    pid: int | None = None
    run_id: str = ""
    log: str = ""  # path of the server's log
    predictions: str = ""  # folder of the prediction log's segments
    token_file: str = ""
    started: dt.datetime | None = None
    stopped: dt.datetime | None = None
    reason: str = ""  # why it failed

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    @property
    def alive(self) -> bool:
        return self.state in ("starting", "ready")


@dataclass(frozen=True)
class AuditEntry:
    """One line of the audit log; each carries the hash of the one before it."""

    seq: int
    time: dt.datetime
    who: str
    verb: str  # promote, export, serve, stop
    subject: str
    evidence: str  # JSON text
    hash: str
