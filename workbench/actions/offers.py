"""Offers: what can be imported by name, and what can be trained."""

from __future__ import annotations

import contextlib

from workbench.core.errors import MissingExtra, WorkbenchError
from workbench.core.recipe import Task
from workbench.data import catalogue
from workbench.training.family import families


def data_sets() -> dict[str, str]:
    """Names of the catalogue and their titles."""
    return {name: entry.title for name, entry in catalogue.entries().items()}


def model_families(task: Task | None = None) -> dict[str, str]:
    """Names of the model families and their titles, optionally only those that can do a task.

    A family that is not installed or cannot be loaded is left out.
    """
    known = {}
    for name in families.names():
        with contextlib.suppress(WorkbenchError):
            known[name] = families.get(name)
    return {n: f.title for n, f in known.items() if task is None or task in f.tasks}


def absent_families() -> dict[str, str]:
    """Names of the families that cannot be used here, with how to install them or what is wrong."""
    absent = {}
    for name in families.names():
        try:
            families.get(name)
        except MissingExtra as error:
            absent[name] = error.hint
        except WorkbenchError as error:
            absent[name] = str(error)
    return absent
