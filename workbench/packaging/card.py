"""Model cards: Markdown with the front matter that the Hugging Face hub reads."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from workbench.core.bundle import BundleManifest
from workbench.core.markdown import code, safe
from workbench.core.mitigation import AIMS, METHODS, Mitigation
from workbench.core.recipe import model_name
from workbench.core.report import Report
from workbench.core.run import RunRecord
from workbench.core.signature import Field, Signature

TASKS = {
    "binary": ("tabular-classification", "tells two classes apart"),
    "multiclass": ("tabular-classification", "tells several classes apart"),
    "regression": ("tabular-regression", "predicts a number"),
}
SHOWN = 12  # categories shown per column
MOVING = 8  # columns shown of an explanation
EXACT = 1e-6  # an additivity error below this is rounding
THRESHOLDS = "fact.thresholds"  # tag of a run whose groups have thresholds of their own


def card(
    manifest: BundleManifest,
    evaluation: Report | None = None,
    fairness: Report | None = None,
    explanation: Report | None = None,
    run: RunRecord | None = None,
) -> str:
    """The README of a bundle: what the model is, takes, reached, heeds, and for whom it errs.

    Parameters
    ----------
    explanation
        The run's kept explanation; its sizes are shown, never the rows it was made from.
    run
        What the manifest does not say: how the run was mitigated.
    """
    signature = manifest.signature
    blocks = [
        _front(manifest),
        f"# {safe(manifest.name)}",
        f"A {safe(model_name(manifest.family, signature.task))} model that "
        f"{TASKS[signature.task][1]}: it predicts "
        f"`{code(signature.target)}` from {len(signature.inputs)} columns. "
        f"Trained on `{code(manifest.dataset)}`, run `{code(manifest.run_id)}`.",
        "## How good it is",
        _metrics(manifest.metrics, evaluation),
        "## What it takes",
        _inputs(signature),
        *(["## What rows promise", _contract(manifest)] if manifest.contract else []),
        "## What it gives",
        _output(signature, run),
        *(["## What moves it", _explanation(explanation)] if explanation is not None else []),
        *(["## For whom it errs", _fairness(fairness)] if fairness is not None else []),
        "## How it was made",
        _provenance(manifest, run),
        "## How to use it",
        "`example.py` and `example.sh` ask an endpoint for the rows in `sample.json`. "
        "Serve this folder with `workbench serve .` or build the `Dockerfile`.",
        "## Limits",
        "It has learned from the data named above and from nothing else. Rows unlike those rows "
        "get an answer too; watch the inputs. The metrics hold for the held-out rows of that "
        "data; they say nothing about causes.",
    ]
    return "\n\n".join(blocks) + "\n"


def _front(manifest: BundleManifest) -> str:
    """YAML front matter; JSON strings are YAML strings, so nothing in a name can break out."""
    task = TASKS[manifest.signature.task][0]
    metrics = [
        {"type": name, "value": round(float(value), 6)} for name, value in manifest.metrics.items()
    ]
    entry = {
        "name": manifest.name,
        "results": [
            {
                "task": {"type": task},
                "dataset": {"name": manifest.dataset, "type": manifest.dataset},
                "metrics": metrics,
            }
        ],
    }
    lines = [
        "---",
        "library_name: onnx",
        f"pipeline_tag: {task}",
        f"tags: {json.dumps(['tabular', 'onnx', manifest.family])}",
        f"model-index: {json.dumps([entry])}",
        "---",
    ]
    return "\n".join(lines)


def _metrics(metrics: Mapping[str, float], evaluation: Report | None) -> str:
    if evaluation is not None and "metrics" in evaluation:
        rows = [
            (
                r["title"],
                _number(r["value"]),
                f"{_number(r['low'])} to {_number(r['high'])}",
            )
            for r in evaluation["metrics"].records()
        ]
        count = evaluation.facts.get("rows")
        head = f"On {count} held-out rows, with 95 % bootstrap intervals.\n\n" if count else ""
        return head + _table(("metric", "value", "95 % interval"), rows)
    return _table(("metric", "value"), [(k, _number(v)) for k, v in metrics.items()])


def _inputs(signature: Signature) -> str:
    rows = [(f"`{code(f.name)}`", f.kind, _range(f)) for f in signature.inputs]
    return "Every column may be missing in a row (`null`).\n\n" + _table(
        ("column", "kind", "seen in training"), rows
    )


def _contract(manifest: BundleManifest) -> str:
    assert manifest.contract is not None
    rules = [r for r in manifest.contract.rules if r.promises]
    rows = [(f"`{code(r.column)}`", code(", ".join(r.promises))) for r in rules]
    refused = "refused, with column, row and value"
    done = refused if manifest.broken == "refuse" else "answered with a warning"
    return f"A row that breaks one of these is {done}.\n\n" + _table(("column", "promise"), rows)


def _range(item: Field) -> str:
    if item.kind == "number" and item.low is not None:
        return f"{_number(item.low)} to {_number(item.high)}"
    if item.kind == "category":
        shown = ", ".join(f"`{code(c)}`" for c in item.categories[:SHOWN])
        more = len(item.categories) - SHOWN
        return f"{shown} and {more} more" if more > 0 else shown
    return ""


def _output(signature: Signature, run: RunRecord | None) -> str:
    if signature.task == "regression":
        return f"A value of `{code(signature.target)}`."
    classes = ", ".join(f"`{code(c)}`" for c in signature.classes)
    grouped = _group_thresholds(run)
    if signature.task == "binary" and grouped:
        return f"A score for each of {classes}. {_by_group(signature, grouped, run)}"
    if signature.task == "binary":
        positive = code(signature.classes[1])
        rule = f"It says `{positive}` from a probability of {signature.threshold:g} on."
    else:
        rule = _by_cost(signature) if signature.costs else "It says the likeliest."
    return f"A probability for each of {classes}. {rule}"


def _group_thresholds(run: RunRecord | None) -> dict[str, float]:
    """Group to threshold, where the run was mitigated so."""
    mitigation = run.recipe.mitigation if run is not None else None
    if run is None or mitigation is None or mitigation.method != "thresholds":
        return {}
    found: dict[str, float] = json.loads(run.tags.get(THRESHOLDS, "{}"))
    return dict(sorted(found.items()))


def _by_group(signature: Signature, grouped: Mapping[str, float], run: RunRecord | None) -> str:
    assert run is not None and run.recipe.mitigation is not None
    by = ", ".join(f"`{code(c)}`" for c in run.recipe.mitigation.by)
    rows = [(f"`{code(name)}`", f"{value:g}") for name, value in grouped.items()]
    return (
        f"Each group of {by} has a threshold of its own; the scores are moved so that all of them"
        f" stand at 0.5, and a score is no probability any more. It says"
        f" `{code(signature.classes[1])}` from a score of {signature.threshold:g} on. The rows of"
        " no group keep their scores.\n\n" + _table(("group", "probability that becomes 0.5"), rows)
    )


def _by_cost(signature: Signature) -> str:
    head = ("true class", *(f"says `{code(c)}`" for c in signature.classes))
    rows = [
        (f"`{code(name)}`", *(f"{cost:g}" for cost in costs))
        for name, costs in zip(signature.classes, signature.costs, strict=True)
    ]
    return "It says the class of the least expected cost, by this matrix.\n\n" + _table(head, rows)


def _explanation(report: Report) -> str:
    """The columns that move the predictions most, and how exact that is."""
    facts = report.facts
    sizes: dict[str, float] = {}
    for row in report["importance"].records():
        sizes[row["column"]] = sizes.get(row["column"], 0.0) + row["mean_abs"]
    rows = [(f"`{code(name)}`", _number(size)) for name, size in list(sizes.items())[:MOVING]]
    more = len(sizes) - MOVING
    classes = ", classes added up" if len(facts["classes"]) > 1 else ""
    unit = f"of {safe(facts['space'])}" if facts["space"] != "value" else "in the target's own unit"
    cut = [safe(f.sentence) for f in report.findings if f.code == "cancelled"]
    parts = [
        " ".join([safe(report.sentence), *cut]),
        _table(("column", f"mean size of its contribution, {unit}{classes}"), rows),
        f"Of {facts['rows']:,} held-out rows, by {safe(facts['method'])}. {_exactness(facts)}"
        + (f" {more} more columns move it less." if more > 0 else ""),
    ]
    return "\n\n".join(parts)


def _exactness(facts: Mapping[str, Any]) -> str:
    error, sampled = facts["additivity_error"], facts.get("sampling_error")
    how = "exactly, up to rounding" if error < EXACT else f"to within {_number(error)}"
    told = f"Contributions add up to the model's output {how}."
    if sampled:
        told += f" They are sampled: one has a standard error of {_number(sampled)} on average."
    return told


def _fairness(report: Report) -> str:
    found = [f"- {safe(f.sentence)}" for f in report.findings]
    return "\n".join([safe(report.sentence), "", *found]).strip()


def _provenance(manifest: BundleManifest, run: RunRecord | None) -> str:
    mitigation = run.recipe.mitigation if run is not None else None
    rows = [
        ("data set", f"`{code(manifest.dataset)}`"),
        ("data SHA-256", f"`{code(manifest.dataset_digest)}`"),
        ("recipe SHA-256", f"`{code(manifest.recipe_digest)}`"),
        ("run", f"`{code(manifest.run_id)}`"),
        (
            "git commit",
            f"`{code(manifest.git_commit)}`" if manifest.git_commit else "none",
        ),
        *([("mitigation", _mitigated(mitigation))] if mitigation is not None else []),
        ("exported", manifest.created.isoformat(timespec="seconds")),
        ("parity of the ONNX form", safe(manifest.verdict.sentence)),
        *((name, safe(version)) for name, version in sorted(manifest.versions.items())),
    ]
    return _table(("fact", "value"), rows)


def _mitigated(mitigation: Mitigation) -> str:
    by = ", ".join(f"`{code(c)}`" for c in mitigation.by)
    return f"{METHODS[mitigation.method]} by {by}, for {AIMS[mitigation.aim]}"


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _number(value: Any) -> str:
    return "" if value is None else f"{float(value):.4g}"
