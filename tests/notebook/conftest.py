"""A kernel, and what its cells leave behind."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

Ran = Callable[..., list[Any]]


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ran]:
    """Runs the source of a cell in one kernel and gives its outputs; errors are outputs, too."""
    folder = tmp_path_factory.mktemp("kernel")
    notebook = nbformat.v4.new_notebook()
    client = NotebookClient(
        notebook,
        timeout=300,
        kernel_name="python3",
        allow_errors=True,
        resources={"metadata": {"path": str(folder)}},
    )
    kept = os.environ.copy()
    os.environ.pop("WORKBENCH_WORKSPACE", None)
    try:
        with client.setup_kernel():

            def run(source: str) -> list[Any]:
                notebook.cells.append(nbformat.v4.new_code_cell(source))
                place = len(notebook.cells) - 1
                return list(client.execute_cell(notebook.cells[place], place).outputs)

            run("%load_ext workbench\nimport workbench as wb")
            yield run
    finally:
        os.environ.update(kept)


def text(outputs: list[Any]) -> str:
    """What was printed or returned, as plain text."""
    parts = []
    for output in outputs:
        if output.output_type == "stream":
            parts.append(output.text)
        elif output.output_type == "error":
            parts.append("\n".join(output.traceback))
        else:
            parts.append(output.data.get("text/plain", ""))
    return "\n".join(parts)
