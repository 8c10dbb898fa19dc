"""What users hold, as notebooks show it: runs, data sets, bundles, endpoints, jobs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from workbench.core.bundle import BundleManifest
from workbench.core.dataset import DatasetRecord
from workbench.core.endpoint import EndpointRecord
from workbench.core.job import JobRecord
from workbench.core.recipe import model_name
from workbench.core.run import RunRecord
from workbench.views import words
from workbench.views.html import definitions, safe, table, wrap
from workbench.views.tables import Shown

METRICS = 4
TONES = {"done": "good", "ready": "good", "failed": "bad", "lost": "bad"}


def runs(
    records: Sequence[RunRecord], best: str = "", failed: Sequence[Mapping[str, str]] = ()
) -> str:
    """A leaderboard; ``best`` is the id of the run that leads."""
    names = list(dict.fromkeys(m for r in records for m in r.metrics))[:METRICS]
    rows = tuple(
        (
            ("★ " if r.id == best else "") + words.family(r.model),
            r.short,
            r.state,
            *(words.number(r.metrics.get(m)) for m in names),
            words.duration(r.seconds),
            ", ".join(r.aliases),
        )
        for r in records
    )
    titles = ("model", "run", "state", *map(words.spoken, names), "took", "alias")
    numeric = (False, False, False, *(True for _ in names), True, False)
    notes = "".join(
        f'<p class="wb-bad">{safe(f.get("family"))}: {safe(f.get("reason"))}</p>' for f in failed
    )
    return wrap(table(Shown("runs", "", titles, numeric, rows)), notes)


def run(record: RunRecord) -> str:
    """One run that has no evaluation to show."""
    pairs = [
        ("run", record.short),
        ("data", record.recipe.dataset),
        ("started", words.ago(record.started)),
        ("took", words.duration(record.seconds)),
    ]
    why = f"<p>{safe(record.reason)}</p>" if record.reason else ""
    title = f"<h3>{safe(words.family(record.model))} {_state(record.state)}</h3>"
    return wrap(title, why, definitions(pairs))


def dataset(record: DatasetRecord) -> str:
    """The schema: what each column is, and why we think so."""
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
    return wrap(
        f"<h3>{safe(record.title or record.name)} <code>{safe(record.ref)}</code></h3>",
        definitions(pairs),
        table(shown),
    )


def bundle(path: Path, manifest: BundleManifest) -> str:
    """What is in the folder."""
    rows = tuple((name, digest[:16]) for name, digest in manifest.files.items())
    pairs = [
        ("model", words.family(model_name(manifest.family, manifest.signature.task))),
        ("run", manifest.run_id[:8]),
        ("trained on", manifest.dataset),
        ("gate", manifest.verdict.decision),
    ]
    return wrap(
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
    return wrap(head, why, definitions(pairs), asked)


def job(record: JobRecord) -> str:
    """How far it has come."""
    bar = f'<progress max="1" value="{record.fraction:.3f}"></progress> {record.fraction:.0%}'
    why = f'<p class="wb-bad">{safe(record.error)}</p>' if record.error else ""
    return wrap(
        f"<h3>{safe(record.action)} {_state(record.state)}</h3>",
        f"<p>{bar if record.active else ''} {safe(record.text)}</p>{why}",
        definitions([("job", record.id), ("asked", words.ago(record.created))]),
    )


def _state(state: str) -> str:
    return f'<span class="wb-{TONES.get(state, "quiet")}">{safe(state)}</span>'
