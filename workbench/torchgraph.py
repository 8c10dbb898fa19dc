"""A torch ExportedProgram (``.pt2``) as ONNX, read without torch.

``torch.export.load`` unpickles and evaluates parts of such a file, so it may not see a foreign one.
The archive's graph is JSON and its weights are raw numbers: both are read here, and each operation
that a network for tables is made of is drawn as the ONNX operator that says the same.
"""

from __future__ import annotations

import io
import json
import math
import zipfile
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from onnx import TensorProto, helper

from workbench.core.errors import DataError
from workbench.onnxgraph import Graph

LARGEST = 1_000_000_000  # bytes, unpacked
TYPES = {4: np.int32, 5: np.int64, 6: np.float16, 7: np.float32, 8: np.float64, 12: np.bool_}
ELEMENTS = {
    4: TensorProto.INT32, 5: TensorProto.INT64, 6: TensorProto.FLOAT16, 7: TensorProto.FLOAT,
    8: TensorProto.DOUBLE, 12: TensorProto.BOOL,
}  # fmt: skip
HINT = "Export it with torch.onnx.export, and adopt the .onnx file."
ATEN = "torch.ops.aten."


def to_onnx(content: bytes) -> bytes:
    """The ONNX form of an exported program that takes and gives tensors.

    Raises
    ------
    DataError
        It is no ``.pt2`` file of torch 2.8 or newer, holds pickled parts that it needs, or an
        operation that is not known here.
    """
    try:
        archive = _Archive(content)
        return bytes(_Drawing(archive).drawn().SerializeToString())
    except DataError:
        raise
    except (
        zipfile.BadZipFile, ArithmeticError, AttributeError, LookupError, MemoryError, RuntimeError,
        StopIteration, TypeError, ValueError,
    ) as error:  # fmt: skip
        raise DataError(
            "The file is no torch.export archive that can be read, or it is damaged.", HINT
        ) from error


class _Archive:
    """The JSON and the raw weights of an archive."""

    def __init__(self, content: bytes) -> None:
        self.zip = zipfile.ZipFile(io.BytesIO(content))
        if sum(item.file_size for item in self.zip.infolist()) > LARGEST:
            raise DataError("The archive unpacks to more than 1 GB.", "Adopt a smaller model.")
        names = {n.partition("/")[2]: n for n in self.zip.namelist()}
        self.names = names
        if "models/model.json" not in names:
            raise DataError(
                "The file is no torch.export archive of torch 2.8 or newer.",
                "Save it with torch.export.save of a newer torch, or as ONNX.",
            )
        if names.get("byteorder") and self._bytes("byteorder") != b"little":
            raise DataError("The archive was written on a big-endian machine.", HINT)
        self.program = json.loads(self._bytes("models/model.json"))["graph_module"]

    def tensor(self, name: str, constant: bool) -> np.ndarray:
        """A weight, buffer or constant; pickled ones are refused."""
        where, what = ("constants", "constants") if constant else ("weights", "weights")
        config = json.loads(self._bytes(f"data/{where}/model_{what}_config.json"))["config"]
        told = config[name]
        if told["use_pickle"]:
            raise DataError(
                f"The archive keeps {name!r} pickled, and pickles are not opened.", HINT
            )
        meta = told["tensor_meta"]
        dtype = np.dtype(TYPES[meta["dtype"]])
        flat = np.frombuffer(self._bytes(f"data/{where}/{told['path_name']}"), dtype)
        return _strided(
            flat,
            [_int(s) for s in meta["sizes"]],
            [_int(s) for s in meta["strides"]],
            _int(meta["storage_offset"]),
        )

    def _bytes(self, name: str) -> bytes:
        return self.zip.read(self.names[name])


