"""Metrics: what models of a target can be judged by, known before there is one."""

from __future__ import annotations

from workbench.actions.context import Context
from workbench.core.dataset import DatasetRecord
from workbench.core.errors import UsageError
from workbench.core.recipe import PRIMARY, Task
from workbench.measures.metrics import METRICS
from workbench.training.target import task_of


def task(context: Context, record: DatasetRecord, target: str | None = None) -> Task:
    """The task that a target asks for, the data set's own by default.

    Raises
    ------
    UsageError
        No target is named, and the data set has none.
    DataError
        The column cannot be predicted.
    """
    column = record.schema[target] if target else record.schema.target
    if column is None:
        raise UsageError("No target is set.", "Name the column to predict: target=...")
    found, _ = task_of(context.datasets.frame(record, [column.name])[column.name], column)
    return found


def of(context: Context, record: DatasetRecord, target: str | None = None) -> dict[str, str]:
    """Name to title, the primary one first."""
    asked = task(context, record, target)
    first = PRIMARY[asked]
    names = [first, *(name for name in METRICS[asked] if name != first)]
    return {name: METRICS[asked][name].title for name in names}
