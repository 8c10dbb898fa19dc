"""Rows that take turns: the one way in which folds are dealt to judge rows by fits without them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from sklearn.model_selection import GroupKFold, KFold, StratifiedKFold

Turn = tuple[np.ndarray, np.ndarray]  # places to fit on, places that are held out


def turns(y: np.ndarray, groups: np.ndarray | None, folds: int, seed: int) -> Iterator[Turn]:
    """Deal the rows of ``y`` (class codes, or values as floats) so that each is held out once.

    Rows of one group are held out together; else classes keep their shares.
    """
    rows = np.arange(len(y))
    if groups is not None:
        return GroupKFold(folds).split(rows, groups=groups)
    if y.dtype.kind == "f":
        return KFold(folds, shuffle=True, random_state=seed).split(rows)
    return StratifiedKFold(folds, shuffle=True, random_state=seed).split(rows, y)
