"""The password of a database reaches the job that needs it, and nothing else."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from workbench.core.errors import JobError
from workbench.jobs import handover
from workbench.workspace import Workspace

WORD = "p4ssw0rd-canary"


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "ws")


def holding(root: Path) -> list[Path]:
    """The files below a folder in which the password stands."""
    return [p for p in root.rglob("*") if p.is_file() and WORD.encode() in p.read_bytes()]


def test_a_job_gets_its_password_and_the_workspace_does_not(
    workspace: Workspace, tmp_path: Path
) -> None:
    with sqlite3.connect(tmp_path / "shop.db") as base:
        base.execute("CREATE TABLE orders (id INTEGER)")
        base.executemany("INSERT INTO orders VALUES (?)", [(1,), (2,)])
    job = workspace.submit("import", source=f"sqlite:///{tmp_path}/shop.db?password={WORD}")
    assert job.wait(60)["rows"] == 2
    assert job.record.params["source"].endswith("shop.db?password=***")
    assert workspace.datasets["shop"].record.source.endswith("?password=***")
    assert holding(workspace.root) == []
    assert handover.take(job.id) == {}


def test_a_wrong_password_is_echoed_nowhere(workspace: Workspace) -> None:
    job = workspace.submit(
        "import", source=f"postgresql+psycopg://me:{WORD}@127.0.0.1:1/shop", options={"table": "t"}
    )
    with pytest.raises(JobError, match=r"me:\*\*\*@127\.0\.0\.1") as error:
        job.wait(60)
    assert WORD not in str(error.value) + job.log() + repr(job) + job._repr_html_()
    assert holding(workspace.root) == []
    assert handover.take(job.id) == {}


def test_a_job_that_is_cancelled_in_the_queue_leaves_no_password(workspace: Workspace) -> None:
    for _ in range(workspace.settings.jobs):  # nobody has a free place
        blocking = workspace.context.ledger.submit("import", {"source": "x"})
        workspace.context.ledger.claim(blocking.id, _this_process())
    job = workspace.submit("import", source=f"postgresql://me:{WORD}@127.0.0.1:1/shop")
    assert job.cancel().state == "cancelled"
    assert handover.take(job.id) == {}


def test_a_password_that_is_gone_is_said(workspace: Workspace) -> None:
    record = workspace.context.ledger.submit("import", {"source": "postgresql://me:***@host/shop"})
    workspace.engine.start(record.id)
    with pytest.raises(JobError, match="is known no more"):
        workspace.jobs[record.id].wait(60)


def _this_process() -> object:
    from workbench.jobs.processes import Identity

    return Identity.own()
