"""``workbench serve`` and ``endpoints``."""

from __future__ import annotations

import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import click

from workbench.cli.commands import group
from workbench.cli.shell import Shell, shared
from workbench.core.errors import JobError

if TYPE_CHECKING:
    from workbench.core.endpoint import EndpointRecord

POLL = 1.0  # seconds

endpoints = group(
    "endpoints",
    {
        "list": ("serve:list_", "The endpoints, newest first."),
        "show": ("serve:show", "Where one answers, and how to ask it."),
        "stop": ("serve:stop", "Let it answer what it has begun, then end it."),
        "restart": ("serve:restart", "Stop and start on the same port."),
        "log": ("serve:log", "The last lines of its log."),
    },
    "List, stop and restart endpoints.",
)


@click.command()
@click.argument("bundle", metavar="DIR")
@click.option("--port", default=0, show_default=True, help="0 takes a free one.")
@click.option("--name", help="The endpoint's name; made from the bundle's by default.")
@click.option("--detach", is_flag=True, help="Go on in the background.")
@shared
def serve(shell: Shell, bundle: str, port: int, name: str | None, detach: bool) -> None:
    """Serve a bundle on 127.0.0.1, behind a token, until Ctrl-C.

    \b
    workbench serve bundle/ --port 8080
    """
    from workbench.objects import Bundle

    endpoint = Bundle(shell.workspace(), Path(bundle)).serve(port, name)
    record = endpoint.record
    data = {
        "endpoint": record.name,
        "url": record.url,
        "token_file": record.token_file,
        "log": record.log,
        "pid": record.pid,
    }
    shell.show(f"{record.name} answers at {record.url}\ntoken in {record.token_file}", data)
    sys.stdout.flush()
    if detach:
        return
    shell.note("Ctrl-C stops it.")
    told = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: told.set())
    while not told.wait(POLL):
        if not endpoint.refresh().record.alive:
            raise JobError(f"{record.name} has ended.", f"Its log: {record.log}")
    endpoint.stop()
    shell.note(f"{record.name} is stopped.")


@click.command("list")
@shared
def list_(shell: Shell) -> None:
    """The endpoints of the workspace, newest first.

    \b
    workbench endpoints list
    """
    from workbench.views import words

    found = [e.record for e in shell.workspace().endpoints.list()]
    rows = [
        (r.name, r.state, r.url if r.alive else "", r.run_id[:8], words.ago(r.started))
        for r in found
    ]
    empty = "No endpoint yet: workbench serve BUNDLE"
    titles = ("endpoint", "state", "address", "run", "started")
    shell.show(shell.table(titles, rows) if rows else empty, found)


@click.command()
@click.argument("endpoint")
@shared
def show(shell: Shell, endpoint: str) -> None:
    """Where an endpoint answers, and how to ask it.

    \b
    workbench endpoints show adult-lightgbm
    """
    record = shell.workspace().endpoints[endpoint].record
    lines = [
        f"{record.name} is {record.state}",
        f"address  {record.url}",
        f"token    {record.token_file}",
        f"log      {record.log}",
        f"bundle   {record.bundle}",
    ]
    if record.alive:
        lines += ["", _curl(record)]
    shell.show("\n".join(lines), record)


def _curl(record: EndpointRecord) -> str:
    return (
        f'curl {record.url}/predict -H "Authorization: Bearer $(cat {record.token_file})" '
        f'-H "Content-Type: application/json" --data-binary @{record.bundle}/sample.json'
    )


@click.command()
@click.argument("endpoint")
@shared
def stop(shell: Shell, endpoint: str) -> None:
    """Let an endpoint answer what it has begun, then end it.

    \b
    workbench endpoints stop adult-lightgbm
    """
    found = shell.workspace().endpoints[endpoint].stop()
    shell.show(f"{found.name} is stopped.", found.record)


@click.command()
@click.argument("endpoint")
@shared
def restart(shell: Shell, endpoint: str) -> None:
    """Stop an endpoint and start it on the same port, with the same bundle and a new token.

    \b
    workbench endpoints restart adult-lightgbm
    """
    found = shell.workspace().endpoints[endpoint].restart()
    shell.show(f"{found.name} answers at {found.url}", found.record)


@click.command()
@click.argument("endpoint")
@click.option("--lines", default=50, show_default=True)
@shared
def log(shell: Shell, endpoint: str, lines: int) -> None:
    """The last lines of an endpoint's log.

    \b
    workbench endpoints log adult-lightgbm
    """
    text = shell.workspace().endpoints[endpoint].log(lines)
    shell.show(text or "The log is empty.", {"log": text})
