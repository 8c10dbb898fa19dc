"""Offers: what can be imported by name, and what can be trained."""

from __future__ import annotations

from workbench.core.recipe import Task
from workbench.data import catalogue
from workbench.training.family import families


def data_sets() -> dict[str, str]:
    """Names of the catalogue and their titles."""
    return {name: entry.title for name, entry in catalogue.entries().items()}


def model_families(task: Task | None = None) -> dict[str, str]:
    """Names of the model families and their titles, optionally only those that can do a task."""
    known = {name: families.get(name) for name in families.names()}
    return {n: f.title for n, f in known.items() if task is None or task in f.tasks}
