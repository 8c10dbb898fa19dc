"""A report's table as a pandas DataFrame."""

from __future__ import annotations

import pandas as pd

from workbench.core.report import Table


def frame(table: Table) -> pd.DataFrame:
    """The table's rows under their column names."""
    return pd.DataFrame.from_records(table.rows, columns=list(table.columns))
