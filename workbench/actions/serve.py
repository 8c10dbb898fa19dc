"""Serve: a bundle becomes an endpoint on this machine; stop and restart it."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path
from typing import Any

from workbench.actions.context import Context
from workbench.core.bundle import verify
from workbench.core.dataset import slug
from workbench.core.endpoint import EndpointRecord
from workbench.core.errors import UsageError
from workbench.core.progress import Progress, silent
from workbench.serving import launch as launcher


def run(
    context: Context,
    progress: Progress = silent,
    *,
    bundle: str,
    name: str | None = None,
    port: int = 0,
) -> dict[str, Any]:
    """Start an endpoint for a bundle and wait until it is ready.

    Returns
    -------
    dict
        ``endpoint`` (its name), ``url``.
    """
    endpoint = start(context, Path(bundle), name, port, progress)
    return {"endpoint": endpoint.name, "url": endpoint.url}


def start(
    context: Context, bundle: Path, name: str | None, port: int, progress: Progress = silent
) -> EndpointRecord:
    """Check the bundle, launch its server, and write both down."""
    folder = bundle.expanduser().absolute()
    progress(0.1, "checking the bundle's files")
    manifest = verify(folder)
    taken = {e.name for e in context.ledger.endpoints() if e.alive}
    if name is not None and name in taken:
        raise UsageError(
            f"An endpoint called {name!r} is running.", "Stop it or choose another name."
        )
    name = name if name is not None else slug(folder.name, taken)
    if slug(name) != name:
        raise UsageError(f"{name!r} cannot name an endpoint.", "Use a-z, 0-9, '-' and '_'.")
    progress(0.3, "starting the server")
    launched = launcher.launch(
        folder,
        name=name,
        port=port,
        folder=context.folder("endpoints", name),
        predictions=context.folder("predictions", name),
    )
    endpoint = EndpointRecord(
        name=name,
        bundle=str(folder),
        port=launched.port,
        state="ready",
        host=launched.host,
        pid=launched.pid,
        run_id=manifest.run_id,
        log=str(launched.log),
        predictions=str(context.root / "predictions" / name),
        token_file=str(launched.token_file),
        started=dt.datetime.now(dt.UTC),
    )
    context.ledger.put_endpoint(endpoint, launched.started)
    context.audit.append(
        "serve",
        name,
        {"bundle": str(folder), "run": manifest.run_id, "model": manifest.files[manifest.model]},
    )
    progress(1.0, f"ready at {endpoint.url}")
    return endpoint


def stop(context: Context, name: str) -> EndpointRecord:
    """Let the endpoint answer what it has begun, then end it."""
    endpoint = context.ledger.endpoint(name)
    process = context.ledger.process_of(name)
    if endpoint.alive and process is not None:
        launcher.stop(process.pid, process.started)
    if endpoint.state != "stopped":
        endpoint = replace(endpoint, state="stopped", stopped=dt.datetime.now(dt.UTC))
        context.ledger.put_endpoint(endpoint)
        context.audit.append("stop", name, {"run": endpoint.run_id})
    return endpoint


def restart(context: Context, name: str, progress: Progress = silent) -> EndpointRecord:
    """Stop and start on the same port, with the same bundle."""
    endpoint = stop(context, name)
    return start(context, Path(endpoint.bundle), name, endpoint.port, progress)
