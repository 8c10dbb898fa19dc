"""A recipe: everything that decides a run, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from numbers import Integral
from typing import Any, Literal

from workbench.core.errors import UsageError
from workbench.core.feature import Feature
from workbench.core.mitigation import Mitigation
from workbench.core.split import Split
from workbench.core.wire import digest, load, plain

Task = Literal["binary", "multiclass", "regression"]
PRIMARY: Mapping[Task, str] = {  # the metric by which runs are ranked
    "binary": "roc_auc",
    "multiclass": "log_loss",
    "regression": "rmse",
}
ADOPTED = "adopted"  # the family of a model that was made elsewhere


@dataclass(frozen=True)
class Preparation:
    """How columns become numbers, before any model sees them."""

    rare: int = 10  # categories seen in fewer training rows share one code
    missing: Literal["impute", "native"] | None = None  # None: what the family does best


@dataclass(frozen=True)
class Recipe:
    """Data, split, preparation, family with parameters, and seed; hashable through ``digest``."""

    dataset: str  # "adult@1"
    family: str
    target: str | None = None  # None: the column whose role is target
    task: Task | None = None  # None: told from the target
    columns: tuple[str, ...] | None = None  # None: those with the role feature or sensitive
    features: tuple[Feature, ...] | None = None  # made from columns; None: those of the data set
    sensitive: Literal["use", "drop"] = "use"
    params: Mapping[str, Any] = field(default_factory=dict)
    preparation: Preparation = field(default_factory=Preparation)
    split: Split | None = None  # None: the split that the data asks for
    seed: int = 0
    mitigation: Mitigation | None = None  # what is done for the groups of some columns
    threshold: float | None = None  # from which on a row is positive; None: the family's own

    def __post_init__(self) -> None:
        if not isinstance(self.seed, Integral) or not 0 <= self.seed < 2**31:
            raise UsageError(f"A seed is a whole number from 0 to 2147483647, not {self.seed!r}.")
        if not isinstance(self.params, Mapping):
            raise UsageError(
                f"The parameters of {self.family} are names and values, not {self.params!r}.",
                'Give them as a dict: {"C": 0.5}.',
            )
        if self.threshold is not None and not 0 <= self.threshold <= 1:
            raise UsageError(f"A threshold is a probability, not {self.threshold:g}.")

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical JSON: two equal recipes have one digest."""
        asked = self.to_dict()
        for later in ("mitigation", "threshold"):  # recipes from before keep their digest
            if asked[later] is None:
                del asked[later]
        return digest(asked)

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON or TOML."""
        return dict(plain(self))

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Recipe:
        """A recipe from plain data (a TOML table, a JSON object).

        Raises
        ------
        UsageError
            A key is missing or unknown.
        """
        unknown = sorted(set(data) - set(cls.__dataclass_fields__))
        if unknown:
            raise UsageError(
                f"A recipe has no {', '.join(map(repr, unknown))}.",
                f"It has: {', '.join(cls.__dataclass_fields__)}.",
            )
        missing = [k for k in ("dataset", "family") if not data.get(k)]
        if missing:
            raise UsageError(f"A recipe needs {' and '.join(missing)}.")
        return load(cls, data)


def model_name(family: str, task: str | None) -> str:
    """What the field calls a family's model: ``logistic`` fitted to numbers is ``ridge``."""
    return "ridge" if family == "logistic" and task == "regression" else family
