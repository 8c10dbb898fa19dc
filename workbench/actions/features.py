"""Features: the columns that are made from a data set for every model, and what each would tell."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pyarrow as pa

from workbench.actions.context import Context
from workbench.actions.parts import parts_of
from workbench.core.dataset import DatasetRecord
from workbench.core.errors import UsageError
from workbench.core.feature import Feature
from workbench.core.progress import Progress, silent
from workbench.core.recipe import Recipe
from workbench.core.report import Report
from workbench.core.signature import Field, Signature
from workbench.core.split import TRAIN
from workbench.data.effect import effect, measure
from workbench.data.target import Target, target_of
from workbench.encoding import encode, inputs
from workbench.features import preview as room
from workbench.features.derive import Derive, Source
from workbench.features.offers import offers
from workbench.training.signature import kind_of, sign
from workbench.training.target import truth_codes

__all__ = ["check", "offers", "possible", "preview", "sources"]

ROWS = 20_000  # training rows that a preview looks at
MANY = 500_000  # where rows look at each other


def check(record: DatasetRecord, features: Sequence[Feature]) -> None:
    """Refuse features that cannot be made from a data set.

    Raises
    ------
    NotFound, UsageError
        It says which and why.
    """
    names = [feature.called for feature in features]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise UsageError(f"Two features are called {twice!r}.", "Give one of them another name.")
    _planned(record, features)


def possible(record: DatasetRecord, features: Sequence[Feature]) -> tuple[Feature, ...]:
    """Those of the features that can be made from a data set, and from each other."""
    kept: list[Feature] = []
    for feature in features:
        try:
            check(record, [*kept, feature])
        except UsageError:
            continue
        kept.append(feature)
    return tuple(kept)


def sources(record: DatasetRecord) -> dict[str, str]:
    """What features can be made from, columns and features, each with its kind.

    The kinds are ``number``, ``text`` and ``date``.
    """
    kinds = {"float": "number", "string": "text", "date": "date"}
    planned = _planned(record, possible(record, record.features))
    return {name: kinds[source.kind] for name, source in planned.items()}


def _planned(record: DatasetRecord, features: Sequence[Feature]) -> dict[str, Source]:
    """The columns there are with these features; those that cannot be made are refused."""
    target = record.schema.target
    for feature in features:
        if target is not None and target.name in feature.columns:
            raise UsageError(
                f"{feature.called} is made from the target {target.name!r}.",
                "The target is not known when a prediction is made: choose another column.",
            )
    columns = [c for c in record.schema.columns if c is not target]
    signature = Signature(tuple(Field(c.name, kind_of(c)) for c in columns), "", "regression")
    return Derive.of(features, inputs(signature), [c.name for c in columns]).planned()


def preview(
    context: Context, record: DatasetRecord, feature: Feature, progress: Progress = silent
) -> Report:
    """What a feature would look like on the training rows, and what it tells about the target.

    Returns
    -------
    Report
        :func:`workbench.features.preview.preview` of up to 20,000 training rows, spread over all.
    """
    chain = room.needed(feature, [f for f in record.features if f.called != feature.called])
    _planned(record, chain)
    progress(0.1, "reading the rows")
    frame, target, whole = _rows(context, record, chain)
    signature, truth = _signed(record, chain, frame)
    arrays = encode({n: frame[n].to_numpy() for n in signature.names}, signature)
    by_time = record.split.method == "time"
    rows = room.Rows(frame, inputs(signature), arrays, truth, whole, by_time)
    aim = room.Aim(target.name, target.task, measure(target)) if target else None
    progress(0.4, "making the columns")
    return room.preview(chain, rows, lambda cells: effect(cells, target), aim, record.ref)


def _rows(
    context: Context, record: DatasetRecord, chain: Sequence[Feature]
) -> tuple[pd.DataFrame, Target | None, bool]:
    """Training rows with a target, spread over all; the target; and whether these are all."""
    table, column = context.datasets.table(record), record.schema.target
    rows = np.arange(record.rows)
    if column is not None:
        known = table.column(column.name).is_valid().to_numpy()
        rows = np.flatnonzero((parts_of(context, record) == TRAIN) & known)
    most = MANY if any(f.step == "aggregate" for f in chain) else ROWS
    whole = len(rows) <= most
    rows = rows[np.linspace(0, len(rows) - 1, min(most, len(rows))).astype(np.int64)]
    names = [n for f in chain for n in f.columns if n in record.schema]
    names += [column.name] if column else []
    some = pa.table({n: table.column(n).take(pa.array(rows)) for n in dict.fromkeys(names)})
    target = target_of(some.column(column.name), column) if column else None
    return some.to_pandas(), target, whole


def _signed(
    record: DatasetRecord, chain: Sequence[Feature], frame: pd.DataFrame
) -> tuple[Signature, np.ndarray | None]:
    """How the columns are encoded, and the truth as training would take it."""
    if record.schema.target is None:
        fields = tuple(Field(n, kind_of(record.schema[n])) for n in frame.columns)
        return Signature(fields, "", "regression"), None
    recipe = Recipe(record.ref, "preview", columns=(), features=tuple(chain))
    signature = sign(recipe, frame, record.schema, np.full(len(frame), TRAIN)).signature
    return signature, truth_codes(frame[signature.target], signature)
