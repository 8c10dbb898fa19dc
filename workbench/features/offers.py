"""Offers: the steps that features can be made by, and their parameters."""

from __future__ import annotations

from workbench.core.report import Report, Table
from workbench.features.step import steps


def offers() -> Report:
    """A report of kind ``steps``: one row for each step, and for each of its parameters."""
    known = {name: steps.get(name) for name in steps.names()}
    options = [(name, option) for name, kind in known.items() for option in kind.options]
    return Report(
        "steps",
        "features",
        "Steps",
        f"{len(known)} ways to make columns.",
        tables=(
            Table.of(
                "steps",
                {
                    "name": list(known),
                    "title": [kind.title for kind in known.values()],
                    "takes": [list(kind.takes) for kind in known.values()],
                    "spare": [kind.spare for kind in known.values()],
                    "keeps": [kind.keeps for kind in known.values()],
                    "exact": [kind.exact for kind in known.values()],
                    "runtime": [kind.runtime for kind in known.values()],
                },
            ),
            Table.of(
                "options",
                {
                    "step": [name for name, _ in options],
                    "name": [o.name for _, o in options],
                    "says": [o.says for _, o in options],
                    "kind": [o.kind for _, o in options],
                    "default": [o.default for _, o in options],
                    "choices": [list(o.choices) for _, o in options],
                },
            ),
        ),
    )