class _Drawing:
    """One program drawn as a graph; values are known by torch's names."""

    def __init__(self, archive: _Archive) -> None:
        self.archive = archive
        self.graph = Graph("torch")
        self.values: dict[str, str] = {}  # torch's name -> ONNX's
        self.known: dict[str, np.ndarray] = {}  # weights, for what needs their numbers

    def drawn(self) -> Any:
        program = self.archive.program
        inner, signature = program["graph"], program["signature"]
        inputs = [self._input(spec, inner["tensor_values"]) for spec in signature["input_specs"]]
        for node in inner["nodes"]:
            self._node(node)
        outputs = [s["user_output"]["arg"] for s in signature["output_specs"] if "user_output" in s]
        if len(signature["output_specs"]) != len(outputs):
            raise DataError("The program changes its own weights while it runs.", HINT)
        return self._finished(
            [i for i in inputs if i is not None], [o["as_tensor"]["name"] for o in outputs]
        )

    def _input(self, spec: Mapping[str, Any], metas: Mapping[str, Any]) -> Any:
        kind, told = next(iter(spec.items()))
        if kind == "user_input":
            name = told["arg"]["as_tensor"]["name"]
            self.values[name] = name
            meta = metas[name]
            shape = [s.get("as_int") for s in meta["sizes"]]
            return helper.make_tensor_value_info(name, ELEMENTS[meta["dtype"]], shape)
        keys = {"parameter": "parameter_name", "buffer": "buffer_name",
                "tensor_constant": "tensor_constant_name"}  # fmt: skip
        if kind not in keys:
            raise DataError(f"The program needs a {kind.replace('_', ' ')}.", HINT)
        name = told["arg"]["name"]
        constant = kind == "tensor_constant" or told.get("persistent") is False
        value = self.archive.tensor(told[keys[kind]], constant)
        self.known[name] = value
        self.values[name] = self.graph.constant(value, value.dtype)
        return None

    def _node(self, node: Mapping[str, Any]) -> None:
        target = str(node["target"])
        name = target.removeprefix(ATEN).split(".")[0].rstrip("_")
        draw = OPERATIONS.get(name) if target.startswith(ATEN) else None
        if draw is None:
            raise DataError(
                f"The program uses the operation {target.removeprefix('torch.ops.')}, which is not"
                " known here.",
                HINT,
            )
        given = {item["name"]: self._argument(item["arg"]) for item in node["inputs"]}
        if name == "batch_norm" and self._rank(node) != 2:
            raise DataError("The program normalises batches of more than rows and columns.", HINT)
        out = draw(self, given)
        self.values[node["outputs"][0]["as_tensor"]["name"]] = out

    def _rank(self, node: Mapping[str, Any]) -> int:
        out = node["outputs"][0]["as_tensor"]["name"]
        return len(self.archive.program["graph"]["tensor_values"][out]["sizes"])

    def _argument(self, told: Mapping[str, Any]) -> Any:
        kind, value = next(iter(told.items()))
        if kind == "as_tensor":
            return self.values[value["name"]]
        if kind == "as_tensors":
            return [self.values[v["name"]] for v in value]
        if kind == "as_none":
            return None
        if kind in ("as_int", "as_float", "as_bool", "as_string", "as_ints", "as_scalar_type"):
            return value
        if kind in ("as_sym_int", "as_sym_ints"):  # the number of rows: what is left over
            return -1 if kind == "as_sym_int" else [v.get("as_int", -1) for v in value]
        return value

    def _finished(self, inputs: list[Any], outputs: list[str]) -> Any:
        graph = self.graph
        graph.inputs = inputs
        made = graph.finish(self.values[outputs[0]], 1)
        meta = self.archive.program["graph"]["tensor_values"][outputs[0]]
        shape = [size.get("as_int") for size in meta["sizes"]]
        told = helper.make_tensor_value_info("scores", ELEMENTS[meta["dtype"]], shape)
        made.graph.output[0].CopyFrom(told)
        return made


def _strided(flat: np.ndarray, sizes: list[int], strides: list[int], offset: int) -> np.ndarray:
    """A tensor from its storage; what lies outside of it is refused."""
    last = offset + sum((n - 1) * s for n, s in zip(sizes, strides, strict=True))
    if offset < 0 or min([0, *strides]) < 0 or (math.prod(sizes) and last >= len(flat)):
        raise ValueError("a weight lies outside of its storage")
    steps = [s * flat.itemsize for s in strides]
    seen = np.lib.stride_tricks.as_strided(flat[offset:], sizes, steps, writeable=False)
    return np.array(seen)


def _int(told: Any) -> int:
    return int(told["as_int"] if isinstance(told, Mapping) else told)


# the operations -------------------------------------------------------------------------------

Draw = Callable[[_Drawing, Mapping[str, Any]], str]


