"""``workbench run``."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import click

from workbench.cli.shell import Shell, shared
from workbench.core.errors import UsageError


@click.command()
@click.argument("file")
@click.option("--force", is_flag=True, help="Do all stages again, though nothing changed.")
@click.option("--detach", is_flag=True, help="As a job; returns at once.")
@shared
def run(shell: Shell, file: str, force: bool, detach: bool) -> None:
    """Carry out the stages and gates of FILE; exit code 3 when a gate does not hold.

    Stages whose inputs have not changed are skipped, so a scheduler may call it often.

    \b
    workbench run credit.toml
    """
    workspace = shell.workspace()
    data = _read(file)
    if detach:
        job = workspace.submit("pipeline", pipeline=data, force=force)
        shell.show(f"Job {job.id} runs it; follow: workbench jobs show {job.id}", job.record)
        return
    with shell.progress("pipeline") as progress:
        done = workspace.perform("pipeline", {"pipeline": data, "force": force}, progress)
    rows = [(s["stage"], s["state"], f"{s['seconds']:.1f} s", _came(s)) for s in done["stages"]]
    text = shell.table(("stage", "state", "took", "came to"), rows)
    if done["gates"]:
        gates = [(g["rule"], f"{g['value']:.4g}", "holds") for g in done["gates"]]
        text += "\n\n" + shell.table(("gate", "value", ""), gates)
    shell.show(text, done)


def _came(stage: dict[str, Any]) -> str:
    result = stage["result"]
    name = next((n for n in ("bundle", "best", "model", "dataset", "run") if n in result), "")
    said = str(result.get(name, ""))
    return said[:8] if name in ("best", "run") else said


def _read(file: str) -> dict[str, Any]:
    path = Path(file).expanduser()
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} is not valid TOML: {error}.") from error
    return _placed(data, path.absolute().parent)


def _placed(data: dict[str, Any], folder: Path) -> dict[str, Any]:
    """With paths beside the file, wherever the command was called."""
    source = data.get("data", {}).get("source") if isinstance(data.get("data"), dict) else None
    if isinstance(source, str) and (folder / source).exists():
        data["data"]["source"] = str(folder / source)
    export = data.get("export")
    if isinstance(export, dict) and isinstance(export.get("to"), str):
        export["to"] = str(folder / Path(export["to"]).expanduser())
    return data
