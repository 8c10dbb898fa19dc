"""Optuna's part: one study per family in one journal file, so that nothing tried is ever lost.

A study per family, not one with the family as a parameter: a tree-structured Parzen estimator
learns a space best when all its attempts share it, and a family that falls behind costs nothing.
"""

from __future__ import annotations

import contextlib
import json
import warnings
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import optuna
from optuna.storages.journal import JournalFileBackend
from optuna.trial import FrozenTrial, TrialState

from workbench.core.errors import StoreError
from workbench.core.space import Choice, Domain, Real, Whole
from workbench.tuning.attempt import (
    FIRST_RUNG,
    REDUCTION,
    Attempt,
    Contender,
    Judgement,
    Pruned,
    Rungs,
)

AGAIN = "again"  # marks a trial that was cut short once
RESTORE = "Put it back from a backup, or begin a new sweep; it starts from the newest runs."
KEPT = "attempt"  # the user attribute with our own words on a trial
LATENCY = "latency_us"
OUT = "out"  # that of a family
Trial = optuna.Trial
optuna.logging.set_verbosity(optuna.logging.WARNING)


class Studies:
    """The attempts of a sweep by family.

    Parameters
    ----------
    path
        The journal; an existing one is gone on with, and what was cut short is tried again.
    quick
        Whether a small latency is looked for as a second objective. Then nothing is pruned: a loss
        early in a fit says nothing of it.
    """

    def __init__(
        self,
        path: Path,
        contenders: Sequence[Contender],
        *,
        higher: bool,
        seed: int,
        quick: bool = False,
    ) -> None:
        self.higher = higher
        self.quick = quick
        _mend(path)
        _sound(path)
        self._rungs: dict[tuple[str, int], Rungs] = {}  # of the trials under way
        self._spaces = {c.family: c.space for c in contenders}
        with _readable(path):
            self._storage = optuna.storages.JournalStorage(JournalFileBackend(str(path)))
        self._studies = {c.family: self._open(c, seed) for c in contenders}
        with _readable(path):
            self._count = len(self.attempts())

    def _open(self, contender: Contender, seed: int) -> optuna.Study:
        seed += zlib.crc32(contender.family.encode()) % 10_000
        study = optuna.create_study(
            storage=self._storage,
            study_name=contender.family,
            load_if_exists=True,
            directions=["maximize" if self.higher else "minimize", *(["minimize"] * self.quick)],
            sampler=_sampler(seed),
            pruner=optuna.pruners.SuccessiveHalvingPruner(
                min_resource=FIRST_RUNG, reduction_factor=REDUCTION
            ),
        )
        known = study.get_trials(deepcopy=False)
        if known:  # who goes on must not draw the same again
            study.sampler = _sampler(seed + len(known))
        for trial in known:
            if trial.state == TrialState.RUNNING:  # its process is gone
                study.tell(trial.number, state=TrialState.FAIL)
                if not trial.user_attrs.get(AGAIN):  # what takes its process down twice is left
                    study.enqueue_trial(trial.params, user_attrs={AGAIN: True})
        if not known:
            for start in contender.starts:
                study.enqueue_trial(inside(start, contender.space), skip_if_exists=True)
        return study

    def ask(self, family: str) -> tuple[Trial, dict[str, Any]]:
        """A trial and its parameters: the first ones as given, then as the sampler proposes."""
        trial = self._studies[family].ask()
        tuned = {name: _suggest(trial, name, d) for name, d in self._spaces[family].items()}
        return trial, tuned

    def report(self, trial: Trial, step: int, loss: float) -> None:
        """Tell the loss at a step.

        Raises
        ------
        Pruned
            Others were far better by then.
        """
        if self.quick or not self._rungs.setdefault(_key(trial), Rungs()).reached(step):
            return
        trial.report(-loss if self.higher else loss, step)
        if trial.should_prune():
            raise Pruned(f"given up after {step} steps: others were better by then")

    def tell(self, trial: Trial, params: Mapping[str, Any], found: Judgement) -> Attempt:
        """Keep a finished attempt."""
        self._rungs.pop(_key(trial), None)
        self._mark(trial, params, found.facts)
        values = [found.value, *([found.facts[LATENCY]] if self.quick else [])]
        self._studies[_family(trial)].tell(trial, values)
        return self._last(trial)

    def drop(
        self,
        trial: Trial,
        params: Mapping[str, Any],
        reason: str,
        facts: Mapping[str, float] | None = None,
        *,
        failed: bool,
    ) -> Attempt:
        """Keep an attempt that gave no value."""
        self._rungs.pop(_key(trial), None)
        self._mark(trial, params, facts, reason)
        state = TrialState.FAIL if failed else TrialState.PRUNED
        self._studies[_family(trial)].tell(trial, state=state)
        return self._last(trial)

    def _mark(
        self,
        trial: Trial,
        params: Mapping[str, Any],
        facts: Mapping[str, float] | None = None,
        reason: str = "",
    ) -> None:
        """What we keep of an attempt, in one line of the journal: each is flushed to the disk."""
        self._count += 1
        kept = {"number": self._count, "params": dict(params), "facts": dict(facts or {})}
        trial.set_user_attr(KEPT, {**kept, "reason": reason})

    def _last(self, trial: Trial) -> Attempt:
        study = self._studies[_family(trial)]
        return _attempt(study.study_name, study.get_trials(deepcopy=False)[trial.number])

    def give_up(self, family: str, reason: str) -> None:
        """Keep why a family is tried no more; an empty reason takes it back."""
        if reason != self.out(family):
            self._studies[family].set_user_attr(OUT, reason)

    def out(self, family: str) -> str:
        """Why a family is tried no more, or nothing."""
        return str(self._studies[family].user_attrs.get(OUT, ""))

    def attempts(self) -> list[Attempt]:
        """All that ended, in that order."""
        return finished(list(self._studies.values()))

    def importance(self, family: str) -> dict[str, float]:
        """How much each parameter matters for the value, shares of 1 (PED-ANOVA, Watanabe 2023).

        Empty with fewer than ten finished attempts, or when all are equal.
        """
        return shares(self._studies[family])


