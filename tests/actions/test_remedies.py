"""Remedies: what a finding proposes is carried out, kept beside the snapshot, and taken back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from workbench.core.errors import NotFound, UsageError
from workbench.core.report import Finding, Remedy, Report
from workbench.core.split import Split
from workbench.data.split import assign
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


def test_equal_rows_are_kept_in_one_part_and_the_deal_is_taken_back(tmp_path: Path) -> None:
    data = Workspace(tmp_path / "ws").import_data("wine_quality")
    before = data.edits()
    mended = data.mend("split-overlap")
    frame = mended.frame()
    split = mended.record.split
    assert split.method == "content" and split.columns and "quality" not in split.columns
    told = mended.profile()
    assert not [f for f in told.findings if f.code == "split-overlap"]
    (twins,) = [f for f in told.findings if f.code == "duplicate-rows"]
    assert (twins.severity, twins.remedy) == ("info", None)
    parts = assign(split, mended.workspace.context.datasets.table(mended.record), mended.schema)
    dealt = frame[[*split.columns]].assign(part=parts).drop_duplicates()
    assert not dealt.duplicated(subset=[*split.columns]).any()
    assert mended.edit(roles={"pH": "ignore"}).record.split == split  # roles change no deal
    back = mended.restore(before)
    assert back.record == data.record
    assert [f for f in back.profile().findings if f.code == "split-overlap"]


def test_a_split_by_content_is_pinned_to_its_columns(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "ws")
    frame = FRAME.assign(a=[i // 2 for i in range(40)], y=[0, 0, 1, 1] * 10)
    data = workspace.import_data(frame, name="t", target="y", split=Split("content"))
    assert data.record.split.columns == ("a", "b")
    other = data.edit(roles={"a": "ignore"})
    assert other.record.split == data.record.split
    (run,) = workspace.train(other, families=["logistic"], split=Split("content"))
    kept = run.record.recipe.split
    assert kept is not None and kept.columns == ("b",)
    with pytest.raises(NotFound):
        data.edit(split=Split("content", columns=("nowhere",)))


def test_numbers_among_words_are_read_as_numbers(tmp_path: Path) -> None:
    draw = np.random.default_rng(0)
    size = draw.normal(5, 2, 300).round(1)
    cells = [f"{v:g}" if i % 10 else "n.k." for i, v in enumerate(size)]
    frame = pd.DataFrame({"size": cells, "y": (size > 5).astype(int)})
    data = Workspace(tmp_path / "ws").import_data(frame, name="m", target="y")
    mended = data.mend("mixed-types:size")
    (told,) = [f for f in mended.profile().findings if f.code == "mixed-types"]
    assert told.remedy is None and "Mended: Read size as a number." in told.sentence
    (run,) = mended.workspace.train(mended, families=["lightgbm"])
    assert run.metrics["roc_auc"] > 0.9
    asked = pd.DataFrame({"size": ["9.75", "0.25", "unheard of"]})
    high, low, unknown = run.predictor().scores(asked)[:, 1]
    assert high > 0.8 > 0.2 > low and low < unknown < high
    assert mended.restore().record == data.record
