"""Profile: what is in a data set; kept beside it until its schema is edited."""

from __future__ import annotations

import json
from typing import Any

from workbench.actions.context import Context
from workbench.core.dataset import DatasetRecord
from workbench.core.files import write_text
from workbench.core.progress import Progress, silent
from workbench.core.report import Report
from workbench.core.wire import digest, dumps
from workbench.data.profile import profile


def run(context: Context, progress: Progress = silent, *, dataset: str) -> dict[str, Any]:
    """Profile ``dataset`` and keep the report; returns its ``path``."""
    record = context.datasets.get(dataset)
    of(context, record, progress)
    return {"report": "profile", "dataset": record.ref}


def of(context: Context, record: DatasetRecord, progress: Progress = silent) -> Report:
    """The profile of a snapshot, from the cache or made now."""
    mark = digest([record.ref, record.digest, record.schema])[:16]
    path = context.root / "cache" / f"profile-{mark}.json"
    if path.is_file():
        return Report.from_dict(json.loads(path.read_text(encoding="utf-8")))
    report = profile(context.datasets.table(record), record.schema, record.ref, progress)
    write_text(path, dumps(report.to_dict()))
    return report
