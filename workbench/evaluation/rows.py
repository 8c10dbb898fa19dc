"""Rows of a report in the data set's own columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from workbench.core.report import Table
from workbench.core.wire import plain


def in_columns(places: np.ndarray, rows: np.ndarray, data: Mapping[str, Sequence[Any]]) -> Table:
    """Table ``data``: the rows' numbers, then the user's columns.

    Parameters
    ----------
    places
        Which of ``rows``, the numbers in the data set, are told.
    data
        The columns' cells at ``places``.
    """
    columns = [plain(rows[places]), *(plain(list(values)) for values in data.values())]
    cells = tuple(zip(*columns, strict=True))  # a column of the user may be called "row", too
    return Table("data", ("row", *data), cells, "The same rows in the data set's own columns.")
