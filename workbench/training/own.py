"""Families that a user writes: a function or class that gives a scikit-learn estimator."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from importlib import import_module
from types import ModuleType
from typing import Any, Literal

from workbench.core.errors import UsageError, WorkbenchError
from workbench.core.progress import Progress
from workbench.core.recipe import Preparation, Task
from workbench.core.space import Domain, Space
from workbench.training.family import (
    ALL_TASKS,
    Explainer,
    Fitted,
    Problem,
    Steps,
    families,
    refuse_native,
)
from workbench.training.steps import Indicators, Numbers, tree_steps

Columns = Literal["scaled", "codes"]
GIVEN = (
    "task",
    "seed",
    "random_state",
    "levels",
    "inputs",
    "outputs",
)  # what we say, where the maker asks for it


@dataclass(frozen=True)
class OwnFamily:
    """A family around a user's function or class.

    Its parameters are the keyword parameters of ``maker`` that have defaults.
    """

    name: str
    title: str
    tasks: tuple[Task, ...]
    maker: Callable[..., Any]
    columns: Columns
    wanted: Mapping[str, Any] = field(default_factory=dict)
    explainer: Explainer = "sampling"
    own: bool = True
    network: bool = False  # the maker gives a torch module

    def defaults(self, task: Task) -> dict[str, Any]:
        plan: Mapping[str, Any] = {}
        if self.network:
            from workbench.training import learn

            plan = learn.PLAN
        mine = {
            p.name: p.default
            for p in _parameters(self.maker)
            if p.default is not inspect.Parameter.empty and p.name not in GIVEN
        }
        return {**plan, **mine}

    def parameters(self, task: Task) -> frozenset[str]:
        return frozenset(self.defaults(task))

    def space(self, task: Task) -> Space:
        return dict(self.wanted)

    def steps(self, preparation: Preparation, width: int) -> Steps:
        if self.columns == "codes":  # most estimators do not take NaN: it is to be asked for
            missing = preparation.missing or "impute"
            return tree_steps(replace(preparation, missing=missing))
        refuse_native(self.name, preparation)
        return Steps(Numbers(scale=True), Indicators(preparation.rare))

    def fit(self, problem: Problem, progress: Progress) -> Fitted:
        if self.network:
            from workbench.training import module

            return module.fit(lambda: self.made(problem), self.name, problem, progress)
        progress(0.05, "fitting")
        with explained(self.name):
            estimator = self.made(problem)
        if not hasattr(estimator, "fit"):
            raise UsageError(
                f"{self.name!r} gave {type(estimator).__name__}, which has no method fit.",
                "Give an unfitted scikit-learn estimator, or say network=True for a torch module.",
            )
        with explained(self.name):
            estimator.fit(problem.x, problem.y)
        wanted = "predict" if problem.task == "regression" else "predict_proba"
        if not hasattr(estimator, wanted):
            raise UsageError(
                f"The estimator of {self.name!r} has no {wanted}.",
                "Give one that has, for instance in CalibratedClassifierCV.",
            )
        if not hasattr(estimator, "n_features_in_"):
            estimator.n_features_in_ = problem.x.shape[1]
        return Fitted(estimator)

    def made(self, problem: Problem) -> Any:
        """The unfitted estimator or module for a problem."""
        asked = {p.name for p in _parameters(self.maker)}
        said = {
            "task": problem.task,
            "seed": problem.seed,
            "random_state": problem.seed,
            "levels": problem.levels,
            "inputs": problem.x.shape[1],
            "outputs": max(problem.classes, 1),
        }
        own = {name: value for name, value in problem.params.items() if name in asked}
        given = {name: value for name, value in said.items() if name in asked}
        return self.maker(**{**own, **given})

    @property
    def address(self) -> str:
        """``module:name`` where another process can import the maker; else nothing."""
        module, name = self.maker.__module__, self.maker.__qualname__
        if module == "__main__" or "<" in name or "." in name:
            return ""
        origin = sys.modules.get(module)
        if origin is None or not getattr(origin, "__file__", None):
            return ""
        return f"{module}:{name}" if _named(origin, name) is self.maker else ""


@contextmanager
def explained(name: str) -> Iterator[None]:
    """What a user's own code raises as one sentence; the other families go on."""
    try:
        yield
    except (WorkbenchError, KeyboardInterrupt):
        raise
    except Exception as error:  # whatever it may be
        raise UsageError(
            f"The code of {name!r} failed: {type(error).__name__}: {_first(error)}.",
            "Mend it there.",
        ) from error


