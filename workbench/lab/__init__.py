"""The server part of the JupyterLab extension: REST and events over one workspace, and the app.

Jupyter loads this module when it starts, so everything else is imported when it is first needed.
"""

from __future__ import annotations

from typing import Any

NAME = "@ml-workbench/jupyterlab"


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "workbench.lab"}]


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    return [{"src": "labextension", "dest": NAME}]


def _load_jupyter_server_extension(server: Any) -> None:
    from workbench.lab.routes import add

    add(server)
