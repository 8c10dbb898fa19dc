"""Reproduce: a recorded run once more, and whether it comes out the same to the last bit."""

from __future__ import annotations

import contextlib
import json
import platform
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from workbench import __version__
from workbench.actions.context import Context
from workbench.actions.own import meet_again, named
from workbench.actions.results import Results
from workbench.actions.script import LIBRARY
from workbench.actions.settled import as_settled
from workbench.actions.train import one, versions
from workbench.core.errors import Cancelled, StoreError, UsageError
from workbench.core.progress import Progress, silent, within
from workbench.core.recipe import ADOPTED, Recipe
from workbench.core.report import Finding, Report, Table
from workbench.core.run import RunRecord
from workbench.core.wire import plain
from workbench.jobs.children import Child
from workbench.jobs.versions import VERSIONS, beside
from workbench.measures.words import counted

BASE = ("numpy", "pandas", "scipy", "scikit-learn")
EXACT = " With exact=True (--exact) most packages are taken as they were then."
LOOK = 1.0  # seconds between two looks at whether somebody cancelled
GRACE = 5.0  # seconds in which a process ends by itself


def run(
    context: Context, progress: Progress = silent, *, run: str, exact: bool = False
) -> dict[str, Any]:
    """Train the recipe of ``run`` again; the report compares metrics, scores and versions.

    Parameters
    ----------
    exact
        Whether another process does that, with the packages in the versions of that time.

    Returns
    -------
    dict
        ``run`` (the new one), ``equal``, ``report`` (kind ``reproduction``).

    Raises
    ------
    StoreError
        The run is not done, its data are not what they were, or its versions cannot be had.
    """
    before = Results.of(context, run)
    deciding = _deciding(before.record.recipe) if exact else set()
    wanted = {name: then for name, then, _ in _changed(before.record) if name in deciding}
    if wanted:
        return _as_then(context, before.record.id, wanted, progress)
    if before.record.recipe.family == ADOPTED:
        raise UsageError(
            f"Run {before.record.short} was adopted, not trained here: there is nothing to repeat.",
            "Train a family of this workspace to have a run that can be reproduced.",
        )
    record = context.datasets.get(before.record.recipe.dataset)
    if record.digest != before.record.dataset_digest:
        raise StoreError(
            f"{record.ref} is not the data that run {before.record.short} was trained on.",
            "Its digest differs: the workspace was mixed with another one.",
        )
    meet_again(before.record)
    recipe, others = as_settled(before.record, before.signature.task)
    made = one(context, recipe, within(progress, 0.0, 0.97))
    after = Results.of(context, made.id)
    report = _report(before, after, others)
    context.store.put_report(made.id, report)
    progress(1.0, report.sentence)
    return {"run": made.id, "equal": report.facts["equal"], "report": plain(report)}


def _as_then(
    context: Context, run: str, wanted: Mapping[str, str], progress: Progress
) -> dict[str, Any]:
    """The same by a child that finds these versions before the installed ones."""
    place = beside(context.folder("cache", VERSIONS), wanted, within(progress, 0.0, 0.3))
    log = context.folder("jobs") / "reproduce.log"
    asked = [str(context.root), run, context.job or ""]
    child = Child("workbench.actions.again", asked, {}, log, [place])
    step = within(progress, 0.3, 1.0)
    last: tuple[float, str] = (0.0, "starting with the versions of that time")
    try:
        while True:
            step(*last)
            if not child.line.poll(LOOK):
                continue
            told = json.loads(child.line.recv_bytes())
            if isinstance(told, dict):
                break
            last = tuple(told)
    except Cancelled:
        child.line.close()  # it hears so at its next word, and closes its run
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.process.wait(GRACE)
        raise
    except (EOFError, ConnectionResetError) as error:
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.process.wait(GRACE)
        why = child.end() or "it said no more"
        said = f"The process with the versions of that time died: {why}."
        raise StoreError(said, f"{log} has its last lines.") from error
    finally:
        child.end()
    if "error" in told:
        raise StoreError(*told["error"])
    return told