def _one(operator: str, **attributes: Any) -> Draw:
    """An operator of one tensor."""

    def draw(d: _Drawing, a: Mapping[str, Any]) -> str:
        return d.graph.add(operator, [_first(a)], **attributes)

    return draw


def _two(operator: str) -> Draw:
    """An operator of two tensors, or a tensor and a number."""

    def draw(d: _Drawing, a: Mapping[str, Any]) -> str:
        other = a["other"]
        if a.get("alpha", 1) != 1:
            raise ValueError("alpha")
        if not isinstance(other, str):
            other = d.graph.constant(other)
        return d.graph.add(operator, [_first(a), other])

    return draw


def _divide(d: _Drawing, a: Mapping[str, Any]) -> str:
    if a.get("rounding_mode") is not None:
        raise ValueError("rounding_mode")
    return _two("Div")(d, a)


def _softplus(d: _Drawing, a: Mapping[str, Any]) -> str:
    """log(1 + exp(x)); beyond torch's threshold of 20 that is x to the last bit of a float."""
    if a.get("beta", 1) != 1 or a.get("threshold", 20) != 20:
        raise ValueError("beta, threshold")
    return d.graph.add("Softplus", [_first(a)])


def _first(a: Mapping[str, Any]) -> str:
    return str(a["self"] if "self" in a else a["input"])


def _same(d: _Drawing, a: Mapping[str, Any]) -> str:
    return d.graph.add("Identity", [_first(a)])


def _dropout(d: _Drawing, a: Mapping[str, Any]) -> str:
    if a.get("train"):
        raise DataError("The program was exported in training mode.", "Call model.eval() first.")
    return _same(d, a)


def _linear(d: _Drawing, a: Mapping[str, Any]) -> str:
    turned = d.graph.add("Transpose", [a["weight"]], perm=[1, 0])
    out = d.graph.add("MatMul", [a["input"], turned])
    return d.graph.add("Add", [out, a["bias"]]) if a.get("bias") else out


def _addmm(d: _Drawing, a: Mapping[str, Any]) -> str:
    if a.get("beta", 1) != 1 or a.get("alpha", 1) != 1:
        raise ValueError("alpha, beta")
    return d.graph.add("Add", [d.graph.add("MatMul", [a["mat1"], a["mat2"]]), a["self"]])


def _matmul(d: _Drawing, a: Mapping[str, Any]) -> str:
    return d.graph.add("MatMul", [a["self"], a.get("mat2") or a["other"]])


def _gelu(d: _Drawing, a: Mapping[str, Any]) -> str:
    """0.5 x (1 + erf(x / √2)): Gelu itself comes with opset 20."""
    if a.get("approximate", "none") != "none":
        raise ValueError("approximate")
    g, x = d.graph, _first(a)
    inner = g.add("Erf", [g.add("Mul", [x, g.constant(math.sqrt(0.5))])])
    half = g.add("Mul", [x, g.constant(0.5)])
    return g.add("Mul", [half, g.add("Add", [inner, g.constant(1.0)])])


def _silu(d: _Drawing, a: Mapping[str, Any]) -> str:
    return d.graph.add("Mul", [_first(a), d.graph.add("Sigmoid", [_first(a)])])


def _softmax(operator: str) -> Draw:
    def draw(d: _Drawing, a: Mapping[str, Any]) -> str:
        return d.graph.add(operator, [_first(a)], axis=int(a["dim"]))

    return draw


def _leaky(d: _Drawing, a: Mapping[str, Any]) -> str:
    return d.graph.add("LeakyRelu", [_first(a)], alpha=float(a.get("negative_slope", 0.01)))


def _elu(d: _Drawing, a: Mapping[str, Any]) -> str:
    return d.graph.add("Elu", [_first(a)], alpha=float(a.get("alpha", 1.0)))


def _clamp(d: _Drawing, a: Mapping[str, Any]) -> str:
    ends = [a.get("min", a.get("min_val")), a.get("max", a.get("max_val"))]
    return d.graph.add(
        "Clip", [_first(a), *("" if e is None else d.graph.constant(e) for e in ends)]
    )


