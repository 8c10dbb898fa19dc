"""Several attempts at once: first with threads and a judge whose answer is known, then for real."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import psutil
import pytest

import workbench as wb
from tests.tuning.test_search import BOWL, bowl
from workbench.actions.crew import bearable, needed
from workbench.actions.plan import Plan
from workbench.core.errors import Cancelled, DataError, UsageError
from workbench.training.share import divide, machine_cores, own_cores
from workbench.tuning.attempt import Contender, Ended, Judgement, Pruned, Rungs, Step, Watch
from workbench.tuning.search import Budget, Search
from workbench.tuning.studies import Studies, read
from workbench.tuning.together import Together
from workbench.workspace import Workspace


class Threads:
    """A crew of threads in this process; counts how many it was at once."""

    def __init__(self, judge: Any, seats: int) -> None:
        self.judge, self.seats, self.closed = judge, seats, False
        self.at_once = self.busy = 0
        self.given_up: set[int] = set()
        self._news: queue.Queue[Step | Ended] = queue.Queue()

    def begin(self, ticket: int, family: str, params: Mapping[str, Any]) -> None:
        self.busy += 1
        self.at_once = max(self.at_once, self.busy)
        threading.Thread(target=self._fit, args=(ticket, family, params), daemon=True).start()

    def _fit(self, ticket: int, family: str, params: Mapping[str, Any]) -> None:
        rungs = Rungs()

        def watch(step: int, loss: float | None = None) -> None:
            if ticket in self.given_up or self.closed:
                raise Pruned("given up")
            if loss is not None and rungs.reached(step):
                self._news.put(Step(ticket, step, loss))
                time.sleep(0.05)  # until somebody has looked

        try:
            came: Judgement | Exception = self.judge(family, params, watch)
        except Exception as error:  # noqa: BLE001
            came = error
        self._news.put(Ended(ticket, came))

    def news(self, seconds: float) -> list[Step | Ended]:
        try:
            word = self._news.get(timeout=seconds)
        except queue.Empty:
            return []
        self.busy -= isinstance(word, Ended)
        return [word]

    def give_up(self, ticket: int) -> None:
        self.given_up.add(ticket)

    def close(self) -> None:
        self.closed = True


def together(
    path: Path, contenders: list[Contender], judge: Any, budget: Budget, seats: int = 3, **more: Any
) -> tuple[Together, Threads]:
    studies = Studies(path / "journal", contenders, higher=False, seed=1)
    crew = Threads(judge, seats)
    return Together(Search(studies, contenders, judge, budget, **more), crew), crew


def test_it_finds_the_bottom_with_every_seat_taken(tmp_path: Path) -> None:
    place = [Contender("near", BOWL), Contender("plain", {}), Contender("far", BOWL)]

    def judge(family: str, params: Mapping[str, Any], watch: Watch) -> Judgement:
        time.sleep(0.01)
        if family == "plain":
            return Judgement(9.0, None)
        return bowl(family, params, watch)

    work, crew = together(tmp_path, place, judge, Budget(80, still=80))
    found = work.run()
    assert [a.number for a in found.attempts] == list(range(1, 81))
    assert crew.at_once == 3 and crew.closed
    assert sum(a.family == "plain" for a in found.attempts) == 1
    best = found.best["near"]
    assert best.value is not None and best.value < 2.5
    assert found.stopped == "after 80 attempts"
    assert read(tmp_path / "journal") == list(found.attempts)


def test_attempts_of_several_studies_are_given_up_each_by_its_own_steps(tmp_path: Path) -> None:
    def judge(family: str, params: Mapping[str, Any], watch: Watch) -> Judgement:
        found = bowl(family, params, watch)
        for step in range(0, 400, 10):
            watch(step, found.value)
        return replace(found, losses=None)  # so that no family falls out

    work, crew = together(
        tmp_path, [Contender("near", BOWL), Contender("next", BOWL)], judge, Budget(40)
    )
    found = work.run()
    pruned = [a for a in found.attempts if a.state == "pruned"]
    assert len(pruned) > 5 and len(crew.given_up) == len(pruned)
    assert all("others were better" in a.reason for a in pruned)
    assert {a.family for a in pruned} == {"near", "next"}


def test_one_that_fails_is_one_attempt(tmp_path: Path) -> None:
    def judge(family: str, params: Mapping[str, Any], watch: Watch) -> Judgement:
        if params["n"] == 4:
            raise DataError("The table is odd.")
        return bowl(family, params, watch)

    start = [Contender("near", BOWL, ({"x": 0.0, "n": 4, "kind": "round"},))]
    found = together(tmp_path, start, judge, Budget(6))[0].run()
    failed = [a for a in found.attempts if a.state == "failed"]
    assert failed and failed[0].reason == "The table is odd." and len(found.attempts) == 6


def test_what_is_cancelled_or_out_of_time_is_tried_by_who_goes_on(tmp_path: Path) -> None:
    place = [Contender("near", BOWL)]
    seen: list[Mapping[str, Any]] = []

    def slow(family: str, params: Mapping[str, Any], watch: Watch) -> Judgement:
        seen.append(params)
        for _ in range(2000):
            time.sleep(0.005)
            watch(1)
        raise AssertionError("it was never stopped")

    def stop(_: float, text: str, __: Any = None, /) -> None:
        if len(seen) == 3:
            raise Cancelled

    with pytest.raises(Cancelled):
        together(tmp_path, place, slow, FORTY)[0].run(stop)
    late, crew = together(tmp_path, place, slow, Budget(seconds=0.3))
    assert late.run().attempts == () and crew.closed
    tried = [dict(p) for p in seen[:3]]
    found = together(tmp_path, place, bowl, Budget(8), seats=1)[0].run()
    # what was cut off a second time is left: it may be what takes its process down
    assert len(found.attempts) == 8
    assert [dict(p) for p in seen[3:6]] == tried


FORTY = Budget(40)

# with processes -----------------------------------------------------------------------------------

two = pytest.mark.skipif(machine_cores() < 2, reason="needs two cores")


@pytest.fixture(scope="module")
def ws(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    ws = Workspace(tmp_path_factory.mktemp("together"))
    ws.import_data("breast_cancer")
    return ws


def seats() -> list[psutil.Process]:
    """The seats' processes that run; one that has ended but was not waited for has no command."""
    found = psutil.Process().children(recursive=True)
    return [p for p in found if "workbench.actions.seat" in command(p)]


