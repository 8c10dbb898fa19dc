"""Every notebook runs from top to bottom, and is committed without output."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

FOLDER = Path(__file__).resolve().parents[2] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
FILES = ("german_credit", "titanic")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_no_output_is_kept(path: Path) -> None:
    cells = nbformat.read(path, as_version=4).cells
    assert not [c for c in cells if c.cell_type == "code" and c.outputs]


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_it_runs_from_top_to_bottom(
    path: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    notebook = nbformat.read(path, as_version=4)
    sources = "".join(cell.source for cell in notebook.cells)
    if path.stem != "01-quickstart" and any(f'"{name}"' in sources for name in FILES):
        request.getfixturevalue("datasets")  # the quickstart can do without
    client = NotebookClient(
        notebook,
        timeout=600,
        kernel_name="python3",
        resources={"metadata": {"path": str(tmp_path)}},
    )
    client.execute()
    outputs = [o for c in notebook.cells if c.cell_type == "code" for o in c.outputs]
    shown = [o["data"]["text/html"] for o in outputs if o.get("data", {}).get("text/html")]
    assert len(shown) >= 4  # reports and objects, not what progress bars left
    assert all("<script" not in html for html in shown)
    assert any("<svg" in html for html in shown)
    assert not [o for o in outputs if o.output_type == "error"]
    assert not [o for o in outputs if o.output_type == "stream" and o.name == "stderr"]