def _batch_norm(d: _Drawing, a: Mapping[str, Any]) -> str:
    if a.get("training"):
        raise DataError("The program was exported in training mode.", "Call model.eval() first.")
    spread = d.graph.add("Add", [a["running_var"], d.graph.constant(a.get("eps", 1e-5))])
    out = d.graph.add("Sub", [_first(a), a["running_mean"]])
    return _affine(d, d.graph.add("Div", [out, d.graph.add("Sqrt", [spread])]), a)


def _layer_norm(d: _Drawing, a: Mapping[str, Any]) -> str:
    g, x = d.graph, _first(a)
    axes = g.constant([-1 - i for i in range(len(a["normalized_shape"]))], np.int64)
    centred = g.add("Sub", [x, g.add("ReduceMean", [x, axes])])
    spread = g.add("ReduceMean", [g.add("Mul", [centred, centred]), axes])
    root = g.add("Sqrt", [g.add("Add", [spread, g.constant(a.get("eps", 1e-5))])])
    return _affine(d, g.add("Div", [centred, root]), a)


def _affine(d: _Drawing, value: str, a: Mapping[str, Any]) -> str:
    if a.get("weight"):
        value = d.graph.add("Mul", [value, a["weight"]])
    return d.graph.add("Add", [value, a["bias"]]) if a.get("bias") else value


def _cat(d: _Drawing, a: Mapping[str, Any]) -> str:
    return d.graph.add("Concat", a["tensors"], axis=int(a.get("dim", 0)))


def _reshape(d: _Drawing, a: Mapping[str, Any]) -> str:
    shape = [int(s) for s in (a.get("size") or a["shape"])]
    return d.graph.add("Reshape", [_first(a), d.graph.constant(shape, np.int64)])


def _squeeze(operator: str) -> Draw:
    def draw(d: _Drawing, a: Mapping[str, Any]) -> str:
        return d.graph.add(operator, [_first(a), d.graph.constant([a["dim"]], np.int64)])

    return draw


def _select(d: _Drawing, a: Mapping[str, Any]) -> str:
    index = d.graph.constant(int(a["index"]), np.int64)
    return d.graph.add("Gather", [_first(a), index], axis=int(a["dim"]))


def _slice(d: _Drawing, a: Mapping[str, Any]) -> str:
    ends = (a.get("start") or 0, a.get("end", 2**62), a.get("dim", 0), a.get("step", 1))
    if ends[1] is None:
        ends = (ends[0], 2**62, *ends[2:])
    return d.graph.add("Slice", [_first(a), *(d.graph.constant([e], np.int64) for e in ends)])


def _embedding(d: _Drawing, a: Mapping[str, Any]) -> str:
    return d.graph.add("Gather", [a["weight"], a["indices"]])


def _to(d: _Drawing, a: Mapping[str, Any]) -> str:
    if a.get("dtype") is None:
        return _same(d, a)
    return d.graph.add("Cast", [_first(a)], to=ELEMENTS[int(a["dtype"])])


OPERATIONS: dict[str, Draw] = {
    **dict.fromkeys(("clone", "contiguous", "detach", "alias"), _same),
    **dict.fromkeys(("dropout", "alpha_dropout"), _dropout),
    **dict.fromkeys(("mm", "matmul"), _matmul),
    **dict.fromkeys(("view", "reshape"), _reshape),
    **dict.fromkeys(("clamp", "hardtanh"), _clamp),
    **dict.fromkeys(("to", "_to_copy"), _to),
    "linear": _linear, "addmm": _addmm, "relu": _one("Relu"), "sigmoid": _one("Sigmoid"),
    "tanh": _one("Tanh"), "exp": _one("Exp"), "log": _one("Log"), "sqrt": _one("Sqrt"),
    "abs": _one("Abs"), "neg": _one("Neg"), "isnan": _one("IsNaN"), "softplus": _softplus,
    "gelu": _gelu, "silu": _silu, "leaky_relu": _leaky, "elu": _elu,
    "softmax": _softmax("Softmax"), "log_softmax": _softmax("LogSoftmax"),
    "add": _two("Add"), "sub": _two("Sub"), "mul": _two("Mul"), "div": _divide,
    "batch_norm": _batch_norm, "layer_norm": _layer_norm, "cat": _cat,
    "squeeze": _squeeze("Squeeze"), "unsqueeze": _squeeze("Unsqueeze"),
    "select": _select, "slice": _slice, "embedding": _embedding, "t": _one("Transpose"),
}  # fmt: skip
