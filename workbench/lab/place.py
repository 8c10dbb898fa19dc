"""Which workspace this Jupyter server shows: named, else the nearest one upwards, else below."""

from __future__ import annotations

import os
import threading
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.core.errors import NotFound, UsageError, WorkbenchError
from workbench.core.files import identity, write_text
from workbench.core.settings import FILE

if TYPE_CHECKING:
    from workbench.workspace import Workspace

MOST = 2000  # entries of Jupyter's folder that are looked at
VARIABLE = "WORKBENCH_WORKSPACE"


class Place:
    """The workspace that is looked at, found anew for each question.

    It may be made, deleted or replaced at any time by others; what is open is kept only as long
    as it is still the same folder.

    Parameters
    ----------
    root
        Jupyter's root folder; relative names start there.
    told
        A file that says which folder is shown, for the app's process.
    """

    def __init__(
        self, root: Path, told: Path | None = None, environment: Mapping[str, str] = os.environ
    ) -> None:
        self.root = root.expanduser().absolute()
        self.told = told
        self.named = environment.get(VARIABLE, "")
        self.chosen = ""
        self.server = uuid.uuid4().hex  # pages notice by it that Jupyter was started anew
        self._lock = threading.Lock()
        self._open: tuple[tuple[str, tuple[int, int, int]], Workspace] | None = None
        self._told: str | None = None

    def folder(self) -> Path:
        """The workspace's folder.

        Raises
        ------
        NotFound
            There is none, or there are several; the hint says what to do.
        """
        named = self.chosen or self.named
        if named:
            folder = self._at(named)
            if not (folder / FILE).is_file():
                raise NotFound(
                    f"{named} is no workspace.",
                    "Make one there, or choose another folder in Settings.",
                )
            return folder
        found = self._nearest()
        if found is None:
            raise NotFound(
                "There is no workspace in this folder yet.",
                "Make one here, or name one in Settings.",
            )
        return found

    def workspace(self) -> Workspace:
        """The workspace, opened; blocks for a moment the first time."""
        from workbench.workspace import Workspace

        with self._lock:
            try:
                folder = self.folder()
                key = str(folder), identity(folder / FILE)
            except (WorkbenchError, OSError):
                self._open = None  # what comes back under this name is looked at afresh
                self.tell()
                raise
            if self._open is None or self._open[0] != key:
                self._open = key, Workspace(folder)
            self.tell()
            return self._open[1]

    def choose(self, folder: str) -> None:
        """Look at another workspace; an empty name goes back to the nearest one."""
        self.chosen = folder.strip()

    def create(self, folder: str) -> Path:
        """Make a workspace in a folder below Jupyter's, and look at it."""
        from workbench.core.files import inside
        from workbench.workspace import Workspace

        name = folder.strip().strip("/")
        root = inside(self.root, name) if name not in ("", ".") else self.root
        made = Workspace(root).root
        self.chosen = name or "."
        return made

    def nearest(self) -> str:
        """The folder that is shown where nobody names one; empty where that is not clear."""
        try:
            found = self._at(self.named) if self.named else self._nearest()
        except NotFound:
            return ""
        return "" if found is None else str(found)

    def offers(self) -> list[str]:
        """The workspaces right below Jupyter's folder, by name."""
        with os.scandir(self.root) as entries:
            some = [entry for entry, _ in zip(entries, range(MOST), strict=False)]
        return sorted(e.name for e in some if (Path(e.path) / FILE).is_file())

    def relative(self, folder: Path) -> str | None:
        """A folder as seen from Jupyter's; None if it lies elsewhere."""
        try:
            return folder.relative_to(self.root).as_posix()
        except ValueError:
            return None

    def tell(self) -> None:
        """Write down for the app and for notebooks which folder is shown; nothing where none is."""
        try:
            shown = str(self.folder())
        except WorkbenchError:
            shown = ""
        if self.told is not None and shown != self._told:
            write_text(self.told, shown)
            self._told = shown

    def _nearest(self) -> Path | None:
        for folder in (self.root, *self.root.parents):
            if (folder / FILE).is_file():
                return folder
        below = self.offers()
        if len(below) > 1:
            raise NotFound(
                f"There are {len(below)} workspaces here: {', '.join(below[:5])}.",
                "Choose the one to look at.",
            )
        return self.root / below[0] if below else None

    def _at(self, name: str) -> Path:
        return (self.root / Path(name).expanduser()).absolute()


def path_below(place: Place, path: str) -> Path:
    """A path that a browser sent, as a file below Jupyter's folder or the workspace.

    Raises
    ------
    UsageError
        It lies elsewhere.
    """
    asked = Path(path.strip().lstrip("/")) if not Path(path).is_absolute() else Path(path)
    found = (place.root / asked).resolve()
    if not found.is_relative_to(place.root.resolve()):
        workspace = place.folder().resolve()
        if not found.is_relative_to(workspace):
            raise UsageError(f"{path} lies outside of Jupyter's folder.", "Move it there first.")
    return found