def shares(study: optuna.Study) -> dict[str, float]:
    """How much each parameter decides of a study's values; empty where that cannot be told yet."""
    done = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    few = len(done) < 10 or len({t.values[0] for t in done}) < 2
    if few or len(done[0].distributions) < 2:
        return {}
    evaluator = optuna.importance.PedAnovaImportanceEvaluator()
    sign = -1.0 if higher(study) else 1.0  # what is asked for is small
    target = (lambda trial: sign * trial.values[0]) if len(study.directions) > 1 else None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", category=UserWarning)  # of that, whatever it is
            found = optuna.importance.get_param_importances(
                study, evaluator=evaluator, target=target
            )
        return dict(found)
    except (ValueError, RuntimeError):  # too few attempts of a kind
        return {}


def higher(study: optuna.Study) -> bool:
    """Whether larger values of its first objective are better."""
    return bool(study.directions[0] == optuna.study.StudyDirection.MAXIMIZE)


def read(path: Path) -> list[Attempt]:
    """The attempts in a journal that another process may be writing.

    Raises
    ------
    StoreError
        As :func:`opened`.
    """
    with _readable(path):
        return finished(opened(path))


def opened(path: Path) -> list[optuna.Study]:
    """The studies in a journal that another process may be writing, only to be read.

    Raises
    ------
    StoreError
        The journal is damaged; half a line at its end is none: who goes on mends it.
    """
    _sound(path)
    with _readable(path):
        storage = optuna.storages.JournalStorage(JournalFileBackend(str(path)))
        names = optuna.get_all_study_names(storage)
        return [optuna.load_study(study_name=name, storage=storage) for name in names]


def finished(studies: Sequence[optuna.Study]) -> list[Attempt]:
    """All attempts that ended, in that order."""
    found = [
        _attempt(study.study_name, trial)
        for study in studies
        for trial in study.get_trials(deepcopy=False)
        if KEPT in trial.user_attrs and trial.state.is_finished()
    ]
    return sorted(found, key=lambda a: a.number)


def _sampler(seed: int) -> optuna.samplers.TPESampler:
    return optuna.samplers.TPESampler(
        seed=seed, multivariate=True, n_startup_trials=8, constant_liar=True
    )


def _mend(path: Path) -> None:
    """Cut off half a line at the end, which a power cut or a full disk leaves."""
    if not path.is_file():
        return
    content = path.read_bytes()
    whole = content.rfind(b"\n") + 1
    if whole < len(content):
        with path.open("r+b") as file:
            file.truncate(whole)


def _sound(path: Path) -> None:
    """Refuse a journal with a line that is none of Optuna's; half a line at its end is left aside.

    Optuna itself breaks off in the middle of some, and passes over others without a word.
    """
    if not path.is_file():
        return
    *lines, _ = path.read_bytes().split(b"\n")
    for number, line in enumerate(lines, 1):
        try:
            entry = json.loads(line)
        except ValueError:  # no UTF-8, no JSON
            entry = None
        if not isinstance(entry, dict) or not isinstance(entry.get("op_code"), int):
            raise StoreError(f"{path} is damaged: line {number} is no entry of it.", RESTORE)


@contextlib.contextmanager
def _readable(path: Path) -> Iterator[None]:
    """What breaks while entries are taken up one after another, as one sentence."""
    try:
        yield
    except (LookupError, TypeError, ValueError, AttributeError, AssertionError) as error:
        what = f"{type(error).__name__}: {error}"
        raise StoreError(f"{path} is damaged: its entries do not agree ({what}).", RESTORE) from (
            error
        )


def _attempt(family: str, trial: FrozenTrial) -> Attempt:
    kept = trial.user_attrs[KEPT]
    states = {TrialState.COMPLETE: "done", TrialState.PRUNED: "pruned"}
    return Attempt(
        number=int(kept["number"]),
        family=family,
        params=dict(kept["params"]),
        state=states.get(trial.state, "failed"),  # type: ignore[arg-type]
        value=trial.values[0] if trial.state == TrialState.COMPLETE else None,
        facts=dict(kept["facts"]),
        reason=str(kept["reason"]),
    )


def _family(trial: Trial) -> str:
    return trial.study.study_name


def _key(trial: Trial) -> tuple[str, int]:
    return _family(trial), trial.number


def inside(start: Mapping[str, Any], space: Mapping[str, Domain]) -> dict[str, Any]:
    """The parameters of a start that its space can say, as Optuna keeps them."""
    return {
        name: domain.options.index(start[name]) if isinstance(domain, Choice) else start[name]
        for name, domain in space.items()
        if name in start and holds(domain, start[name])
    }


def holds(domain: Domain, value: Any) -> bool:
    """Whether a value lies in a domain."""
    if isinstance(domain, Choice):
        return value in domain.options
    return isinstance(value, int | float) and domain.low <= value <= domain.high


def _suggest(trial: Trial, name: str, domain: Domain) -> Any:
    if isinstance(domain, Real):
        return trial.suggest_float(name, domain.low, domain.high, log=domain.log)
    if isinstance(domain, Whole):
        return trial.suggest_int(name, domain.low, domain.high, log=domain.log)
    # by place: Optuna keeps only simple values, and a choice may be a list
    return domain.options[trial.suggest_categorical(name, list(range(len(domain.options))))]
