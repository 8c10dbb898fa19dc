"""How encoded columns become the one float32 matrix that a model eats."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sklearn.compose import ColumnTransformer

from workbench.core.recipe import Preparation
from workbench.encoding import Input
from workbench.training.family import Family
from workbench.training.membership import Membership

GROUP = "group_"


def prepare(
    family: Family,
    preparation: Preparation,
    arrays: Sequence[Input],
    params: Mapping[str, Any],
    groups: Sequence[Input] = (),
) -> ColumnTransformer:
    """The unfitted preparation that a family wants: floats first, categories after.

    That of a blend has its members' columns beside each other. Behind them lie the 0/1 columns of
    ``groups``, for mitigated models that ask for them.
    """
    floats = [i.name for i in arrays if i.kind == "float"]
    strings = [i.name for i in arrays if i.kind == "string"]
    parts: list[tuple[str, Any, list[str]]] = []
    for prefix, one in _parties(family, params):
        steps = one.steps(preparation, len(floats))
        if floats:
            parts.append((f"{prefix}numbers", steps.numbers, floats))
        if strings:
            parts.append((f"{prefix}categories", steps.categories, strings))
    parts += [(f"{GROUP}{k}", Membership(), [i.name]) for k, i in enumerate(groups)]
    return ColumnTransformer(parts, sparse_threshold=0, verbose_feature_names_out=False)


def _parties(family: Family, params: Mapping[str, Any]) -> list[tuple[str, Family]]:
    """Whose columns are prepared: the family's own, or those of a blend's members."""
    members = getattr(family, "members", None)
    if members is None:
        return [("", family)]
    return [(f"{number}_", member) for number, (member, _) in enumerate(members(params))]


def sources(
    prepared: ColumnTransformer, origins: Mapping[str, tuple[str, ...]]
) -> list[tuple[str, ...]]:
    """The user's columns behind each column of the prepared matrix.

    Told by the fitted steps, never by splitting names: ``a_b`` may be a column or a category.

    Parameters
    ----------
    origins
        The user's columns behind each array that is prepared: one, or those of a feature.
    """
    found: list[tuple[str, ...]] = []
    for _, step, names in prepared.transformers_:
        if isinstance(step, str):  # "drop"
            continue
        places = getattr(step, "origins_", range(len(names)))
        found += [origins[names[int(place)]] for place in places]
    return found


def blocks(prepared: ColumnTransformer) -> tuple[tuple[int, tuple[int, ...]], ...]:
    """Per party (the family, or each member of a blend) where its columns end, and its levels.

    Levels are how many codes each category column has, when the family asked for codes.
    """
    found: dict[str, tuple[int, tuple[int, ...]]] = {}
    for name, step, _ in prepared.transformers_:
        if isinstance(step, str) or name.startswith(GROUP):
            continue
        known = found.get(name.rpartition("_")[0], (0, ()))[1]
        coded = name.endswith("categories") and len(step.origins_) == len(step.levels)
        stop = prepared.output_indices_[name].stop
        found[name.rpartition("_")[0]] = (stop, tuple(step.levels) if coded else known)
    return tuple(found.values())
