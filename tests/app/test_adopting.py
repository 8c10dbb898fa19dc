"""The dialog that adds a finished model: what it asks of the job, and what may be uploaded."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.app.adopting import ENDINGS, AdoptModel
from workbench.app.uploads import Upload
from workbench.core.errors import UsageError
from workbench.workspace import Workspace

NOTHING = {"name": "", "columns": "", "classes": "", "trust": ""}


def test_the_form_asks_for_a_job_that_adopt_understands(workspace: Workspace) -> None:
    model = AdoptModel(workspace)
    model.param.update(dataset="adult@1", target="income")
    said = {**NOTHING, "name": " theirs ", "classes": "<=50K, >50K", "trust": "a.B"}
    assert model.ask("/tmp/m.onnx", said) == {
        "source": "/tmp/m.onnx",
        "dataset": "adult@1",
        "target": "income",
        "name": "theirs",
        "columns": None,
        "classes": ["<=50K", ">50K"],
        "trust": ["a.B"],
    }


def test_what_is_missing_is_said(workspace: Workspace) -> None:
    with pytest.raises(UsageError, match="No model"):
        AdoptModel(workspace).ask("", NOTHING)
    with pytest.raises(UsageError, match="No data set"):
        AdoptModel(workspace).ask("m.onnx", NOTHING)


@pytest.mark.parametrize("name", ["model.pkl", "table.csv", "model", "a.onnx.exe"])
def test_only_model_files_are_taken(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="taken here"):
        Upload.begin(tmp_path, name, 10, ENDINGS)


def test_a_model_file_is_written_part_by_part(tmp_path: Path) -> None:
    upload = Upload.begin(tmp_path, "../../My model.ONNX", 4, ENDINGS)
    upload.add(b"ab")
    upload.add(b"cd")
    assert upload.whole and upload.path.read_bytes() == b"abcd"
    assert upload.path.suffix == ".onnx" and upload.path.is_relative_to(tmp_path)
    with pytest.raises(UsageError, match="uploads end"):
        Upload.begin(tmp_path, "a.onnx", 11, ENDINGS, 10)
