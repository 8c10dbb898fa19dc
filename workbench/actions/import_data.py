"""Import: a catalogue name, a file or a frame becomes an immutable, named snapshot."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from workbench.actions.context import Context
from workbench.actions.contract import admit
from workbench.core.dataset import SAID, DatasetRecord, parse_ref, slug
from workbench.core.errors import UsageError
from workbench.core.feature import Feature
from workbench.core.progress import Progress, silent, within
from workbench.core.report import Finding
from workbench.core.split import Split
from workbench.core.wire import load, plain
from workbench.data import catalogue
from workbench.data.read import Imported, read
from workbench.data.schema import infer
from workbench.data.telling import pinned


def run(
    context: Context,
    progress: Progress = silent,
    *,
    source: Any,
    name: str | None = None,
    target: str | None = None,
    sensitive: Sequence[str] = (),
    roles: Mapping[str, str] | None = None,
    split: Mapping[str, Any] | None = None,
    options: Mapping[str, Any] | None = None,
    broken: str = "refuse",
) -> dict[str, Any]:
    """Read ``source``, hold it against the contract of its name, infer its schema, and keep it.

    Returns
    -------
    dict
        ``dataset`` (name@version), ``rows``, ``columns``, ``notes``, ``quarantine``: the file of
        the rows that broke the contract, or None.
    """
    with tempfile.TemporaryDirectory(prefix="import-", dir=context.folder("cache")) as scratch:
        into = Path(scratch) / "table.parquet"
        imported, hints = _read(context, source, options, into, within(progress, 0, 0.6))
        called = _name(name or hints.get("name"), imported.title)
        checking = within(progress, 0.6, 0.65)
        admitted = admit(context, called, imported.table, imported.title, broken, checking)
        progress(0.65, "looking at the columns")
        hints = _inherited(context, called, admitted.table.column_names) | hints
        target = target or hints.get("target")
        schema = infer(
            admitted.table,
            target=target,
            sensitive=tuple(sensitive) or [n for n in hints.get("sensitive", ()) if n != target],
            roles={**hints.get("roles", {}), **(roles or {})},
        )
        if hints.get("semantics"):
            schema = schema.edited(semantics=hints["semantics"])
        dealt = load(Split, split) if split else hints.get("split") or Split()
        progress(0.8, "keeping the snapshot")
        record = context.datasets.save(
            admitted.table,
            name=called,
            schema=schema,
            source=imported.source,
            title=imported.title,
            split=pinned(dealt, schema),
            ours=True,
        )
        dropped = _make_features(context, record, hints.get("features", ()))
        record = context.datasets.get(record.ref)
    progress(1.0, f"imported {record.ref}: {record.rows:,} rows")
    return {
        "dataset": record.ref,
        "rows": record.rows,
        "columns": len(record.schema.columns),
        "notes": plain((*imported.notes, *admitted.notes, *dropped)),
        "quarantine": str(admitted.quarantine) if admitted.quarantine else None,
    }


def _read(
    context: Context,
    source: Any,
    options: Mapping[str, Any] | None,
    into: Path,
    progress: Progress,
) -> tuple[Imported, dict[str, Any]]:
    """The table, written to ``into`` unless it fits into memory, and what is known of it."""
    if from_catalogue(source):
        fetched = catalogue.fetch(source, cache=context.settings.data_cache, progress=progress)
        return fetched.imported, {"name": source, **fetched.hints}
    return read(source, options=dict(options or {}), progress=progress, into=into), {}


def _make_features(
    context: Context, record: DatasetRecord, features: Sequence[Feature]
) -> list[Finding]:
    """Keep the features of the version before that can still be made; say which cannot."""
    if not features or record.features:
        return []
    from workbench.actions.features import possible  # loads what models are trained with

    kept = possible(record, features)
    context.datasets.edit(record.ref, features=lambda _: kept)
    return [
        Finding(
            "feature-dropped",
            "warning",
            f"{f.called} cannot be made from this version any more, and is left out.",
            {"step": f.step, "columns": list(f.columns)},
            f.called,
        )
        for f in features
        if f not in kept
    ]


def _inherited(context: Context, name: str, columns: Sequence[str]) -> dict[str, Any]:
    """What was said of the version before, for the columns that are still there."""
    before = next((r for r in context.datasets.list() if r.name == name), None)
    if before is None:
        return {}
    kept = [c for c in before.schema.columns if c.name in columns]
    said = [c for c in kept if c.reason == SAID and c.role not in ("target", "sensitive")]
    return {
        "target": next((c.name for c in kept if c.role == "target"), None),
        "sensitive": tuple(c.name for c in kept if c.role == "sensitive"),
        "roles": {c.name: c.role for c in said},
        "semantics": {c.name: c.semantic for c in kept if c.reason == SAID},
        "features": before.features,
        "split": before.split if set(before.split.needs) <= set(columns) else None,
    }


def from_catalogue(source: Any) -> bool:
    """Whether a source is a name of the catalogue; a file of that name comes first."""
    if not isinstance(source, str) or Path(source).exists():
        return False
    return source in catalogue.entries()


def _name(name: str | None, title: str) -> str:
    if name is None:
        return slug(title)
    parsed, version = parse_ref(name)
    if version is not None or slug(parsed) != parsed.lower():
        raise UsageError(
            f"{name!r} cannot name a data set.",
            "Use letters, digits, '-' and '_'; versions are counted for you.",
        )
    return parsed.lower()
