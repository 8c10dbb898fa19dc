"""JSON: a list of objects, columns by name, or one object on each line."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from workbench.core.errors import DataError
from workbench.core.progress import Progress
from workbench.core.report import Finding
from workbench.data import text
from workbench.data.names import unique
from workbench.data.reader import HEAD, Parts, Reading, check_options, note
from workbench.data.spool import Spool
from workbench.data.text import Odd, Text, Utf8
from workbench.data.values import flat

LINES = (".jsonl", ".ndjson")
OPTIONS = ("encoding",)
MOST = 2**30  # bytes of one JSON document; lines have no limit
LONGEST = 2**27  # bytes of one line
ROWS = 10_000
HINT = "Mend the file, or write it again."


class JsonReader:
    """Reads objects as rows; nested objects get dotted names, lists stay JSON."""

    def accepts(self, source: Any) -> bool:
        return isinstance(source, Path) and _ending(source) in (".json", *LINES)

    def read(self, source: Path, options: Mapping[str, Any], progress: Progress) -> Reading:
        return self._read(source, options, progress, None)

    def head(self, source: Path, options: Mapping[str, Any], progress: Progress) -> Reading:
        """The first lines; a document can only be read whole."""
        return self._read(source, options, progress, HEAD + 1)

    def describe(self, source: Path, options: Mapping[str, Any]) -> Mapping[str, Any]:
        """The encoding that the first bytes show."""
        return {"encoding": text.find(source, options.get("encoding")).encoding}

    def _read(
        self, source: Path, options: Mapping[str, Any], progress: Progress, most: int | None
    ) -> Reading:
        check_options(options, OPTIONS, "JSON")
        found = text.find(source, options.get("encoding"))
        try:
            return _reading(found, progress, most)
        except Odd as odd:
            return _reading(text.instead(found, odd), progress, most)


JSON = JsonReader()


def _ending(source: Path) -> str:
    inner = source.with_suffix("") if source.suffix.lower() == ".gz" else source
    return inner.suffix.lower()


def _reading(found: Text, progress: Progress, most: int | None) -> Reading:
    spool, notes = Spool(), _Notes(found)
    with found.open() as content:
        if _ending(found.path) in LINES:
            _by_lines(content, spool, notes, progress, most)
        else:
            _document(content, spool, notes, progress)
    parts = spool.parts()
    names, renamed = unique(parts.names)
    tables = parts.tables
    renaming = Parts(names, lambda: (table.rename_columns(names) for table in tables()))
    return Reading(renaming, (*notes.all(), *spool.notes(), *renamed))


class _Notes:
    """What is worth telling of a document."""

    def __init__(self, found: Text) -> None:
        self.found = found
        self.nested: dict[str, None] = {}

    def all(self) -> tuple[Finding, ...]:
        path, notes = self.found.path, []
        if self.found.guessed:
            notes.append(note("encoding", f"{path.name} was read as {self.found.encoding}."))
        if self.nested:
            shown = ", ".join(repr(name) for name in list(self.nested)[:4])
            more = f" and {len(self.nested) - 4} more" if len(self.nested) > 4 else ""
            sentence = f"Objects in {shown}{more} became columns of their own, with dotted names."
            notes.append(note("flattened", sentence))
        return tuple(notes)

    def row(self, value: Mapping[str, Any], where: str) -> dict[str, Any]:
        """An object as a row."""
        self.nested.update({k: None for k, v in value.items() if isinstance(v, dict)})
        try:
            return flat(value)
        except ValueError as error:
            raise DataError(
                f"{self.found.path.name}, {where}: there are two values for {str(error)!r}.", HINT
            ) from error


def _document(content: Utf8, spool: Spool, notes: _Notes, progress: Progress) -> None:
    path = notes.found.path
    whole = content.read(MOST + 1)
    while len(whole) <= MOST and (more := content.read(2**20)):
        whole += more
    if len(whole) > MOST:
        raise DataError(
            f"{path.name} has more than {MOST / 2**30:.0f} GB in one JSON document.",
            "Write it as JSON lines, one object on each line, and call it .jsonl.",
        )
    progress(0.3, "reading JSON")
    try:
        value = _loads(whole.decode(), path, 0)
    except _Another:
        with notes.found.open() as lines:
            _by_lines(lines, spool, notes, progress)
    else:
        _by_shape(value, spool, notes)


def _by_shape(value: Any, spool: Spool, notes: _Notes) -> None:
    """Tell the shapes that tables have in JSON apart."""
    path = notes.found.path
    if isinstance(value, dict):
        value = _inside(value)
    if isinstance(value, dict) and value and all(isinstance(v, list) for v in value.values()):
        if len({len(v) for v in value.values()}) > 1:
            raise DataError(f"{path.name}: its columns are not equally long.", HINT)
        return spool.add(value)
    if not isinstance(value, list):
        raise DataError(
            f"{path.name} holds {_called(value)}, not a table.",
            'Give a list of objects, [{"a": 1}, ...], or columns, {"a": [1, ...]}.',
        )
    return _objects(value, spool, notes)


def _inside(value: dict[str, Any]) -> Any:
    """What holds the rows of an object: pandas' "split" form, "columns", or its only list."""
    columns = value.get("columns")
    rows = value.get("data", value.get("rows"))
    if (
        isinstance(columns, list)
        and isinstance(rows, list)
        and all(isinstance(row, list) and len(row) == len(columns) for row in rows)
    ):
        names, _ = unique([str(name) for name in columns])
        return {name: [row[i] for row in rows] for i, name in enumerate(names)}
    if isinstance(columns, dict):
        return columns
    lists = [v for v in value.values() if isinstance(v, list) and v and isinstance(v[0], dict)]
    return lists[0] if len(lists) == 1 else value


