"""Nothing leaves the machine, and nothing is written outside the workspace unasked."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

MODEL = """
import workbench
import onnxruntime
from onnx import TensorProto, helper

x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [None])
y = helper.make_tensor_value_info("y", TensorProto.FLOAT, [None])
graph = helper.make_graph([helper.make_node("Neg", ["x"], ["y"])], "g", [x], [y])
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
onnxruntime.InferenceSession(model.SerializeToString())
"""


def test_libraries_are_told_not_to_report_to_their_makers(tmp_path: Path) -> None:
    home, folder = tmp_path / "home", tmp_path / "tmp"
    home.mkdir()
    folder.mkdir()
    clean = {k: v for k, v in os.environ.items() if "TELEMETRY" not in k and k != "DO_NOT_TRACK"}
    clean.pop("XDG_CACHE_HOME", None)
    env = {**clean, "HOME": str(home), "TMPDIR": str(folder)}
    subprocess.run([sys.executable, "-c", MODEL], env=env, check=True)
    assert not list(home.rglob("*"))
    assert not list(folder.rglob("*"))
