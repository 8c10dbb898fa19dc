"""A small hand for drawing ONNX graphs: nodes and constants with names that never collide."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import onnx
import onnx.compose
from onnx import TensorProto, helper, numpy_helper

OPSETS = {"": 18, "ai.onnx.ml": 3}  # what onnxruntime has read for years
RUNTIME = "com.microsoft"  # operators of onnxruntime's own: hashes and tokens
IR_VERSION = 9
MAKER = "ml-workbench"


class Graph:
    """An ONNX graph under construction; values are known by the names that its methods return.

    Parameters
    ----------
    opsets, ir
        The versions to write; those of a foreign model that is to be part of it.
    """

    def __init__(
        self, name: str, opsets: Mapping[str, int] | None = None, ir: int = IR_VERSION
    ) -> None:
        self.name = name
        self.opsets = dict(opsets or OPSETS)
        self.ir = ir
        self.functions: list[onnx.FunctionProto] = []
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []
        self.inputs: list[onnx.ValueInfoProto] = []
        self._count = 0

    def input(self, name: str, kind: str) -> str:
        """An input of shape (rows, 1); ``kind`` is ``float`` or ``string``."""
        element = TensorProto.STRING if kind == "string" else TensorProto.FLOAT
        self.inputs.append(helper.make_tensor_value_info(name, element, ["rows", 1]))
        return name

    def constant(self, values: Any, dtype: Any = np.float32) -> str:
        """A constant array."""
        name = self._name("constant")
        array = np.asarray(values, dtype=dtype, order="C")
        self.constants.append(numpy_helper.from_array(array, name))
        return name

    def text(self, value: str) -> str:
        """A constant text."""
        name = self._name("text")
        self.constants.append(helper.make_tensor(name, TensorProto.STRING, [1], [value.encode()]))
        return name

    def add(self, operator: str, inputs: Sequence[str], domain: str = "", **attributes: Any) -> str:
        """One node with one output."""
        out = self._name(operator.lower())
        self.nodes.append(
            helper.make_node(operator, list(inputs), [out], name=out, domain=domain, **attributes)
        )
        return out

    def smallest(self, values: str, count: int) -> str:
        """Places of the ``count`` smallest in each row, (rows, count) int64; ties: the earlier."""
        out, places = self._name("least"), self._name("places")
        inputs = [values, self.constant([count], np.int64)]
        self.nodes.append(
            helper.make_node("TopK", inputs, [out, places], name=places, axis=1, largest=0)
        )
        return places

    def join(self, values: Sequence[str]) -> str:
        """Columns of several values beside each other."""
        return values[0] if len(values) == 1 else self.add("Concat", values, axis=1)

    def part(self, value: str, width: int) -> list[str]:
        """The columns of a value of shape (rows, width), each (rows, 1)."""
        if width == 1:
            return [value]
        places = [self.constant([place], np.int64) for place in range(width)]
        return [self.add("Gather", [value, place], axis=1) for place in places]

    def absorb(self, made: onnx.ModelProto, entry: str, source: str, output: str) -> str:
        """Draw a whole model into this graph: ``source`` goes in, what it calls ``output`` out."""
        return self.graft(made, {entry: source}) + output

    def graft(self, made: onnx.ModelProto, feeds: Mapping[str, str]) -> str:
        """Draw a whole model into this graph, its inputs fed by values of ours.

        Returns
        -------
        str
            What now stands before the names of its values.
        """
        prefix = self._name("part") + "_"
        whole = onnx.compose.add_prefix(made, prefix, rename_functions=False)
        for entry, source in feeds.items():
            self.nodes.append(helper.make_node("Identity", [source], [prefix + entry]))
        self.nodes += whole.graph.node
        self.constants += whole.graph.initializer
        self.functions += whole.functions
        return prefix

    def finish(self, scores: str, width: int) -> onnx.ModelProto:
        """The model, with ``scores`` of shape (rows, width) as its only output."""
        self.nodes.append(helper.make_node("Identity", [scores], ["scores"], name="scores"))
        output = helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["rows", width])
        graph = helper.make_graph(self.nodes, self.name, self.inputs, [output], self.constants)
        own = {RUNTIME: 1} if any(node.domain == RUNTIME for node in self.nodes) else {}
        opsets = [helper.make_opsetid(*known) for known in {**own, **self.opsets}.items()]
        return helper.make_model(
            graph,
            opset_imports=opsets,
            ir_version=self.ir,
            producer_name=MAKER,
            functions=self.functions,
        )

    def _name(self, stem: str) -> str:
        # a stem in front keeps clear of the inputs, which are called c<number>_...
        self._count += 1
        return f"v_{stem}_{self._count}"
