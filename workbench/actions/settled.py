"""All parameters of a run, those that its recipe left open, too: defaults change."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from workbench.core.recipe import Recipe, Task
from workbench.core.run import RunRecord
from workbench.core.wire import dumps
from workbench.store.tables import LONGEST_TAG
from workbench.training.family import families, whole

SETTLED = "settled"  # the tag


def told(recipe: Recipe, task: Task) -> dict[str, str]:
    """The parameters as a tag of the run; none where they are too long for one."""
    text = dumps(_said(whole(families.get(recipe.family), task, recipe.params)))
    return {SETTLED: text} if len(text) <= LONGEST_TAG else {}


def as_settled(record: RunRecord, task: Task) -> tuple[Recipe, list[str]]:
    """A run's recipe, and which parameters it left open whose defaults are others now.

    Where there are such, the recipe says them all, as they were then.
    """
    recipe = record.recipe
    text = record.tags.get(SETTLED)
    if text is None:  # it is older than that tag
        return recipe, []
    family = families.get(recipe.family)
    now = json.loads(dumps(whole(family, task, recipe.params)))
    kept, others = _merged(now, json.loads(text), "")
    return (replace(recipe, params={**recipe.params, **kept}), others) if others else (recipe, [])


def _said(value: Any) -> Any:
    """What JSON says as it is, at every depth: a guest's parameters may be any object."""
    if isinstance(value, Mapping):
        return {k: _said(v) for k, v in value.items() if isinstance(k, str) and _sayable(v)}
    if isinstance(value, (list, tuple)):
        return [_said(v) for v in value]
    return value


def _sayable(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return all(map(_sayable, value))
    if isinstance(value, float):
        return math.isfinite(value)
    return value is None or isinstance(value, (str, int, bool, Mapping))


def _merged(now: Any, then: Any, name: str) -> tuple[Any, list[str]]:
    """What there is now with the values of then, at every depth, and the names of what differs.

    What is new since then is left out, so that its default counts; what is gone is, too.
    """
    if isinstance(now, dict) and isinstance(then, dict):
        found = {key: _merged(now[key], then[key], key) for key in now if key in then}
        names = [n for _, others in found.values() for n in others]
        return {key: value for key, (value, _) in found.items()}, list(dict.fromkeys(names))
    if isinstance(now, list) and isinstance(then, list) and len(now) == len(then):
        each = [_merged(a, b, name) for a, b in zip(now, then, strict=True)]
        return [v for v, _ in each], list(dict.fromkeys(n for _, others in each for n in others))
    return then, [] if now == then else [name]
