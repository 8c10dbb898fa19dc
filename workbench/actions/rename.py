"""Rename: call a run what people call it."""

from __future__ import annotations

from typing import Any

from workbench.actions.context import Context
from workbench.core.errors import UsageError
from workbench.core.progress import Progress, silent

LONGEST = 200


def run(context: Context, progress: Progress = silent, *, run: str, name: str) -> dict[str, Any]:
    """Give a run another name; its id, which everything else points at, stays.

    Returns
    -------
    dict
        ``run``, ``name``, ``before``.

    Raises
    ------
    UsageError
        The name is empty, longer than 200 characters, or holds what no line can show.
    """
    called = name.strip()
    if not called:
        raise UsageError("A run needs a name.", "Give one that says what is special about it.")
    if len(called) > LONGEST:
        raise UsageError(f"A name has at most {LONGEST} characters.", "Give a shorter one.")
    if not called.isprintable():
        raise UsageError("A name is one line of plain text.", "Leave the line break out.")
    record = context.store.run(run)
    context.store.rename(record.id, called)
    progress(1.0, f"{record.short} is called {called}")
    return {"run": record.id, "name": called, "before": record.name}
