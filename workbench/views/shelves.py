"""Several of what users hold, as notebooks show them: a workspace, its shelves, a contract."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from workbench.core.bundle import BundleManifest
from workbench.core.contract import Contract
from workbench.core.dataset import DatasetRecord
from workbench.core.endpoint import AuditEntry, EndpointRecord
from workbench.core.gate import Verdict
from workbench.core.job import JobRecord
from workbench.core.recipe import model_name
from workbench.core.report import Finding, Report, Table
from workbench.views import bits, words
from workbench.views.html import card, definitions, findings, safe, table
from workbench.views.tables import Shown, shown

MOST = 30  # rows of a shelf
FEW = 5  # rows of each part of a workspace


def failed(sentence: str, hint: str = "") -> str:
    """Why something cannot be shown, in a sentence instead of a trace."""
    return card(f'<p class="wb-bad">{safe(sentence)}</p><p class="wb-small">{safe(hint)}</p>')


def empty(sentence: str, hint: str) -> str:
    """Nothing there yet, and how to make something."""
    return card(f'<p>{safe(sentence)} <code class="wb-quiet">{safe(hint)}</code></p>')


def workspace(
    name: str, root: Path, counts: Iterable[tuple[str, int]], active: Sequence[JobRecord]
) -> str:
    """A folder: what is on its shelves, and what is running in it."""
    running = "".join(f"<p>{_progress(record)}</p>" for record in active[:FEW])
    return card(
        f"<h3>{safe(name)}</h3>",
        f"<p><code>{safe(root)}</code></p>",
        definitions((what, words.count(number)) for what, number in counts),
        running,
    )


def datasets(records: Sequence[DatasetRecord]) -> str:
    """The newest version of each."""
    if not records:
        return empty("No data set yet.", 'ws.import_data("adult") makes one.')
    rows = [
        (
            r.ref,
            r.title,
            words.count(r.rows),
            words.count(len(r.schema.columns)),
            r.schema.target.name if r.schema.target else words.NOTHING,
            words.ago(r.created),
        )
        for r in records
    ]
    return _listed("data sets", "data set|title|rows|columns|target|imported", rows, "rows,columns")


def jobs(records: Sequence[JobRecord]) -> str:
    """The newest first."""
    if not records:
        return empty("No job yet.", 'ws.submit("train", dataset="adult") starts one.')
    rows = [
        (
            r.id,
            r.action,
            r.state,
            f"{r.fraction:.0%}" if r.active else "",
            (r.error or r.text)[:120],
            words.ago(r.started or r.created),
        )
        for r in records
    ]
    return _listed("jobs", "job|action|state|done|now|started", rows, "done")


def endpoints(records: Sequence[EndpointRecord]) -> str:
    """All of them, also those that were stopped."""
    if not records:
        return empty("No endpoint yet.", "run.export().serve() starts one.")
    rows = [
        (r.name, r.state, r.url if r.alive else "", r.run_id[:8], words.ago(r.started), r.reason)
        for r in records
    ]
    return _listed("endpoints", "endpoint|state|address|run|started|why", rows)


def sweeps(found: Sequence[tuple[str, str]]) -> str:
    """Ids and sentences."""
    if not found:
        return empty("No sweep yet.", 'ws.tune("adult", minutes=10) makes one.')
    return _listed("sweeps", "sweep|what came out", found)


def pipeline(
    stages: Sequence[Mapping[str, Any]], gates: Sequence[Mapping[str, Any]], notes: Sequence[str]
) -> str:
    """What each stage came to, and the gates with their values."""
    rows = [
        (s["stage"], s["state"], words.duration(s["seconds"]), words.came(s["result"]))
        for s in stages
    ]
    held = [
        (g["rule"], words.number(g["value"]), "holds" if g["holds"] else "broken") for g in gates
    ]
    said = "".join(f'<p class="wb-small">{safe(note)}</p>' for note in notes)
    parts = [_table("stages", "stage|state|took|came to", rows, "took")]
    if held:
        parts.append(_table("gates", "gate|value|", held, "value"))
    return card(said, *parts)


def bundles(found: Sequence[tuple[Path, BundleManifest]]) -> str:
    """Folders with what is in them."""
    if not found:
        return empty("No bundle yet.", "run.export() makes one.")
    rows = [
        (
            m.name,
            words.family(model_name(m.family, m.signature.task)),
            m.dataset,
            m.verdict.decision,
            words.ago(m.created),
            str(path),
        )
        for path, m in found
    ]
    return _listed("bundles", "bundle|model|trained on|gate|made|folder", rows)


def audit(entries: Sequence[AuditEntry]) -> str:
    """What was promoted, exported and served."""
    if not entries:
        return empty("Nothing was written down yet.", "run.promote() writes the first line.")
    rows = [
        (f"{e.time.astimezone():%d %b %Y %H:%M:%S}", e.who, e.verb, e.subject, e.hash[:12])
        for e in entries
    ]
    return _listed("audit log", "time|who|what|of|hash", rows)


def reports(found: Sequence[Report]) -> str:
    """Titles and sentences; each report shows itself."""
    rows = [(str(n), r.kind, r.title, r.sentence) for n, r in enumerate(found)]
    return _listed("reports", "number|kind|title|in a sentence", rows)


def contract(promised: Contract) -> str:
    """What each column promises, in words."""
    rows = [(r.column, r.type, "; ".join(r.promises) or "anything") for r in promised.rules]
    pairs = [("other columns", "refused" if promised.strict else "allowed")]
    pairs += [("key", ", ".join(promised.key))] if promised.key else []
    listed = _table("contract", "column|type|promise", rows)
    return card("<h3>Contract</h3>", definitions(pairs), listed)


def verdict(said: Verdict) -> str:
    """What a gate decided."""
    tone = {"pass": "good", "warn": "warn", "block": "bad"}[said.decision]
    head = f'<p><b class="wb-{tone}">{safe(said.decision)}</b> {safe(said.sentence)}</p>'
    return card(head, findings(said.findings, 0))


def finding(one: Finding) -> str:
    """One finding with what would mend it."""
    return card(findings([one], 0))


def report_table(given: Table) -> str:
    """A table of a report."""
    made = shown("", given, MOST)
    note = f'<p class="wb-small">{safe(given.caption)}</p>' if given.caption else ""
    return card(f"<h4>{safe(made.heading)}</h4>{note}", table(made))


def _progress(record: JobRecord) -> str:
    done = f"{bits.meter(record.fraction)} {record.fraction:.0%}"
    return f"{safe(record.action)} {done} <span class='wb-quiet'>{safe(record.text)}</span>"


def _listed(name: str, titles: str, rows: Sequence[Sequence[str]], numeric: str = "") -> str:
    return card(_table(name, titles, rows, numeric))


def _table(name: str, titles: str, rows: Sequence[Sequence[str]], numeric: str = "") -> str:
    heads = tuple(titles.split("|"))
    right = tuple(head in numeric.split(",") for head in heads)
    cells = tuple(tuple(map(str, row)) for row in rows[:MOST])
    return table(Shown(name, "", heads, right, cells, max(0, len(rows) - MOST)))
