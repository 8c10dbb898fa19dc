"""What mends a finding, as plain data: see :class:`workbench.core.report.Remedy`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from workbench.core.report import Remedy
from workbench.core.split import Split
from workbench.core.wire import plain

BUCKETS = 1024  # of hashed identifiers
CUT = 24


def ignore(column: str) -> Remedy:
    return Remedy(f"Ignore {_cut(column)}", {"roles": {column: "ignore"}})


def identifier(column: str) -> Remedy:
    return Remedy(f"Make {_cut(column)} an id", {"roles": {column: "id"}})


def sensitive(column: str) -> Remedy:
    return Remedy(f"Make {_cut(column)} sensitive", {"roles": {column: "sensitive"}})


def missing(column: str, value: str) -> Remedy:
    """``value`` stands for a missing one."""
    return Remedy(f"Read {_cut(value)!r} as missing", _step("missing", column, values=[value]))


def logarithm(column: str) -> Remedy:
    return Remedy(f"Take the logarithm of {_cut(column)}", _step("log", column))


def clip(column: str, low: float, high: float) -> Remedy:
    label = f"Clip {_cut(column)} to {low:,.6g} … {high:,.6g}"
    return Remedy(label, _step("clip", column, low=low, high=high))


def target_mean(column: str) -> Remedy:
    return Remedy(f"Encode {_cut(column)} by the target", _step("target_mean", column))


def hashed(column: str) -> Remedy:
    return Remedy(f"Hash {_cut(column)}", _step("hash", column, buckets=BUCKETS))


def words(column: str) -> Remedy:
    return Remedy(f"Count the words of {_cut(column)}", _step("words", column))


def together(split: Split | None) -> Remedy | None:
    """Rows that say the same are dealt to one part."""
    return split and Remedy("Keep equal rows in one part", {"split": plain(split)})


def dealt(split: Split) -> Remedy:
    """Rows are dealt by chance anew."""
    return Remedy("Deal the rows anew", {"split": plain(split)})


def stratified(split: Split) -> Remedy:
    """Each part gets its share of each class."""
    other = replace(split, method="stratified")
    return Remedy("Deal the classes evenly", {"split": plain(other)})


def number(column: str) -> Remedy:
    """What is written as a number counts as one, and the rest as missing."""
    return Remedy(f"Read {_cut(column)} as a number", _step("number", column))


def divided(split: Split, method: str, column: str) -> Remedy:
    """The same shares, dealt by ``column``."""
    columns = split.columns if method == "content" else ()
    other = replace(split, method=method, column=column, columns=columns)  # type: ignore[arg-type]
    return Remedy(f"Split by {_cut(column)}", {"split": plain(other)})


def _step(step: str, column: str, **params: Any) -> dict[str, Any]:
    return {"features": [{"step": step, "columns": [column], "params": params}]}


def _cut(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= CUT else flat[: CUT - 1] + "…"
