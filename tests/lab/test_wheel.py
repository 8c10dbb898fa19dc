"""What a user gets: the wheel brings the front end built, and Jupyter finds it enabled."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.lab.conftest import ROOT

NAME = "@ml-workbench/jupyterlab"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("build")
    folder = tmp_path_factory.mktemp("wheel")
    here = ["--no-isolation"] if find_spec("hatchling") else []
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--outdir", str(folder), *here, str(ROOT)],
        check=True,
        capture_output=True,
    )
    (made,) = folder.glob("*.whl")
    return made


@pytest.mark.slow
def test_the_wheel_holds_the_built_front_end_once(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    shared = [n for n in names if f"data/share/jupyter/labextensions/{NAME}/" in n]
    built = ROOT / "workbench" / "lab" / "labextension"
    expected = {p.relative_to(built).as_posix() for p in built.rglob("*") if p.is_file()}
    assert {n.partition(f"{NAME}/")[2] for n in shared} == expected | {"install.json"}
    assert not [n for n in names if n.startswith("workbench/lab/labextension/")]
    assert any(n.endswith("etc/jupyter/jupyter_server_config.d/workbench.json") for n in names)


@pytest.mark.slow
def test_jupyter_finds_it_enabled_and_ok(wheel: Path, tmp_path: Path) -> None:
    """In a fresh environment that sees our dependencies, without Node.js on its path."""
    fresh = tmp_path / "fresh"
    venv.create(fresh, with_pip=True)
    python = fresh / "bin" / "python"
    install = ["-m", "pip", "install", "--quiet", "--no-deps", "--no-index", str(wheel)]
    subprocess.run([python, *install], check=True)
    own = {
        "PYTHONPATH": sysconfig.get_path("purelib"),
        "PATH": str(fresh / "bin"),
        "JUPYTER_CONFIG_DIR": str(tmp_path / "config"),
        "JUPYTER_DATA_DIR": str(tmp_path / "data"),
        "HOME": str(tmp_path),
    }
    inherited = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "JUPYTER_PATH")}

    def said(*words: str) -> str:
        command = [python, "-m", *words]
        done = subprocess.run(
            command, env=inherited | own, capture_output=True, text=True, check=False, cwd=tmp_path
        )
        return done.stdout + done.stderr

    listed = next(
        line for line in said("jupyterlab.labextensions", "list").splitlines() if NAME in line
    )
    assert "enabled" in listed
    assert "OK" in listed
    assert "ml-workbench" in listed  # who uninstalls it finds the package's name
    server = said("jupyter_server.extension.serverextension", "list")
    assert "workbench.lab" in server
    line = next(x for x in server.splitlines() if "workbench.lab" in x)
    assert "enabled" in line
