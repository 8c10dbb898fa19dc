"""Child processes that answer over a line of their own, and end with who started them."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from multiprocessing.connection import Connection
from pathlib import Path

from workbench.jobs.processes import die_with_parent, why_it_died

PACKAGE = Path(__file__).resolve().parents[2]
LOOK = 0.5  # seconds between two looks at who started us


class Child:
    """``python -m module LINE arguments``; a new interpreter, which shares no threads with ours.

    Parameters
    ----------
    environment
        What is set for it beside our own variables.
    log
        Where what it prints goes.
    first
        Folders in which it looks for packages before all others.
    """

    def __init__(
        self,
        module: str,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        log: Path,
        first: Sequence[Path] = (),
    ) -> None:
        ours, theirs = socket.socketpair()
        places = [*map(str, first), str(PACKAGE), *(p for p in sys.path if p), str(Path.cwd())]
        told = {"PYTHONPATH": os.pathsep.join(dict.fromkeys(places))}
        with theirs, log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", module, str(theirs.fileno()), *arguments],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, **told, **environment},
            )
        self.line: Connection[bytes, bytes] = Connection(ours.detach())

    def end(self) -> str:
        """End it at once; how it died, when it had died by itself."""
        code = self.process.poll()
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        self.process.wait()
        self.line.close()
        if code is None:
            return ""
        return why_it_died(-code) if code < 0 else f"it ended with code {code}"


def answering(line: str) -> Connection:
    """In a child: the line to who started it, without whom it ends.

    A Ctrl-C in the terminal is for who started it alone.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = os.getppid()
    die_with_parent()
    threading.Thread(target=_watch, args=[parent], daemon=True).start()
    return Connection(int(line))


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(LOOK)
    os._exit(1)
