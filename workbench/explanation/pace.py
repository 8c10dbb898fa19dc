"""Pace: a model is asked in blocks of about half a second, so that somebody can stop it between."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from workbench.explanation.explainer import Floats

SECONDS = 0.5  # of one call of the model
PROBED = 1 << 12  # rows of the largest call that is only made for its seconds
FURTHER = 64  # a block is at most so many times as large as what was probed
MOST = 1 << 16  # rows of a block

Model = Callable[[Any], Floats]  # asked for a slice, or for places, of the rows


class Pace:
    """How many rows of a model take about half a second, learned from the calls that are made.

    A call costs something by itself (a request, the start of many threads) and something for each
    row: a few small calls, whose answers are not used, tell the two apart. A block's size changes
    only where it takes a good deal more or less than half a second, so that a quick model is asked
    for the same blocks whenever it is asked: what it says of a row may depend, in the last digit,
    on the rows beside it.

    Parameters
    ----------
    heard
        Called after each call with the rows it answered; may raise to end the work.
    total
        Rows that the model will be asked for in all, roughly.
    """

    def __init__(self, heard: Callable[[int], None], total: int) -> None:
        self.heard, self.total = heard, total
        self.rows = 0  # of a block; not known yet
        self._quickest = float("inf")  # seconds of a call
        self._tried = 0  # rows of the largest call

    def ask(self, rows: int, model: Model) -> Floats:
        """What the model says of ``rows`` rows; it is asked for a part of them at a time."""
        if rows and not self.rows:
            self._probe(rows, model)
        parts = []
        at = 0
        while at < rows or not parts:
            block = slice(at, min(at + self.rows, rows))
            begun = time.perf_counter()
            parts.append(model(block))
            count = block.stop - block.start
            if count == self.rows:  # the rest of something says little of a full block
                self.learn(count, time.perf_counter() - begun)
            at = block.stop
            self.heard(count)
        return np.concatenate(parts)

    def _probe(self, rows: int, model: Model) -> None:
        size = 1
        while True:
            begun = time.perf_counter()
            model(np.arange(size) % rows)
            seconds = time.perf_counter() - begun
            self.heard(0)
            self._note(size, seconds)
            if seconds > SECONDS / 8 or 8 * size > min(PROBED, self.total):
                break
            size *= 8
        self.rows = self._within(self._fitting(size, seconds), FURTHER * size)

    def learn(self, rows: int, seconds: float) -> None:
        """Take note of a full block, and choose the rows of the next one."""
        self._note(rows, seconds)
        fitting = self._fitting(rows, seconds)
        if fitting >= 2 * rows or seconds > 2 * SECONDS:
            self.rows = self._within(fitting, 8 * rows)

    def _note(self, rows: int, seconds: float) -> None:
        self._quickest = min(self._quickest, seconds)
        self._tried = max(self._tried, rows)

    def _fitting(self, rows: int, seconds: float) -> float:
        """How many rows fit half a second, if each costs what those of this call did.

        Where a call alone takes longer than that, its rows may take as long again.
        """
        if rows == 1:
            return SECONDS / max(seconds, 1e-9) if self._tried > 1 else 2.0
        each = (seconds - self._quickest) / (rows - 1)
        alone = max(0.0, self._quickest - each)
        return max(SECONDS - alone, alone) / each if each > 0 else float("inf")

    def _within(self, rows: float, most: int) -> int:
        return int(max(1.0, min(rows, most, MOST)))
