"""Tables in memory: of pandas, Polars, pyarrow, DuckDB and NumPy, and rows as dicts."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pyarrow as pa

from workbench.core.errors import DataError
from workbench.core.progress import Progress
from workbench.core.report import Finding
from workbench.data.names import unique
from workbench.data.reader import Parts, Reading, check_options, note
from workbench.data.spool import Spool, kept
from workbench.data.values import flat
from workbench.tables import GROUP

STREAMED = (
    "polars.LazyFrame", "duckdb.DuckDBPyRelation", "pyarrow.Scanner", "pyarrow.RecordBatchReader",
)  # fmt: skip
KNOWN = {
    "pandas": ("DataFrame", "Series"),
    "polars": ("DataFrame", "LazyFrame", "Series"),
    "pyarrow": ("Dataset", "Scanner", "RecordBatchReader", "Table", "RecordBatch"),
    "duckdb": ("DuckDBPyRelation",),
    "_duckdb": ("DuckDBPyRelation",),
    "numpy": ("ndarray",),
}


class FrameReader:
    """Reads frames without importing their libraries: who holds a frame has loaded its library."""

    def accepts(self, source: Any) -> bool:
        return bool(_kind(source)) or _is_rows(source)

    def read(self, source: Any, options: Mapping[str, Any], progress: Progress) -> Reading:
        check_options(options, (), "A frame")
        kind = _kind(source)
        if kind in STREAMED:
            return _streamed(source, kind)
        if kind == "pyarrow.Dataset":
            return _from_dataset(source)
        if not kind:
            return _from_rows(source)
        table, notes = _whole(source, kind)
        names, renamed = unique(table.column_names)
        return Reading(table.rename_columns(names), notes + renamed)


FRAME = FrameReader()


def _kind(source: Any) -> str:
    """``library.Class`` of the first base that a known library made (subclasses count)."""
    for base in type(source).__mro__:
        library = base.__module__.partition(".")[0]
        if base.__name__ in KNOWN.get(library, ()):
            return f"{library.lstrip('_')}.{base.__name__}"
    return ""


def _is_rows(source: Any) -> bool:
    """Whether a list holds rows: something by the names of its columns."""
    return isinstance(source, list) and bool(source) and isinstance(source[0], Mapping)


def _whole(source: Any, kind: str) -> tuple[pa.Table, tuple[Finding, ...]]:
    """A table that is in memory already."""
    if kind == "pandas.DataFrame":
        return _from_pandas(source)
    if kind == "pandas.Series":
        return _from_pandas(source.to_frame("value" if source.name is None else source.name))
    if kind == "polars.Series":
        source, kind = source.to_frame(source.name or "value"), "polars.DataFrame"
    if kind == "polars.DataFrame":
        return source.to_arrow(), ()
    if kind == "numpy.ndarray":
        return _from_array(source), ()
    return source if kind == "pyarrow.Table" else pa.Table.from_batches([source]), ()


def _from_rows(rows: list[Any]) -> Reading:
    """A list of mappings; a name that a row lacks is missing there."""
    for number, row in enumerate(rows, 1):
        if not isinstance(row, Mapping):
            raise DataError(
                f"Row {number:,} of the list is no dict but {type(row).__name__}.",
                "Give every row as a dict from column to value.",
            )
    spool = Spool()
    try:
        spool.add_rows([flat({_flat(name): value for name, value in row.items()}) for row in rows])
    except ValueError as error:
        raise DataError(
            f"Two values are called {error.args[0]!r} when nested dicts are made flat.",
            "Give one of them another name.",
        ) from error
    parts = spool.parts()
    names, renamed = unique(parts.names)
    tables = parts.tables
    named = Parts(names, lambda: (table.rename_columns(names) for table in tables()))
    return Reading(named, (*spool.notes(), *renamed))


def _from_array(array: Any) -> pa.Table:
    """An array of NumPy whose fields have names."""
    if array.dtype.names is None or array.ndim != 1:
        raise DataError(
            "An array of NumPy has no names of columns unless it is structured.",
            "Give pandas.DataFrame(array, columns=[...]).",
        )
    return pa.table({name: _field(array[name], name) for name in array.dtype.names})


def _field(values: Any, name: str) -> pa.Array:
    if values.dtype.kind == "S":
        values = [text.decode("utf-8", "replace") for text in values.tolist()]
    elif values.dtype.kind in "OVc" or values.ndim > 1:
        values = [str(v) if isinstance(v, complex) else v for v in values.tolist()]
    try:
        return pa.array(values, from_pandas=True)
    except (pa.ArrowException, TypeError, ValueError) as error:
        raise DataError(
            f"Field {name!r} holds values that are no text, number, boolean or date.",
            "Convert it first.",
        ) from error


def _from_dataset(source: Any) -> Reading:
    """A dataset of pyarrow, read anew for each pass."""
    names, renamed = unique(source.schema.names)

    def tables() -> Iterator[pa.Table]:
        with _told():
            for batch in source.to_batches(batch_size=GROUP):
                yield pa.Table.from_batches([batch]).rename_columns(names)

    return Reading(Parts(names, tables), renamed)


@contextmanager
def _told() -> Iterator[None]:
    """Turn the errors of whoever makes the rows into one sentence."""
    try:
        yield
    except _faults() as error:
        first = next(iter(str(error).splitlines()), "").rstrip(".")[:200]
        raise DataError(
            f"The rows cannot be read to their end: {first or type(error).__name__}.",
            "Look at their source.",
        ) from error


def _faults() -> tuple[type[Exception], ...]:
    """The errors of the libraries that are loaded; none is loaded for its errors' sake."""
    found: list[type[Exception]] = [pa.ArrowException, OSError]
    if "polars" in sys.modules:
        found.append(sys.modules["polars"].exceptions.PolarsError)
    if "duckdb" in sys.modules:
        found.append(sys.modules["duckdb"].Error)
    return tuple(found)


