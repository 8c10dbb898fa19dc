"""Runs get other names, and keep everything else."""

from __future__ import annotations

import pytest

from workbench.core.errors import NotFound, UsageError
from workbench.core.recipe import PRIMARY
from workbench.workspace import Workspace


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    ws = Workspace(tmp_path_factory.mktemp("rename") / "ws")
    ws.train(ws.import_data("breast_cancer"), families=["histboost"])
    return ws


def test_a_name_is_given_and_the_rest_stays(trained: Workspace) -> None:
    run = trained.runs.list()[0]
    called = run.rename("  all columns, no scaling ")
    assert called.name == "all columns, no scaling"
    assert (called.id, called.metrics, called.record.recipe) == (
        run.id,
        run.metrics,
        run.record.recipe,
    )


def test_the_score_is_the_metric_that_ranks_runs_of_the_task(trained: Workspace) -> None:
    run = trained.runs.list()[0]
    evaluation = run.evaluation()
    assert run.score == (PRIMARY["binary"], run.metrics["roc_auc"])
    assert evaluation.facts["primary"] == "roc_auc"


def test_the_course_of_the_fit_ends_where_its_report_ends(trained: Workspace) -> None:
    run = trained.runs.list()[0]
    course = trained.runs.courses([run.id])[run.id]["valid_loss"]
    assert len(course) > 1 and course[-1] < course[0]


@pytest.mark.parametrize("name", ["", "   ", "x" * 201, "two\nlines", "\x1b[31m"])
def test_a_name_that_no_line_can_show_is_refused(trained: Workspace, name: str) -> None:
    with pytest.raises(UsageError):
        trained.runs.list()[0].rename(name)


def test_a_run_that_is_not_there_is_named(trained: Workspace) -> None:
    with pytest.raises(NotFound, match="No run is called 'nobody'"):
        trained.perform("rename", {"run": "nobody", "name": "x"})
