"""Several attempts at once: one process asks and tells, the others fit."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from workbench.core.progress import Progress, silent
from workbench.tuning.attempt import Crew, Ended, Pruned, Step
from workbench.tuning.search import Outcome, Search
from workbench.tuning.studies import Trial

WAIT = 0.1  # seconds that news are waited for, so that a cancel is heard soon


@dataclass
class _Open:
    """An attempt under way."""

    trial: Trial
    family: str
    params: Mapping[str, Any]
    began: float
    step: int = 0
    pruned: Pruned | None = None  # why it was given up; its process has yet to say that it heard


class Together:
    """A search whose attempts a crew carries out.

    Who proposes knows of the attempts under way: the estimator takes them for as bad as the worst
    (constant liar; Ginsbourger et al., 2010), so that no two look at the same place. The order in
    which attempts end decides what is proposed next: two sweeps with one seed differ.
    """

    def __init__(self, search: Search, crew: Crew) -> None:
        self.search, self.crew = search, crew
        self._open: dict[int, _Open] = {}
        self._tickets = 0

    def run(self, progress: Progress = silent) -> Outcome:
        """Try until the budget is spent; what is under way when time is up is cut off.

        Raises
        ------
        Cancelled
            Somebody asked to stop. The attempts so far are kept; those under way stay open in the
            journal, and are tried again by who goes on.
        """
        self.search.begin()
        try:
            while True:
                stopped = self._fill()
                if self.search.late():
                    return self.search.outcome(self.search.over())
                if not self._open:
                    return self.search.outcome(stopped or self.search.over())
                progress(self.search.share(), self._said())
                for word in self.crew.news(WAIT):
                    self._hear(word, progress)
        finally:
            self.crew.close()

    def _fill(self) -> str:
        """Begin attempts while seats are free; why none is begun any more, or nothing."""
        while not (stopped := self.search.over(len(self._open))):
            if len(self._open) >= self.crew.seats:
                return ""
            family = self.search.next()
            if family is None:  # what is left depends on what is under way
                return ""
            self._begin(family)
        return stopped

    def _begin(self, family: str) -> None:
        trial, params = self.search.studies.ask(family)
        self._tickets += 1
        self._open[self._tickets] = _Open(trial, family, params, time.monotonic())
        self.search.opened(family, 1)
        self.crew.begin(self._tickets, family, params)

    def _hear(self, word: Step | Ended, progress: Progress) -> None:
        known = self._open.get(word.ticket)
        if known is None:
            return
        if isinstance(word, Step):
            self._look(known, word)
            return
        del self._open[word.ticket]
        self.search.opened(known.family, -1)
        # one that was given up may have ended by itself before it heard of it
        came = known.pruned or word.came
        took = time.monotonic() - known.began
        self.search.ended(known.trial, known.params, came, progress, took)

    def _look(self, known: _Open, word: Step) -> None:
        known.step = max(known.step, word.step)
        if word.loss is None or known.pruned is not None:
            return
        try:
            self.search.look(known.trial, word.step, word.loss)
        except Pruned as error:
            known.pruned = error
            self.crew.give_up(word.ticket)

    def _said(self) -> str:
        """All that is under way, in the order in which it began."""
        told = [f"{o.family} at step {o.step}" if o.step else o.family for o in self._open.values()]
        return f"{len(told)} under way after {self.search.tried}: {', '.join(told)}"
