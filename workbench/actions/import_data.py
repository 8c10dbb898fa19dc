"""Import: a catalogue name, a file or a frame becomes an immutable, named snapshot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from workbench.actions.context import Context
from workbench.core.dataset import parse_ref, slug
from workbench.core.errors import UsageError
from workbench.core.progress import Progress, silent, within
from workbench.core.split import Split
from workbench.core.wire import load, plain
from workbench.data import catalogue
from workbench.data.read import read
from workbench.data.schema import infer


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
) -> dict[str, Any]:
    """Read ``source``, infer its schema, and keep it.

    Returns
    -------
    dict
        ``dataset`` (name@version), ``rows``, ``columns``, ``notes``.
    """
    hints: dict[str, Any] = {}
    if _from_catalogue(source):
        fetched = catalogue.fetch(
            source, cache=context.settings.data_cache, progress=within(progress, 0, 0.6)
        )
        imported, hints = fetched.imported, dict(fetched.hints)
        name = name or source
    else:
        imported = read(source, options=dict(options or {}), progress=within(progress, 0, 0.6))
    progress(0.65, "looking at the columns")
    schema = infer(
        imported.table,
        target=target or hints.get("target"),
        sensitive=tuple(sensitive) or hints.get("sensitive", ()),
        roles={**hints.get("roles", {}), **(roles or {})},
    )
    progress(0.8, "keeping the snapshot")
    record = context.datasets.save(
        imported.table,
        name=_name(name, imported.source),
        schema=schema,
        source=imported.source,
        title=imported.title,
        split=load(Split, split) if split else hints.get("split") or Split(),
    )
    progress(1.0, f"imported {record.ref}: {record.rows:,} rows")
    return {
        "dataset": record.ref,
        "rows": record.rows,
        "columns": len(record.schema.columns),
        "notes": plain(imported.notes),
    }


def _from_catalogue(source: Any) -> bool:
    if not isinstance(source, str) or Path(source).exists():
        return False
    return source in catalogue.entries()


def _name(name: str | None, source: str) -> str:
    if name is None:
        return slug(Path(source).stem)
    parsed, version = parse_ref(name)
    if version is not None or slug(parsed) != parsed.lower():
        raise UsageError(
            f"{name!r} cannot name a data set.",
            "Use letters, digits, '-' and '_'; versions are counted for you.",
        )
    return parsed.lower()
