"""Watch: what an endpoint was asked lately, held against what its model was trained on."""

from __future__ import annotations

import contextlib
import time
from typing import Any

import pandas as pd

from workbench.actions.call import counted
from workbench.actions.context import Context
from workbench.actions.results import Results
from workbench.core.endpoint import EndpointRecord
from workbench.core.errors import DataError, JobError
from workbench.core.files import write_text
from workbench.core.progress import Progress, silent
from workbench.core.report import Report
from workbench.monitoring.drift import drift
from workbench.serving.predictions import read
from workbench.serving.runtime.log import PAUSE
from workbench.serving.runtime.metrics import WAITING

FEWEST = 20  # answers; below that, a drift test says nothing
REFERENCE = 20_000
LATE = 3.0  # seconds that the log may be behind


def run(
    context: Context, progress: Progress = silent, *, endpoint: str, last: int | None = None
) -> dict[str, Any]:
    """Compare the last ``last`` answers of an endpoint (all by default) with the training data."""
    report = of(context, endpoint, last, progress)
    return {"report": "drift", "run": report.facts["run"], "html": report.facts["html"]}


def answers(context: Context, endpoint: str, last: int | None = None) -> pd.DataFrame:
    """The newest logged answers of an endpoint's present model with their inputs.

    An answer is on its way before it is in the log: those that were given by now are waited for.
    """
    record = context.ledger.endpoint(endpoint)
    _wait_for_log(record)
    return read(context.folder("predictions", endpoint), last, record.run_id)


def _wait_for_log(record: EndpointRecord) -> None:
    until = time.monotonic() + LATE
    with contextlib.suppress(DataError, JobError):  # one that is down writes no more
        while record.alive and counted(record).get(WAITING) and time.monotonic() < until:
            time.sleep(PAUSE)


def of(
    context: Context, endpoint: str, last: int | None = None, progress: Progress = silent
) -> Report:
    """The drift report, kept with the run and as an Evidently page in the workspace.

    Raises
    ------
    DataError
        The endpoint has answered too few requests.
    """
    record = context.ledger.endpoint(endpoint)
    progress(0.05, "reading the prediction log")
    current = answers(context, endpoint, last)
    if len(current) < FEWEST:
        raise DataError(
            f"{endpoint} has logged {len(current)} answers; at least {FEWEST} are needed.",
            "Send it some requests first.",
        )
    results = Results.of(context, record.run_id)
    names = list(results.signature.names)
    reference = results.train_rows[names]
    if len(reference) > REFERENCE:
        reference = reference.sample(REFERENCE, random_state=0)
    progress(0.3, "testing every column for drift")
    report, html, json = drift(
        reference, current[names], results.signature, endpoint, progress=progress
    )
    path = context.folder("cache", "drift") / f"{endpoint}.html"
    write_text(path, html)
    stamp = f"{report.created:%Y%m%d-%H%M%S}"
    report = Report.from_dict(
        {
            **report.to_dict(),
            "facts": {
                **report.facts,
                "run": record.run_id,
                "html": str(path),
                "endpoint": endpoint,
            },
        }
    )
    context.store.put_report(record.run_id, report)
    context.store.put_file(record.run_id, f"drift/{endpoint}-{stamp}.json", json.encode())
    progress(1.0, report.sentence)
    return report
