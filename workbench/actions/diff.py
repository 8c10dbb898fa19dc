"""Diff: what changed between two data sets, and which models cannot follow."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from workbench.actions.context import Context
from workbench.core.dataset import DatasetRecord, parse_ref
from workbench.core.errors import NotFound, UsageError
from workbench.core.progress import Progress, silent
from workbench.core.report import Finding, Report
from workbench.core.run import RunRecord
from workbench.data.diff import Side, diff
from workbench.measures.words import listed

NEWEST = 20  # runs that are held against the change


def of(
    context: Context, before: str, after: str | None = None, progress: Progress = silent
) -> Report:
    """A report of kind ``diff``, with a finding for each run that the change breaks.

    Parameters
    ----------
    before, after
        Names or versions; with ``before`` alone its newest version is held against the one
        before it.

    Raises
    ------
    NotFound
        There is no such data set, or no earlier version.
    """
    first, second = pair(context, before, after)
    report = diff(_side(context, first), _side(context, second), progress)
    broken = tuple(_broken(context, first, report))
    return replace(report, findings=(*report.findings, *broken))


def pair(context: Context, before: str, after: str | None) -> tuple[DatasetRecord, DatasetRecord]:
    """The two that are meant; of one name alone its two newest versions."""
    if after is not None:
        return context.datasets.get(before), context.datasets.get(after)
    name, version = parse_ref(before)
    if version is not None:
        raise UsageError(f"{before} is one version.", "Name the other one, too.")
    versions = sorted(
        (r for r in context.datasets.list() if r.name == name), key=lambda r: r.version
    )
    if len(versions) == 1:
        raise NotFound(f"{versions[0].ref} is the only version.", "Name another data set.")
    if not versions:
        raise NotFound.among("data set", name, {r.name for r in context.datasets.list()})
    return versions[-2], versions[-1]


def _side(context: Context, record: DatasetRecord) -> Side:
    return Side(
        record.ref,
        context.datasets.table(record),
        record.schema,
        context.datasets.columns(record),
    )


def _broken(context: Context, before: DatasetRecord, report: Report) -> Iterator[Finding]:
    """Runs that take a column which is gone, called otherwise, or of another type."""
    lost = {
        row["name_before"]: row["change"]
        for row in report["columns"].records()
        if row["change"] in ("dropped", "renamed", "retyped")
    }
    if not lost:
        return
    for run in _runs(context, before):
        taken = [n for n in run.signature.names if n in lost] if run.signature else []
        if taken:
            sentence = (
                f"Run {run.short} ({run.model}) takes {listed([repr(n) for n in taken[:4]])}: "
                "it cannot score the new version."
            )
            yield Finding("run-broken", "warning", sentence, {"columns": taken}, run.id)


def _runs(context: Context, record: DatasetRecord) -> Iterator[RunRecord]:
    found = [r for r in context.store.runs() if r.dataset_digest == record.digest]
    for run in [r for r in found if r.state == "done"][:NEWEST]:
        yield context.store.run(run.id)  # a listing has no signatures
