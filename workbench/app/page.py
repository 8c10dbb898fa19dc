"""What a page is: built at its first visit, told of every later one."""

from __future__ import annotations

from typing import Any

import panel as pn

from workbench.app.visit import Visit


class Page(pn.viewable.Viewer):
    """A page of the app; a subclass builds its parts in ``build`` and reads on ``arrive``."""

    def __init__(self, visit: Visit) -> None:
        super().__init__()
        self.visit = visit
        self.workspace = visit.workspace
        self.body = self.build()

    def build(self) -> Any:
        """The page's parts, drawn without reading anything."""
        raise NotImplementedError

    def arrive(self) -> None:
        """Read what the address asks for; called at every visit."""

    def leave(self) -> None:
        """Stop whatever polls; called when another page opens."""

    def __panel__(self) -> Any:
        return self.body
