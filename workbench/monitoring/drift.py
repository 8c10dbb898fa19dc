"""Drift: columns that no longer look as they did in training, tested by Evidently.

The leaf of Evidently. Every column is declared and tested by a method that we name, since what
Evidently picks depends on the number of rows and its kinds of scores point in opposite directions.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from evidently import DataDefinition, Dataset
from evidently import Report as Page
from evidently.presets import DataDriftPreset, DataSummaryPreset

from workbench.core.errors import DataError
from workbench.core.progress import Progress, silent
from workbench.core.report import Finding, Report, Table
from workbench.core.signature import Signature
from workbench.encoding import text
from workbench.measures.words import counted, listed, number

MANY = 500  # rows on both sides, from which distances are steadier than p-values are telling
DISTANCE = 0.1
SIGNIFICANCE = 0.05  # divided by the number of columns
MISSING = 0.05  # change of the missing share worth saying
SAFE = str.maketrans({"<": "‹", ">": "›", "&": "＆"})


@dataclass(frozen=True)
class Test:
    """How one column is tested; it drifted at or above a distance, or below a p-value."""

    column: str
    method: str
    threshold: float

    @property
    def is_distance(self) -> bool:
        return self.method in ("wasserstein", "jensenshannon")

    def drifted(self, score: float) -> bool:
        return score >= self.threshold if self.is_distance else score < self.threshold


def drift(
    reference: pd.DataFrame,
    current: pd.DataFrame,
    signature: Signature,
    subject: str,
    *,
    against: str = "training",
    progress: Progress = silent,
) -> tuple[Report, str, str]:
    """How columns moved between two sets of rows: what a model was trained on and what it is
    asked, two versions of a table, the parts of a split.

    With 500 rows or more on both sides numbers are held apart by the Wasserstein distance (in
    standard deviations of the reference) and categories by Jensen-Shannon's, both from 0.1;
    below that by Kolmogorov-Smirnov's and the chi-squared test, 5% shared out over the columns.
    Dates are tested as numbers of days. Missing values are left out of the tests; a changed
    share of them is a finding.

    Parameters
    ----------
    signature
        Its inputs are the columns that are tested, each by its kind.
    against
        What the reference is called in sentences.

    Returns
    -------
    (Report, str, str)
        The report of kind ``drift``, Evidently's page (offline, one file) and its JSON.

    Raises
    ------
    DataError
        No rows on one side, or a column is missing.
    """
    _check(reference, current, signature)
    then, now = _columns(reference, signature), _columns(current, signature)
    testable = [c for c in then if then[c].notna().any() and now[c].notna().any()]
    if not testable:
        raise DataError("Every column is empty on one side.", "Watch rows that hold values.")
    tests = _tests(testable, signature, min(len(reference), len(current)))
    progress(0.4, f"testing {counted(len(tests), 'column')}")
    names = _safe_names(testable)
    snapshot = _run(then, now, tests, names, signature)
    progress(0.8, "writing the page")
    page, raw = str(snapshot.get_html_str(as_iframe=False)), str(snapshot.json())
    scores = _scores(raw, names)
    table = _table(tests, scores, then, now)
    report = Report(
        "drift",
        subject,
        f"Drift of {counted(len(current), 'row')} against {len(reference):,} of {against}",
        _sentence(table),
        _facts(table, reference, current),
        tuple(_findings(table, then, now, signature, against)),
        (table,),
    )
    progress(1.0, report.sentence)
    return report, page, raw


def _check(reference: pd.DataFrame, current: pd.DataFrame, signature: Signature) -> None:
    for what, frame in (("reference", reference), ("current", current)):
        if not len(frame):
            raise DataError(f"The {what} part has no rows.", "Drift needs rows on both sides.")
        missing = [c for c in signature.names if c not in frame.columns]
        if missing:
            raise DataError(f"The {what} part lacks {listed([repr(c) for c in missing[:5]])}.")


def _columns(frame: pd.DataFrame, signature: Signature) -> dict[str, pd.Series[Any]]:
    """The inputs as Evidently takes them: floats, or objects holding text."""
    return {f.name: _SHAPES[f.kind](frame[f.name]) for f in signature.inputs}


def _numbers(values: pd.Series[Any]) -> pd.Series[Any]:
    return pd.to_numeric(values, errors="coerce").astype("float64").reset_index(drop=True)


def _days(values: pd.Series[Any]) -> pd.Series[Any]:
    moments = pd.to_datetime(values, errors="coerce", utc=True).reset_index(drop=True)
    return (moments - pd.Timestamp("2000-01-01", tz="UTC")) / pd.Timedelta(days=1)


def _texts(values: pd.Series[Any]) -> pd.Series[Any]:
    # Evidently writes values into a script of its page: nothing may look like markup there
    cells = [text(v).translate(SAFE) or None for v in values.tolist()]
    return pd.Series(cells, dtype=object)


def _lengths(values: pd.Series[Any]) -> pd.Series[Any]:
    """Free texts hardly repeat: what can drift is how long they are."""
    return pd.Series([len(text(v)) or None for v in values.tolist()], dtype=float)


_SHAPES = {
    "number": _numbers,
    "datetime": _days,
    "category": _texts,
    "text": _lengths,
    "boolean": _texts,
}


def _tests(columns: Sequence[str], signature: Signature, rows: int) -> list[Test]:
    numeric = _numeric(signature)
    many = rows >= MANY
    threshold = DISTANCE if many else SIGNIFICANCE / len(columns)
    methods = ("wasserstein", "jensenshannon") if many else ("ks", "chisquare")
    return [Test(c, methods[c not in numeric], threshold) for c in columns]


def _numeric(signature: Signature) -> set[str]:
    """The columns that are tested as numbers: of free text it is the length."""
    return {f.name for f in signature.inputs if f.kind in ("number", "datetime", "text")}


def _safe_names(columns: Sequence[str]) -> dict[str, str]:
    """A name without markup for each column; equal ones are kept apart by their number."""
    names: dict[str, str] = {}
    for number_, column in enumerate(columns):
        name = column.translate(SAFE)
        names[column] = name if name not in names.values() else f"{name} ({number_})"
    return names


def _run(
    then: Mapping[str, pd.Series[Any]],
    now: Mapping[str, pd.Series[Any]],
    tests: Sequence[Test],
    names: Mapping[str, str],
    signature: Signature,
) -> Any:
    numeric = _numeric(signature)
    definition = DataDefinition(
        numerical_columns=[names[t.column] for t in tests if t.column in numeric],
        categorical_columns=[names[t.column] for t in tests if t.column not in numeric],
    )
    sides = [
        Dataset.from_pandas(
            pd.DataFrame({names[t.column]: side[t.column] for t in tests}),
            data_definition=definition,
        )
        for side in (now, then)
    ]
    declared = DataDriftPreset(
        columns=[names[t.column] for t in tests],
        per_column_method={names[t.column]: t.method for t in tests},
        per_column_threshold={names[t.column]: t.threshold for t in tests},
    )
    with np.errstate(divide="ignore"):  # a category that the reference never saw: p is zero
        return Page([declared, DataSummaryPreset()]).run(*sides)


def _scores(raw: str, names: Mapping[str, str]) -> dict[str, float]:
    column_of = {safe: column for column, safe in names.items()}
    return {
        column_of[m["config"]["column"]]: float(m["value"])
        for m in json.loads(raw)["metrics"]
        if m["config"]["type"] == "evidently:metric_v2:ValueDrift"
    }


def _table(
    tests: Sequence[Test],
    scores: Mapping[str, float],
    then: Mapping[str, pd.Series[Any]],
    now: Mapping[str, pd.Series[Any]],
) -> Table:
    """Columns by how far they moved, drifted ones first."""

    def far(test: Test) -> tuple[bool, float]:
        score = scores[test.column]
        return not test.drifted(score), -score if test.is_distance else score

    rows = [
        (
            t.column,
            t.method,
            scores[t.column],
            t.threshold,
            t.drifted(scores[t.column]),
            float(then[t.column].isna().mean()),
            float(now[t.column].isna().mean()),
        )
        for t in sorted(tests, key=far)
    ]
    names = ("column", "method", "score", "threshold", "drifted", "missing_then", "missing_now")
    caption = "Distances drift from their threshold up, p-values (ks, chisquare) below it."
    return Table("drift", names, tuple(rows), caption)


def _sentence(table: Table) -> str:
    moved = [r["column"] for r in table.records() if r["drifted"]]
    of = f"of {counted(len(table), 'column')}"
    if not moved:
        return f"None {of} drifted."
    names = listed(moved) if len(moved) <= 3 else f"{', '.join(moved[:3])} and others"
    return f"{len(moved)} {of} drifted: {names}."


def _facts(table: Table, reference: pd.DataFrame, current: pd.DataFrame) -> dict[str, Any]:
    drifted = sum(map(bool, table.column("drifted")))
    return {
        "columns": len(table),
        "drifted": drifted,
        "share": drifted / len(table),
        "rows_reference": len(reference),
        "rows_current": len(current),
        "methods": sorted(set(table.column("method"))),
    }


def _findings(
    table: Table,
    then: Mapping[str, pd.Series[Any]],
    now: Mapping[str, pd.Series[Any]],
    signature: Signature,
    against: str,
) -> Iterator[Finding]:
    for row in table.records():
        if row["drifted"]:
            yield Finding(
                "drifted",
                "warning",
                f"{row['column']} drifted: {_TITLES[row['method']]} {number(row['score'])}"
                f" (threshold {number(row['threshold'])}).",
                row,
                row["column"],
            )
    for column in then:
        yield from _missing(column, then[column], now[column], against)
        if signature[column].kind == "category":
            yield from _unseen(column, then[column], now[column])


_TITLES = {
    "wasserstein": "Wasserstein distance",
    "jensenshannon": "Jensen-Shannon distance",
    "ks": "Kolmogorov-Smirnov p-value",
    "chisquare": "chi-squared p-value",
}


def _missing(
    column: str, then: pd.Series[Any], now: pd.Series[Any], against: str
) -> Iterator[Finding]:
    before, after = float(then.isna().mean()), float(now.isna().mean())
    if abs(after - before) >= MISSING:
        yield Finding(
            "missing-share",
            "warning",
            f"{column} is missing in {after:.0%} of the rows, {before:.0%} in {against}.",
            {"then": before, "now": after},
            column,
        )


def _unseen(column: str, then: pd.Series[Any], now: pd.Series[Any]) -> Iterator[Finding]:
    new = sorted(set(now.dropna()) - set(then.dropna()))
    if new:
        share = float(now.isin(new).mean())
        shown = ", ".join(new[:3]) + (" and others" if len(new) > 3 else "")
        yield Finding(
            "unseen-categories",
            "warning" if share >= MISSING else "info",
            f"{column} holds {counted(len(new), 'value')} not seen in the reference ({shown}),"
            f" in {share:.1%} of the rows.",
            {"values": new[:20], "share": share},
            column,
        )
