"""The sweep itself: who tries next, who is out, and when to stop."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.progress import Progress, silent
from workbench.tuning.attempt import Attempt, Contender, Judge, Judgement, Pruned, best_of
from workbench.tuning.studies import Studies, Trial

FIRST = 3  # attempts before a family may fall out
BEHIND = 2.5  # standard errors of the paired difference
FAR = 0.15  # standard deviations of that difference, at which the defaults alone tell enough
FAILS = 5  # failures in a row after which a family is out
FAIR = 0.25  # of the time so far: a family that took more waits for its next attempt


@dataclass(frozen=True)
class Budget:
    """When a sweep ends, whatever comes first.

    Parameters
    ----------
    attempts, seconds
        At most so many; None: no such limit.
    still
        Attempts in a row without a gain beyond the noise of the rows that judge.
    reserve
        How much of the seconds is kept for what follows, by the attempts so far.
    """

    attempts: int | None = None
    seconds: float | None = None
    still: int = 40
    reserve: Callable[[Sequence[Attempt]], float] | None = None


class OutOfTime(WorkbenchError):
    """The budget ended within an attempt."""


@dataclass
class _Standing:
    """Where a family stands."""

    contender: Contender
    tries: int = 0
    open: int = 0  # attempts under way
    spent: float = 0.0  # seconds
    failed: int = 0  # the last attempts in a row
    latency: float = math.inf  # of the quickest attempt
    best: Judgement | None = None
    value: float | None = None
    out: str = ""


@dataclass(frozen=True)
class Outcome:
    """What a sweep came to."""

    attempts: tuple[Attempt, ...]
    best: Mapping[str, Attempt]  # by family
    out: Mapping[str, str]  # families that were given up, and why
    stopped: str  # why it ended, as a sentence's end: "after 50 attempts"
    importance: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


class Search:
    """Several families within one budget.

    Every family is tried ``FIRST`` times, its defaults first. After that the leader gets every
    second attempt and the others take turns, until they are out: a family whose best attempt is
    behind the leader's by more than ``BEHIND`` standard errors of the paired difference, row by
    row, will not be tuned past it; one that is ``FAR`` behind, however many rows there are, is
    tried once. All see the same rows, so small differences count. Within a limit of time it is half
    of the time that the leader gets, and of the others the next is who took the least. Where quick
    models are looked for, too, a family stays as long as it is quicker than the leader.

    Parameters
    ----------
    higher
        Whether a larger value is better.
    """

    def __init__(
        self,
        studies: Studies,
        contenders: Sequence[Contender],
        judge: Judge,
        budget: Budget,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.studies = studies
        self.judge = judge
        self.budget = budget
        self._clock = clock
        self._sign = 1.0 if studies.higher else -1.0
        self._standings = {c.family: _Standing(c) for c in contenders}
        self._turn = 0
        self._reference: Judgement | None = None  # the best when something was gained last
        self._attempts: list[Attempt] = studies.attempts()
        for known in self._attempts:
            self._count(known)
        for family, standing in self._standings.items():  # what was known of rows is not kept
            standing.out = standing.out or studies.out(family)
        self._gained = len(self._attempts)
        self._reserved = self._reserve()

    def run(self, progress: Progress = silent) -> Outcome:
        """Try until the budget is spent.

        Raises
        ------
        Cancelled
            Somebody asked to stop; the attempts so far are kept.
        """
        self.begin()
        while not (stopped := self.over()):
            family = self.next()
            assert family is not None  # else it would be over
            self._one(family, progress)
        return self.outcome(stopped)

    def begin(self) -> None:
        """The time counts from here."""
        self._began = self._clock()

    def outcome(self, stopped: str) -> Outcome:
        """What has come of it so far; ``stopped`` says why it ended."""
        importance = {f: self.studies.importance(f) for f in self._standings}
        return Outcome(
            tuple(self._attempts),
            self.best(),
            {f: s.out for f, s in self._standings.items() if s.out},
            stopped,
            {f: shares for f, shares in importance.items() if shares},
        )

    def best(self) -> dict[str, Attempt]:
        """The best attempt of each family, the best family first."""
        return best_of(self._attempts, self.studies.higher)

    # one attempt -----------------------------------------------------------------------------

    def _one(self, family: str, progress: Progress) -> None:
        trial, params = self.studies.ask(family)
        number = self.tried + 1
        share = self.share()
        progress(share, f"attempt {number}: {family}")
        began = self._clock()

        def watch(step: int, loss: float | None = None) -> None:
            progress(share, f"attempt {number}: {family}")
            if self.late():
                raise OutOfTime("Time is up.")
            if loss is not None:
                self.look(trial, step, loss)

        try:
            came: Judgement | Exception = self.judge(family, params, watch)
        except Cancelled:
            raise  # the trial stays open in the journal: who goes on tries it again
        except OutOfTime:
            return  # so does this one
        except Exception as error:  # noqa: BLE001 - the rim: a family that throws is one attempt
            came = error
        self.ended(trial, params, came, progress, self._clock() - began)

    def look(self, trial: Trial, step: int, loss: float) -> None:
        """Hold an attempt that goes on against the others.

        Raises
        ------
        Pruned
            It is to be given up.
        """
        if not math.isfinite(loss):
            raise Pruned("the loss is not a number")
        self.studies.report(trial, step, loss)

    def ended(
        self,
        trial: Trial,
        params: Mapping[str, Any],
        came: Judgement | Exception,
        progress: Progress,
        seconds: float,
    ) -> None:
        """Keep how an attempt ended after so many ``seconds``, and tell of it."""
        if isinstance(came, Judgement) and not math.isfinite(came.value):
            came = Pruned("the value is not a number")
        if isinstance(came, Judgement):
            kept, found = self.studies.tell(trial, params, came), came
        else:
            failed = not isinstance(came, Pruned)
            facts = {"seconds": round(seconds, 3)}
            kept = self.studies.drop(trial, params, _reason(came), facts, failed=failed)
            found = None
        self._attempts.append(kept)
        self._count(kept, found)
        self._reserved = self._reserve()
        self._tell(kept, progress)

    def _count(self, ended: Attempt, found: Judgement | None = None) -> None:
        standing = self._standings[ended.family]
        standing.tries += 1
        standing.spent += ended.facts.get("seconds", 0.0)
        standing.latency = min(standing.latency, ended.facts.get("latency_us", math.inf))
        if ended.value is not None and (
            standing.value is None or self._sign * (ended.value - standing.value) > 0
        ):
            leader = self._leader()
            ahead = leader is None or self._sign * (ended.value - (leader.value or 0.0)) > 0
            standing.value, standing.best = ended.value, found
            if ahead and standing.out:  # an attempt that was under way when it was given up
                self._out(standing, "")
            # small gains add up: held against the best when something was gained last
            if ahead and _beyond(found, self._reference):
                self._gained, self._reference = ended.number, found
        standing.failed = standing.failed + 1 if ended.state == "failed" else 0
        if standing.tries >= FIRST and standing.value is None:
            self._out(standing, f"{standing.tries} attempts gave nothing: {ended.reason}")
        elif standing.failed >= FAILS:
            self._out(standing, f"{FAILS} attempts in a row failed: {ended.reason}")
        self._weed()

    def _tell(self, ended: Attempt, progress: Progress) -> None:
        best = next(iter(self.best().values()), None)
        metrics: dict[str, float] = {"attempt": float(ended.number)}
        if ended.value is not None:
            metrics |= {"value": ended.value, **ended.facts}
        if best is not None and best.value is not None:
            metrics["best"] = best.value
        said = f"{ended.value:.4f}" if ended.value is not None else ended.reason
        progress(self.share(), f"{ended.family}: {said}", metrics)

    # whose turn ------------------------------------------------------------------------------

    def next(self) -> str | None:
        """The family whose turn it is; None: nothing is left, or only what is under way."""
        live = self._live()
        if not live:
            return None
        begun = {f: self._standings[f].tries + self._standings[f].open for f in live}
        young = [f for f in live if begun[f] < self._first(f) and self._fair(f)]
        if young:
            return min(young, key=lambda f: begun[f])
        self._turn += 1
        first, *others = sorted(live, key=self._place)
        if not others:
            return first
        if self.budget.seconds is not None:
            spent = {f: self._standings[f].spent for f in live}
            own = spent[first]
            return first if own <= sum(spent.values()) - own else min(others, key=spent.__getitem__)
        return first if self._turn % 2 else others[(self._turn // 2) % len(others)]

    def _place(self, family: str) -> float:
        """What sorts the best family first, and last those of which nothing is known."""
        value = self._standings[family].value
        return math.inf if value is None else -self._sign * value

    def _fair(self, family: str) -> bool:
        """Whether a new family gets its turn, or has had so much time that others go first."""
        own = self._standings[family]
        whole = sum(s.spent for s in self._standings.values())
        timed = self.budget.seconds is not None and own.tries + own.open > 0
        return not timed or own.spent <= FAIR * whole

    def _live(self) -> list[str]:
        return [f for f, s in self._standings.items() if not s.out and self._more(s)]

    def _first(self, family: str) -> int:
        return FIRST if self._standings[family].contender.space else 1

    def _more(self, standing: _Standing) -> bool:
        """Whether there is anything left to try."""
        return bool(standing.contender.space) or standing.tries + standing.open == 0

    def opened(self, family: str, change: int) -> None:
        """An attempt of a family began (1), or ended (-1)."""
        self._standings[family].open += change

    def _leader(self) -> _Standing | None:
        known = [s for s in self._standings.values() if s.value is not None]
        return max(known, key=lambda s: self._sign * (s.value or 0.0), default=None)

    def _weed(self) -> None:
        leader = self._leader()
        if leader is None or leader.best is None:
            return
        for standing in self._standings.values():
            if standing is leader or standing.best is None:
                continue
            if standing.best.losses is None or leader.best.losses is None:
                continue
            apart, error = paired(standing.best.losses, leader.best.losses)
            young = standing.tries < FIRST
            limit = max(BEHIND, FAR * math.sqrt(len(leader.best.losses))) if young else BEHIND
            worth = self.studies.quick and standing.latency < leader.latency
            if apart > limit * error and not standing.out and not worth:
                ahead = leader.contender.family
                self._out(standing, f"behind {ahead} by {apart / error:.1f} standard errors")

    def _out(self, standing: _Standing, reason: str) -> None:
        """Give a family up, or take it back; who goes on with the sweep knows."""
        standing.out = reason
        self.studies.give_up(standing.contender.family, reason)

    # the end ---------------------------------------------------------------------------------

    def over(self, under_way: int = 0) -> str:
        """Why no attempt is begun any more, beside those under way; or nothing."""
        tried, budget = self.tried, self.budget
        if budget.attempts is not None and tried + under_way >= budget.attempts:
            return f"after {tried + under_way} attempts"
        if self.late():
            return f"after {self._clock() - self._began:.0f} seconds"
        if tried - self._gained >= budget.still:
            return f"since {budget.still} attempts gained nothing beyond the noise"
        if not under_way and not self._live():
            return "with nothing left to try"
        return ""

    @property
    def tried(self) -> int:
        """Attempts that ended."""
        return len(self._attempts)

    def _reserve(self) -> float:
        """Seconds that are kept for what follows."""
        return 0.0 if self.budget.reserve is None else self.budget.reserve(self._attempts)

    def late(self) -> bool:
        seconds = self.budget.seconds
        return seconds is not None and self._clock() - self._began >= seconds - self._reserved

    def share(self) -> float:
        """How much of the budget is spent, 0 to 1."""
        parts = [0.0]
        if self.budget.attempts:
            parts.append(self.tried / self.budget.attempts)
        if self.budget.seconds:
            spent = self._clock() - self._began
            parts.append(spent / max(1e-3, self.budget.seconds - self._reserved))
        return min(1.0, max(parts))


def _reason(error: Exception) -> str:
    said = error.sentence if isinstance(error, WorkbenchError) else str(error)
    return (said.strip() or type(error).__name__).splitlines()[0][:300]


def paired(mine: np.ndarray, other: np.ndarray) -> tuple[float, float]:
    """Mean of the row-by-row differences, and its standard error (never 0)."""
    apart = np.asarray(mine, np.float64) - np.asarray(other, np.float64)
    error = float(apart.std(ddof=1)) / math.sqrt(len(apart)) if len(apart) > 1 else math.inf
    return float(apart.mean()), max(error, 1e-12)


def _beyond(found: Judgement | None, before: Judgement | None) -> bool:
    """Whether a better attempt is better by more than the rows' noise."""
    if found is None or before is None or found.losses is None or before.losses is None:
        return True
    gain, error = paired(before.losses, found.losses)
    return gain > error
