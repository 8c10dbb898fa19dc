"""The ledger loses nothing, whoever writes."""

import multiprocessing
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from workbench.core.errors import NotFound, StoreError
from workbench.jobs.audit import Audit
from workbench.jobs.ledger import Ledger
from workbench.jobs.processes import Identity


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "ledger.db")


def test_a_job_goes_from_the_queue_to_its_end(ledger: Ledger) -> None:
    job = ledger.submit("train", {"dataset": "adult"})
    assert (job.state, job.params) == ("queued", {"dataset": "adult"})
    assert ledger.claim(job.id, Identity.own())
    ledger.tell(job.id, 0.5, "half", {"loss": 0.1})
    assert ledger.job(job.id[:5]).fraction == 0.5
    assert ledger.end(job.id, "done", result={"run": "r"})
    found = ledger.job(job.id)
    assert (found.state, found.result, found.fraction) == ("done", {"run": "r"}, 1.0)
    assert [dict(e.metrics) for e in ledger.events(job.id)] == [{"loss": 0.1}]


def test_the_first_end_counts(ledger: Ledger) -> None:
    job = ledger.submit("train", {})
    ledger.claim(job.id, Identity.own())
    assert ledger.end(job.id, "done")
    assert not ledger.end(job.id, "failed", error="late")
    assert ledger.job(job.id).state == "done"


def test_only_one_may_claim_and_only_in_a_free_place(ledger: Ledger) -> None:
    first, second = ledger.submit("train", {}), ledger.submit("train", {})
    assert ledger.claim(first.id, Identity.own(), at_once=1)
    assert not ledger.claim(first.id, Identity.own(), at_once=5)
    assert not ledger.claim(second.id, Identity.own(), at_once=1)
    assert ledger.next_queued(1) is None
    ledger.end(first.id, "done")
    assert ledger.next_queued(1) == second.id


def test_a_queued_job_is_cancelled_at_once(ledger: Ledger) -> None:
    job = ledger.submit("train", {})
    ledger.ask_cancel(job.id)
    assert ledger.job(job.id).state == "cancelled"
    assert not ledger.claim(job.id, Identity.own())


def test_a_job_whose_process_is_gone_is_lost(ledger: Ledger) -> None:
    job = ledger.submit("train", {})
    ledger.claim(job.id, Identity(2**22 - 1, 1.0))
    assert ledger.reconcile() == [job.id]
    assert ledger.job(job.id).state == "lost"


def test_a_recycled_process_number_is_not_taken_for_the_old_process() -> None:
    own = Identity.own()
    assert own.alive
    assert not Identity(own.pid, own.started - 100).alive


def test_an_unknown_job_is_named(ledger: Ledger) -> None:
    with pytest.raises(NotFound, match="'abc'"):
        ledger.job("abc")


def _write(path: str, count: int) -> None:
    ledger = Ledger(Path(path))
    audit = Audit(ledger.database)
    job = ledger.submit("train", {})
    ledger.claim(job.id, Identity.own())
    for number in range(count):
        ledger.tell(job.id, number / count, "step")
        audit.append("promote", job.id, {"n": number})


def test_four_processes_write_at_once_and_nothing_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_write, args=(str(path), 50)) for _ in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
        assert writer.exitcode == 0
    ledger = Ledger(path)
    assert [len(ledger.events(j.id)) for j in ledger.jobs()] == [50] * 4
    audit = Audit(ledger.database)
    assert len(audit.entries(1000)) == 200
    assert audit.first_fault() is None


def test_what_was_told_is_seen_at_once_and_outlives_a_kill(ledger: Ledger) -> None:
    path = ledger.database.path
    code = (
        "import sys, time; from pathlib import Path\n"
        "from workbench.jobs.ledger import Ledger\n"
        "from workbench.jobs.processes import Identity\n"
        "ledger = Ledger(Path(sys.argv[1])); job = ledger.submit('train', {}).id\n"
        "ledger.claim(job, Identity.own())\n"
        "for step in range(1, 1500): ledger.tell(job, step / 1500, 'step', {'loss': 1 / step})\n"
        "print(job, flush=True); time.sleep(600)\n"
    )
    told = subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE)
    assert told.stdout is not None
    job = told.stdout.readline().decode().strip()
    losses = [{"loss": 1 / step} for step in range(1, 1500)]
    assert [dict(e.metrics) for e in ledger.events(job)] == losses  # while its process lives
    os.kill(told.pid, signal.SIGKILL)
    told.wait(20)
    told.stdout.close()
    assert [dict(e.metrics) for e in Ledger(path).events(job)] == losses
    assert Ledger(path).job(job).fraction == 1499 / 1500
    assert Ledger(path).reconcile() == [job]


def test_a_ledger_of_an_earlier_workbench_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    with sqlite3.connect(path) as connection:
        connection.executescript(
            "CREATE TABLE events (seq INTEGER PRIMARY KEY AUTOINCREMENT, job TEXT NOT NULL,"
            " time TEXT NOT NULL, fraction REAL NOT NULL, text TEXT NOT NULL,"
            " metrics TEXT NOT NULL DEFAULT '{}');"
            "CREATE INDEX events_by_job ON events (job, seq);"
            "INSERT INTO events VALUES (7, 'old', '2026-01-01T00:00:00+00:00', 0.5, 'half', '{}');"
        )
    connection.close()
    ledger = Ledger(path)
    job = ledger.submit("train", {})
    ledger.tell(job.id, 0.5, "half", {"loss": float("nan")})
    assert [(e.seq, dict(e.metrics)) for e in ledger.events(job.id)] == [(8, {"loss": None})]
    assert [e.seq for e in ledger.events("old")] == [7]


def test_a_write_that_is_refused_leaves_nothing_and_the_next_works(ledger: Ledger) -> None:
    job = ledger.submit("train", {})
    with ledger.database.read() as connection:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count={pages}")
    with pytest.raises(StoreError, match=r"full.*Free some space"):
        for _ in range(200):
            ledger.tell(job.id, 0.5, "x" * 1000)
    kept = len(ledger.events(job.id))
    with ledger.database.read() as connection:
        connection.execute(f"PRAGMA max_page_count={pages + 1000}")
    ledger.tell(job.id, 0.6, "again")
    assert [e.text for e in ledger.events(job.id)][kept:] == ["again"]


def test_the_audit_chain_shows_an_edit_and_a_deletion(ledger: Ledger) -> None:
    audit = Audit(ledger.database)
    for number in range(5):
        audit.append("promote", f"run{number}", {"auc": 0.9})
    connection = sqlite3.connect(ledger.database.path)
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        connection.execute("DELETE FROM audit WHERE seq = 3")
    connection.execute("DROP TRIGGER audit_stays")
    connection.execute("UPDATE audit SET who = 'somebody else' WHERE seq = 3")
    connection.commit()
    assert audit.first_fault() == 3
    connection.execute("DROP TRIGGER audit_keeps")
    connection.execute("DELETE FROM audit WHERE seq = 2")
    connection.commit()
    assert audit.first_fault() == 2


def test_a_damaged_file_is_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    path.write_bytes(b"this is no database, and it is long enough to be read as one" * 50)
    with pytest.raises(StoreError, match="damaged"):
        Ledger(path)
