"""A foreign ONNX file: looked at before anything of it runs, then drawn behind our own columns.

Its nodes and weights stay as they are, to the last bit; what is added stands before and after them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
from google.protobuf.message import DecodeError
from onnx import TensorProto, helper
from onnx.checker import ValidationError

from workbench.core.errors import DataError
from workbench.core.signature import Kind
from workbench.onnxgraph import IR_VERSION, Graph
from workbench.packaging.adopting.head import Head
from workbench.packaging.parity import REFUSALS

DOMAINS = {"", "ai.onnx", "ai.onnx.ml", "com.microsoft"}  # what a plain onnxruntime carries
LEAST_OPSET = 9
NUMBERS = {
    TensorProto.FLOAT: np.float32, TensorProto.DOUBLE: np.float64, TensorProto.FLOAT16: np.float16,
    TensorProto.INT64: np.int64, TensorProto.INT32: np.int32, TensorProto.BOOL: np.bool_,
}  # fmt: skip
WHOLE = (TensorProto.INT64, TensorProto.INT32, TensorProto.BOOL)
FLOATS = (TensorProto.FLOAT, TensorProto.DOUBLE, TensorProto.FLOAT16)
LABELS = ("classlabels_strings", "classlabels_int64s", "classlabels_ints")
BATCH = 2_000


@dataclass(frozen=True)
class Entry:
    """One input: its element type, its rank, and how many columns it takes (None: any)."""

    name: str
    element: int
    rank: int
    width: int | None

    @property
    def kind(self) -> Kind:
        """What it takes of a column."""
        return "category" if self.element == TensorProto.STRING else "number"


@dataclass(frozen=True, eq=False)
class OnnxFile:
    """What an ONNX file takes and gives.

    ``outputs`` are its tensors of floats; ``labels`` its classes in the order of their scores, as
    far as the file says; ``names`` its columns, likewise.
    """

    model: onnx.ModelProto
    entries: tuple[Entry, ...]
    outputs: tuple[str, ...]
    label_output: str
    labels: tuple[str, ...]
    names: tuple[str, ...]


def look(content: bytes) -> OnnxFile:
    """Read a file without running it.

    Raises
    ------
    DataError
        It is no ONNX model, keeps its weights in other files, needs operators that onnxruntime
        does not have, or takes or gives what no table has.
    """
    try:
        model = onnx.load_model_from_string(content)
        outside = next((t.name for t in _tensors(model) if _elsewhere(t)), None)
        if outside is not None:
            raise DataError(
                f"The ONNX file keeps weights in another file ({outside!r}).",
                "Save it as one file: onnx.save(model, path, save_as_external_data=False).",
            )
        _known_operators(model)
        onnx.checker.check_model(model)
    except (DecodeError, ValidationError, ValueError, TypeError) as error:
        first = str(error).strip().splitlines()[0][:200] if str(error).strip() else "it is damaged"
        raise DataError(f"The file is no valid ONNX model: {first}", "Export it again.") from error
    labels = _unzipped(model) or _told_labels(model)
    constants = {t.name for t in model.graph.initializer}
    entries = tuple(_entry(value) for value in model.graph.input if value.name not in constants)
    if not entries:
        raise DataError("The ONNX model takes nothing.", "Export it with inputs.")
    outputs, label = _outputs(model)
    return OnnxFile(model, entries, outputs, label, labels, _names(model, entries))


def run(
    file: OnnxFile,
    layout: Sequence[tuple[Entry, Sequence[str]]],
    arrays: Mapping[str, np.ndarray],
) -> dict[str, np.ndarray]:
    """What the file itself answers to encoded columns; outputs by name.

    Raises
    ------
    DataError
        onnxruntime refuses the model or these rows.
    """
    try:
        asked = session(file.model.SerializeToString())
        feeds = {entry.name: _feed(entry, [arrays[n] for n in names]) for entry, names in layout}
        wanted = [*file.outputs, *([file.label_output] if file.label_output else [])]
        return dict(zip(wanted, asked.run(wanted, feeds), strict=True))
    except REFUSALS as error:
        raise DataError(
            f"onnxruntime refuses the model: {str(error).strip().splitlines()[0][:300]}",
            "Check that it runs on rows of this data set, and export it again.",
        ) from error


def adapt(
    file: OnnxFile,
    layout: Sequence[tuple[Entry, Sequence[str]]],
    inputs: Sequence[tuple[str, str]],
    head: Head,
) -> bytes:
    """The file behind the encoded columns: one input each, ``scores`` out.

    Parameters
    ----------
    layout
        Which of our arrays each input of the file is made from.
    inputs
        Name and kind (``float``, ``string``) of all our arrays, in the signature's order.
    head
        How the chosen output becomes scores.
    """
    opsets = {o.domain: o.version for o in file.model.opset_import}
    graph = Graph("adopted", opsets, max(IR_VERSION, file.model.ir_version))
    for name, kind in inputs:
        graph.input(name, kind)
    feeds = {entry.name: _fed(graph, entry, names) for entry, names in layout}
    prefix = graph.graft(file.model, feeds)
    scores = _headed(graph, prefix + head.output, head)
    return bytes(graph.finish(scores, head.width).SerializeToString())


def session(content: bytes) -> ort.InferenceSession:
    """A quiet session on the CPU."""
    options = ort.SessionOptions()
    options.log_severity_level = 4
    return ort.InferenceSession(content, options, providers=["CPUExecutionProvider"])


def _fed(graph: Graph, entry: Entry, names: Sequence[str]) -> str:
    value = graph.join(list(names))
    if entry.element not in (TensorProto.FLOAT, TensorProto.STRING):
        value = graph.add("Cast", [value], to=entry.element)
    if entry.rank == 1:
        value = graph.add("Reshape", [value, graph.constant([-1], np.int64)])
    return value


def _feed(entry: Entry, columns: Sequence[np.ndarray]) -> np.ndarray:
    matrix = np.stack(columns, axis=1)
    if entry.element != TensorProto.STRING:
        with np.errstate(invalid="ignore"):
            matrix = matrix.astype(NUMBERS[entry.element])
    return matrix[:, 0] if entry.rank == 1 else matrix


def _headed(graph: Graph, raw: str, head: Head) -> str:
    """The chosen output as probabilities or values, as :meth:`Head.scores` reckons them."""
    value = graph.add("Cast", [raw], to=TensorProto.FLOAT)
    wide = 1 if head.form in ("value", "positive", "margin") else head.width
    value = graph.add("Reshape", [value, graph.constant([-1, wide], np.int64)])
    if head.form == "logits":
        value = graph.add("Softmax", [value], axis=1)
    if head.form == "margin":
        value = graph.add("Sigmoid", [value])
    if head.form in ("positive", "margin"):
        other = graph.add("Sub", [graph.constant(1.0), value])
        value = graph.join([other, value])
    if head.order != tuple(range(head.width)):
        value = graph.add("Gather", [value, graph.constant(head.order, np.int64)], axis=1)
    return value


def _known_operators(model: onnx.ModelProto) -> None:
    domains = DOMAINS | {f.domain for f in model.functions}
    odd = sorted({f"{n.domain}.{n.op_type}" for n in _nodes(model) if n.domain not in domains})
    if odd:
        raise DataError(
            f"The ONNX file uses the operator {odd[0]}, which plain onnxruntime does not have.",
            "Export it with standard operators only.",
        )
    oldest = min((o.version for o in model.opset_import if o.domain in ("", "ai.onnx")), default=0)
    if oldest < LEAST_OPSET:
        raise DataError(
            f"The ONNX file is of opset {oldest}; {LEAST_OPSET} is the oldest that is taken.",
            "Convert it: onnx.version_converter.convert_version(model, 18).",
        )


def _graphs(graph: Any) -> Iterator[Any]:
    yield graph
    for node in graph.node:
        for attribute in node.attribute:
            for inner in (*attribute.graphs, *([attribute.g] if attribute.HasField("g") else ())):
                yield from _graphs(inner)


def _nodes(model: onnx.ModelProto) -> Iterator[Any]:
    for graph in (*_graphs(model.graph), *(g for f in model.functions for g in _graphs(f))):
        yield from graph.node


def _tensors(model: onnx.ModelProto) -> Iterator[Any]:
    for graph in _graphs(model.graph):
        yield from graph.initializer
    for node in _nodes(model):
        for attribute in node.attribute:
            yield from attribute.tensors
            if attribute.HasField("t"):
                yield attribute.t


def _elsewhere(tensor: Any) -> bool:
    return bool(tensor.data_location == TensorProto.EXTERNAL or tensor.external_data)


def _unzipped(model: onnx.ModelProto) -> tuple[str, ...]:
    """Take away the maps that skl2onnx puts at the end; the classes that they name."""
    zips = {n.output[0]: n for n in model.graph.node if n.op_type == "ZipMap"}
    labels: tuple[str, ...] = ()
    for output in model.graph.output:
        node = zips.get(output.name)
        if node is None:
            continue
        labels = _labels_of(node)
        model.graph.node.remove(node)
        output.CopyFrom(
            helper.make_tensor_value_info(node.input[0], TensorProto.FLOAT, [None, len(labels)])
        )
    return labels


def _told_labels(model: onnx.ModelProto) -> tuple[str, ...]:
    """The classes that one of the classifying nodes names; nothing where they disagree."""
    told = {_labels_of(node) for node in model.graph.node} - {()}
    return told.pop() if len(told) == 1 else ()


def _labels_of(node: Any) -> tuple[str, ...]:
    for attribute in node.attribute:
        if attribute.name in LABELS:
            found = [s.decode("utf-8", "replace") for s in attribute.strings] or attribute.ints
            if found:
                return tuple(str(label) for label in found)
    return ()


def _entry(value: Any) -> Entry:
    if not value.type.HasField("tensor_type"):
        raise DataError(f"The ONNX model's input {value.name!r} is no tensor.", "Export it again.")
    tensor = value.type.tensor_type
    shape = [d.dim_value or None for d in tensor.shape.dim]
    if tensor.elem_type not in (*NUMBERS, TensorProto.STRING) or len(shape) not in (1, 2):
        raise DataError(
            f"The ONNX model's input {value.name!r} is no column or matrix of numbers or texts.",
            "Adopt a model of tables: inputs of shape (rows,) or (rows, columns).",
        )
    if shape[0] is not None:
        raise DataError(
            f"The ONNX model's input {value.name!r} takes exactly {shape[0]} rows.",
            "Export it with a first dimension that is free (dynamic_axes, dynamic_shapes).",
        )
    return Entry(value.name, tensor.elem_type, len(shape), 1 if len(shape) == 1 else shape[1])


def _outputs(model: onnx.ModelProto) -> tuple[tuple[str, ...], str]:
    kinds = {o.name: o.type.tensor_type.elem_type for o in model.graph.output}
    floats = [name for name, kind in kinds.items() if kind in FLOATS]
    if not floats:
        raise DataError(
            "The ONNX model gives no scores: none of its outputs holds floats.",
            "Export it with its probabilities or values as an output.",
        )
    label = next((n for n, k in kinds.items() if k in (TensorProto.STRING, TensorProto.INT64)), "")
    return tuple(sorted(floats, key=lambda n: "prob" not in n.lower())), label


def _names(model: onnx.ModelProto, entries: Sequence[Entry]) -> tuple[str, ...]:
    """The columns' names: the inputs' own where each is a column, else what the file notes."""
    if all(entry.width == 1 for entry in entries) and len(entries) > 1:
        return tuple(entry.name for entry in entries)
    for item in model.metadata_props:
        if item.key in ("feature_names", "columns"):
            try:
                told = json.loads(item.value)
            except ValueError:
                told = item.value.split(",")
            if isinstance(told, list):
                return tuple(str(name).strip() for name in told)
    return ()
