"""The model of a bundle, loaded: columns in, scores and labels out."""

from __future__ import annotations

import hashlib
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort

from workbench import encoding
from workbench.core.bundle import BundleManifest, verify
from workbench.core.errors import DataError
from workbench.core.signature import Field, Signature
from workbench.serving.runtime.problem import HttpError

BUDGET = 1e-3  # seconds for which a single answer may hold up all others
MOST_INLINE = 64  # rows
_TYPES = {"float": "tensor(float)", "string": "tensor(string)"}


@dataclass(frozen=True, slots=True)
class Answer:
    """Scores of shape ``(n, classes)`` or ``(n,)``, the labels or values that follow from them,
    and the arrays that the model saw."""

    scores: np.ndarray
    predictions: list[Any]
    encoded: dict[str, np.ndarray]


class Model:
    """An ONNX Runtime session over a verified bundle, one thread wide.

    The model's bytes are loaded from memory, with the process in an empty folder: a graph that
    names other files finds none.
    """

    def __init__(self, manifest: BundleManifest, content: bytes, empty: Path) -> None:
        self.manifest = manifest
        self.signature: Signature = manifest.signature
        self.arrays = encoding.inputs(self.signature)
        self.session = _session(content, empty)
        _check(self.session, self)
        self.classes = encoding.labels(np.arange(len(self.signature.classes)), self.signature)
        self.inline_rows = self._warm()

    @classmethod
    def open(cls, folder: Path, empty: Path) -> Model:
        """Verify a bundle and load its model; ``empty`` is a folder with nothing in it.

        Raises
        ------
        DataError
            The bundle was changed, or its model is none that this server can answer with.
        """
        manifest = verify(folder)
        content = (folder / manifest.model).read_bytes()
        # read once more after the check: what is loaded is what was hashed
        if hashlib.sha256(content).hexdigest() != manifest.files[manifest.model]:
            raise DataError(f"Bundle {folder} is refused: {manifest.model!r} is being changed.")
        return cls(manifest, content, empty)

    def answer(self, columns: dict[str, Any], options: ort.RunOptions | None = None) -> Answer:
        """Scores and labels for columns of raw values.

        Raises
        ------
        InvalidValue
            A value does not fit its column.
        HttpError
            422: the model gives no finite number for a row.
        """
        encoded = encoding.encode(columns, self.signature, self.arrays)
        feed = {name: values.reshape(-1, 1) for name, values in encoded.items()}
        raw = self.session.run(["scores"], feed, options)[0]
        finite = np.isfinite(raw)
        if not finite.all():
            row = int(np.argmin(finite.all(axis=1)))
            # it gave one for a row of training when it was loaded: this row is at fault
            raise HttpError(
                422,
                f"The model gives no number for row {row}.",
                "Its values lie too far from those of training.",
                row=row,
            )
        if not self.classes:
            values = raw[:, 0]
            return Answer(values, values.tolist(), encoded)
        codes = encoding.decide(raw, self.signature)
        return Answer(raw, [self.classes[code] for code in codes.tolist()], encoded)

    def _warm(self) -> int:
        """Answer a few times; how many rows may be answered within :data:`BUDGET`."""
        row = {item.name: [_typical(item)] for item in self.signature.inputs}
        seconds = []
        for _ in range(5):
            start = time.perf_counter()
            self.answer(row)
            seconds.append(time.perf_counter() - start)
        one = min(seconds)
        if one > BUDGET:
            return 0
        start = time.perf_counter()
        self.answer({name: values * MOST_INLINE for name, values in row.items()})
        all_rows = time.perf_counter() - start
        each = max((all_rows - one) / MOST_INLINE, 1e-7)
        return min(MOST_INLINE, max(1, int((BUDGET - one) / each)))


def _session(content: bytes, empty: Path) -> ort.InferenceSession:
    if any(empty.iterdir()):
        raise DataError(f"{empty} is not empty.")
    os.chdir(empty)
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 4  # its messages name files and values; what failed is raised
    try:
        return ort.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except ORT_ERRORS as error:
        print(f"onnxruntime: {str(error)[:500]}", file=sys.stderr)
        raise DataError("The bundle's model cannot be loaded.", "Export it again.") from error


def _check(session: ort.InferenceSession, model: Model) -> None:
    """The graph must take and give what the signature promises."""
    expected = {a.name: _TYPES[a.kind] for a in model.arrays}
    given = {i.name: i.type for i in session.get_inputs()}
    if given != expected:
        odd = min(set(expected.items()) ^ set(given.items()))[0]
        raise DataError(f"The bundle's model and signature disagree about input {odd!r}.")
    outputs = {o.name: (o.type, o.shape) for o in session.get_outputs()}
    if outputs.get("scores", ("",))[0] != "tensor(float)":
        raise DataError("The bundle's model has no output of floats called 'scores'.")
    shape = outputs["scores"][1]
    wide = len(model.signature.classes) or 1
    if len(shape) != 2 or (isinstance(shape[1], int) and shape[1] != wide):
        raise DataError(f"The bundle's model gives scores of shape {shape}, not (rows, {wide}).")


def _typical(item: Field) -> Any:
    if item.example is not None:
        return item.example
    return item.low if item.kind == "number" else None


_state = ort.capi.onnxruntime_pybind11_state
ORT_ERRORS: tuple[type[Exception], ...] = (
    _state.Fail,
    _state.InvalidArgument,
    _state.InvalidGraph,
    _state.InvalidProtobuf,
    _state.NoSuchFile,
    _state.NotImplemented,
    _state.RuntimeException,
)
