"""Bundles and endpoints: what is carried away, and what answers on this machine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from workbench.core.bundle import MANIFEST, BundleManifest, verify
from workbench.core.endpoint import EndpointRecord
from workbench.core.report import Report
from workbench.core.wire import load
from workbench.objects.live import WIDGETS
from workbench.objects.shown import Shown
from workbench.objects.tail import tail
from workbench.views import cards, shelves

if TYPE_CHECKING:
    import pandas as pd

    from workbench.workspace import Workspace


class Bundle(Shown):
    """A folder that can be carried away: model, signature, provenance, cards, examples."""

    def __init__(self, workspace: Workspace, path: Path) -> None:
        self.workspace = workspace
        self.path = path

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def manifest(self) -> BundleManifest:
        return load(BundleManifest, json.loads((self.path / MANIFEST).read_text("utf-8")))

    def verify(self) -> BundleManifest:
        """Hold every file against its hash; raises with the name of the first that differs."""
        return verify(self.path)

    def sample(self) -> list[dict[str, Any]]:
        """Three rows that the model takes."""
        found: list[dict[str, Any]] = json.loads((self.path / "sample.json").read_text("utf-8"))[
            "rows"
        ]
        return found

    def serve(self, port: int = 0, name: str | None = None) -> Endpoint:
        """Start an endpoint on this machine; a context manager that stops it."""
        from workbench.actions.serve import start

        return Endpoint(self.workspace, start(self.workspace.context, self.path, name, port))

    def _html(self) -> str:
        return cards.bundle(self.path, self.manifest)

    def __repr__(self) -> str:
        return f"<Bundle {self.path}>"


class Endpoint(Shown):
    """A bundle being served."""

    def __init__(self, workspace: Workspace, record: EndpointRecord) -> None:
        self.workspace = workspace
        self.record = record

    @property
    def name(self) -> str:
        return self.record.name

    @property
    def url(self) -> str:
        return self.record.url

    @property
    def token(self) -> str:
        from workbench.actions.call import token

        return token(self.record)

    @property
    def bundle(self) -> Bundle:
        return Bundle(self.workspace, Path(self.record.bundle))

    def refresh(self) -> Endpoint:
        """Look again whether it is alive."""
        self.record = self.workspace.context.ledger.endpoint(self.name)
        return self

    def health(self) -> dict[str, Any]:
        """What the server says of itself."""
        from workbench.actions.call import call

        return call(self.record, "/health")

    def predict(self, rows: Any) -> dict[str, Any]:
        """Ask the endpoint; ``rows`` is a DataFrame or a list of dicts."""
        from workbench.actions.call import call

        if hasattr(rows, "to_dict"):
            names = [n for n in self.bundle.manifest.signature.names if n in rows.columns]
            rows = rows[names].to_dict("records")
        return call(self.record, "/predict", {"rows": rows})

    def explore(self) -> Any:
        """Ask it by hand, live in a notebook: type a row, see the answer and how long it took.

        Raises
        ------
        MissingExtra
            anywidget is not installed.
        """
        return WIDGETS.get("endpoint")(self)

    def stop(self) -> Endpoint:
        """Let it answer what it has begun, then end it."""
        from workbench.actions.serve import stop

        self.record = stop(self.workspace.context, self.name)
        return self

    def restart(self) -> Endpoint:
        from workbench.actions.serve import restart

        self.record = restart(self.workspace.context, self.name)
        return self

    def log(self, lines: int = 100) -> str:
        """The last lines of the server's log."""
        return tail(Path(self.record.log), lines)

    def answers(self, last: int | None = None) -> pd.DataFrame:
        """The newest logged answers with their inputs."""
        from workbench.actions.watch import answers

        return answers(self.workspace.context, self.name, last)

    def watch(self, last: int | None = None) -> Report:
        return self.workspace.watch(self, last)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _html(self) -> str:
        return cards.endpoint(self.record)

    def __repr__(self) -> str:
        return f"<Endpoint {self.name} {self.record.state} at {self.url}>"


class Endpoints(Shown):
    """The endpoints of a workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def list(self) -> list[Endpoint]:
        return [Endpoint(self._workspace, r) for r in self._workspace.context.ledger.endpoints()]

    def __getitem__(self, name: str) -> Endpoint:
        return Endpoint(self._workspace, self._workspace.context.ledger.endpoint(name))

    def __iter__(self) -> Iterator[Endpoint]:
        return iter(self.list())

    def _html(self) -> str:
        return shelves.endpoints([endpoint.record for endpoint in self.list()])

    def __repr__(self) -> str:
        names = ", ".join(f"{e.name} {e.record.state}" for e in self.list())
        return f"<Endpoints of {self._workspace.name!r}: {names or 'none'}>"
