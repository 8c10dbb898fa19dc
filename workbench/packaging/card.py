"""Model cards: Markdown with the front matter that the Hugging Face hub reads."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from workbench.core.bundle import BundleManifest
from workbench.core.markdown import code, safe
from workbench.core.recipe import model_name
from workbench.core.report import Report
from workbench.core.signature import Field, Signature

TASKS = {
    "binary": ("tabular-classification", "tells two classes apart"),
    "multiclass": ("tabular-classification", "tells several classes apart"),
    "regression": ("tabular-regression", "predicts a number"),
}
SHOWN = 12  # categories shown per column


def card(
    manifest: BundleManifest,
    evaluation: Report | None = None,
    fairness: Report | None = None,
) -> str:
    """The README of a bundle: what the model is, takes, reached, and for whom it errs."""
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
        _output(signature),
        *(["## For whom it errs", _fairness(fairness)] if fairness is not None else []),
        "## How it was made",
        _provenance(manifest),
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


def _output(signature: Signature) -> str:
    if signature.task == "regression":
        return f"A value of `{code(signature.target)}`."
    classes = ", ".join(f"`{code(c)}`" for c in signature.classes)
    rule = (
        f" It says `{code(signature.classes[1])}` from a probability of {signature.threshold:g} on."
        if signature.task == "binary"
        else " It says the likeliest."
    )
    return f"A probability for each of {classes}.{rule}"


def _fairness(report: Report) -> str:
    found = [f"- {safe(f.sentence)}" for f in report.findings]
    return "\n".join([safe(report.sentence), "", *found]).strip()


def _provenance(manifest: BundleManifest) -> str:
    rows = [
        ("data set", f"`{code(manifest.dataset)}`"),
        ("data SHA-256", f"`{code(manifest.dataset_digest)}`"),
        ("recipe SHA-256", f"`{code(manifest.recipe_digest)}`"),
        ("run", f"`{code(manifest.run_id)}`"),
        (
            "git commit",
            f"`{code(manifest.git_commit)}`" if manifest.git_commit else "none",
        ),
        ("exported", manifest.created.isoformat(timespec="seconds")),
        ("parity of the ONNX form", safe(manifest.verdict.sentence)),
        *((name, safe(version)) for name, version in sorted(manifest.versions.items())),
    ]
    return _table(("fact", "value"), rows)


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _number(value: Any) -> str:
    return "" if value is None else f"{float(value):.4g}"
