"""Profile: what is in a data set; kept beside it until its schema or its split is edited."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from workbench.actions.context import Context
from workbench.core.dataset import DatasetRecord
from workbench.core.errors import UsageError
from workbench.core.feature import Feature, chain
from workbench.core.files import write_text
from workbench.core.progress import Progress, silent
from workbench.core.report import Finding, Report
from workbench.core.wire import digest, dumps, plain
from workbench.data.profile import profile
from workbench.tables import GROUP, ParquetTable

FORM = 2  # of the report: older ones in the cache lack tables
PLACES = 2  # row groups that a sample comes from: a group is read whole


def run(context: Context, progress: Progress = silent, *, dataset: str) -> dict[str, Any]:
    """Profile ``dataset`` and keep the report; returns its ``path``."""
    record = context.datasets.get(dataset)
    of(context, record, progress)
    return {"report": "profile", "dataset": record.ref}


def of(context: Context, record: DatasetRecord, progress: Progress = silent) -> Report:
    """The profile of a snapshot, from the cache or made now."""
    if (found := kept(context, record)) is not None:
        return found
    table = context.datasets.table(record)
    report = profile(table, record.schema, record.ref, progress, split=record.split)
    write_text(_path(context, record), dumps(report))
    return _mended(report, record)


def kept(context: Context, record: DatasetRecord) -> Report | None:
    """The profile, if it was made before."""
    path = _path(context, record)
    if not path.is_file():
        return None
    return _mended(Report.from_dict(json.loads(path.read_text(encoding="utf-8"))), record)


def _mended(report: Report, record: DatasetRecord) -> Report:
    """The findings, without the remedies that are among the data set's features already."""
    return replace(report, findings=tuple(_told(f, record) for f in report.findings))


def _told(finding: Finding, record: DatasetRecord) -> Finding:
    remedy = finding.remedy
    asked = remedy.change.get("features", ()) if remedy else ()
    if remedy is None or not asked or not all(_taken(f, record.features) for f in asked):
        return finding
    sentence = f"{finding.sentence} Mended: {remedy.label}."
    return replace(finding, severity="info", sentence=sentence, remedy=None)


def _taken(asked: Mapping[str, Any], features: Sequence[Feature]) -> bool:
    """Whether what stands for the column does what is asked, in its own units."""
    for feature in chain(asked["columns"][0], features):
        if feature.step == asked["step"]:
            params, wanted = plain(feature.params), plain(asked["params"])
            if feature.step == "missing":
                return set(wanted["values"]) <= set(params["values"])
            return bool(params == wanted)
    return False


def quick(context: Context, record: DatasetRecord, rows: int) -> Report:
    """A profile of about ``rows`` rows from all over the table; it is not kept.

    The fact ``of_rows`` says how many rows the table has. Counts are those of the sample, and
    the split is not looked at.

    Raises
    ------
    UsageError
        ``rows`` is no positive number.
    """
    if rows < 1:
        raise UsageError(f"A sample of {rows} rows shows nothing.", "Ask for a thousand or more.")
    table = context.datasets.table(record)
    if rows >= table.num_rows:
        return of(context, record)
    sample = _sample(table, rows)
    report = profile(sample, record.schema, record.ref)
    said = f"From a sample of {sample.num_rows:,} of {table.num_rows:,} rows: {report.sentence}"
    return replace(report, sentence=said, facts={**report.facts, "of_rows": table.num_rows})


def _sample(table: ParquetTable, rows: int) -> pa.Table:
    """Runs of rows from up to ``PLACES`` row groups spread over the table."""
    whole = max(1, table.num_rows // GROUP)  # the last group may be short
    chosen = np.unique(np.linspace(0, whole - 1, min(whole, PLACES)).astype(int))
    each = -(-rows // len(chosen))
    parts = []
    for part in table.groups([int(group) for group in chosen]):
        stride = max(1, part.num_rows // each)
        parts.append(part.take(np.arange(0, part.num_rows, stride)[:each]))
    return pa.concat_tables(parts)


def _path(context: Context, record: DatasetRecord) -> Path:
    mark = digest([FORM, record.ref, record.digest, record.schema, record.split])[:16]
    return context.root / "cache" / f"profile-{mark}.json"
