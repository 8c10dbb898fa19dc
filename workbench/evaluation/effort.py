"""Effort: what a model takes, in seconds, bytes and watt hours."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from workbench.core.progress import Progress, silent
from workbench.core.report import Report, Table

ALONE = 60  # single rows asked about at most
SECONDS = 0.3  # for each of the two ways
BATCH = 1000
WARM = 3


def effort(
    ask: Callable[[pd.DataFrame], Any],
    rows: pd.DataFrame,
    subject: str,
    *,
    size: int,
    made: Mapping[str, Any],
    progress: Progress = silent,
) -> Report:
    """Measure a model's answers on this machine, beside what its making took.

    Parameters
    ----------
    ask
        Gives scores for rows: the fitted pipeline as this process has it, preparation included.
    rows
        Rows of the data set that it may be asked about.
    size
        Bytes of the model's file.
    made
        What the run keeps of its making: ``seconds``, ``device``, ``energy_wh``, ``energy_how``.

    Returns
    -------
    Report
        kind ``effort``; times are of one process at work with whatever else this machine did.
    """
    progress(0.1, "asking about single rows")
    single = _timed(lambda k: ask(rows.iloc[[k % len(rows)]]), ALONE)
    batch = rows.iloc[np.arange(BATCH) % len(rows)]
    progress(0.5, "asking about many rows at once")
    many = _timed(lambda _: ask(batch), ALONE)
    facts = {
        "train_seconds": _float(made.get("seconds")),
        "device": str(made.get("device", "")),
        "energy_wh": _float(made.get("energy_wh")),
        "energy_how": str(made.get("energy_how", "")),
        "size_bytes": size,
        "single_us": 1e6 * float(np.median(single)),
        "single_us_p95": 1e6 * float(np.quantile(single, 0.95)),
        "row_us": 1e6 * float(np.median(many)) / BATCH,
        "batch": BATCH,
        "asked": len(single) + len(many),
    }
    progress(1.0, "measured")
    return Report(
        "effort",
        subject,
        "What the model takes",
        _sentence(facts),
        facts,
        tables=(_table(facts),),
    )


def _timed(ask: Callable[[int], Any], most: int) -> list[float]:
    """Seconds of each call, after a few that count for nothing."""
    for k in range(WARM):
        ask(k)
    found: list[float] = []
    until = time.perf_counter() + SECONDS
    while len(found) < most and (len(found) < WARM or time.perf_counter() < until):
        began = time.perf_counter()
        ask(len(found))
        found.append(time.perf_counter() - began)
    return found


def _sentence(facts: Mapping[str, Any]) -> str:
    made, energy = facts["train_seconds"], facts["energy_wh"]
    first = "" if made is None else f"Training took {made:.3g} s; "
    drew = "" if energy is None else f" Training drew {energy:.3g} Wh ({facts['energy_how']})."
    said = (
        f"{first}a row alone is answered in {facts['single_us'] / 1000:.3g} ms, one of"
        f" {BATCH:,} at once in {facts['row_us']:.3g} µs, by a model of"
        f" {facts['size_bytes'] / 1e6:.3g} MB.{drew}"
    )
    return said[0].upper() + said[1:]


def _table(facts: Mapping[str, Any]) -> Table:
    rows = (
        ("train_seconds", "Training", facts["train_seconds"], "s"),
        ("energy_wh", "Energy of training", facts["energy_wh"], "Wh"),
        ("single_us", "A row alone, median", facts["single_us"], "µs"),
        ("single_us_p95", "A row alone, 95th percentile", facts["single_us_p95"], "µs"),
        ("row_us", f"A row of {BATCH:,} at once", facts["row_us"], "µs"),
        ("size_bytes", "Model file", facts["size_bytes"], "bytes"),
    )
    caption = "Answers of the fitted pipeline in this process; an exported model is quicker."
    return Table("effort", ("name", "title", "value", "unit"), rows, caption)


def _float(value: Any) -> float | None:
    return None if value in (None, "") else float(value)
