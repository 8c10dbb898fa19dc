"""A PostgreSQL server of its own for tests, from Debian's packages."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

USER, PASSWORD = "workbench", "s3cret'pass@word/1"


def binaries() -> Path | None:
    """The folder of initdb and pg_ctl, where the package is installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent if found else None


@contextlib.contextmanager
def server(folder: Path) -> Iterator[int]:
    """A running server that asks for passwords; its port on 127.0.0.1."""
    programs = binaries()
    assert programs is not None
    port = _free_port()
    (folder / "password").write_text(PASSWORD)
    as_user = _unprivileged(folder)
    data = folder / "data"
    _call(as_user, programs / "initdb", "-D", data, "-U", USER, "-A", "scram-sha-256",
          f"--pwfile={folder / 'password'}", "--no-sync")  # fmt: skip
    options = f"-p {port} -c unix_socket_directories='' -c listen_addresses=127.0.0.1 -c fsync=off"
    _call(
        as_user, programs / "pg_ctl", "-D", data, "-o", options, "-w", "-l", folder / "log", "start"
    )
    try:
        yield port
    finally:
        _call(as_user, programs / "pg_ctl", "-D", data, "-m", "immediate", "stop")


def _unprivileged(folder: Path) -> list[str]:
    """How to run a program as somebody whom PostgreSQL accepts: it refuses root."""
    if os.geteuid() != 0:
        return []
    for path in (folder, folder / "password"):
        shutil.chown(path, "postgres")
    for parent in folder.parents:  # pytest's folders are closed to others
        if parent.name.startswith(("pytest-", "popen-")):
            parent.chmod(0o711)
    return ["runuser", "-u", "postgres", "--"]


def _call(prefix: list[str], *command: object) -> None:
    subprocess.run(
        [*prefix, *map(str, command)],
        check=True,
        stdout=subprocess.DEVNULL,
        timeout=120,
        cwd="/tmp",
    )


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
