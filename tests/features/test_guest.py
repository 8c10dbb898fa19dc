"""A step of another package is found, trained with and loaded; without an ONNX form it stays."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

SCRIPT = """
import sys
import workbench as wb
from workbench.core.errors import UsageError

ws = wb.open(sys.argv[1])
data = ws.import_data("wine").derive("square(alcohol) as strength")
run = ws.train(data, families=["logistic"]).best
assert len(run.predict(data.head(3))) == 3
print([f.code for f in data.preview("square(alcohol)").findings])
try:
    run.export(sys.argv[1] + "/bundle")
except UsageError as error:
    print(error)
"""


def test_a_step_of_another_package(tmp_path: Path) -> None:
    guest = Path(__file__).parents[1] / "guest"
    path = os.pathsep.join([str(guest), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path / "ws")],
        env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    warned, refused = done.stdout.splitlines()
    assert "no-onnx" in warned
    assert "The feature step Square has no ONNX form" in refused