def _first(error: Exception) -> str:
    """The first line of what an error says, without its full stop."""
    return (str(error).strip().splitlines() or [""])[0][:300].rstrip(".")


def register(
    maker: Callable[..., Any],
    name: str,
    tasks: Sequence[Task] | Task | None,
    title: str,
    columns: Columns,
    space: Mapping[str, Any] | None,
    network: bool = False,
) -> None:
    """Make a family of a user's function or class, in this process.

    Raises
    ------
    UsageError
        The name is taken by one of ours, or something else is wrong with what was said.
    """
    known = families.get(name) if name in families else None
    if known is not None and not isinstance(known, OwnFamily):
        raise UsageError(f"There is a family {name!r} already.", "Choose another name.")
    if not name.isidentifier():
        raise UsageError(f"{name!r} is no name of a family.", "Use letters, digits and '_'.")
    can = (tasks,) if isinstance(tasks, str) else tuple(tasks or ALL_TASKS)
    odd = [t for t in can if t not in ALL_TASKS]
    if odd:
        raise UsageError(f"{odd[0]!r} is no task.", f"Use: {', '.join(ALL_TASKS)}.")
    if columns not in ("scaled", "codes"):
        raise UsageError(f"{columns!r} is no way to prepare columns.", "Use scaled or codes.")
    if network and columns != "scaled":
        raise UsageError("A network takes scaled columns.", "Leave columns out.")
    wanted = dict(space or {})
    family = OwnFamily(name, title or name, can, maker, columns, wanted, network=network)
    spare = sorted(set(family.wanted) - family.parameters(can[0]))
    if spare:
        raise UsageError(
            f"The space of {name!r} names {spare[0]!r}, which is none of its parameters.",
            f"They are: {', '.join(sorted(family.parameters(can[0]))) or 'none'}.",
        )
    strange = [f"{k!r}: {d!r}" for k, d in wanted.items() if not isinstance(d, Domain)]
    if strange:
        raise UsageError(
            f"The space of {name!r} holds {strange[0]}, which is no range.",
            "Use Real(low, high), Whole(low, high) or Choice((a, b)).",
        )
    families.add(name, family)


def addresses(names: Sequence[str]) -> dict[str, str]:
    """Where another process finds those of these families that a user wrote.

    Raises
    ------
    UsageError
        One of them lives in this process alone.
    """
    found = {}
    for name in names:
        family = families.get(name) if name in families else None
        if not isinstance(family, OwnFamily):
            continue
        if not family.address:
            raise UsageError(
                f"The family {name!r} lives in this process only, so another cannot find it.",
                "Put it into a module and import that, or train here: ws.train(...).",
            )
        found[name] = family.address
    return found


def meet(known: Mapping[str, str]) -> None:
    """Import the modules of families that another process told of.

    Raises
    ------
    UsageError
        A module cannot be imported here, or does not make the family.
    """
    for name, address in known.items():
        module = address.partition(":")[0]
        try:
            import_module(module)
        except WorkbenchError:
            raise
        except Exception as error:  # whatever the user's module does
            raise UsageError(
                f"The family {name!r} comes from the module {module!r}, which cannot be imported"
                f" here: {type(error).__name__}: {_first(error)}.",
                "Install or mend it, or start the app and the notebook in its folder.",
            ) from error
        if name not in families:
            raise UsageError(f"The module {module!r} makes no family {name!r}.", "Decorate it.")


def _parameters(maker: Callable[..., Any]) -> list[inspect.Parameter]:
    kinds = (inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return [p for p in inspect.signature(maker).parameters.values() if p.kind in kinds]


def _named(module: ModuleType, name: str) -> Any:
    return getattr(module, name, None)
