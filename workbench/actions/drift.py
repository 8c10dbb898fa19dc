"""Drift: whether the columns of two data sets, or of two parts of one, are distributed alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from workbench.actions.context import Context
from workbench.actions.diff import pair
from workbench.actions.parts import parts_of
from workbench.core.dataset import Column, DatasetRecord, slug
from workbench.core.errors import DataError
from workbench.core.files import write_text
from workbench.core.progress import Progress, silent, within
from workbench.core.report import Report
from workbench.core.signature import Field, Kind, Signature
from workbench.core.split import TEST, TRAIN
from workbench.core.wire import digest
from workbench.monitoring.drift import drift
from workbench.tables import Tabular

LOOK = 20_000  # rows of each side: Evidently draws every one of them
KINDS: dict[str, Kind] = {
    "number": "number",
    "boolean": "boolean",
    "category": "category",
    "datetime": "datetime",
    "text": "text",
}
LOOKED_AT = ("target", "feature", "sensitive", "time")


@dataclass(frozen=True)
class _Rows:
    """Some rows of a data set, and what they are called."""

    name: str
    table: Tabular
    places: np.ndarray


def run(
    context: Context, progress: Progress = silent, *, before: str, after: str | None = None
) -> dict[str, Any]:
    """From ``before`` to ``after``, or from the training to the test rows of ``before`` alone.

    Returns
    -------
    dict
        ``drift`` (the report as plain data) and ``html`` (the path of Evidently's page).
    """
    if after is None:
        report = of_parts(context, context.datasets.get(before), progress)
    else:
        report = of(context, before, after, progress)
    return {"drift": report.to_dict(), "html": report.facts["html"]}


def of(
    context: Context, before: str, after: str | None = None, progress: Progress = silent
) -> Report:
    """A report of kind ``drift`` from one data set to another, and Evidently's page of it.

    The fact ``html`` is the path of the page. Looked at are the columns that both have and that
    are no ids, on up to 20,000 rows drawn from each side.

    Raises
    ------
    NotFound
        There is no such data set, or no earlier version.
    DataError
        They have no column in common that could be tested.
    """
    first, second = pair(context, before, after)
    sides = [_whole(context, record) for record in (first, second)]
    columns = [
        one
        for one in first.schema.having(*LOOKED_AT)
        if one.name in second.schema and _same(one, second.schema[one.name])
    ]
    return _told(context, sides, columns, progress)


def of_parts(context: Context, record: DatasetRecord, progress: Progress = silent) -> Report:
    """A report of kind ``drift`` from the training rows of a data set to its test rows.

    Raises
    ------
    DataError
        The data set cannot be split.
    """
    table = context.datasets.table(record)
    parts = parts_of(context, record)
    sides = [
        _Rows(f"{record.ref} {name}", table, _drawn(np.flatnonzero(parts == part)))
        for name, part in (("train", TRAIN), ("test", TEST))
    ]
    given = record.split.column if record.split.method == "given" else None
    columns = [c for c in record.schema.having(*LOOKED_AT) if c.name != given]
    return _told(context, sides, columns, progress)


def _same(one: Column, other: Column) -> bool:
    return (one.dtype, one.basis) == (other.dtype, other.basis)


def _whole(context: Context, record: DatasetRecord) -> _Rows:
    return _Rows(record.ref, context.datasets.table(record), _drawn(np.arange(record.rows)))


def _drawn(places: np.ndarray) -> np.ndarray:
    if len(places) <= LOOK:
        return places
    return np.sort(np.random.default_rng(0).choice(places, LOOK, replace=False))


def _told(
    context: Context, sides: Sequence[_Rows], columns: Sequence[Column], progress: Progress
) -> Report:
    fields = tuple(Field(c.name, KINDS[c.basis]) for c in columns if c.basis in KINDS)
    before, after = (side.name for side in sides)
    if not fields:
        raise DataError(
            f"{before} and {after} have no column in common that could be tested.",
            "Ids and ignored columns are left aside; see the roles of both.",
        )
    progress(0.05, "reading the columns")
    names = [f.name for f in fields]
    reference, current = (_frame(side, names) for side in sides)
    report, page, _ = drift(
        reference,
        current,
        Signature(fields, "", "regression"),
        f"{before}..{after}",
        against=before,
        progress=within(progress, 0.3, 1),
    )
    name = f"{slug(f'{before}-{after}')}-{digest([before, after])[:8]}.html"
    path = context.folder("cache", "drift") / name
    write_text(path, page)
    facts = {**report.facts, "before": before, "after": after, "html": str(path)}
    return replace(report, facts=facts)


def _frame(side: _Rows, names: Sequence[str]) -> pd.DataFrame:
    """The drawn rows, read column by column."""
    places = pa.array(side.places)
    columns = {name: side.table.column(name).take(places) for name in names}
    frame: pd.DataFrame = pa.table(columns).to_pandas()
    return frame
