"""Where the result of a job can be looked at: pages of the app, as every shell names them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from workbench.core.job import JobRecord
from workbench.views.words import plural


def links(record: JobRecord) -> list[tuple[str, str, dict[str, str]]]:
    """Where the result of a job can be seen: label, page, and what it is about."""
    if record.state != "done" or record.action not in LINKS:
        return []
    label, page, about = LINKS[record.action]
    return [(label, page, about(record))]


def outcome(record: JobRecord) -> str:
    """What came of a finished job, in a few words; empty where its name says it all."""
    told = OUTCOMES.get(record.action)
    return told(record.result) if told and record.state == "done" else ""


def _imported(result: Mapping[str, Any]) -> str:
    size = f"{plural(result['rows'], 'row')}, {plural(result['columns'], 'column')}"
    return f"{result['dataset']} has {size}"


def _trained(result: Mapping[str, Any]) -> str:
    failed = result.get("failed", [])
    also = f", {len(failed)} failed" if failed else ""
    return f"{plural(len(result['runs']), 'run')} finished{also}"


OUTCOMES: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "import": _imported,
    "train": _trained,
    "tune": _trained,
    "export": lambda result: Path(str(result["bundle"])).name,
    "code": lambda result: f"the script is in {Path(str(result['folder'])).name}",
    "serve": lambda result: f"it answers at {result['url']}",
}

LINKS: Mapping[str, tuple[str, str, Callable[[JobRecord], dict[str, str]]]] = {
    "import": ("Open the data set", "data", lambda r: {"data": r.result["dataset"]}),
    "train": ("Compare the runs", "compare", lambda r: {"runs": ",".join(r.result["runs"])}),
    "resume": ("Open the run", "compare", lambda r: {"runs": r.result["run"]}),
    "adopt": ("Open the run", "compare", lambda r: {"runs": r.result["run"]}),
    "combine": (
        "Compare with its members",
        "compare",
        lambda r: {"runs": ",".join([r.result["run"], *r.params["runs"]])},
    ),
    "reproduce": (
        "Compare with the run",
        "compare",
        lambda r: {"runs": f"{r.params['run']},{r.result['run']}"},
    ),
    "decide": ("Open the run", "compare", lambda r: {"runs": r.result["run"]}),
    "validate": ("Open the runs", "compare", lambda r: {"runs": ",".join(r.result["runs"])}),
    "tune": ("Open the sweep", "tune", lambda r: {"data": str(r.params.get("dataset") or "")}),
    "explain": ("Open the report", "explain", lambda r: {"run": str(r.params["run"])}),
    "fairness": ("Open the report", "fairness", lambda r: {"run": str(r.params["run"])}),
    "export": ("Open the bundle", "export", lambda r: {"run": str(r.result.get("run", ""))}),
    "serve": ("Open the endpoint", "serve", lambda r: {"endpoint": r.result["endpoint"]}),
    "drift": ("Open the data set", "data", lambda r: {"data": str(r.params["before"])}),
    "watch": ("Open the report", "monitor", lambda r: {"endpoint": str(r.params["endpoint"])}),
}
