"""What the lists beside a notebook show of each thing: plain values, ready to be sent."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from workbench.core.wire import plain
from workbench.objects import Bundle, Dataset, Endpoint, Job, Preview, Run
from workbench.views import words
from workbench.views.links import links, outcome

POINTS = 40  # of a sparkline, which is about sixty pixels wide
TOLD = 8  # metrics that a row's tooltip tells


def dataset(data: Dataset) -> dict[str, Any]:
    record = data.record
    target = record.schema.target
    return {
        "name": record.name,
        "ref": record.ref,
        "title": record.title,
        "rows": record.rows,
        "columns": len(record.schema.columns),
        "target": target.name if target else "",
        "created": _time(record.created),
    }


def run(one: Run) -> dict[str, Any]:
    record = one.record
    score = one.score
    metrics = [(words.metric(k), _number(v)) for k, v in record.metrics.items()]
    return {
        "id": record.id,
        "name": record.name,
        "title": title(one),
        "state": record.state,
        "dataset": record.recipe.dataset,
        "aliases": list(record.aliases),
        "metric": words.metric(score[0]) if score else "",
        "value": _number(score[1]) if score else None,
        "metrics": metrics[:TOLD],
        "started": _time(record.started),
        "seconds": record.seconds,
        "reason": record.reason,
    }


def title(one: Run) -> str:
    """What the user calls it, or the model and the beginning of the id."""
    record = one.record
    if record.name and record.name not in (record.model, record.recipe.family):
        return record.name
    return f"{words.family(record.model)} {record.id[:4]}"


def bundle(one: Bundle) -> dict[str, Any]:
    manifest = one.manifest
    return {
        "name": one.name,
        "path": str(one.path),
        "family": words.family(manifest.family),
        "dataset": manifest.dataset,
        "run": manifest.run_id,
        "verdict": manifest.verdict.decision,
        "created": _time(manifest.created),
    }


def contents(one: Bundle) -> dict[str, Any]:
    """A bundle as a dialog shows it, its files held against their hashes; blocks."""
    manifest = one.verify()
    signature = manifest.signature
    return {
        **bundle(one),
        "target": signature.target,
        "task": signature.task,
        "classes": list(signature.classes),
        "inputs": [{"name": f.name, "kind": f.kind} for f in signature.inputs],
        "metrics": [(words.metric(k), _number(v)) for k, v in manifest.metrics.items()][:TOLD],
        "files": len(manifest.files),
    }


def endpoint(one: Endpoint) -> dict[str, Any]:
    record = one.record
    return {
        "name": record.name,
        "state": record.state,
        "url": record.url,
        "port": record.port,
        "run": record.run_id,
        "bundle": record.bundle,
        "reason": record.reason,
        "started": _time(record.started),
    }


def job(one: Job) -> dict[str, Any]:
    record = one.record
    params = record.params
    subject = next((params[k] for k in SUBJECTS if params.get(k)), "")
    return {
        "id": record.id,
        "action": record.action,
        "subject": _subject(subject),
        "state": record.state,
        "fraction": record.fraction,
        "text": outcome(record) or record.text,
        "error": record.error,
        "cancelling": record.cancel_asked,
        "created": _time(record.created),
        "ended": _time(record.ended),
        "links": [{"label": a, "page": b, "about": c} for a, b, c in links(record)],
    }


SUBJECTS = ("dataset", "name", "source", "endpoint", "before", "run", "bundle")


def preview(one: Preview, most: int = 8) -> dict[str, Any]:
    """How a file would be read: its columns and first rows."""
    record = one.record
    return {
        "columns": [{"name": c.name, "type": c.type, "role": c.role} for c in record.columns],
        "rows": [list(row) for row in record.rows[:most]],
        "sentence": record.sentence,
        "notes": [note.sentence for note in record.notes],
        "found": plain(dict(record.found)),
    }


def sparkline(course: dict[str, list[float]]) -> dict[str, Any]:
    """The course of a fit in few points: the loss on held-out rows if there is one."""
    if not course:
        return {"name": "", "values": []}
    name = next((n for n in ("valid_loss", "train_loss") if n in course), min(course))
    return {"name": words.spoken(name), "values": thinned(course[name])}


def thinned(values: Sequence[float]) -> list[float | None]:
    """At most :data:`POINTS` of the values, evenly chosen, with both ends."""
    if len(values) > POINTS:
        last = len(values) - 1
        values = [values[round(i * last / (POINTS - 1))] for i in range(POINTS)]
    return [_number(v) for v in values]


def _subject(given: Any) -> str:
    text = str(given)
    if "://" in text:
        return text.partition("://")[0]
    name = text.rstrip("/").rpartition("/")[2]
    return name[:8] if len(name) == 32 and name.isalnum() else name[-60:]


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, (int, float)) and math.isfinite(value) else None


def _time(moment: Any) -> str | None:
    return moment.isoformat() if moment is not None else None
