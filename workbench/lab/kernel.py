"""Run inside a kernel, whatever is installed there: its frames, and one of them as a file.

Standard library only, for the kernel may be another Python than Jupyter's. Nothing of it stays in
the user's namespace.
"""

from __future__ import annotations

import json
import os

FRAMES = {"pandas": ("DataFrame",), "polars": ("DataFrame",), "pyarrow": ("Table",)}


def library(value):
    """The library of a frame, or an empty text; subclasses count."""
    for base in type(value).__mro__:
        name = base.__module__.partition(".")[0]
        if base.__name__ in FRAMES.get(name, ()):
            return name
    return ""


def frames(namespace):
    """The frames of a namespace as hexadecimal JSON: name, library, rows, columns."""
    found = []
    for name, value in list(namespace.items()):
        kind = library(value) if not name.startswith("_") else ""
        if kind:
            rows, columns = value.shape
            found.append({"name": name, "library": kind, "rows": rows, "columns": columns})
    return _told(found)


def hand_over(namespace, name, folder):
    """Write a frame to a Parquet file (CSV where that cannot be) in a folder; its path."""
    value = namespace.get(name)
    kind = library(value)
    if not kind:
        return _told({"message": f"{name} is no data frame any more."})
    os.makedirs(folder, mode=0o700, exist_ok=True)
    path = os.path.join(folder, f"{name}.parquet")
    try:
        path = WRITERS[kind](value, path)
    except Exception as error:
        return _told({"message": f"{name} cannot be written: {type(error).__name__}: {error}"})
    return _told({"path": path})


def _pandas(frame, path):
    if type(frame.index).__name__ != "RangeIndex":
        named = any(name is not None for name in frame.index.names)
        frame = frame.reset_index(drop=not named)
    try:
        frame.rename(columns=str).to_parquet(path, index=False)
    except Exception:  # no pyarrow here, or values of several kinds in a column
        path = path[: -len("parquet")] + "csv"
        frame.to_csv(path, index=False)
    return path


def _polars(frame, path):
    frame.write_parquet(path)
    return path


def _pyarrow(table, path):
    import pyarrow.parquet

    pyarrow.parquet.write_table(table, path)
    return path


WRITERS = {"pandas": _pandas, "polars": _polars, "pyarrow": _pyarrow}


def _told(value):
    """JSON in digits: a front end sees a Python text, and need not undo its quotes."""
    return json.dumps(value).encode().hex()
