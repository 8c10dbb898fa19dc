"""What the Train and the Tune page ask alike: which data, which target, which families."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import param

from workbench.app import ui
from workbench.app.visit import Visit
from workbench.core.dataset import DatasetRecord
from workbench.core.errors import UsageError
from workbench.views import words
from workbench.workspace import Workspace


@dataclass(frozen=True)
class Choices:
    """What can be trained on what."""

    datasets: dict[str, DatasetRecord]
    families: dict[str, str]
    absent: dict[str, str] = field(default_factory=dict)  # not installed: how to install it

    def first(self, wanted: str) -> str:
        """The data set that is wanted by name or ``name@version``, else the newest."""
        known = list(self.datasets)
        return next((r for r in known if wanted in (r, r.partition("@")[0])), known[0])


class Question(param.Parameterized):
    """The part of a form that names data, target and families."""

    dataset = param.String("")
    target = param.String("")
    families = param.List([])

    def __init__(self, workspace: Workspace) -> None:
        super().__init__()
        self.workspace = workspace

    def choices(self) -> Choices:
        """Data sets and families; blocks."""
        records = {d.ref: d.record for d in self.workspace.datasets.list()}
        workspace = self.workspace
        return Choices(records, workspace.families(), workspace.absent_families())

    def asked(self, verb: str, families: bool = True) -> dict[str, Any]:
        """These three as parameters of a job; without ``families`` the job chooses them.

        Raises
        ------
        UsageError
            One of them is not chosen.
        """
        if not self.dataset:
            raise UsageError(f"There is no data set to {verb} on.", "Import one on the Data page.")
        if families and not self.families:
            raise UsageError("No model family is chosen.", "Choose one or more.")
        if not self.target:
            raise UsageError("No target is chosen.", "Choose the column to predict.")
        asked = {"dataset": self.dataset, "target": self.target}
        return {**asked, "families": list(self.families)} if families else asked

    def choose(self, ref: str, choices: Choices, target: Any) -> None:
        """Take a data set, and put its columns and its target into the select ``target``."""
        schema = choices.datasets[ref].schema
        name = schema.target.name if schema.target else None
        self.param.update(dataset=ref, target=name or "")
        target.param.update(options=[c.name for c in schema.columns], value=name)


def selects(model: Question, choices: Choices, ref: str) -> tuple[Any, Any]:
    """The selects of the data set and of the target; the second is empty until one is chosen."""
    dataset, target = ui.select("Data set", list(choices.datasets), ref), ui.select("Target", [])
    target.param.watch(lambda e: setattr(model, "target", e.new or ""), "value")
    return dataset, target


def known_families(model: Question, choices: Choices, leave: Sequence[str] = ()) -> dict[str, Any]:
    """Options and value of the families' boxes."""
    titles = {t: name for name, t in choices.families.items() if name not in leave}
    return {"options": titles, "value": [f for f in model.families if f in titles.values()]}


def absent(choices: Choices) -> Any:
    """One line for each family that could be there, with the command that brings it."""
    lines = [
        f"{words.family(name)} is not installed. {hint}" for name, hint in choices.absent.items()
    ]
    return ui.column(*(ui.text(line, "small") for line in lines), gap=2)


def no_data(visit: Visit) -> Any:
    """What stands in the form's place while there is nothing to train on."""
    return ui.empty(
        "There is no data set yet.",
        "Import one first.",
        ui.button("Go to Data", lambda: visit.go("data"), icon="table_chart"),
    )