def _objects(rows: list[Any], spool: Spool, notes: _Notes) -> None:
    for start in range(0, len(rows), ROWS):
        block = []
        for number, row in enumerate(rows[start : start + ROWS], start + 1):
            if not isinstance(row, dict):
                raise DataError(
                    f"{notes.found.path.name}: row {number:,} is {_called(row)}, not an object.",
                    'Every row needs names: {"a": 1, "b": 2}.',
                )
            block.append(notes.row(row, f"row {number:,}"))
        spool.add_rows(block)


def _by_lines(
    content: Utf8, spool: Spool, notes: _Notes, progress: Progress, most: int | None = None
) -> None:
    path, block = notes.found.path, []
    for number, line in enumerate(itertools.islice(_lines(content, path), most), 1):
        if not line.strip():
            continue
        value = _loads(line, path, number)
        if not isinstance(value, dict):
            raise DataError(
                f"{path.name}: line {number:,} is {_called(value)}, not an object.",
                'Every line needs names: {"a": 1, "b": 2}.',
            )
        block.append(notes.row(value, f"line {number:,}"))
        if len(block) == ROWS:
            spool.add_rows(block)
            block = []
            progress(content.done, f"{number:,} lines")
    if block:
        spool.add_rows(block)


def _lines(content: Utf8, path: Path) -> Iterator[str]:
    held = b""
    while more := content.read(2**20):
        *lines, held = (held + more).split(b"\n") if b"\n" in more else [held + more]
        if len(held) > LONGEST:
            raise DataError(f"{path.name} has a line of more than 128 MB.", HINT)
        yield from (line.decode() for line in lines)
    yield held.decode()


class _Another(Exception):
    """A document ends, and another one follows on the next line."""


def _loads(document: str, path: Path, line: int) -> Any:
    """The value of one document; errors name line and column of the file."""
    try:
        return json.loads(document, object_pairs_hook=_object)
    except json.JSONDecodeError as error:
        if not line and error.msg == "Extra data" and error.lineno > 1 and error.colno == 1:
            raise _Another from error
        where = f"line {line or error.lineno:,}, column {error.colno:,}"
        why = error.msg[0].lower() + error.msg[1:]
        raise DataError(f"{path.name} is no valid JSON: {where}: {why}.", HINT) from error
    except _Twice as error:
        where = f" line {line:,} of" if line else ""
        raise DataError(
            f"In{where} {path.name}, an object has {error.key!r} twice.", HINT
        ) from error
    except RecursionError as error:
        raise DataError(f"{path.name} is nested too deeply.", HINT) from error
    except ValueError as error:  # an integer of thousands of digits
        raise DataError(f"{path.name} holds a number that is too long.", HINT) from error


class _Twice(Exception):
    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        raise _Twice(next(key for key in keys if keys.count(key) > 1))
    return found


def _called(value: Any) -> str:
    names: dict[type, str] = {dict: "one object", list: "a list", str: "a text", bool: "a boolean"}
    return names.get(type(value), "nothing" if value is None else "a number")
