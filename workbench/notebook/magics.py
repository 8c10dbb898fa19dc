"""``%workbench`` and ``%%workbench``: the common steps as words; results are the usual objects."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from typing import Any

from IPython.core.magic import Magics, line_cell_magic, magics_class
from IPython.display import display

from workbench.core.errors import UsageError, WorkbenchError
from workbench.notebook.place import current
from workbench.notebook.steps import STEPS, Call, parsed, step, usage
from workbench.workspace import Workspace, catalogue, open_workspace

NAMED = re.compile(r"^\s*([A-Za-z_]\w*)\s*=\s*(.*)$")
PAGES = (
    "data", "features", "train", "tune", "compare", "explain", "fairness", "export", "serve",
    "monitor", "jobs",
)  # fmt: skip


@magics_class
class WorkbenchMagics(Magics):
    """The steps of a workspace as words.

    ::

        run = %workbench train adult lightgbm
        %workbench explain run
    """

    opened: Workspace | None = None

    @line_cell_magic
    def workbench(self, line: str, cell: str | None = None) -> Any:
        """One step, or a step a line: ``%workbench`` alone lists them.

        In a cell, ``name = step`` keeps a result, ``#`` begins a remark, and what is not kept is
        shown.
        """
        if cell is None:
            return self._does(line)
        if line.strip():
            display(self._does(line))
        for text in cell.splitlines():
            words = text.strip()
            if not words or words.startswith("#"):
                continue
            named = NAMED.match(words)
            found = self._does(named[2] if named else words)
            if named:
                self.shell.user_ns[named[1]] = found
            elif found is not None:
                display(found)
        return None

    def _does(self, line: str) -> Any:
        try:
            words = shlex.split(line, comments=True)
        except ValueError as error:
            raise UsageError(
                f"The line cannot be read: {error}.", "Close the quotation."
            ) from error
        if not words:
            print(usage())  # noqa: T201 - what a magic has to say
            return None
        name, *rest = words
        found = step(name)
        given = parsed(name, rest)
        if name == "open":
            self.opened = open_workspace(given.folder)
        return found.does(Call(self._workspace(), given, self.shell.user_ns))

    def _workspace(self) -> Workspace:
        return self.opened or current(self.shell.user_ns)

    def complete(self, line: str) -> list[str]:
        """What may stand next; nothing where that cannot be told."""
        before = line.split()[1:]
        if line[-1:].isspace():
            before.append("")
        if len(before) < 2:
            return list(STEPS)
        after = STEPS[before[0]].after if before[0] in STEPS else ()
        if not after:
            return []
        kind = after[min(len(before) - 2, len(after) - 1)]
        try:
            return self._names(kind)
        except (WorkbenchError, OSError):
            return []

    def _names(self, kind: str) -> list[str]:
        if kind == "page":
            return list(PAGES)
        if kind == "folder":
            return []
        workspace = self._workspace()
        datasets = [data.name for data in workspace.datasets.list()]
        if kind == "dataset":
            return datasets
        if kind == "source":
            return sorted({*datasets, *catalogue()})
        if kind == "family":
            return list(workspace.families())
        runs = [run.record for run in workspace.runs.list(30)]
        names = [alias for record in runs for alias in record.aliases]
        names += [record.short for record in runs]
        return [b.name for b in workspace.bundles()] + names if kind == "bundle" else names


def register(shell: Any) -> None:
    """Give a shell of IPython the magics, and their completion."""
    magics = WorkbenchMagics(shell)
    shell.register_magics(magics)

    def complete(_: Any, event: Any) -> Sequence[str]:
        line = event.line.partition("%workbench")[2]
        return magics.complete(f"%workbench{line}")

    shell.set_hook("complete_command", complete, re_key=r".*%workbench")
