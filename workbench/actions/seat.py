"""One of the processes of a sweep: reads the table, and fits and judges what it is told to.

``python -m workbench.actions.seat LINE ROOT SWEEP AMONG OWN``, as ``actions/crew.py`` starts it.
Who started it alone asks the sampler and writes the journal.
"""

from __future__ import annotations

import json
import math
import os
import sys
import time
from collections.abc import Mapping
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np

from workbench.actions.context import Context
from workbench.actions.judge import KEPT
from workbench.actions.plan import Plan
from workbench.core.errors import WorkbenchError
from workbench.core.settings import Settings
from workbench.jobs.children import answering
from workbench.training.own import meet
from workbench.training.share import divide
from workbench.tuning.attempt import Judge, Judgement, Pruned, Rungs

SIGN = 0.5  # seconds between two signs of life


def main(arguments: list[str]) -> None:
    """Carry out attempts until the line ends."""
    line, root, sweep, among, own = arguments
    answer = answering(line)
    divide(int(among))
    seat = Seat(answer, Path(root), sweep, int(among), json.loads(own))
    try:
        while True:
            seat.hear()
    except (EOFError, OSError):  # who started us has gone
        os._exit(0)


class Seat:
    """Where attempts are carried out, one after another."""

    def __init__(
        self, line: Connection, root: Path, sweep: str, among: int, own: Mapping[str, str]
    ) -> None:
        self.line = line
        self._judge: Judge | WorkbenchError
        try:
            meet(own)
            context = Context(root, Settings.read(root))
            asked = json.loads((root / "sweeps" / sweep / "sweep.json").read_text(encoding="utf-8"))
            judge = Plan(context, asked).judge()
            judge.kept = KEPT // among
            self._judge = judge
        except WorkbenchError as error:  # each attempt fails with this reason
            self._judge = error

    def hear(self) -> None:
        """Wait for an attempt, and carry it out."""
        told = json.loads(self.line.recv_bytes())
        if "begin" in told:  # else an attempt was to stop that had ended by itself
            self._attempt(int(told["begin"]), told["family"], told["params"])

    def _attempt(self, ticket: int, family: str, params: Mapping[str, Any]) -> None:
        if isinstance(self._judge, WorkbenchError):
            self._say(ticket, ended="failed", reason=self._judge.sentence)
            return
        try:
            found = self._judge(family, params, _Watch(self.line, ticket))
        except (EOFError, BrokenPipeError, ConnectionResetError):
            raise
        except Pruned as error:
            self._say(ticket, ended="pruned", reason=error.sentence)
        except Exception as error:  # noqa: BLE001 - the rim: a family that throws is one attempt
            said = error.sentence if isinstance(error, WorkbenchError) else str(error)
            self._say(ticket, ended="failed", reason=said.strip() or type(error).__name__)
        else:
            self._done(ticket, found)

    def _done(self, ticket: int, found: Judgement) -> None:
        told = {"value": found.value, "facts": dict(found.facts)}
        self._say(ticket, ended="done", losses=found.losses is not None, **told)
        if found.losses is not None:
            self.line.send_bytes(np.ascontiguousarray(found.losses, np.float64).tobytes())

    def _say(self, ticket: int, **told: Any) -> None:
        self.line.send_bytes(json.dumps({"ticket": ticket, **told}).encode())


class _Watch:
    """Tells how far an attempt is where somebody would look, and hears that it is given up."""

    def __init__(self, line: Connection, ticket: int) -> None:
        self.line, self.ticket = line, ticket
        self._rungs, self._spoken = Rungs(), time.monotonic()

    def __call__(self, step: int, loss: float | None = None) -> None:
        while self.line.poll():
            told = json.loads(self.line.recv_bytes())
            if told.get("stop") == self.ticket:
                raise Pruned("given up")
        odd = loss is not None and not math.isfinite(loss)
        if loss is not None and (odd or self._rungs.reached(step)):
            self._tell(step, loss)
        elif time.monotonic() - self._spoken > SIGN:
            self._tell(step, None)

    def _tell(self, step: int, loss: float | None) -> None:
        self._spoken = time.monotonic()
        told = {"ticket": self.ticket, "step": step, "loss": loss}
        self.line.send_bytes(json.dumps(told).encode())


if __name__ == "__main__":
    main(sys.argv[1:])
