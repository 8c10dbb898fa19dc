"""The app inside Jupyter looks at whichever workspace Jupyter shows at the moment."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from workbench.core.errors import NotFound
from workbench.core.settings import FILE
from workbench.workspace import Workspace

framed = pytest.importorskip("workbench.app.framed", reason="the app comes with the extra app")


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Any]:
    """The app of the file ``told``, behind a socket of its own."""
    made = framed.FramedApp(tmp_path / "told", secret="s", socket=str(tmp_path / "socket"))
    yield made
    made.server.stop()


def test_the_workspace_of_the_moment_is_shown(
    app: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = tmp_path / "told"
    ws = Workspace(tmp_path / "credit")
    monkeypatch.chdir(ws.root)  # an empty name is no folder, wherever the process was started
    for nothing in (None, "", str(tmp_path / "nowhere")):
        if nothing is not None:
            told.write_text(nothing)
        with pytest.raises(NotFound, match="no workspace to show"):
            app.workspace  # noqa: B018
    told.write_text(str(ws.root))
    shown = app.workspace
    assert shown.root == ws.root and app.workspace is shown
    os.utime(ws.root / FILE, ns=(1, 1))  # made anew: its number may be the old one
    again = app.workspace
    assert again is not shown
    (ws.root / FILE).rename(tmp_path / "away")
    with pytest.raises(NotFound):
        app.workspace  # noqa: B018
    (tmp_path / "away").rename(ws.root / FILE)
    assert app.workspace is not again
