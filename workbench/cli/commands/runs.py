"""``workbench runs``, ``promote`` and ``audit``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from workbench.cli.commands import group
from workbench.cli.shell import Shell, html_option, listed, shared
from workbench.core.errors import Blocked

if TYPE_CHECKING:
    from workbench.core.run import RunRecord

METRICS = 3

runs = group(
    "runs",
    {
        "list": ("runs:list_", "The newest runs."),
        "show": ("runs:show", "One run: metrics, recipe, evaluation."),
        "resume": ("runs:resume", "Finish a run that was interrupted."),
        "report": ("runs:report", "Write one page with all that is kept of a run."),
        "code": ("runs:code", "Write a script that trains the same model."),
        "adopt": ("runs:adopt", "Make a run of a finished model: ONNX, skops, torch, MLflow."),
        "rename": ("runs:rename", "Call a run otherwise."),
        "reproduce": ("runs:reproduce", "Train a run once more; does it come out the same?"),
    },
    "List runs and look at one.",
)


def leaderboard(shell: Shell, records: Sequence[RunRecord], best: str = "") -> str:
    """Runs as a table; a star marks the best."""
    from workbench.views import words

    names = list(dict.fromkeys(m for r in records for m in r.metrics))[:METRICS]
    rows = [
        (
            "*" if r.id == best else "",
            r.short,
            words.family(r.model),
            r.recipe.dataset,
            r.state,
            *(words.number(r.metrics.get(m)) for m in names),
            words.duration(r.seconds),
            words.ago(r.started),
            ", ".join(r.aliases),
        )
        for r in records
    ]
    shown = [words.metric(n) for n in names]
    titles = ("", "run", "model", "data set", "state", *shown, "took", "started", "alias")
    return shell.table(titles, rows, ",".join([*shown, "took"]))


@click.command("list")
@click.option("--limit", default=20, show_default=True)
@shared
def list_(shell: Shell, limit: int) -> None:
    """The newest runs.

    \b
    workbench runs list
    """
    found = [r.record for r in shell.workspace().runs.list(limit)]
    empty = "No run yet: workbench train DATASET"
    shell.show(leaderboard(shell, found) if found else empty, [_plain(r) for r in found])


@click.command()
@click.argument("run")
@html_option
@shared
def show(shell: Shell, run: str, html: str | None) -> None:
    """One RUN (an id, the beginning of one, or an alias): its metrics and its recipe.

    \b
    workbench runs show champion --html evaluation.html
    """
    found = shell.workspace().runs[run]
    record, report = found.record, found.report("evaluation")
    if shell.json:
        shell.show("", {**_plain(record), "reports": found.reports()})
        return
    shell.show(leaderboard(shell, [record]), None)
    if record.reason:
        shell.show(record.reason, None)
    if report is not None:
        shell.show("", None)
        shell.report(report, html)


@click.command()
@click.argument("run")
@click.argument("name")
@shared
def rename(shell: Shell, run: str, name: str) -> None:
    """Call RUN (an id, the beginning of one, or an alias) NAME; its id stays.

    \b
    workbench runs rename 3f2a "without age"
    """
    done = shell.workspace().perform("rename", {"run": run, "name": name})
    shell.show(f"Run {done['run'][:8]} is called {done['name']}.", done)


@click.command()
@click.argument("file")
@click.option("--dataset", required=True, metavar="NAME", help="Whose test rows judge it.")
@click.option("--target", metavar="COLUMN", help="What it predicts, if not the data set's target.")
@click.option("--name", help="What the run is called; the file's name by default.")
@click.option("--task", type=click.Choice(["binary", "multiclass", "regression"]),
              help="Where the target can be read in two ways.")  # fmt: skip
@click.option("--columns", metavar="A,B", help="Its columns, in its order, if it names none.")
@click.option("--classes", metavar="A,B", help="Its classes, in its order, if it names none.")
@click.option("--trust", multiple=True, metavar="TYPE",
              help="A type in a skops file that may be loaded; may be repeated.")  # fmt: skip
@click.option("--split", metavar="METHOD[:COLUMN]",
              help="random, stratified, content; with COLUMN: group, time, given.")  # fmt: skip
@shared
def adopt(
    shell: Shell,
    file: str,
    dataset: str,
    target: str | None,
    name: str | None,
    task: str | None,
    columns: str | None,
    classes: str | None,
    trust: Sequence[str],
    split: str | None,
) -> None:
    """Make a run of a model that was made elsewhere.

    FILE is .onnx, .skops, .pt2 (torch.export), a folder of MLflow, or models:/NAME/1.

    \b
    workbench runs adopt theirs.onnx --dataset adult --classes "<=50K,>50K"
    """
    from workbench.cli.commands.data import split_of

    with shell.progress("adopt") as progress:
        found = shell.workspace().adopt(
            file,
            dataset=dataset,
            target=target,
            name=name,
            task=task,
            columns=listed(columns) or None,
            classes=listed(classes) or None,
            trust=trust,
            split=split_of(split),
            progress=progress,
        )
    for note in found.record.tags.get("notes", "").split("; "):
        shell.note(note)
    shell.show(leaderboard(shell, [found.record]), _plain(found.record))


@click.command()
@click.argument("run")
@shared
def resume(shell: Shell, run: str) -> None:
    """Finish RUN, whose process was killed or cancelled, from its last checkpoint.

    \b
    workbench runs resume 3fa2
    """
    workspace = shell.workspace()
    with shell.progress("resume") as progress:
        done = workspace.runs[run].resume(progress)
    shell.show(leaderboard(shell, [done.record]), _plain(done.record))


@click.command()
@click.argument("run")
@click.option("--html", metavar="FILE", help="The file to write.")
@click.option("--charts", metavar="FOLDER", help="Charts (SVG, PNG, Vega-Lite) and tables (CSV).")
@shared
def report(shell: Shell, run: str, html: str | None, charts: str | None) -> None:
    """Write RUN's kept reports as one HTML file that needs no network, or as charts and tables.

    \b
    workbench runs report champion --html champion.html
    workbench runs report champion --charts pictures
    """
    from workbench.core.errors import UsageError
    from workbench.views import words

    if not html and not charts:
        raise UsageError("Where should the reports go?", "Say --html FILE or --charts FOLDER.")
    found = shell.workspace().runs[run]
    lines: list[str] = []
    told: dict[str, Any] = {}
    if html:
        file = found.write_report(html)
        size = file.stat().st_size
        lines.append(f"Written to {html}, {words.size(size)}.")
        told |= {"file": str(file), "bytes": size}
    if charts:
        files = found.write_charts(charts)
        lines.append(f"{words.plural(len(files), 'file')} written to {charts}.")
        told["files"] = [str(f) for f in files]
    shell.show("\n".join(lines), told)


@click.command()
@click.argument("run")
@click.option("--to", metavar="FOLDER", help="Where to; by default in the workspace's exports.")
@click.option("--replace", is_flag=True, help="Write over an earlier script.")
@shared
def code(shell: Shell, run: str, to: str | None, replace: bool) -> None:
    """Write RUN as a script that trains the same model without Workbench, and the rows it reads.

    \b
    workbench runs code champion --to ejected
    """
    workspace = shell.workspace()
    with shell.progress("code") as progress:
        folder = workspace.runs[run].code(to, replace=replace, progress=progress)
    shell.show(f"python {folder}/train.py trains it again.", {"folder": str(folder)})


@click.command()
@click.argument("run")
@click.option("--exact", is_flag=True, help="With the packages in the versions of that time.")
@html_option
@shared
def reproduce(shell: Shell, run: str, exact: bool, html: str | None) -> None:
    """Train RUN's recipe once more and compare to the last bit; exit code 3 when it differs.

    \b
    workbench runs reproduce champion
    """
    workspace = shell.workspace()
    with shell.progress("reproduce") as progress:
        report = workspace.runs[run].reproduce(progress, exact=exact)
    shell.report(report, html)
    if not report.facts["equal"]:
        raise Blocked(report.sentence)


@click.command()
@click.argument("run")
@click.option("--alias", default="champion", show_default=True)
@click.option("--note", default="", help="Why; goes to the audit log.")
@shared
def promote(shell: Shell, run: str, alias: str, note: str) -> None:
    """Give RUN's model an alias; who, when and on what evidence goes to the audit log.

    \b
    workbench promote 3fa2 --note "two points better"
    """
    found = shell.workspace().promote(run, alias, note)
    text = f"{found.name} {found.record.short} is {alias} now."
    shell.show(text, {"run": found.id, "alias": alias})


@click.command()
@click.option("--limit", default=20, show_default=True)
@shared
def audit(shell: Shell, limit: int) -> None:
    """What was promoted, exported and served, by whom and when; newest first.

    \b
    workbench audit
    """
    found = shell.workspace().audit(limit)
    rows = [(f"{e.time:%Y-%m-%d %H:%M:%S}", e.who, e.verb, e.subject, e.evidence) for e in found]
    titles = ("time (UTC)", "who", "what", "subject", "evidence")
    shell.show(shell.table(titles, rows) if rows else "Nothing yet.", found)


def _plain(record: RunRecord) -> dict[str, object]:
    from workbench.core.wire import plain

    return dict(plain(record))
