"""The report of a sweep."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from workbench.core.report import Finding, Report, Table
from workbench.measures.metrics import Metric
from workbench.measures.words import counted, number
from workbench.tuning.attempt import Attempt, front
from workbench.tuning.search import Outcome


def report(
    found: Outcome,
    *,
    subject: str,
    metric: Metric,
    rows: int,
    folds: int,
    seconds: float,
    runs: Sequence[tuple[str, str]],
    about: Mapping[str, Any],
    notes: Sequence[Finding] = (),
) -> Report:
    """What was tried, what came out, and why it ended.

    Parameters
    ----------
    runs
        The runs that came of it: family and id, the blend's too.
    about
        What was tuned, and how: ``dataset``, ``target``, ``parallel``.
    notes
        What is said beside the findings of the attempts.

    Returns
    -------
    Report
        kind ``sweep``. Tables ``attempts`` (in the order in which they ended; ``params`` as JSON),
        ``families`` (the best value of each, and why it was given up), ``importance`` (family,
        parameter, share) and ``front`` (attempts that none beats in both value and latency).
    """
    best = next(iter(found.best.values()))
    return Report(
        "sweep",
        subject,
        f"Sweep of {counted(len(found.attempts), 'attempt')}",
        f"{best.family} is best with {metric.title} {number(best.value or 0.0)} on the rows that"
        f" judged; the sweep ended {found.stopped}.",
        {
            **about,
            **_facts(found, best, metric),
            "rows": rows,
            "folds": folds,
            "seconds": round(seconds, 1),
            "stopped": found.stopped,
            "runs": [run for _, run in runs],
        },
        (*notes, *_findings(found.attempts, found, folds)),
        _tables(found, metric, dict(reversed(runs))),
    )


def so_far(found: Outcome, *, subject: str, metric: Metric) -> Report:
    """The tables of :func:`report` of a sweep that is not over; ``runs`` and reasons are open.

    Parameters
    ----------
    found
        One attempt or more has a value.
    """
    best = next(iter(found.best.values()))
    return Report(
        "sweep",
        subject,
        f"Sweep of {counted(len(found.attempts), 'attempt')} so far",
        f"{best.family} is best so far with {metric.title} {number(best.value or 0.0)} on the rows"
        " that judge.",
        _facts(found, best, metric),
        (),
        _tables(found, metric, {}),
    )


def _facts(found: Outcome, best: Attempt, metric: Metric) -> dict[str, Any]:
    """What is known of a sweep at any time."""
    return {
        "metric": metric.name,
        "metric_title": metric.title,
        "higher_is_better": metric.higher_is_better,
        "attempts": len(found.attempts),
        "best_family": best.family,
        "best_params": dict(best.params),
        "best_value": best.value,
    }


def _tables(found: Outcome, metric: Metric, runs: Mapping[str, str]) -> tuple[Table, ...]:
    """The tables of a sweep; ``runs`` are ids by family."""
    return (
        _attempts(found.attempts, metric.higher_is_better),
        _families(found.attempts, found, runs),
        _importance(found),
        _front(found.attempts, metric.higher_is_better),
    )


def _attempts(attempts: Sequence[Attempt], higher: bool) -> Table:
    columns = (
        "number", "family", "state", "value", "best", "seconds", "latency_us", "params", "reason",
    )  # fmt: skip
    rows, best = [], None
    for one in attempts:
        if one.value is not None and (best is None or (one.value > best) == higher):
            best = one.value
        rows.append(
            (
                one.number,
                one.family,
                one.state,
                one.value,
                best,
                one.facts.get("seconds"),
                one.facts.get("latency_us"),
                json.dumps(dict(one.params), sort_keys=True),
                one.reason,
            )
        )
    return Table("attempts", columns, tuple(rows), "In the order in which they ended.")


def _families(attempts: Sequence[Attempt], found: Outcome, runs: Mapping[str, str]) -> Table:
    tried = {f: sum(a.family == f for a in attempts) for f in _names(attempts, found)}
    rows = tuple(
        (
            family,
            count,
            found.best[family].value if family in found.best else None,
            runs.get(family, ""),
            found.out.get(family, ""),
        )
        for family, count in tried.items()
    )
    return Table("families", ("family", "attempts", "best", "run", "out"), rows, "The best first.")


def _names(attempts: Sequence[Attempt], found: Outcome) -> list[str]:
    return list(dict.fromkeys([*found.best, *(a.family for a in attempts)]))


def _importance(found: Outcome) -> Table:
    rows = tuple(
        (family, parameter, share)
        for family, shares in found.importance.items()
        for parameter, share in shares.items()
    )
    said = "Share of what the parameters decide near the best values (PED-ANOVA)."
    return Table("importance", ("family", "parameter", "share"), rows, said)


def _front(attempts: Sequence[Attempt], higher: bool) -> Table:
    rows = tuple(
        (a.number, a.family, a.value, a.facts["latency_us"]) for a in front(attempts, higher)
    )
    said = "No other attempt is both better and quicker."
    return Table("front", ("number", "family", "value", "latency_us"), rows, said)


def _findings(attempts: Sequence[Attempt], found: Outcome, folds: int) -> list[Finding]:
    notes: list[Finding] = []
    if folds > 1:
        sentence = (
            f"There are few validation rows, so all but the test rows took turns in {folds} folds."
        )
        notes.append(Finding("folds", "info", sentence, {"folds": folds}))
    failed = [a for a in attempts if a.state == "failed"]
    if failed:
        sentence = f"{counted(len(failed), 'attempt')} failed; the first: {failed[0].reason}"
        notes.append(Finding("failed-attempts", "warning", sentence, {"count": len(failed)}))
    for family, why in found.out.items():
        sentence = f"{family} was given up: {why.rstrip('.')}."
        notes.append(Finding("family-out", "info", sentence, {}, family))
    notes += _untuned(found)
    return notes


def _untuned(found: Outcome) -> list[Finding]:
    """A sweep that gained nothing says so."""
    best = next(iter(found.best.values()))
    if best.number == 1:
        sentence = "No attempt beat the defaults: tuning gained nothing here."
        return [Finding("defaults-best", "info", sentence)]
    return []
