"""Families that a user writes: registering one, and how a job finds it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from workbench.core.recipe import Recipe, Task
from workbench.core.run import RunRecord

M = TypeVar("M", bound=Callable[..., Any])


def family(
    name: str,
    *,
    tasks: Sequence[Task] | Task | None = None,
    title: str = "",
    columns: str = "scaled",
    space: Mapping[str, Any] | None = None,
    network: bool = False,
) -> Callable[[M], M]:
    """Make a model family of a function or class that gives an estimator or a torch module.

    ::

        @wb.family("boosted", tasks="regression", space={"depth": wb.Whole(2, 8)})
        def boosted(depth: int = 3, *, seed: int):
            return GradientBoostingRegressor(max_depth=depth, random_state=seed)

        ws.train("diabetes", ["boosted"])

    Its parameters are those of the function that have defaults; ``task``, ``seed`` (or
    ``random_state``), ``levels``, ``inputs`` and ``outputs`` are given where it asks for them.

    Parameters
    ----------
    tasks
        Of ``binary``, ``multiclass`` and ``regression``; all by default.
    columns
        ``scaled``: standardised numbers, a 0/1 column per category, nothing missing. ``codes``: as
        trees like it, numbers as they are, categories as numbers in the order of the target's
        mean, nothing missing unless the recipe says ``preparation.missing = "native"``.
    space
        Where a tuner may look, parameter to ``Real``, ``Whole`` or ``Choice``.
    network
        The function gives a ``torch.nn.Module`` that takes rows (n, ``inputs``) and gives
        (n, ``outputs``): a number a class before softmax, or one standardised value. It is trained
        as our networks are (their ``epochs``, ``learning_rate`` ... are its parameters, too), and
        kept as ONNX.

    Notes
    -----
    It is known in this process. A job runs in another one: it finds the family when the function
    stands in a module that can be imported there, and refuses in a sentence when it does not.
    """
    from workbench.training.own import register

    def decorate(maker: M) -> M:
        register(maker, name, tasks, title, columns, space, network)  # type: ignore[arg-type]
        return maker

    return decorate


def told(params: Mapping[str, Any]) -> dict[str, str]:
    """Of a job's parameters the families that a user wrote here, with where to import them."""
    names = [*(params.get("families") or ()), *named(params)]
    if not names or "workbench.training.own" not in sys.modules:  # nobody wrote one here
        return {}
    from workbench.training.own import addresses

    return addresses(names)


def named(params: Any) -> list[str]:
    """The families that parameters speak of: a recipe's, and those that it holds."""
    if isinstance(params, Mapping):
        mine = [str(v) for k, v in params.items() if k in ("family", "of") and isinstance(v, str)]
        return mine + [name for value in params.values() for name in named(value)]
    if isinstance(params, Sequence) and not isinstance(params, str | bytes):
        return [name for value in params for name in named(value)]
    return []


def homes(recipe: Recipe) -> dict[str, str]:
    """Where the families of a recipe that a user wrote can be imported, where they can."""
    if "workbench.training.own" not in sys.modules:
        return {}
    from workbench.training.family import families
    from workbench.training.own import OwnFamily

    names = [recipe.family, *named(recipe.params)]
    found = {n: families.get(n) for n in names if n in families}
    return {n: f.address for n, f in found.items() if isinstance(f, OwnFamily) and f.address}


def meet_again(record: RunRecord) -> None:
    """Import the families of a run that a user wrote, before its recipe is carried out again.

    Raises
    ------
    UsageError
        A module cannot be imported here.
    """
    known = json.loads(record.tags.get("own") or "{}")
    if known:
        from workbench.training.own import meet

        meet(known)
