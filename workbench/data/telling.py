"""Which columns say what a row is about: those that a split by content looks at."""

from __future__ import annotations

from dataclasses import replace

from workbench.core.dataset import Schema
from workbench.core.split import Split

LEARNED = ("feature", "sensitive")


def pinned(split: Split, schema: Schema) -> Split:
    """The split with the columns named that it looks at, so that later roles do not change it."""
    if split.method != "content" or split.columns:
        return split
    return replace(split, columns=telling(schema))


def telling(schema: Schema) -> tuple[str, ...]:
    """The columns whose cells make two rows alike for a model: what it learns from, but ids.

    Where there is nothing else it is free text, which is learned from by features made of it.
    """
    learned = [c.name for c in schema.having(*LEARNED) if c.basis != "identifier"]
    texts = [c.name for c in schema.having("ignore") if c.basis == "text"]
    return tuple(learned or texts)
