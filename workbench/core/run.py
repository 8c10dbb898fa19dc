"""A run: one execution of a recipe, and the model that came out of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from workbench.core.recipe import ADOPTED, Recipe, model_name
from workbench.core.signature import Signature

RunState = Literal["running", "done", "failed", "cancelled"]


@dataclass(frozen=True)
class ModelRecord:
    """A registered model: ``name/version`` made by ``run_id``."""

    name: str
    version: str
    run_id: str
    aliases: tuple[str, ...] = ()

    @property
    def ref(self) -> str:
        return f"{self.name}/{self.version}"


@dataclass(frozen=True)
class RunRecord:
    """What the library knows of a run; metrics are the point estimates on the test part."""

    id: str
    name: str
    state: RunState
    recipe: Recipe
    signature: Signature | None = None
    metrics: Mapping[str, float] = field(default_factory=dict)
    dataset_digest: str = ""
    started: dt.datetime | None = None
    seconds: float | None = None
    reason: str = ""  # why it failed
    tags: Mapping[str, str] = field(default_factory=dict)  # git commit, device, versions
    aliases: tuple[str, ...] = ()  # registry aliases of its model: champion

    @property
    def model(self) -> str:
        """How the field calls the model: ``lightgbm``, ``ridge``; or an adopted one's name."""
        if self.recipe.family == ADOPTED:
            return self.name
        return model_name(self.recipe.family, self.tags.get("task"))

    @property
    def short(self) -> str:
        """The first eight letters of the id; enough to name it on a command line."""
        return self.id[:8]
