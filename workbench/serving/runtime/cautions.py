"""Cautions: rows that are answered although training saw nothing like them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from workbench.core.signature import Signature
from workbench.encoding import MISSING, inputs
from workbench.serving.runtime.wire import Question, shown

LISTED = 1000  # a signature that lists so many categories may have left some out: no warning then
MOST = 20  # unknown columns that are named one by one

Warning_ = dict[str, Any]


class Cautions:
    """Looks at what a model was asked: unseen categories, numbers out of range, extra columns."""

    def __init__(self, signature: Signature) -> None:
        self._ranges: list[tuple[str, str, float, float]] = []
        self._known: list[tuple[str, str, frozenset[str]]] = []
        arrays = {a.column: a.name for a in inputs(signature)}
        for item in signature.inputs:
            if item.kind == "number" and item.low is not None and item.high is not None:
                # as the model sees them, so that the edges themselves are inside
                low, high = float(np.float32(item.low)), float(np.float32(item.high))
                self._ranges.append((item.name, arrays[item.name], low, high))
            elif item.kind == "category" and 0 < len(item.categories) < LISTED:
                known = frozenset((*item.categories, MISSING))
                self._known.append((item.name, arrays[item.name], known))

    def of(self, question: Question, encoded: dict[str, np.ndarray]) -> list[Warning_]:
        """One warning for each column that has something unusual, naming its first row."""
        found = list(_unknown(question.unknown)) if question.unknown else []
        for column, array, low, high in self._ranges:
            values = encoded[array]
            if question.count == 1:
                if low <= values[0] <= high or values[0] != values[0]:
                    continue
                rows = np.array([0])
            else:
                rows = np.flatnonzero((values < low) | (values > high))
            if rows.size:
                detail = f"{float(values[rows[0]]):g} is outside of {low:g} to {high:g}"
                found.append(_warning("out_of_range", column, rows.tolist(), detail))
        for column, array, known in self._known:
            odd = [row for row, value in enumerate(encoded[array].tolist()) if value not in known]
            if odd:
                detail = f"{shown(encoded[array][odd[0]])} was not seen in training"
                found.append(_warning("unseen_category", column, odd, detail))
        return found


def _warning(code: str, column: str, rows: list[int], what: str) -> Warning_:
    return {
        "code": code,
        "column": column,
        "row": rows[0],
        "rows": len(rows),
        "detail": f"Column {column!r}, row {rows[0]}: {what}.",
    }


def _unknown(names: tuple[str, ...]) -> Iterator[Warning_]:
    for name in names[:MOST]:
        yield {
            "code": "unknown_column",
            "column": name if len(name) <= 200 else name[:197] + "...",
            "detail": f"The model does not use column {shown(name)}.",
        }
    if len(names) > MOST:
        yield {
            "code": "unknown_column",
            "detail": f"{len(names) - MOST} more columns are not used.",
        }
