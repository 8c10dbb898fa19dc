"""The way from the menu to MLflow's own pages: its server starts when somebody asks for it."""

from __future__ import annotations

import panel as pn
import panel_material_ui as pmui

from workbench.app.visit import Visit
from workbench.app.work import in_background
from workbench.core.errors import WorkbenchError

TOLD = "MLflow's own pages on these runs; they open in a new tab, on this machine only"


class Library(pn.viewable.Viewer):
    """A button that starts the server, and then is the link to it."""

    def __init__(self, visit: Visit) -> None:
        super().__init__()
        self.visit = visit
        self.button = pmui.Button(
            label="MLflow",
            icon="account_tree",
            variant="text",
            color="default",
            description=TOLD,
            icon_size="20px",
            sx={"fontWeight": 400, "gap": "4px"},
            margin=(4, 8),
            on_click=self._ask,
        )

    def _ask(self, _: object) -> None:
        if self.button.href:
            return  # the browser follows it
        self.button.param.update(loading=True, label="Starting MLflow")
        in_background(self.visit.workspace.mlflow, self._there, self._failed)

    def _there(self, url: str) -> None:
        self.button.param.update(
            loading=False, label="Open MLflow", icon="open_in_new", href=url, target="_blank"
        )

    def _failed(self, error: WorkbenchError) -> None:
        self.button.param.update(loading=False, label="MLflow")
        self.visit.complain(error)

    def __panel__(self) -> pn.viewable.Viewable:
        return self.button
