"""Code: a run as a script that trains the same model without Workbench."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone

from workbench.actions.context import Context
from workbench.actions.results import Results
from workbench.actions.script import (
    HOLDING,
    MEMBER,
    OWN,
    SUFFIX,
    Told,
    family_file,
    held,
    requirements,
    script,
)
from workbench.core.errors import UsageError
from workbench.core.files import replacing_folder
from workbench.core.progress import Progress, silent
from workbench.core.recipe import ADOPTED
from workbench.core.split import PARTS, TRAIN
from workbench.data.split import assign
from workbench.encoding import inputs
from workbench.features.derive import Derive
from workbench.training.family import families
from workbench.training.membership import Groups
from workbench.training.train import ground, truth_codes

FILES = ("train.py", "rows.parquet", "requirements.txt", "scores.parquet")


def run(
    context: Context,
    progress: Progress = silent,
    *,
    run: str,
    to: str | None = None,
    replace: bool = False,
) -> dict[str, Any]:
    """Write a folder with ``train.py``, the rows that it reads and what it needs installed.

    Of a model that holds others, each of their families is a file beside it.

    Returns
    -------
    dict
        ``folder``.

    Raises
    ------
    UsageError
        The folder is there already, or the family cannot be written out.
    """
    results = Results.of(context, run)
    folder = Path(to) if to else context.root / "exports" / f"{results.record.short}-code"
    _refuse(results, folder, replace)
    progress(0.1, "making the columns")
    told = _told(context, results)
    progress(0.7, "writing the script")
    text = script(results, told)
    with replacing_folder(folder) as place:
        told.rows.to_parquet(place / "rows.parquet", index=False)
        (place / "train.py").write_text(text, encoding="utf-8")
        for family in held(results):
            (place / f"{family.name}{SUFFIX}").write_text(family_file(family), encoding="utf-8")
        (place / "requirements.txt").write_text(requirements(results), encoding="utf-8")
    progress(1.0, f"{folder.name} is written")
    return {"folder": str(folder)}


def _refuse(results: Results, folder: Path, replace: bool) -> None:
    family = results.record.recipe.family
    if family == ADOPTED:
        raise UsageError(
            "The model was made elsewhere, so nobody here knows how it was trained.",
            "Export the run to carry the model itself away.",
        )
    for known in (families.get(family), *held(results)):
        if getattr(known, "own", False) or not type(known).__module__.startswith(f"{OWN}."):
            raise UsageError(
                f"The code of the family {known.name!r} is yours or another package's: it is not"
                " copied.",
                "Use that code directly.",
            )
    if folder.exists() and (not replace or any(not _ours(p.name) for p in folder.iterdir())):
        raise UsageError(f"{folder} is there already.", "Name another folder, or say --replace.")


def _ours(name: str) -> bool:
    """Whether a file may be one that was written here before."""
    family = name.removesuffix(SUFFIX)
    return name in FILES or (family != name and family in families.names())


def _told(context: Context, results: Results) -> Told:
    """The rows with a target as models take them, and which of them belong together."""
    recipe, signature, predictor = results.record.recipe, results.signature, results.predictor
    split: Any = recipe.split
    frame = context.datasets.frame(results.dataset)
    parts = assign(split, context.datasets.table(results.dataset), results.schema)
    truth = truth_codes(frame[signature.target], signature)
    known = np.isfinite(truth) if truth.dtype.kind == "f" else truth >= 0
    arrays = predictor.pipeline[:-2].transform(frame[known])
    if recipe.features:  # what a training row gets may be learned from the other ones
        train = known & (parts == TRAIN)
        steps = clone(predictor.pipeline[:-2])
        arrays.loc[train[known]] = steps.fit_transform(frame[train], truth[train]).to_numpy()
    names = _names([str(c) for c in arrays.columns], results)
    rows = arrays.rename(columns=names)
    rows["part"] = np.array(PARTS, dtype=object)[parts[known]]
    rows["target"] = truth[known]
    if recipe.family not in HOLDING and recipe.mitigation is None:
        return Told(rows, names)
    found = ground(recipe, frame, results.schema, parts, Derive.of)
    if recipe.family in HOLDING and found.problem.groups is not None:
        _place(rows, "group", found.problem.groups, found.problem.groups_valid)
    for column, train, valid in _members(found.groups):
        _place(rows, column, train, valid)
    return Told(rows, names, found.groups)


def _members(groups: Groups | None) -> Iterator[tuple[str, np.ndarray, np.ndarray | None]]:
    """Who is in each group of a mitigation, 0 or 1: a column's name, training, validation rows."""
    if groups is None:
        return
    for k in range(len(groups.names)):
        valid = None if groups.valid is None else groups.valid[:, k]
        yield f"{MEMBER}{k}", groups.train[:, k], valid


def _place(rows: pd.DataFrame, column: str, train: np.ndarray, valid: np.ndarray | None) -> None:
    """A column of whole numbers that only training and validation rows have."""
    made = np.zeros(len(rows), np.int64)
    made[rows["part"] == "train"] = train
    if valid is not None:
        made[rows["part"] == "valid"] = valid
    rows[column] = made


def _names(arrays: list[str], results: Results) -> dict[str, str]:
    """The user's own names of columns, where they are plain and tell arrays apart."""
    known = {
        i.name: f"{i.column}_{i.part}" if i.part else i.column for i in inputs(results.signature)
    }
    told = [known.get(name, name) for name in arrays]
    taken = {"part", "target", "group"}
    clear = {n for n in told if told.count(n) == 1 and n not in taken and MEMBER not in n}
    return {a: t if t in clear else a for a, t in zip(arrays, told, strict=True)}
