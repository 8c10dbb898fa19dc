"""Read back what an endpoint answered."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from workbench.serving.runtime.log import segments

BLOCK = 1 << 20  # bytes that are read at once, from the end


def read(folder: Path, last: int | None = None, run_id: str = "") -> pd.DataFrame:
    """The newest ``last`` answers of an endpoint (all by default), oldest first.

    ``run_id`` leaves out those of other models that were served under the same name.

    Returns
    -------
    pandas.DataFrame
        One row per answered row: its inputs under their own names, and after them ``id``,
        ``row``, ``time`` (UTC), ``label``, ``scores`` (list or number) and ``run_id``; an input of
        such a name wins, and the answer's is called ``answer_<name>``.
    """
    records = list(_newest(folder, last, run_id))
    records.reverse()
    inputs = pd.DataFrame.from_records([r["inputs"] for r in records])
    for name in ("id", "row", "time", "label", "scores", "run_id"):
        column = f"answer_{name}" if name in inputs.columns else name
        inputs[column] = [record.get(name) for record in records]
        if name == "time":
            inputs[column] = pd.to_datetime(inputs[column], utc=True, format="ISO8601")
    return inputs


def _newest(folder: Path, last: int | None, run_id: str) -> Iterator[dict[str, Any]]:
    left = last if last is not None else -1
    for path in reversed(segments(folder)) if folder.is_dir() else ():
        for line in _lines_backwards(path):
            if left == 0:
                return
            record = _record(line)
            if record is not None and run_id in ("", record.get("run_id")):
                left -= 1
                yield record


def _record(line: bytes) -> dict[str, Any] | None:
    """A line of the log; None where a crash cut it off."""
    try:
        record = json.loads(line)
    except ValueError:
        return None
    whole = isinstance(record, dict) and isinstance(record.get("inputs"), dict)
    return record if whole else None


def _lines_backwards(path: Path) -> Iterator[bytes]:
    """The lines of a file from its end, without holding more than a block and a line."""
    with path.open("rb") as file:
        position = file.seek(0, 2)
        rest = b""
        while position > 0:
            size = min(BLOCK, position)
            position -= size
            file.seek(position)
            rest = file.read(size) + rest
            head, *lines = rest.split(b"\n")
            yield from (line for line in reversed(lines) if line)
            rest = head
        if rest:
            yield rest
