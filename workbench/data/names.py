"""Names of columns: every column has one, and no two have the same."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.core.report import Finding
from workbench.data.reader import note


def unique(names: Sequence[str]) -> tuple[list[str], tuple[Finding, ...]]:
    """``names`` without empty ones and without duplicates, and notes of what was changed.

    A second ``price`` becomes ``price.1``, as in pandas; a third column without a name
    becomes ``column 3``.
    """
    taken = {name.strip() for name in names}
    given: set[str] = set()
    found: list[str] = []
    notes: list[Finding] = []
    for number, raw in enumerate(names, 1):
        name = raw.strip()
        if not name:
            name = _free(f"column {number}", taken | given)
            notes.append(note("column-named", f"Column {number} had no name: {name!r}.", name))
        elif name in given:
            again = _free(name, taken | given)
            notes.append(
                note(
                    "column-renamed",
                    f"Two columns are called {name!r}; the later one is now {again!r}.",
                    again,
                )
            )
            name = again
        given.add(name)
        found.append(name)
    return found, tuple(notes)


def _free(name: str, taken: set[str]) -> str:
    if name not in taken:
        return name
    number = 1
    while f"{name}.{number}" in taken:
        number += 1
    return f"{name}.{number}"
