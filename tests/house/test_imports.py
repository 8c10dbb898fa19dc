"""What a process loads: looked up in ``sys.modules`` of real processes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = {
    "anywidget", "evidently", "fairlearn", "ipywidgets", "lightgbm", "mlflow", "numba", "pandas",
    "panel", "pyarrow", "shap", "skl2onnx", "sklearn", "torch",
}  # fmt: skip
WATCH = """
import atexit, json, sys
def tell():
    print("\\n" + json.dumps(sorted({m.partition('.')[0] for m in sys.modules})))
atexit.register(tell)
"""


def loaded(code: str) -> set[str]:
    """Top-level modules that a fresh interpreter holds after ``code``."""
    done = subprocess.run(
        [sys.executable, "-c", WATCH + code], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize(
    "code",
    [
        "import workbench",
        "import workbench; dir(workbench); workbench.Recipe, workbench.Split, workbench.Report",
        "import workbench.workspace",
        "import sys; sys.argv = ['workbench', '--help']; import workbench.cli as c; c.main()",
        "import workbench.views.html, workbench.views.text",
        "import workbench.worker",
    ],
    ids=["import", "names", "workspace", "help", "views", "worker"],
)
def test_nothing_heavy_is_loaded(code: str) -> None:
    assert not loaded(code) & HEAVY


def test_help_and_import_need_not_even_numpy() -> None:
    help_ = "import sys; sys.argv = ['workbench', '--help']; import workbench.cli as c; c.main()"
    assert "numpy" not in loaded("import workbench") | loaded(help_)


def test_an_import_of_a_file_needs_neither_pandas_nor_scipy(tmp_path: Path) -> None:
    """Arrow loads pandas when it is given Python's own values: half a second of an import."""
    rows = "".join(
        f"{i},{i % 7},{i / 8},2020-01-{1 + i % 28:02d},"
        f"{i % 2 == 0},w{i % 9},00{i},{i if i % 5 else ''}\n"
        for i in range(200)
    )
    (tmp_path / "t.csv").write_text("id,small,part,day,flag,word,code,gaps\n" + rows)
    code = f"""
from workbench.workspace import Workspace
data = Workspace({str(tmp_path / "ws")!r}).import_data({str(tmp_path / "t.csv")!r})
print([c.dtype for c in data.schema.columns])
"""
    assert not loaded(code) & {"pandas", "scipy", "sklearn", "mlflow"}


def test_the_server_loads_no_training_library() -> None:
    assert not loaded("import workbench.serving.runtime.__main__") & HEAVY


def test_every_public_name_opens() -> None:
    import workbench

    for name in workbench.__all__:
        assert getattr(workbench, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = workbench.nothing
