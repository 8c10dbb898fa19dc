"""Whoever cancels an explanation keeps the rows that were finished."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench.core.errors import Cancelled, JobError
from workbench.objects import Run
from workbench.training.family import families
from workbench.workspace import Workspace

MODULE = """
import time

import workbench as wb
from sklearn.linear_model import LogisticRegression


class Slow(LogisticRegression):
    def predict_proba(self, X):
        time.sleep(2e-5 * len(X))  # a twelfth of a second for each explained row
        return super().predict_proba(X)


@wb.family("slow", tasks="binary")
def slow(C=1.0):
    return Slow(C=C, max_iter=300)
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """A run of a user's own slow model."""
    folder = tmp_path_factory.mktemp("slow")
    (folder / "slow_models.py").write_text(MODULE)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        patch.setenv("PYTHONPATH", str(folder))
        __import__("slow_models")
        ws = Workspace(folder / "ws")
        ws.import_data("breast_cancer")
        yield ws.train("breast_cancer", ["slow"]).best
        families.drop("slow")


@pytest.fixture(autouse=True)
def _unexplained(run: Run) -> None:
    """Each test begins without a kept explanation."""
    kept = Path(run.workspace.root).rglob("*explanation*.json")
    for path in kept:
        path.unlink()


class Until:
    """A progress that asks to stop at a fraction."""

    def __init__(self, fraction: float) -> None:
        self.fraction = fraction

    def __call__(self, fraction: float, *_: object) -> None:
        if fraction >= self.fraction:
            raise Cancelled


def _explain(run: Run, rows: int, until: float) -> None:
    run.workspace.perform("explain", {"run": run.id, "rows": rows}, Until(until))


def test_the_finished_rows_are_kept_and_the_report_says_so(run: Run) -> None:
    with pytest.raises(Cancelled):
        _explain(run, 12, 0.5)
    report = run.report("explanation")
    assert report is not None and report.facts["cancelled"] is True
    rows, values = report.facts["rows"], report["values"]
    assert 0 < rows < 12 == report.facts["rows_asked"]
    assert len(values) == rows == len(report["data"])
    assert report.facts["additivity_error"] < 1e-9
    finding = next(f for f in report.findings if f.code == "cancelled")
    assert finding.sentence.startswith(f"Cancelled after {rows} of 12 rows")
    assert not any(f.code == "fewer-rows" for f in report.findings)
    whole = run.explain(rows=12, seed=0)
    assert whole.facts["cancelled"] is False and whole.facts["rows"] == 12
    same = {r["row"]: r for r in whole["values"].records()}
    for record in values.records():  # the very rows that all would have had
        for name, value in record.items():
            assert value == pytest.approx(same[record["row"]][name], abs=1e-9)


def test_nothing_is_kept_when_no_row_is_finished(run: Run) -> None:
    with pytest.raises(Cancelled):
        _explain(run, 12, 0.06)
    assert run.report("explanation") is None


def test_a_complete_explanation_is_not_replaced_and_of_two_parts_the_larger_stays(
    run: Run,
) -> None:
    with pytest.raises(Cancelled):
        _explain(run, 12, 0.7)
    larger = run.report("explanation")
    with pytest.raises(Cancelled):
        _explain(run, 12, 0.2)
    assert larger is not None and run.report("explanation") == larger
    whole = run.explain(rows=3)
    with pytest.raises(Cancelled):
        _explain(run, 30, 0.5)
    kept = run.report("explanation")
    assert kept is not None and kept.facts["rows"] == 3 and kept.tables == whole.tables


def test_a_job_that_is_cancelled_ends_so_and_keeps_its_rows(run: Run) -> None:
    job = run.workspace.submit("explain", run=run.id, rows=100)
    until = time.monotonic() + 60
    while job.refresh().record.fraction < 0.1:
        assert time.monotonic() < until and job.record.state in ("queued", "running"), job.record
        time.sleep(0.02)
    job.cancel()
    with pytest.raises(JobError):
        job.wait(30)
    assert job.state == "cancelled"
    report = run.report("explanation")
    assert report is not None and 0 < report.facts["rows"] < 100
