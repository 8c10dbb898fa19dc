"""How quickly JupyterLab's side bar opens on a workspace with a thousand runs, in a real browser.

    python benchmarks/lab.py [--runs 1000] [--rounds 5]

Two figures, each the median of several openings: the first one of a page, three seconds after it is
there, and later ones; from the press to the frame after the one in which a row of a run is there.
Runs are copies in the embedded store of one that was trained, so that they are as real runs are.
"""

from __future__ import annotations

import argparse
import shutil
import sqlite3
import statistics
import sys
import tempfile
import uuid
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.lab.conftest import CHROMIUM, FLAGS, TOKEN, Jupyter, start
from workbench.workspace import Workspace

TABLES = ("tags", "params", "latest_metrics", "metrics")
WATCH = """() => {
  // from the press on the tab to the frame after the one in which a row of a run is there
  window.opened = new Promise(done => {
    document.addEventListener('pointerdown', () => {
      const begun = performance.now()
      const look = () => document.querySelector(".wb-Row[data-kind='runs']")?.offsetParent
        ? requestAnimationFrame(() => done(performance.now() - begun))
        : requestAnimationFrame(look)
      look()
    }, { capture: true, once: true })
  })
}"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--peers", help="not used: there is no peer with such a side bar")
    given = parser.parse_args()
    home = Path(tempfile.mkdtemp(prefix="lab-"))
    ws = Workspace(home / "work" / "many")
    ws.train(ws.import_data("breast_cancer"), families=["histboost"])
    multiply(ws.root / "mlflow.db", given.runs)
    lab = start(home, "jupyterlab", "--LabApp.expose_app_in_browser=True")
    try:
        first, later = measured(lab, given.rounds)
    finally:
        lab.stop()
        shutil.rmtree(home)
    print(f"side bar with {given.runs:,} runs, median of {given.rounds}")
    print(f"  first opening, lists read ahead  {first:6.0f} ms")
    print(f"  later openings                   {later:6.0f} ms")


def multiply(database: Path, total: int) -> None:
    """Copies of the one run, until there are so many."""
    with sqlite3.connect(database) as connection:
        connection.row_factory = sqlite3.Row
        run = dict(connection.execute("SELECT * FROM runs").fetchone())
        rows = {
            t: [dict(r) for r in connection.execute(f"SELECT * FROM {t} WHERE run_uuid = ?",
                                                    (run["run_uuid"],))]
            for t in TABLES
        }  # fmt: skip
        for number in range(total - 1):
            copy = uuid.uuid4().hex
            later = {"run_uuid": copy, "start_time": run["start_time"] + 1000 * number}
            _insert(connection, "runs", [{**run, **later}])
            for table, known in rows.items():
                _insert(connection, table, [{**r, "run_uuid": copy} for r in known])


def _insert(connection: sqlite3.Connection, table: str, rows: list[dict[str, Any]]) -> None:
    if rows:
        names = ", ".join(rows[0])
        marks = ", ".join(f":{name}" for name in rows[0])
        connection.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", rows)


def measured(lab: Jupyter, rounds: int) -> tuple[float, float]:
    """Milliseconds of the first opening of a page, and of later ones."""
    from playwright.sync_api import sync_playwright

    lab.rows("runs")  # the server has answered somebody before
    firsts, laters = [], []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for number in range(rounds):
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            page.goto(f"{lab.url}lab/workspaces/b{number}?token={TOKEN}&reset")
            page.wait_for_function("() => window.jupyterapp && window.jupyterapp.restored")
            page.evaluate("async () => { await window.jupyterapp.restored }")
            page.locator("#jupyterlab-splash").wait_for(state="detached")
            page.wait_for_timeout(3000)
            firsts.append(_opened(page))
            page.locator("li[data-id='filebrowser']").click()
            page.wait_for_timeout(300)
            laters.append(_opened(page))
            page.close()
        browser.close()
    return statistics.median(firsts), statistics.median(laters)


def _opened(page: Any) -> float:
    page.evaluate(WATCH)
    page.locator("li[data-id='workbench-sidebar']").click()
    return float(page.evaluate("() => window.opened"))


if __name__ == "__main__":
    main()
