"""Library: MLflow's own pages on what the workspace has learned."""

from __future__ import annotations

from pathlib import Path

from workbench.actions.context import Context
from workbench.core.errors import NotFound
from workbench.store.mlflowpage import MLflowPage

_pages: dict[Path, MLflowPage] = {}  # one server for all who hold the workspace in this process


def address(context: Context, port: int = 0) -> str:
    """Where MLflow's pages are: the remote server's, or those of one started here.

    Raises
    ------
    NotFound
        There is no run yet, so nothing to look at.
    """
    if context.settings.tracking_uri:
        return context.settings.tracking_uri
    if not context.learned:
        raise NotFound("There is no run yet.", "Train one: workbench train DATASET")
    return _pages.setdefault(context.root, MLflowPage(context.root)).open(port)


def stay(context: Context) -> None:
    """Wait until the pages' server has ended; at once where it is a remote one."""
    if context.root in _pages:
        _pages[context.root].wait()
