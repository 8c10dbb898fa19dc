"""Remedies: what a finding proposes is carried out, kept beside the snapshot, and taken back."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from workbench.core.errors import NotFound, UsageError
from workbench.core.report import Finding, Remedy, Report
from workbench.core.split import Split
from workbench.objects import Dataset
from workbench.workspace import Workspace

FRAME = pd.DataFrame({"a": range(40), "b": list("xyzw") * 10, "y": [0, 1] * 20})
IGNORE = Finding("odd", "warning", "Odd.", {}, "a", Remedy("Ignore it", {"roles": {"a": "ignore"}}))


@pytest.fixture
def data(tmp_path: Path) -> Dataset:
    return Workspace(tmp_path / "ws").import_data(FRAME, name="t", target="y")


def test_a_remedy_is_an_edit_that_can_be_undone(data: Dataset) -> None:
    before = data.edits()
    mended = data.mend(IGNORE)
    assert before is None and mended.schema["a"].role == "ignore"
    back = mended.restore(before)
    assert back.record == data.record
    assert back.edits() is None


def test_the_split_is_edited_beside_the_snapshot(data: Dataset) -> None:
    edited = data.edit(split={"method": "group", "column": "b"})
    assert edited.record.split == Split("group", column="b")
    assert edited.edit(roles={"a": "ignore"}).record.split == Split("group", column="b")
    assert edited.record.digest == data.record.digest
    assert sum(edited.splits().values()) == 40
    assert edited.restore().record.split == Split()
    with pytest.raises(NotFound):
        data.edit(split=Split("group", column="nowhere"))


def test_a_new_version_inherits_the_split(data: Dataset) -> None:
    data.edit(split={"method": "group", "column": "b"})
    workspace = data.workspace
    again = workspace.import_data(FRAME.iloc[:36], name="t")
    assert (again.ref, again.record.split.column) == ("t@2", "b")
    without = workspace.import_data(FRAME.drop(columns="b"), name="t")
    assert without.record.split == Split()


def test_findings_are_asked_for_by_number_code_and_column() -> None:
    other = Finding("odd", "info", "Odd.", {}, "b", Remedy("Ignore it", {"roles": {}}))
    plain = Finding("plain", "info", "Plain.")
    report = Report("profile", "t", "T", findings=(plain, IGNORE, other))
    assert report.finding("2") is other
    assert report.finding("odd:a") is IGNORE
    with pytest.raises(UsageError, match="2 findings"):
        report.finding("odd")
    with pytest.raises(NotFound):
        report.finding("plain")
    assert Report.from_dict(report.to_dict()).findings == report.findings


def test_what_has_no_remedy_is_not_mended(data: Dataset) -> None:
    with pytest.raises(UsageError, match="by itself"):
        data.mend(Finding("plain", "info", "Plain."))