def command(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.NoSuchProcess:  # a zombie counts as one
        return ""


def when_under_way(act: Callable[[], None]) -> Callable[..., None]:
    """A progress that acts once, when two attempts are under way."""
    left = [act]

    def tell(_: float, text: str, __: Any = None, /) -> None:
        if left and text.startswith("2 under way"):
            left.pop()()

    return tell


@two
def test_attempts_of_two_processes_are_judged_as_one_judges(ws: Workspace) -> None:
    sweep = ws.tune(
        "breast_cancer", ["logistic", "lightgbm"], attempts=6, parallel=2,
        params={"lightgbm": {"n_estimators": 40}},
    )  # fmt: skip
    report = sweep.report()
    assert report is not None and report.facts["parallel"] == min(2, machine_cores())
    kept = sweep.attempts()
    assert [a["number"] for a in kept] == list(range(1, 7)) and not seats()
    asked = json.loads((ws.root / "sweeps" / sweep.id / "sweep.json").read_text())
    judge = Plan(ws.context, asked).judge()
    for attempt in kept:
        again = judge(attempt["family"], attempt["params"], lambda step, loss=None: None)
        assert again.value == attempt["value"], attempt
    assert sweep.best.record.state == "done"


@two
def test_a_process_that_is_killed_fails_its_attempt_and_no_other(ws: Workspace) -> None:
    threads: list[str] = []

    def kill() -> None:
        one, *_ = seats()
        threads.append(one.environ()["OMP_NUM_THREADS"])
        one.kill()

    sweep = ws.tune(
        "breast_cancer", ["logistic", "svm"], attempts=7, parallel=2, progress=when_under_way(kill)
    )
    states = [a["state"] for a in sweep.attempts()]
    assert states.count("failed") == 1 and len(states) == 7
    (failed,) = (a for a in sweep.attempts() if a["state"] == "failed")
    assert failed["reason"].startswith("The attempt's process died: it was killed")
    assert threads == [str(max(1, machine_cores() // 2))]


@two
def test_a_cancel_ends_all_processes_and_loses_nothing(ws: Workspace) -> None:
    def cancel() -> None:
        raise Cancelled

    before = len(ws.sweeps.list())
    with pytest.raises(Cancelled):
        ws.tune(
            "breast_cancer", ["bayes", "svm"], attempts=5, parallel=2,
            progress=when_under_way(cancel),
        )  # fmt: skip
    assert not seats()
    sweep = ws.sweeps.list()[0]
    assert len(ws.sweeps.list()) == before + 1 and sweep.report() is None
    done = sweep.resume(attempts=5, parallel=1)
    assert len(done.attempts()) == 5
    assert {a["family"] for a in done.attempts()} == {"bayes", "svm"}


def test_wrong_requests_are_said(ws: Workspace) -> None:
    with pytest.raises(UsageError, match="at least one attempt at a time"):
        ws.tune("breast_cancer", ["bayes"], parallel=0)

    @wb.family("only_here_at_once", tasks="binary")
    def made(depth: int = 3) -> Any:
        raise AssertionError("never asked")

    with pytest.raises(UsageError, match=r"this process only.*parallel=1"):
        ws.tune("breast_cancer", ["only_here_at_once"], attempts=2, parallel=2)


def test_no_more_than_the_machine_bears() -> None:
    frame = pd.DataFrame({f"x{i}": np.zeros(200_000) for i in range(50)})
    each = needed(frame)
    assert each > 200_000 * 50 * (8 + 4)
    assert bearable(2, frame, 100 * each)[0] == min(2, machine_cores())
    count, why = bearable(2, frame, int(1.9 * each))
    assert (count == 1 and "GB" in why) or machine_cores() == 1
    assert bearable(10**6, frame, 10**18)[0] == machine_cores()
    assert bearable(2, frame, 0)[0] == 1


def test_a_process_takes_its_share_of_the_cores() -> None:
    divide(2)
    try:
        assert own_cores() == max(1, machine_cores() // 2)
    finally:
        divide(1)
    assert own_cores() == machine_cores()


@two
@pytest.mark.slow
def test_when_who_drives_is_killed_its_processes_end_and_nothing_is_lost(tmp_path: Path) -> None:
    ws = Workspace(tmp_path / "ws")
    ws.import_data("breast_cancer")
    command = [
        sys.executable, "-m", "workbench.cli", "--workspace", str(tmp_path / "ws"), "tune",
        "breast_cancer", "--family", "logistic,svm", "--attempts", "400", "--parallel", "2",
    ]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as driver:
        until = time.monotonic() + 120
        while not ws.sweeps.list() or len(ws.sweeps.list()[0].attempts()) < 6:
            assert driver.poll() is None and time.monotonic() < until
            time.sleep(0.1)
        mine = psutil.Process(driver.pid).children(recursive=True)
        assert len(mine) == 2
        os.kill(driver.pid, signal.SIGKILL)
    _, alive = psutil.wait_procs(mine, 20)
    assert not alive
    (sweep,) = ws.sweeps.list()
    kept = sweep.attempts()
    done = sweep.resume(attempts=len(kept) + 4)
    assert done.attempts()[: len(kept)] == kept
    assert len(done.attempts()) == len(kept) + 4
    report = done.report()
    assert report is not None and report.facts["parallel"] == 2  # as it began
