"""Pipeline: the stages of a file one after another; what has not changed is not done again."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from inspect import signature
from pathlib import Path
from typing import Any

from workbench import __version__
from workbench.actions import ACTIONS
from workbench.actions.context import Context
from workbench.core.bundle import MANIFEST
from workbench.core.errors import Blocked, NotFound, UsageError, WorkbenchError
from workbench.core.files import replacing
from workbench.core.pipeline import Pipeline, Rule
from workbench.core.progress import Progress, silent, within
from workbench.core.report import Report
from workbench.core.wire import digest, dumps, plain
from workbench.data import catalogue
from workbench.measures.metrics import METRICS
from workbench.training.target import task_of

Result = Mapping[str, Any]
REPORTS = {"explain": "explanation", "fairness": "fairness"}
GIVEN = ("context", "progress", "dataset", "run")  # what the pipeline says itself


def run(
    context: Context,
    progress: Progress = silent,
    *,
    pipeline: Mapping[str, Any],
    force: bool = False,
) -> dict[str, Any]:
    """Carry out a pipeline: data, train or tune, explain, fairness, gates, export, promote.

    Parameters
    ----------
    pipeline
        As :class:`~workbench.core.pipeline.Pipeline` reads it.
    force
        Whether stages are done again though nothing changed.

    Returns
    -------
    dict
        ``run`` (the best one), ``stages`` (name, ``state`` done or skipped, seconds, result),
        ``gates`` (rule, value, holds) and ``notes``.

    Raises
    ------
    Blocked
        A gate does not hold; nothing is exported or promoted then.
    UsageError
        The pipeline is not well formed, a stage has no such parameter, or a report no such
        number; said before anything is trained.
    """
    asked = Pipeline.from_dict(pipeline)
    _possible(asked)
    work = _Work(context, asked, force)
    if work.note:
        progress(0.0, work.note)
    names = [*asked.stages]
    gated = False
    for number, name in enumerate(names):
        if name in ("export", "promote") and not gated:
            gated = True
            work.judge()
        part = within(progress, number / len(names), (number + 1) / len(names), f"{name}: ")
        work.carry_out(name, part)
    if not gated:
        work.judge()
    progress(1.0, "done")
    return {
        "run": work.results["model"]["best"],
        "stages": work.told,
        "gates": work.gates,
        "notes": [work.note] if work.note else [],
    }


@dataclass
class _Work:
    """A pipeline under way."""

    context: Context
    pipeline: Pipeline
    force: bool
    results: dict[str, Result] = field(default_factory=dict)
    told: list[dict[str, Any]] = field(default_factory=list)
    gates: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.path = self.context.root / "pipelines" / f"{self.pipeline.name}.json"
        self.known, self.note = _remembered(self.path)

    def carry_out(self, name: str, progress: Progress) -> None:
        """Do a stage, or take up what it came to when nothing that it depends on changed."""
        params = self.pipeline.stages[name]
        kind = "model" if name in ("train", "tune") else name
        inputs = digest([__version__, name, params, self._upstream(name)])
        before = self.known.get(name, {})
        started = time.monotonic()
        fresh = before.get("inputs") == inputs and self._there(kind, before["result"])
        if fresh and not self.force:
            self.results[kind] = before["result"]
            progress(1.0, "unchanged")
        else:
            if kind == "model":
                self._foresee(params)
            self.results[kind] = plain(_STAGES[name](self, dict(params), progress))
            self._keep(name, inputs, self.results[kind])
        self.told.append(
            {
                "stage": name,
                "state": "skipped" if fresh and not self.force else "done",
                "seconds": round(time.monotonic() - started, 2),
                "result": self.results[kind],
            }
        )

    def _upstream(self, name: str) -> Any:
        if name == "data":
            return fingerprint(str(self.pipeline.stages["data"]["source"]))
        if name in ("train", "tune"):
            record = self.context.datasets.get(self.results["data"]["dataset"])
            return [record.ref, record.ground]
        return self.results["model"]["best"]

    def _there(self, kind: str, result: Result) -> bool:
        """Whether what a stage left is still there."""
        try:
            if kind == "data":
                self.context.datasets.get(result["dataset"])
            elif kind == "model":
                return all(self.context.store.run(r).state == "done" for r in result["runs"])
            elif kind in ("explain", "fairness"):
                kept = self.context.store.report(result["run"], REPORTS[kind])
                return kept is not None and digest(kept) == result["digest"]
            elif kind == "export":
                return (Path(result["bundle"]) / MANIFEST).is_file()
            elif kind == "promote":
                models = self.context.store.aliased(result["alias"])
                return any(m.run_id == result["run"] for m in models)
        except (WorkbenchError, LookupError, TypeError):  # gone, or not what a stage leaves
            return False
        return True

    def _foresee(self, params: Mapping[str, Any]) -> None:
        """Hold the gates against the task before anything is trained for it."""
        record = self.context.datasets.get(self.results["data"]["dataset"])
        target = params.get("target") or (record.schema.target and record.schema.target.name)
        if "recipe" in params or target not in record.schema.names:
            return  # the stage itself says what is wrong, or knows better
        frame = self.context.datasets.frame(record, [target])
        task, _ = task_of(frame[target], record.schema[target])
        for rule in self.pipeline.rules:
            _tellable(rule, METRICS[task])

    def _keep(self, name: str, inputs: str, result: Result) -> None:
        self.known[name] = {"inputs": inputs, "result": result}
        with replacing(self.path) as temporary:
            temporary.write_text(dumps(self.known), encoding="utf-8")

    # gates -----------------------------------------------------------------------------------

    def judge(self) -> None:
        """Hold the gates against the reports of the best run."""
        reports: dict[str, Report | None] = {}
        for rule in self.pipeline.rules:
            value = self._value(rule, reports)
            self.gates.append({"rule": str(rule), "value": value, "holds": rule.holds(value)})
        broken = [g for g in self.gates if not g["holds"]]
        if broken:
            said = [f"{g['rule']}: it is {g['value']:.4g}." for g in broken]
            count = f"{len(broken)} of {len(self.gates)} gates"
            raise Blocked(f"{count} of {self.pipeline.name} do not hold.", said)

    def _value(self, rule: Rule, reports: dict[str, Report | None]) -> float:
        head, _, rest = rule.subject.partition(".")
        kind = {"fairness": "fairness", "explain": "explanation"}.get(head, "evaluation")
        if kind not in reports:
            reports[kind] = self.context.store.report(self.results["model"]["best"], kind)
        report = reports[kind]
        if report is None:
            raise UsageError(f"The gate {rule.subject} has no report.", "Add its stage.")
        value = _READERS[kind](report, rest if kind != "evaluation" else rule.subject)
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise UsageError(f"The gate {rule.subject} has no value for this run.", "Leave it out.")
        return float(value)


# before anything is done ---------------------------------------------------------------------


def _possible(pipeline: Pipeline) -> None:
    """Refuse what no stage takes and no report tells."""
    for stage, given in pipeline.stages.items():
        if stage == "fairness" and "threshold" in given:
            raise UsageError(
                "A pipeline audits the model at its own threshold.", "Leave fairness.threshold out."
            )
        taken = signature(ACTIONS.get("import" if stage == "data" else stage)).parameters
        known = [name for name in taken if name not in GIVEN]
        spare = sorted(set(given) - set(known))
        if spare:
            raise UsageError(
                f"The stage {stage} has no {', '.join(map(repr, spare))}.",
                f"It has: {', '.join(known)}.",
            )
    for rule in pipeline.rules:
        _tellable(rule, {name for known in METRICS.values() for name in known})


def _tellable(rule: Rule, metrics: Collection[str]) -> None:
    """Refuse a rule that asks for none of these metrics, or for no end or gap of one."""
    metric, _, end = rule.subject.partition(".")
    if metric == "fairness":
        rate, _, what = end.partition(".")
        if what not in ("difference", "ratio"):
            raise UsageError(
                f"{rule.subject} is no gap.", f"Say fairness.{rate}.difference or .ratio."
            )
    if metric in REPORTS:
        return
    if metric not in metrics:
        raise NotFound.among("metric", metric, metrics)
    if end not in ("", "low", "high"):
        raise UsageError(f"{rule.subject!r} is no end of an interval.", f"Say {metric}.low.")


def _remembered(path: Path) -> tuple[dict[str, Any], str]:
    """What earlier calls left, and a note where that cannot be read: it is only a memory."""
    if not path.is_file():
        return {}, ""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        sound = all(isinstance(s["inputs"], str) and dict(s["result"]) for s in found.values())
    except (ValueError, LookupError, TypeError, AttributeError):
        sound = False
    if sound:
        return found, ""
    return {}, f"{path} is damaged and was left aside: all stages are done again."


# what gates read -----------------------------------------------------------------------------


def _metric(report: Report, name: str) -> Any:
    metric, _, end = name.partition(".")
    rows = {r["name"]: r for r in report["metrics"].records()}
    if metric not in rows:  # a skipped training was not held against the gates
        raise NotFound.among("metric", metric, list(rows))
    return rows[metric][end or "value"]


def _gap(report: Report, name: str) -> Any:
    """The worst gap of a metric over the audited columns, groups of a fair size."""
    metric, _, what = name.partition(".")
    table = report["gaps_large"]
    known = list(dict.fromkeys(table.column("metric")))
    if metric not in known:
        raise NotFound.among("rate", metric, known)
    values = [r[what] for r in table.records() if r["metric"] == metric and r[what] is not None]
    return (max if what == "difference" else min)(values, default=None)


def _fact(report: Report, name: str) -> Any:
    if name not in report.facts:
        raise NotFound.among("fact of the explanation", name, list(report.facts))
    return report.facts[name]


_READERS: Mapping[str, Callable[[Report, str], Any]] = {
    "evaluation": _metric,
    "fairness": _gap,
    "explanation": _fact,
}


# stages --------------------------------------------------------------------------------------


def _data(work: _Work, params: dict[str, Any], progress: Progress) -> Result:
    return _called("import", work, params, progress)


def _train(work: _Work, params: dict[str, Any], progress: Progress) -> Result:
    return _called("train", work, {"dataset": work.results["data"]["dataset"], **params}, progress)


def _tune(work: _Work, params: dict[str, Any], progress: Progress) -> Result:
    return _called("tune", work, {"dataset": work.results["data"]["dataset"], **params}, progress)


def _explain(work: _Work, params: dict[str, Any], progress: Progress) -> Result:
    return _reported("explain", work, params, progress)


def _fairness(work: _Work, params: dict[str, Any], progress: Progress) -> Result:
    return _reported("fairness", work, params, progress)


def _reported(action: str, work: _Work, params: dict[str, Any], progress: Progress) -> Result:
    """With a digest of the report, so that gates never read somebody else's."""
    done = _of_best(action, work, params, progress)
    report = work.context.store.report(done["run"], REPORTS[action])
    return {**done, "digest": digest(report)}


