"""Data cards: Markdown with the front matter that the Hugging Face hub reads for data sets.

https://github.com/huggingface/hub-docs/blob/main/datasetcard.md
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from workbench.core.dataset import DatasetRecord
from workbench.core.markdown import code, safe
from workbench.core.report import Report
from workbench.measures.words import counted

SIZES = (
    (1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"),
    (10_000_000, "1M<n<10M"), (100_000_000, "10M<n<100M"), (1_000_000_000, "100M<n<1B"),
)  # fmt: skip
TASKS = {
    "binary": "tabular-classification",
    "multiclass": "tabular-classification",
    "regression": "tabular-regression",
}
FEATURES = {"double": "float64", "timestamp[us]": "timestamp[us]"}


def card(record: DatasetRecord, profile: Report, *, licence: str = "", citation: str = "") -> str:
    """The README of a data set: what it holds, what is wrong with it, and where it came from."""
    blocks = [
        _front(record, profile, licence),
        f"# {safe(record.title or record.name)}",
        safe(profile.sentence),
        "## Columns",
        _columns(record, profile),
        "## What deserves a second look",
        "\n".join(f"- {safe(f.sentence)}" for f in profile.findings) or "Nothing was found.",
        "## Splits",
        _split(record),
        "## Where it came from",
        "\n".join(_origin(record)),
    ]
    if citation:
        blocks += ["## Citation", safe(citation)]
    return "\n\n".join(blocks) + "\n"


def _front(record: DatasetRecord, profile: Report, licence: str) -> str:
    size = next((name for most, name in SIZES if record.rows < most), "n>1B")
    task = TASKS.get(str(profile.facts.get("task")))
    lines = [f"pretty_name: {_quoted(record.title or record.name)}"]
    if licence:
        lines.append(f"license: {_quoted(_license(licence))}")
    lines += ["size_categories:", f"- {size}", "tags:", "- tabular", "dataset_info:", "  features:"]
    for column in record.schema.columns:
        lines.append(f"  - name: {_quoted(column.name)}")
        lines.append(f"    dtype: {FEATURES.get(column.dtype, column.dtype)}")
    lines += ["  splits:", "  - name: train", f"    num_examples: {record.rows}"]
    if task:
        lines += ["task_categories:", f"- {task}"]
    return "---\n" + "\n".join(lines) + "\n---"


def _license(text: str) -> str:
    """The hub's short names where we know them; it takes ``other`` for the rest."""
    known = {"CC BY 4.0": "cc-by-4.0", "CC0": "cc0-1.0", "MIT": "mit", "Apache-2.0": "apache-2.0"}
    return next((short for name, short in known.items() if name in text), "other")


def _columns(record: DatasetRecord, profile: Report) -> str:
    found: Mapping[str, Any] = {row["name"]: row for row in profile["columns"].records()}
    lines = [
        "| column | type | kind | role | missing | distinct | |",
        "|---|---|---|---|--:|--:|---|",
    ]
    for column in record.schema.columns:
        row = found[column.name]
        cells = (
            f"`{code(column.name)}`", column.dtype, column.semantic, column.role,
            f"{row['missing']:,}", f"{row['distinct']:,}", safe(column.reason),
        )  # fmt: skip
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _split(record: DatasetRecord) -> str:
    split = record.split
    by = f" by `{code(split.column)}`" if split.column else ""
    if split.columns:
        by += f" over {counted(len(split.columns), 'column')}"
    return f"Rows are dealt to train, validation and test by the method `{split.method}`{by}."


def _origin(record: DatasetRecord) -> Iterator[str]:
    yield f"- source: {safe(record.source) or 'a table in memory'}"
    yield f"- imported: {record.created:%Y-%m-%d %H:%M} UTC as `{record.ref}`"
    yield f"- content: SHA-256 `{record.digest}` over {counted(record.rows, 'row')}"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)  # JSON's strings are YAML's too
