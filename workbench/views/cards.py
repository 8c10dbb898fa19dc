"""What users hold, as notebooks show it: data sets, runs, bundles, endpoints, jobs, workspaces."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from workbench.core.bundle import BundleManifest
from workbench.core.dataset import DatasetRecord
from workbench.core.endpoint import EndpointRecord
from workbench.core.job import JobRecord
from workbench.core.recipe import model_name
from workbench.core.report import Report
from workbench.core.run import RunRecord
from workbench.views import bits, shelves, words
from workbench.views.columns import Histograms
from workbench.views.html import card, definitions, inside, safe, table
from workbench.views.tables import Shown

METRICS = 4
TONES = {"done": "good", "ready": "good", "failed": "bad", "lost": "bad"}


def runs(
    records: Sequence[RunRecord],
    best: str = "",
    failed: Sequence[Mapping[str, str]] = (),
    judged: Sequence[Report | None] = (),
) -> str:
    """A leaderboard; ``best`` is the id of the run that leads.

    With the evaluations (``judged``) the primary metric's intervals are drawn beside each other.
    """
    if not records and not failed:
        return shelves.empty("No run yet.", 'ws.train("adult", "lightgbm") makes one.')
    names = list(dict.fromkeys(m for r in records for m in r.metrics))[:METRICS]
    rows = tuple(
        (
            ("★ " if r.id == best else "") + words.family(r.model),
            r.short,
            r.recipe.dataset,
            r.state,
            *(words.number(r.metrics.get(m)) for m in names),
            words.duration(r.seconds),
            ", ".join(r.aliases),
        )
        for r in records
    )
    titles = ("model", "run", "data", "state", *map(words.metric, names), "took", "alias")
    numeric = (False, False, False, False, *(True for _ in names), True, False)
    notes = "".join(
        f'<p class="wb-bad">{safe(f.get("family"))}: {safe(f.get("reason"))}</p>' for f in failed
    )
    primary, pictures = _spans(judged)
    note = f'<p class="wb-small">Drawn: {safe(primary)} with its 95% interval.</p>'
    shown = Shown("runs", "", titles, numeric, rows)
    return card(table(shown, pictures), note if pictures else "", notes)


def _spans(judged: Sequence[Report | None]) -> tuple[str, list[str]]:
    """The primary metric and its drawn intervals; nothing unless two runs have the same one."""
    asked = {str(r.facts["primary"]) for r in judged if r is not None}
    if len(asked) != 1 or len(judged) < 2:
        return "", []
    (name,) = asked
    found = [_span(report, name) for report in judged]
    return words.metric(name), bits.intervals(found) if any(found) else []


def _span(report: Report | None, name: str) -> tuple[float, float, float] | None:
    if report is None:
        return None
    row = next((r for r in report["metrics"].records() if r["name"] == name), None)
    if row is None or None in (row["low"], row["value"], row["high"]):
        return None
    return row["low"], row["value"], row["high"]


def run(record: RunRecord, evaluation: Report | None = None) -> str:
    """One run: what it is, and how good it is once it was judged."""
    pairs = [
        ("run", record.short),
        ("data", record.recipe.dataset),
        ("started", words.ago(record.started)),
        ("took", words.duration(record.seconds)),
        *([("alias", ", ".join(record.aliases))] if record.aliases else []),
    ]
    why = f"<p>{safe(record.reason)}</p>" if record.reason else ""
    title = f"<h3>{safe(words.family(record.model))} {_state(record.state)}</h3>"
    more = [] if evaluation is None else [inside(evaluation)]
    return card(title, why, definitions(pairs), *more)


def unfinished(sweep: str, attempts: Sequence[Mapping[str, Any]]) -> str:
    """A sweep that is not over: how far it has come."""
    ended = [a for a in attempts if a.get("value") is not None]
    pairs = [("sweep", sweep[:8]), ("attempts so far", words.count(len(ended)))]
    return card("<h3>Sweep <span class='wb-quiet'>not over</span></h3>", definitions(pairs))


def dataset(record: DatasetRecord, profile: Report | None = None) -> str:
    """The schema: what each column is, and why we think so; its histogram once it was profiled."""
    rows = tuple((c.name, c.role, c.semantic, c.dtype, c.reason) for c in record.schema.columns)
    shown = Shown(
        "schema", "", ("column", "role", "kind", "type", "because"), (False,) * 5, rows[:60],
        max(0, len(rows) - 60),
    )  # fmt: skip
    pairs = [
        ("rows", words.count(record.rows)),
        ("columns", words.count(len(rows))),
        ("digest", record.digest[:12]),
        ("imported", words.ago(record.created)),
    ]
    return card(
        f"<h3>{safe(record.title or record.name)} <code>{safe(record.ref)}</code></h3>",
        definitions(pairs),
        table(shown, [] if profile is None else _histograms(profile, [r[0] for r in shown.rows])),
    )


def _histograms(profile: Report, names: Sequence[str]) -> list[str]:
    known = Histograms(profile)
    return [
        bits.bars(
            known.counts.get(name, ()),
            bits.NUMBERS if known.kind(name) == "ranges" else bits.OTHERS,
        )
        for name in names
    ]


def bundle(path: Path, manifest: BundleManifest) -> str:
    """What is in the folder."""
    rows = tuple((name, digest[:16]) for name, digest in manifest.files.items())
    pairs = [
        ("model", words.family(model_name(manifest.family, manifest.signature.task))),
        ("run", manifest.run_id[:8]),
        ("trained on", manifest.dataset),
        ("gate", manifest.verdict.decision),
    ]
    return card(
        f"<h3>{safe(manifest.name)}</h3><p>{safe(manifest.verdict.sentence)}</p>",
        definitions(pairs),
        f"<p><code>{safe(path)}</code></p>",
        table(Shown("files", "", ("file", "SHA-256"), (False, False), rows)),
    )


def endpoint(record: EndpointRecord) -> str:
    """Where it answers, and how to ask it; never the token itself."""
    pairs = [
        ("run", record.run_id[:8]),
        ("process", str(record.pid or words.NOTHING)),
        ("started", words.ago(record.started)),
    ]
    how = (
        f'curl {record.url}/predict -H "Authorization: Bearer $(cat {record.token_file})" \\\n'
        f'  -H "Content-Type: application/json" --data-binary @{record.bundle}/sample.json'
    )
    shell = "\n".join(safe(line) for line in how.split("\n"))
    asked = f"<pre>{shell}</pre>" if record.alive else ""
    why = f"<p>{safe(record.reason)}</p>" if record.reason else ""
    head = (
        f"<h3>{safe(record.name)} {_state(record.state)}</h3><p><code>{safe(record.url)}</code></p>"
    )
    return card(head, why, definitions(pairs), asked)


def job(record: JobRecord) -> str:
    """How far it has come."""
    bar = f"{bits.meter(record.fraction)} {record.fraction:.0%}"
    why = f'<p class="wb-bad">{safe(record.error)}</p>' if record.error else ""
    return card(
        f"<h3>{safe(record.action)} {_state(record.state)}</h3>",
        f"<p>{bar if record.active else ''} {safe(record.text)}</p>{why}",
        definitions([("job", record.id), ("asked", words.ago(record.created))]),
    )


def _state(state: str) -> str:
    return f'<span class="wb-{TONES.get(state, "quiet")}">{safe(state)}</span>'
