"""Features: the columns that are made from a data set for every model, and what each would tell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from workbench.actions.context import Context
from workbench.core.dataset import DatasetRecord
from workbench.core.errors import UsageError
from workbench.core.feature import Feature
from workbench.core.progress import Progress, silent
from workbench.core.recipe import Recipe
from workbench.core.report import Finding, Report, Table
from workbench.core.signature import Field, Signature
from workbench.core.split import TRAIN
from workbench.data.effect import Effect, effect, measure
from workbench.data.split import assign
from workbench.data.target import Target, target_of
from workbench.encoding import encode, inputs
from workbench.features.derive import Derive, Source
from workbench.features.step import steps
from workbench.measures.words import counted, listed, number
from workbench.training.signature import kind_of, sign
from workbench.training.target import truth_codes

ROWS = 20_000  # training rows that a preview looks at
MANY = 500_000  # where rows look at each other
SHOWN = 12  # rows that it shows
MOST = 12  # made columns that it judges


def offers() -> Report:
    """The steps that features are made by: kind ``steps``, one row each, and their parameters."""
    known = {name: steps.get(name) for name in steps.names()}
    options = [(name, option) for name, kind in known.items() for option in kind.options]
    return Report(
        "steps",
        "features",
        "Steps",
        f"{len(known)} ways to make columns.",
        tables=(
            Table.of(
                "steps",
                {
                    "name": list(known),
                    "title": [kind.title for kind in known.values()],
                    "takes": [list(kind.takes) for kind in known.values()],
                    "spare": [kind.spare for kind in known.values()],
                    "keeps": [kind.keeps for kind in known.values()],
                    "exact": [kind.exact for kind in known.values()],
                    "runtime": [kind.runtime for kind in known.values()],
                },
            ),
            Table.of(
                "options",
                {
                    "step": [name for name, _ in options],
                    "name": [o.name for _, o in options],
                    "says": [o.says for _, o in options],
                    "kind": [o.kind for _, o in options],
                    "default": [o.default for _, o in options],
                    "choices": [list(o.choices) for _, o in options],
                },
            ),
        ),
    )


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
        kind ``feature``. Tables ``effect`` (columns ``column``, ``made``, ``relation``,
        ``missing``, ``distinct``), ``groups`` (``column``, ``label``, ``rows``, ``mean``: of the
        target) and ``values`` (first rows). ``facts["relation"]`` says what a relation is,
        ``facts["exact"]`` whether the step has an ONNX form.
    """
    made_before = [f for f in record.features if f.called != feature.called]
    needed_ones = needed(feature, made_before)
    _planned(record, needed_ones)
    names = list(dict.fromkeys(n for f in needed_ones for n in f.columns if n in record.schema))
    progress(0.1, "reading the rows")
    most = MANY if any(f.step == "aggregate" for f in needed_ones) else ROWS
    frame, target, whole = _rows(context, record, names, most)
    progress(0.4, "making the columns")
    made, labels = _made(record, needed_ones, frame)
    progress(0.7, "holding them against the target")
    sources = {name: effect(_cells(frame[name]), target) for name in names}
    found = {label: effect(made[:, i], target) for i, label in enumerate(labels[:MOST])}
    report = _report(record, feature, frame, made, labels, sources, found, target)
    told = _cautions(record, feature, frame, made, whole)
    return replace(report, findings=(*report.findings, *told))


def needed(feature: Feature, known: Sequence[Feature]) -> list[Feature]:
    """The features that one is made from, directly or not, and it at the end."""
    wanted, chain = set(feature.columns), [feature]
    for other in reversed(known):
        if other.called in wanted:
            wanted |= set(other.columns)
            chain.insert(0, other)
    return chain


def _rows(
    context: Context, record: DatasetRecord, names: Sequence[str], most: int
) -> tuple[pd.DataFrame, Target | None, bool]:
    """Training rows with a target, spread over all; the target; and whether these are all."""
    table = context.datasets.table(record)
    rows = np.arange(record.rows)
    column = record.schema.target
    if column is not None:
        known = table.column(column.name).is_valid().to_numpy()
        rows = np.flatnonzero((assign(record.split, table, record.schema) == TRAIN) & known)
    whole = len(rows) <= most
    rows = rows[np.linspace(0, len(rows) - 1, min(most, len(rows))).astype(np.int64)]
    wanted = [*names, *([column.name] if column else [])]
    some = pa.table({n: table.column(n).take(pa.array(rows)) for n in dict.fromkeys(wanted)})
    target = target_of(some.column(column.name), column) if column else None
    return some.to_pandas(), target, whole


def _made(
    record: DatasetRecord, chain: Sequence[Feature], frame: pd.DataFrame
) -> tuple[np.ndarray, list[str]]:
    """The columns of the last feature as the training rows get them, and their names."""
    parts = np.full(len(frame), TRAIN)
    truth = None
    if record.schema.target is not None:
        recipe = Recipe(record.ref, "preview", columns=(), features=tuple(chain))
        signature = sign(recipe, frame, record.schema, parts).signature
        truth = truth_codes(frame[signature.target], signature)
    else:
        fields = tuple(Field(n, kind_of(record.schema[n])) for n in frame.columns)
        signature = Signature(fields, "", "regression")
    arrays = encode({n: frame[n].to_numpy() for n in signature.names}, signature)
    derive = Derive.of(chain, inputs(signature), ())
    found = derive.fit_transform(pd.DataFrame(arrays), truth)
    called = chain[-1].called
    labels = [f"{called}: {part}" if part else called for part in derive.steps_[-1].parts()]
    return found[list(derive.layouts[-1].makes)].to_numpy(), labels


