"""The app in the output of a cell: behind Jupyter's proxy where our server extension is, else
from a server of this kernel's own."""

from __future__ import annotations

import atexit
import html
import json
import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlencode

from workbench.core.doors import new_token
from workbench.core.errors import JobError, MissingExtra
from workbench.core.tickets import ticket
from workbench.notebook.place import current
from workbench.workspace import Workspace

BEHIND_JUPYTER = "WORKBENCH_JUPYTER_APP"  # the app's path on Jupyter's server, for its kernels
PATIENCE = 60.0  # seconds that a server may take to start
HEIGHT = 760  # pixels


@dataclass(frozen=True)
class Frame:
    """An app's page, for a notebook to show.

    Parameters
    ----------
    address
        A path of Jupyter's own server, or an address of this machine with a ticket in it.
    """

    address: str
    height: int = HEIGHT

    def _repr_html_(self) -> str:
        link = html.escape(self.address, quote=True)
        place = f"wb-app-{new_token()[:8]}"
        script = _SCRIPT % (json.dumps(place), json.dumps(self.address).replace("<", "\\u003c"))
        return (
            f'<div id="{place}" style="height:{self.height}px;border-radius:10px;overflow:hidden;'
            'border:1px solid rgba(128,136,160,.4)"><p style="padding:.6rem .9rem;margin:0">'
            "The app runs beside this kernel: "
            f'<a href="{link}" target="_blank" rel="noopener">open it in a tab</a>. '
            f"If the address has grown old, run the cell again.</p></div><script>{script}</script>"
        )

    def __repr__(self) -> str:
        return f"<the app at {self.address.partition('?')[0]}>"


# The frame's cookie belongs to the site, which is the host's name: localhost is not 127.0.0.1. In
# a page of another site (VS Code's, a remote Jupyter's) the browser keeps it back: the link stays.
_SCRIPT = """(() => {
  const place = document.getElementById(%s), address = new URL(%s, location.href)
  const own = address.hostname === '127.0.0.1', here = location.hostname
  if (!place || (own && !['127.0.0.1', 'localhost'].includes(here))) return
  if (own) address.hostname = here
  const frame = document.createElement('iframe')
  frame.src = address.href
  frame.title = 'Workbench'
  frame.style = 'width:100%%;height:100%%;border:0'
  place.replaceChildren(frame)
})()"""


def app(
    workspace: Workspace | None = None, page: str = "", *, height: int = HEIGHT, **about: str
) -> Frame:
    """The app of a workspace, inline.

    Parameters
    ----------
    workspace
        The notebook's ``ws`` by default, else the nearest workspace upwards.
    page, about
        What it opens with: ``app(ws, "compare", runs="1f2e3d4c,9a8b7c6d")``.
    height
        Pixels.

    Raises
    ------
    MissingExtra
        The app's libraries are not installed.
    JobError
        Its server does not start.
    """
    given = workspace or current()
    asked = {"page": page, **about}
    query = {name: value for name, value in asked.items() if value}
    proxied = _behind_jupyter(given)
    if proxied:
        return Frame(proxied + (f"?{urlencode(query)}" if query else ""), height)
    served = _served(given)
    query["ticket"] = ticket(served.token)
    return Frame(f"{served.address}?{urlencode(query)}", height)


def _behind_jupyter(workspace: Workspace) -> str:
    """The app's path on Jupyter's server, if that shows this workspace; empty otherwise."""
    path = os.environ.get(BEHIND_JUPYTER, "")
    return path if path and _shown_by_jupyter() == workspace.root.resolve() else ""


def _shown_by_jupyter() -> Path | None:
    """The folder that the Jupyter server of this kernel shows; None where it shows none."""
    from jupyter_core.paths import jupyter_runtime_dir

    file = Path(jupyter_runtime_dir()) / f"workbench-{os.environ.get('JPY_PARENT_PID', '')}"
    shown = file.read_text("utf-8") if file.is_file() else ""
    return Path(shown).resolve() if shown else None


@dataclass(frozen=True)
class Served:
    """A server that this kernel has started."""

    process: subprocess.Popen[bytes]
    address: str
    token: str


_SERVERS: dict[Path, Served] = {}  # of this kernel: each costs a process


def _served(workspace: Workspace) -> Served:
    known = _SERVERS.get(workspace.root)
    if known is None or known.process.poll() is not None:
        known = _SERVERS[workspace.root] = _start(workspace)
    return known


def _start(workspace: Workspace) -> Served:
    if find_spec("panel") is None or find_spec("panel_material_ui") is None:
        raise MissingExtra("The app", "app")
    token = new_token()
    folder = workspace.root / "app"
    folder.mkdir(exist_ok=True)
    log = folder / f"notebook-{os.getpid()}.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "workbench.app.inline", str(workspace.root)],
            env={**os.environ, "WORKBENCH_APP_TOKEN": token},
            stdin=subprocess.PIPE,  # its end is ours
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    atexit.register(process.terminate)
    until = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < until:
        found = re.search(rb"^(http://127\.0\.0\.1:\d+/)$", log.read_bytes(), re.MULTILINE)
        if found:
            return Served(process, found[1].decode(), token)
        time.sleep(0.05)
    process.kill()
    raise JobError("The app's server does not start.", f"Its log says why: {log}")