def _streamed(source: Any, kind: str) -> Reading:
    """What is made while it is read, a batch at a time; kept, for it may be made only once."""
    with _told():
        if kind == "polars.LazyFrame":
            tables = (frame.to_arrow() for frame in source.collect_batches(maintain_order=True))
            schema = source.collect_schema().names()
        else:
            reader = _reader(source, kind)
            tables = (pa.Table.from_batches([batch]) for batch in reader)
            schema = reader.schema.names
        names, renamed = unique(schema)
        return Reading(kept(names, tables), renamed)


def _reader(source: Any, kind: str) -> Any:
    if kind == "pyarrow.RecordBatchReader":
        return source
    return source.to_reader() if kind == "pyarrow.Scanner" else source.to_arrow_reader(GROUP)


def _from_pandas(frame: Any) -> tuple[pa.Table, tuple[Finding, ...]]:
    notes: tuple[Finding, ...] = ()
    if _tells(frame.index):
        kept = _index_names(frame)
        shown = ", ".join(kept)
        became = "a column" if len(kept) == 1 else "columns"
        notes = (note("index-kept", f"The index became {became}: {shown}."),)
        frame = frame.reset_index(names=kept)
    names = ["" if n is None else _flat(n) for n in frame.columns]
    arrays = [_array(frame.iloc[:, i], names[i]) for i in range(frame.shape[1])]
    return pa.Table.from_arrays(arrays, names=names), notes


def _tells(index: Any) -> bool:
    """Whether an index holds more than the numbers of the rows: names, words or times."""
    return any(name is not None for name in index.names) or index.dtype.kind not in "iu"


def _index_names(frame: Any) -> list[str]:
    """Names for the index as columns, none that the frame has already (pandas would refuse)."""
    taken = {str(n) for n in frame.columns}
    one = frame.index.nlevels == 1
    given = [
        str(n) if n is not None else "index" if one else f"level {i}"
        for i, n in enumerate(frame.index.names)
    ]
    return [f"{n} (index)" if n in taken else n for n in given]


def _flat(name: Any) -> str:
    """A name as text; the parts of a many-storied name joined."""
    return " ".join(str(part) for part in name) if isinstance(name, tuple) else str(name)


def _array(series: Any, name: str) -> pa.Array | pa.ChunkedArray:
    if str(series.dtype).startswith(("period", "interval")):
        series = series.astype("string")  # Arrow would keep numbers that mean nothing alone
    try:
        return pa.array(series, from_pandas=True)
    except (pa.ArrowException, OverflowError, ValueError, TypeError):
        # values of several types in one column: as text, each as it prints
        values = [None if _missing(v) else _printed(v) for v in series]
    try:
        return pa.array(values, pa.string())
    except (pa.ArrowException, UnicodeEncodeError) as error:
        raise DataError(
            f"Column {name!r} holds values that are no text, number, boolean or date.",
            "Convert it first: frame[...].astype(str).",
        ) from error


def _missing(value: Any) -> bool:
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(value, float) and value != value


def _printed(value: Any) -> str:
    return value if isinstance(value, str) else str(value)