def _export(work: _Work, params: dict[str, Any], progress: Progress) -> Result:
    return _of_best("export", work, {"replace": True, **params}, progress)


def _promote(work: _Work, params: dict[str, Any], progress: Progress) -> Result:
    note = {"note": f"pipeline {work.pipeline.name}", **params}
    done = _of_best("promote", work, note, progress)
    return {**done, "alias": params.get("alias", "champion")}


def _of_best(action: str, work: _Work, params: dict[str, Any], progress: Progress) -> Result:
    return _called(action, work, {"run": work.results["model"]["best"], **params}, progress)


def _called(action: str, work: _Work, params: dict[str, Any], progress: Progress) -> Result:
    return ACTIONS.get(action)(work.context, progress, **params)


_STAGES: Mapping[str, Callable[[_Work, dict[str, Any], Progress], Result]] = {
    "data": _data,
    "train": _train,
    "tune": _tune,
    "explain": _explain,
    "fairness": _fairness,
    "export": _export,
    "promote": _promote,
}


def fingerprint(source: str) -> str:
    """What tells whether a source changed: the content of a file, the hash of a public data set.

    A database or a folder gives another answer each time: they are read again.
    """
    path = Path(source).expanduser()
    if path.is_file():
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    if source in catalogue.entries():
        return f"catalogue:{source}"
    return f"read anew at {time.time_ns()}"
