"""The prediction log: what was asked and answered, as JSON lines, without holding up a reply.

Answers go into a bounded queue and a thread writes them down. When the disk cannot keep up, or is
full, answers are left out and *counted*; a reply never waits for the log. At most a second of
them is lost when the machine loses power.
"""

from __future__ import annotations

import datetime as dt
import os
import sys
import threading
import time
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from workbench.serving.runtime.wire import Columns

SEGMENT = 16 << 20  # bytes, after which the next file is begun
KEEP = 64  # segments; the oldest go first
QUEUE = 200_000  # rows that may wait to be written; more than one request may have
BATCH = 256 << 10  # bytes, about, that are written at once
FEW = 4  # rows that are put into words at once: to keep their values for the thread costs more
PAUSE = 0.05  # seconds over which rows are gathered
SYNC = 1.0  # seconds of answers that a power cut may take


@dataclass(frozen=True, slots=True)
class Entry:
    """The answer to one request."""

    id: str
    time: float  # seconds since the epoch
    columns: Columns
    scores: np.ndarray
    predictions: list[Any]


class PredictionLog:
    """Writes entries to ``folder/00000001.jsonl`` and so on, from a thread of its own.

    A started log begins a new segment, so a line that a crash cut off stays the last of its file.
    """

    def __init__(
        self, folder: Path, run_id: str, *, queue: int = QUEUE, segment: int = SEGMENT
    ) -> None:
        self.folder = folder
        self.run_id = run_id
        self.written = 0
        self.dropped = 0
        self.queued = 0
        self.failing = ""
        self._most, self._segment = queue, segment
        self._waiting: deque[Entry | list[bytes]] = deque()
        self._lock = threading.Lock()  # held for additions only, never while writing
        self._wake = threading.Event()
        self._closing = False
        self._file: _Segment | None = None
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._thread = threading.Thread(target=self._run, name="prediction-log", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def put(self, entry: Entry) -> None:
        """Take an entry, or count it as dropped when too many are waiting; returns at once."""
        rows = len(entry.predictions)
        with self._lock:
            if self.queued + rows > self._most:
                self.dropped += rows
                return
            self.queued += rows
        self._waiting.append(entry if rows > FEW else _lines(entry, self.run_id))
        if not self._wake.is_set():
            self._wake.set()

    def close(self, wait: float = 5.0) -> None:
        """Write what is waiting, and end."""
        self._closing = True
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(wait)

    def _run(self) -> None:
        while not self._closing:
            self._wake.wait()
            if not self._closing:
                time.sleep(PAUSE)
            self._wake.clear()
            self._write_waiting()
            if self._file is not None:
                self._file.sync()
        self._write_waiting()
        if self._file is not None:
            self._file.close()

    def _write_waiting(self) -> None:
        while self._waiting:
            lines: list[bytes] = []
            size = 0
            while self._waiting and size < BATCH:
                new = self._waiting.popleft()
                new = _lines(new, self.run_id) if isinstance(new, Entry) else new
                size += len(new) * len(new[0])
                lines += new
            self._write(lines)

    def _write(self, lines: list[bytes]) -> None:
        try:
            self._append(b"".join(lines))
        except OSError as error:
            self._failed(error, len(lines))
        else:
            self.written += len(lines)
            self.failing = ""
        with self._lock:
            self.queued -= len(lines)

    def _append(self, content: bytes) -> None:
        if self._file is not None and self._file.size >= self._segment:
            self._file.close()
            self._file = None
        if self._file is None:
            self._file = _Segment.after(self.folder)
            for old in segments(self.folder)[:-KEEP]:
                old.unlink(missing_ok=True)
        self._file.append(content)

    def _failed(self, error: OSError, rows: int) -> None:
        sentence = f"The prediction log cannot be written: {error.strerror}."
        if self.failing != sentence:  # said once, counted always
            print(sentence, file=sys.stderr, flush=True)
        self.failing = sentence
        with self._lock:
            self.dropped += rows


class _Segment:
    """One file of the log; only whole entries stay in it."""

    def __init__(self, path: Path) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND
        self._descriptor = os.open(path, flags, 0o600)  # rows may be about people
        self.size = 0
        self._synced = time.monotonic()
        self._dirty = False

    @classmethod
    def after(cls, folder: Path) -> _Segment:
        """A new segment behind those that are there, also when another server adds its own."""
        number = max((int(p.stem) for p in segments(folder)), default=0)
        while True:
            number += 1
            try:
                return cls(folder / f"{number:08d}.jsonl")
            except FileExistsError:
                continue

    def append(self, content: bytes) -> None:
        rest = memoryview(content)
        try:
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]
        except OSError:
            os.ftruncate(self._descriptor, self.size)  # a full disk takes half a line
            raise
        self.size += len(content)
        self._dirty = True

    def sync(self, *, now: bool = False) -> None:
        if self._dirty and (now or time.monotonic() - self._synced >= SYNC):
            os.fsync(self._descriptor)
            self._synced, self._dirty = time.monotonic(), False

    def close(self) -> None:
        self.sync(now=True)
        os.close(self._descriptor)


def segments(folder: Path) -> list[Path]:
    """The log's files, oldest first."""
    return sorted(p for p in folder.glob("*.jsonl") if p.stem.isdigit())


def _lines(entry: Entry, run_id: str) -> list[bytes]:
    moment = dt.datetime.fromtimestamp(entry.time, dt.UTC).isoformat()
    names = tuple(entry.columns)
    scores = entry.scores.tolist()
    encode = msgspec.json.encode
    return [
        encode(
            {
                "id": entry.id,
                "row": row,
                "time": moment,
                "inputs": dict(zip(names, values, strict=True)),
                "scores": scores[row],
                "label": entry.predictions[row],
                "run_id": run_id,
            }
        )
        + b"\n"
        for row, values in enumerate(zip(*entry.columns.values(), strict=True))
    ]
