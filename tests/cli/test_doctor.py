"""The doctor sees what was broken for real, and says how to mend it."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest

from tests.cli.conftest import Terminal
from workbench.actions import doctor
from workbench.core.endpoint import EndpointRecord
from workbench.core.report import Report
from workbench.workspace import Workspace


@pytest.fixture
def copy(workspace: Workspace, tmp_path: Path) -> Workspace:
    """A copy of the workspace that may be broken."""
    for name in ("mlflow.db", "ledger.db"):
        with sqlite3.connect(workspace.root / name) as base:
            base.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copytree(workspace.root, tmp_path / "copy")
    return Workspace(tmp_path / "copy")


def states(report: Report) -> dict[str, str]:
    return dict(zip(report["checks"].column("name"), report["checks"].column("state"), strict=True))


def test_a_sound_workspace_is_well(copy: Workspace) -> None:
    found = states(copy.doctor())
    assert found["mlflow.db"] == found["ledger.db"] == found["data sets"] == "ok"
    assert found["audit log"] == found["endpoints"] == "ok"


def test_a_damaged_database_is_named(copy: Workspace) -> None:
    path = copy.root / "mlflow.db"
    content = bytearray(path.read_bytes())
    content[4096:40960] = b"\xff" * (40960 - 4096)
    path.write_bytes(content)
    report = Workspace(copy.root).doctor()
    assert states(report)["mlflow.db"] == "error"
    assert report.worst == "error"
    done = Terminal(copy.root).run("doctor", expect=1)
    assert "mlflow.db" in done.stdout and "damaged" in done.stdout


def test_a_changed_snapshot_is_named(copy: Workspace) -> None:
    import pyarrow.parquet as pq

    record = copy.datasets["breast_cancer"].record
    path = copy.root / "data" / record.digest / "table.parquet"
    table = pq.read_table(path)
    path.chmod(0o644)
    pq.write_table(table.slice(1), path)
    report = copy.doctor()
    assert states(report)["data sets"] == "error"
    assert "breast_cancer@1" in str(report["checks"].rows)


def test_an_endpoint_whose_process_is_gone_is_named(copy: Workspace) -> None:
    record = EndpointRecord("old", "bundle", 1, "ready", pid=2**22 - 3, run_id="0" * 32)
    copy.context.ledger.put_endpoint(record, 1.0)
    report = copy.doctor()
    assert states(report)["endpoints"] == "warning"
    assert "restart" in next(f.sentence for f in report.findings if f.code == "endpoints")


def test_a_rewritten_audit_entry_is_found(copy: Workspace) -> None:
    copy.promote(next(r.id for r in copy.runs.list() if r.record.state == "done"))
    with sqlite3.connect(copy.root / "ledger.db") as base:
        base.execute("DROP TRIGGER IF EXISTS audit_kept")
        for (name,) in base.execute(
            "SELECT name FROM sqlite_master WHERE type='trigger'"
        ).fetchall():
            base.execute(f'DROP TRIGGER "{name}"')
        base.execute("UPDATE audit SET who = 'somebody else'")
    assert states(copy.doctor())["audit log"] == "error"


def test_the_machine_alone_is_looked_at_outside_of_a_workspace(tmp_path: Path) -> None:
    done = Terminal(tmp_path).run("doctor")
    assert "Python" in done.stdout
    assert "mlflow.db" not in done.stdout


def test_missing_and_old_packages_are_told_apart() -> None:
    needed = [
        "numpy>=1",
        "numpy>=999; extra == 'ml'",
        "no-such-thing>=1; extra == 'ml'",
        "ml-workbench[ml]; extra == 'ml'",
    ]
    missing, old = doctor._unmet(needed, "ml")
    assert missing == ["no-such-thing"]
    assert len(old) == 1 and old[0].startswith("numpy")
    assert doctor._unmet(needed, "") == ([], [])
