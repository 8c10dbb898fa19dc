"""Lineage: the versions of a data set, what changed in each, and what was made from them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from workbench.actions.bundles import folders
from workbench.actions.context import Context
from workbench.core.bundle import read_manifest
from workbench.core.dataset import DatasetRecord, parse_ref
from workbench.core.errors import NotFound
from workbench.core.report import Report, Table
from workbench.measures.words import counted, listed

MOST = 1000  # runs that are looked through


@dataclass(frozen=True)
class Use:
    """Something that was made from a table."""

    kind: str  # run, bundle, endpoint
    name: str
    about: str
    digest: str  # of the table
    when: dt.datetime | None


def uses(context: Context, record: DatasetRecord) -> Report:
    """A report of kind ``lineage``: the runs, bundles and endpoints that come from a table.

    Another name of the same table counts too: what was used is the content.
    """
    found = [use for use in _uses(context) if use.digest == record.digest]
    return Report(
        kind="lineage",
        subject=record.ref,
        title=f"What was made from {record.ref}",
        sentence=_sentence(record, found),
        facts={kind: sum(u.kind == kind for u in found) for kind in ("run", "bundle", "endpoint")},
        tables=(
            Table.of(
                "uses",
                {
                    "kind": [u.kind for u in found],
                    "name": [u.name for u in found],
                    "about": [u.about for u in found],
                    "when": [u.when.isoformat() if u.when else None for u in found],
                },
            ),
        ),
    )


def history(context: Context, name: str) -> Report:
    """A report of kind ``history``: every version of a data set, the newest first.

    Raises
    ------
    NotFound
        There is no data set of that name.
    """
    name, _ = parse_ref(name)
    versions = [r for r in context.datasets.list() if r.name == name]
    if not versions:
        raise NotFound.among("data set", name, {r.name for r in context.datasets.list()})
    versions.sort(key=lambda r: r.version, reverse=True)
    found = list(_uses(context))
    used = [_counts([u for u in found if u.digest == r.digest]) for r in versions]
    changes = [
        _change(context, older, newer)
        for newer, older in zip(versions, [*versions[1:], None], strict=True)
    ]
    return Report(
        kind="history",
        subject=name,
        title=f"Versions of {name}",
        sentence=f"{counted(len(versions), 'version')}; the newest has "
        f"{counted(versions[0].rows, 'row')}.",
        facts={"versions": len(versions)},
        tables=(
            Table.of(
                "versions",
                {
                    "version": [r.ref for r in versions],
                    "created": [r.created.isoformat() for r in versions],
                    "rows": [r.rows for r in versions],
                    "columns": [len(r.schema.columns) for r in versions],
                    "change": changes,
                    "used_by": used,
                    "source": [r.source for r in versions],
                    "digest": [r.digest for r in versions],
                },
            ),
        ),
    )


def _uses(context: Context) -> Iterator[Use]:
    digests: dict[str, str] = {}
    for run in context.store.runs(MOST) if context.learned else ():
        digests[run.id] = run.dataset_digest
        yield Use("run", run.short, f"{run.model}, {run.state}", run.dataset_digest, run.started)
    bundles: dict[Path, str] = {}
    for folder in folders(context):
        manifest = read_manifest(folder)
        bundles[folder.resolve()] = manifest.dataset_digest
        about = f"run {manifest.run_id[:8]}, {manifest.family}"
        yield Use("bundle", str(folder), about, manifest.dataset_digest, manifest.created)
    for endpoint in context.ledger.endpoints():
        digest = digests.get(endpoint.run_id) or bundles.get(Path(endpoint.bundle).resolve(), "")
        about = f"{endpoint.state}, run {endpoint.run_id[:8]}"
        yield Use("endpoint", endpoint.name, about, digest, endpoint.started)


def _counts(found: Sequence[Use]) -> str:
    kinds = [(kind, sum(u.kind == kind for u in found)) for kind in ("run", "bundle", "endpoint")]
    return ", ".join(counted(count, kind) for kind, count in kinds if count)


def _sentence(record: DatasetRecord, found: Sequence[Use]) -> str:
    told = _counts(found)
    return f"{record.ref} was used by {told}." if told else f"Nothing was made from {record.ref}."


def _change(context: Context, older: DatasetRecord | None, newer: DatasetRecord) -> str:
    """What a version changed, told by digests alone: no table is read."""
    if older is None:
        return "first version"
    if older.digest == newer.digest:
        return "another schema or split"
    before, after = context.datasets.columns(older), context.datasets.columns(newer)
    parts = []
    if rows := newer.rows - older.rows:
        parts.append(f"{rows:+,} rows")
    for what, names in (
        ("new", [n for n in after if n not in before]),
        ("gone", [n for n in before if n not in after]),
    ):
        if names:
            parts.append(f"{what}: {_some(names)}")
    changed = [n for n in after if n in before and before[n] != after[n]]
    if changed and newer.rows == older.rows:
        parts.append(f"other cells in {_some(changed)}")
    return "; ".join(parts) or "another order of columns"


def _some(names: Sequence[str]) -> str:
    return listed(list(names)) if len(names) <= 3 else f"{len(names):,} columns"
