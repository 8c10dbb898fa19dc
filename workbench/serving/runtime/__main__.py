"""``python -m workbench.serving.runtime BUNDLE``: answer for a bundle until told to stop."""

from __future__ import annotations

import argparse
import gc
import os
import socket
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from workbench.core.doors import Door
from workbench.core.errors import UsageError, WorkbenchError
from workbench.serving.runtime.application import Application
from workbench.serving.runtime.log import PredictionLog
from workbench.serving.runtime.model import Model
from workbench.serving.runtime.requestlog import RequestLog, say
from workbench.serving.runtime.server import Server
from workbench.serving.runtime.service import Service


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT; 1 when the bundle or the arguments are refused."""
    given = _parser().parse_args(arguments)
    try:
        with tempfile.TemporaryDirectory(prefix="workbench-") as empty:
            _serve(given, Path(empty))
    except WorkbenchError as error:
        print(error, file=sys.stderr, flush=True)
        return 1
    return 0


def _serve(given: argparse.Namespace, empty: Path) -> None:
    token = _token(given.token_file)
    folder = Path(given.bundle).absolute()
    listener = _listener(given)
    port = listener.getsockname()[1]
    predictions = Path(given.predictions).absolute() if given.predictions else None
    model = Model.open(folder, empty)
    log = PredictionLog(predictions, model.manifest.run_id) if predictions else None
    service = Service(model, log)
    door = Door.loopback(port, token, given.allow_host)
    application = Application(service, door, port, RequestLog())
    if log is not None:
        log.start()
    sys.setswitchinterval(0.001)  # a thread that reads a large body lets the others in sooner
    gc.collect()
    gc.freeze()  # what is loaded stays: looking through it again and again held up answers
    gc.set_threshold(20_000, 20, 20)
    say(f"{given.name or model.manifest.name} answers on port {port}, process {os.getpid()}")
    try:
        Server(application).run([listener])
    finally:
        service.close()
        if log is not None:
            log.close()
        application.log.flush()
        say("stopped")


def _token(path: str | None) -> str:
    try:
        token = Path(path).read_text().strip() if path else os.environ.get("WORKBENCH_TOKEN", "")
    except OSError as error:
        raise UsageError(f"The token file {path} cannot be read: {error.strerror}.") from error
    if not token:
        raise UsageError(
            "A server needs a token.", "Give --token-file FILE or set WORKBENCH_TOKEN."
        )
    return token


def _listener(given: argparse.Namespace) -> socket.socket:
    if given.fd is not None:
        return socket.socket(fileno=given.fd)
    family = socket.AF_INET6 if ":" in given.host else socket.AF_INET
    try:
        return socket.create_server((given.host, given.port), family=family, backlog=1024)
    except (OSError, OverflowError) as error:
        why = error.strerror if isinstance(error, OSError) else "ports end at 65535"
        raise UsageError(
            f"Port {given.port} of {given.host} cannot be used: {why}.",
            "Choose another one, or 0 for a free one.",
        ) from error


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="workbench.serving.runtime", description=__doc__)
    parser.add_argument("bundle", help="the bundle's folder")
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on")
    parser.add_argument("--port", type=int, default=8080, help="0 takes a free one")
    parser.add_argument("--fd", type=int, help="a listening socket to take over")
    parser.add_argument("--token-file", help="holds the secret; or set WORKBENCH_TOKEN")
    parser.add_argument("--predictions", help="folder for the log of answers; none by default")
    parser.add_argument("--name", help="what it is called in its log")
    parser.add_argument(
        "--allow-host",
        action="append",
        default=[],
        metavar="NAME:PORT",
        help="a further Host that it is called by",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
