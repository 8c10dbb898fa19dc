"""Versions of a data set: what changed, what was made from them, and what leaves."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
import yaml

from workbench.core.errors import DataError, NotFound, UsageError
from workbench.core.report import Report
from workbench.objects import Run
from workbench.workspace import Workspace


@pytest.fixture(scope="module")
def ws(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return Workspace(tmp_path_factory.mktemp("versions") / "ws")


@pytest.fixture(scope="module")
def run(ws: Workspace) -> Run:
    """A run on the first of two versions; the second lacks an input and has fewer rows."""
    data = ws.import_data("wine")
    best = ws.train(data, families=["logistic"]).best
    best.export()
    frame = data.frame().drop(columns="hue").rename(columns={"alcohol": "spirit"})
    ws.import_data(frame.iloc[:150], name="wine", target="cultivar")
    return best


def test_the_history_says_what_each_version_changed(ws: Workspace, run: Run) -> None:
    versions = list(ws.datasets["wine"].history()["versions"].records())
    assert [v["version"] for v in versions] == ["wine@2", "wine@1"]
    assert versions[0]["change"].startswith("-28 rows; new: spirit; gone: ")
    assert "hue" in versions[0]["change"]
    assert versions[1]["change"] == "first version"
    assert (versions[0]["used_by"], versions[1]["used_by"]) == ("", "1 run, 1 bundle")


def test_what_was_made_from_a_table_is_one_hop_away(ws: Workspace, run: Run) -> None:
    used = list(ws.datasets["wine@1"].uses()["uses"].records())
    assert [u["kind"] for u in used] == ["run", "bundle"]
    assert run.id.startswith(used[0]["name"])
    assert Path(used[1]["name"]).is_dir()
    assert ws.datasets["wine@2"].uses().sentence == "Nothing was made from wine@2."
    again = ws.import_data(ws.datasets["wine@1"].frame(), name="twin")
    assert again.uses().facts["run"] == 1, "the same table under another name"


def test_a_diff_names_the_runs_that_it_breaks(ws: Workspace, run: Run) -> None:
    report = ws.diff("wine@1", "wine@2")
    broken = [f for f in report.findings if f.code == "run-broken"]
    assert [f.subject for f in broken] == [run.id]
    assert set(broken[0].evidence["columns"]) == {"hue", "alcohol"}
    assert ws.diff("wine").facts == report.facts, "one name: since the version before"
    backwards = ws.diff("wine@2", "wine@1")
    assert not [f for f in backwards.findings if f.code == "run-broken"]


def test_wrong_names_of_a_diff_are_said(ws: Workspace, run: Run) -> None:
    ws.import_data("diabetes")
    with pytest.raises(NotFound, match="is the only version"):
        ws.diff("diabetes")
    with pytest.raises(UsageError, match="one version"):
        ws.diff("wine@1")
    with pytest.raises(NotFound):
        ws.diff("wines")
    with pytest.raises(NotFound):
        ws.diff("wine", "beer")


def test_a_table_is_written_and_never_over_another_by_accident(
    ws: Workspace, run: Run, tmp_path: Path
) -> None:
    data = ws.datasets["wine@1"]
    path = data.write(tmp_path / "wine.csv")
    pd.testing.assert_frame_equal(pd.read_csv(path), data.frame(), check_dtype=False)
    with pytest.raises(UsageError, match="exists"):
        data.write(path)
    with pytest.raises(UsageError, match="folder"):
        data.write(tmp_path)
    assert data.write(path, replace=True) == path


def test_a_data_card_can_be_read_by_machines(ws: Workspace, run: Run) -> None:
    frame = pd.DataFrame({"<script>alert(1)</script>": [1, 2, 3] * 9, "a|b`c": list("xyz") * 9})
    hostile = ws.import_data(frame, name="hostile")
    for data in (ws.datasets["wine@1"], hostile):
        _, front, body = data.card().split("---\n", 2)
        told = yaml.safe_load(front)
        names = [f["name"] for f in told["dataset_info"]["features"]]
        assert names == list(data.schema.names)
        assert told["size_categories"] == ["n<1K"]
        assert data.record.digest in body
        outside_code = "".join(body.split("`")[::2])
        assert "<script" not in outside_code
    assert yaml.safe_load(ws.datasets["wine@1"].card().split("---\n")[1])["license"] == "cc-by-4.0"


def test_cleaning_frees_what_can_be_made_again(ws: Workspace, run: Run) -> None:
    before = ws.datasets["wine@1"].frame()
    assert ws.clean() >= 0
    assert ws.datasets["wine@1"].frame().equals(before)
    assert run.evaluation().kind == "evaluation"


def test_drift_between_versions_and_between_parts(ws: Workspace, run: Run) -> None:
    report = ws.drift("wine")
    assert (report.kind, report.subject) == ("drift", "wine@1..wine@2")
    assert "against 178 of wine@1" in report.title
    tested = set(report["drift"].column("column"))
    assert {"cultivar", "proline"} <= tested and not tested & {"hue", "alcohol", "spirit"}
    assert report["drift"].column("drifted")[0] and "proline" in tested  # 28 rows of one kind left
    page = Path(report.facts["html"])
    assert page.is_relative_to(ws.root / "cache" / "drift") and "<html" in page.read_text()[:500]
    data = ws.datasets["wine@1"]
    parts = data.drift()
    assert (parts.facts["rows_reference"], parts.facts["rows_current"]) == (
        data.splits()["train"],
        data.splits()["test"],
    )
    assert parts.facts["drifted"] == 0  # shuffled
    assert parts.facts["html"] != report.facts["html"]
    done = ws.perform("drift", {"before": "wine@1", "after": "wine@2"})
    assert Report.from_dict(done["drift"])["drift"] == report["drift"]


def test_data_sets_with_nothing_in_common_cannot_drift(ws: Workspace, run: Run) -> None:
    ws.import_data(pd.DataFrame({"other": [1.5, 2.5] * 30}), name="other")
    with pytest.raises(DataError, match="no column in common"):
        ws.drift("wine@1", "other")