def _cells(values: pd.Series) -> np.ndarray:
    """A column as it stands, as numbers or texts."""
    if pd.api.types.is_datetime64_any_dtype(values):
        days = (values - pd.Timestamp("2000-01-01")) / pd.Timedelta(days=1)
        return days.to_numpy(np.float64)
    if pd.api.types.is_bool_dtype(values) or pd.api.types.is_numeric_dtype(values):
        return pd.to_numeric(values).to_numpy(np.float64)
    return values.astype(object).where(values.notna(), "").to_numpy(object)


def _report(
    record: DatasetRecord,
    feature: Feature,
    frame: pd.DataFrame,
    made: np.ndarray,
    labels: Sequence[str],
    sources: dict[str, Effect],
    found: dict[str, Effect],
    target: Target | None,
) -> Report:
    kind = steps.get(feature.step)
    judged = [
        *((n, False, e) for n, e in sources.items()),
        *((n, True, e) for n, e in found.items()),
    ]
    groups = [(name, group) for name, told in found.items() for group in told.groups]
    shown = {name: _shown(frame[name].iloc[:SHOWN].tolist()) for name in sources}
    shown |= {n: _shown(made[:SHOWN, i].tolist()) for i, n in enumerate(labels[:MOST])}
    return Report(
        "feature",
        record.ref,
        f"Preview of {feature.called}",
        _sentence(feature, sources, found, target),
        {
            "rows": len(frame),
            "step": feature.step,
            "title": kind.title,
            "columns": len(labels),
            "exact": kind.exact,
            "target": target.name if target else None,
            "task": target.task if target else None,
            "relation": measure(target) if target else None,
        },
        tuple(_findings(feature, kind, found, labels)),
        (
            Table.of(
                "effect",
                {
                    "column": [name for name, _, _ in judged],
                    "made": [is_made for _, is_made, _ in judged],
                    "relation": [told.relation for _, _, told in judged],
                    "missing": [told.missing for _, _, told in judged],
                    "distinct": [told.distinct for _, _, told in judged],
                },
                "How well each column alone tells the target, on rows it was not learned from.",
            ),
            Table.of(
                "groups",
                {
                    "column": [name for name, _ in groups],
                    "label": [group.label for _, group in groups],
                    "rows": [group.rows for _, group in groups],
                    "mean": [group.mean for _, group in groups],
                },
                "Rows with like values, and the mean of the target among them.",
            ),
            Table.of("values", shown, "The first rows."),
        ),
    )


def _cautions(
    record: DatasetRecord, feature: Feature, frame: pd.DataFrame, made: np.ndarray, whole: bool
) -> Iterator[Finding]:
    """What to know before such a feature is trusted."""
    if feature.step == "aggregate" and len(feature.columns) > 2 and record.split.method != "time":
        sentence = (
            f"{feature.called} looks back in time, and the split does not: test rows get what was "
            "known at the end of the training rows, later ones included. Split by time to judge it."
        )
        yield Finding("split-not-by-time", "warning", sentence, {}, feature.called)
    if feature.step == "aggregate" and not whole:
        sentence = f"Of {len(frame):,} rows only: counts and sums will be larger in training."
        yield Finding("sampled", "info", sentence, {"rows": len(frame)}, feature.called)
    if made.shape[1] == 1 and feature.columns[0] in frame:
        before = _cells(frame[feature.columns[0]])
        same = before.dtype == made.dtype and (before == made[:, 0]).all()
        close = before.dtype != object and made.dtype != object
        if same or (close and np.array_equal(before.astype("f4"), made[:, 0], equal_nan=True)):
            sentence = f"{feature.called} changes nothing in these rows."
            yield Finding("no-change", "warning", sentence, {}, feature.called)


def _shown(cells: Sequence[Any]) -> list[Any]:
    """Cells as a table shows them: None where missing, dates as text."""
    return [None if c is None or c != c or c == "" else _plain(c) for c in cells]


def _plain(cell: Any) -> Any:
    return str(cell) if isinstance(cell, pd.Timestamp) else cell


def _sentence(
    feature: Feature, sources: dict[str, Effect], found: dict[str, Effect], target: Target | None
) -> str:
    if target is None:
        return f"{feature.called} makes {counted(len(found), 'column')}; no target is set."
    best = _best(found)
    if best is None:
        return f"{feature.called} does not tell {target.name}."
    name, told = best
    said = f"{name} tells {target.name} with {_a(measure(target))} of {number(told)}"
    before = _best(sources)
    if before is None:
        return f"{said}."
    return f"{said}; of what it is made from, {before[0]} alone tells most: {number(before[1])}."


def _best(effects: dict[str, Effect]) -> tuple[str, float] | None:
    told = [(n, e.relation) for n, e in effects.items() if e.relation is not None]
    return max(told, key=lambda pair: pair[1], default=None)


def _a(what: str) -> str:
    return f"an {what}" if what[0] in "AEIO" else f"a {what}"


def _findings(
    feature: Feature, kind: Any, found: dict[str, Effect], labels: Sequence[str]
) -> Iterator[Finding]:
    if not kind.exact:
        sentence = f"{feature.called} has no ONNX form: a model with it cannot be exported."
        yield Finding("no-onnx", "warning", sentence, {}, feature.called)
    constant = [name for name, told in found.items() if told.distinct < 2]
    if constant:
        sentence = (
            f"{listed(constant[:5])} {'is' if len(constant) == 1 else 'are'} always the same."
        )
        yield Finding("constant", "warning", sentence, {"columns": constant}, feature.called)
    if len(labels) > len(found):
        sentence = f"{len(labels):,} columns are made; the first {len(found)} are shown."
        yield Finding("more", "info", sentence, {"columns": len(labels)}, feature.called)