def _deciding(recipe: Recipe) -> set[str]:
    """The packages that decide what a run comes to and can be exchanged.

    Not PyTorch: its builds need libraries of their own.
    """
    families = {recipe.family, *named(recipe.params)}
    libraries = {LIBRARY[name] for name in families if name in LIBRARY} - {"torch"}
    return {*BASE, *libraries, *(f"{name}-cpu" for name in libraries)}


def _report(before: Results, after: Results, others: Sequence[str]) -> Report:
    metrics = _metrics(before.record, after.record)
    apart = _scores_apart(before, after)
    changed = [*_changed(before.record), *_elsewhere(before.record, after.record)]
    equal = apart == 0 and all(row[3] == 0 for row in metrics)
    if equal:
        sentence = f"Run {before.record.short} comes out the same to the last bit."
    else:
        worst = max(metrics, key=lambda row: abs(row[3]))
        sentence = (
            f"Run {before.record.short} does not come out the same: {worst[0]} differs by"
            f" {worst[3]:.2g}, scores by up to {apart:.2g}."
        )
    columns = ("metric", "before", "after", "difference")
    return Report(
        "reproduction",
        before.record.id,
        f"Run {before.record.short} once more",
        sentence,
        {"equal": equal, "run": after.record.id, "score_difference": apart},
        (*_defaults(others), *_findings(equal, changed)),
        (
            Table("metrics", columns, tuple(metrics), "On the same test rows."),
            Table("versions", ("what", "before", "now"), tuple(changed), "What is not as it was."),
        ),
    )


def _metrics(before: RunRecord, after: RunRecord) -> list[tuple[str, float, float, float]]:
    shared = [name for name in before.metrics if name in after.metrics]
    return [
        (n, before.metrics[n], after.metrics[n], after.metrics[n] - before.metrics[n])
        for n in shared
    ]


def _scores_apart(before: Results, after: Results) -> float:
    """The largest difference of any held-out row's scores."""
    first, second = before.predictions, after.predictions
    if len(first) != len(second) or not (first["row"] == second["row"]).all():
        return float("inf")
    names = [c for c in first.columns if c == "value" or c.startswith("score_")]
    apart = np.abs(first[names].to_numpy(float) - second[names].to_numpy(float))
    return float(apart.max(initial=0.0))


def _changed(record: RunRecord) -> list[tuple[str, str, str]]:
    """Versions that differ between the run's environment and this one."""
    now = {
        **versions(),
        "python": platform.python_version(),
        "platform": sys.platform,
        "workbench": __version__,
    }
    then = {k.removeprefix("version."): v for k, v in record.tags.items() if k.startswith("vers")}
    then |= {name: record.tags.get(name, "") for name in ("python", "platform", "workbench")}
    return [
        (name, then[name], now.get(name, "not installed"))
        for name in sorted(then)
        if then[name] and then[name] != now.get(name)
    ]


def _elsewhere(before: RunRecord, after: RunRecord) -> Iterator[tuple[str, str, str]]:
    """The device, where it is another one."""
    then, now = (one.tags.get("fact.device", "") for one in (before, after))
    if then and now and then != now:
        yield "device", then, now


def _defaults(others: Sequence[str]) -> Iterator[Finding]:
    if others:
        yield Finding(
            "defaults-of-then",
            "info",
            f"Defaults that the run left open are others now ({', '.join(others)}): they were taken"
            " as they were then.",
            {"parameters": list(others)},
        )


def _findings(equal: bool, changed: list[tuple[str, str, str]]) -> Iterator[Finding]:
    if changed:
        said = ", ".join(f"{name} {then} → {now}" for name, then, now in changed[:5])
        severity = "info" if equal else "warning"
        yield Finding(
            "other-versions",
            severity,  # type: ignore[arg-type]
            f"{counted(len(changed), 'version')} changed since: {said}." + ("" if equal else EXACT),
            {"changed": [list(c) for c in changed]},
        )
    elif not equal:
        yield Finding(
            "not-deterministic",
            "warning",
            "The versions are the same, so either the training does not repeat itself here (a GPU,"
            " another number of cores, a guest's family that draws without its seed), or Workbench"
            " itself trains otherwise since.",
        )
