"""The rows of the Data page: page, sort and filter of a large table, in Python and in Chromium.

In Chromium the time runs from the press to the moment that the new rows stand in the table. Memory
is that of the app's process alone (unique set size) with one more visitor of the page.
"""

from __future__ import annotations

import re
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pyarrow as pa
from harness import arguments, machine

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.app.conftest import CHROMIUM, FLAGS, Served, start
from workbench.core.filter import Among, Within
from workbench.objects import Dataset
from workbench.tables import GROUP
from workbench.workspace import Workspace

VISITORS = 5
CITIES = np.array(["Berlin", "Köln", "São Paulo", "New York", "Tokyo", "Paris", "The Hague"])


def batches(rows: int) -> pa.RecordBatchReader:
    """Twenty columns: numbers, words, times, truths; some cells are missing."""
    generator = np.random.default_rng(0)

    def parts() -> Any:
        for first in range(0, rows, GROUP):
            count = min(GROUP, rows - first)
            columns: dict[str, Any] = {"id": np.arange(first, first + count)}
            for n in range(8):
                columns[f"x{n}"] = pa.array(
                    generator.normal(size=count).round(4), mask=generator.random(count) < 0.05
                )
            for n in range(5):
                columns[f"n{n}"] = generator.integers(0, 10 ** (n + 1), count)
            for n in range(4):
                columns[f"city{n}"] = pa.array(CITIES[generator.integers(0, 7, count)])
            seconds = generator.integers(0, 10**8, count).astype("timedelta64[s]")
            columns["when"] = pa.array(np.datetime64("2020-01-01T00:00:00") + seconds)
            columns["flag"] = generator.random(count) < 0.5
            yield pa.RecordBatch.from_pydict(columns)

    first = next(parts())
    return pa.RecordBatchReader.from_batches(first.schema, parts())


def timed(call: Callable[[], Any], rounds: int) -> str:
    """Median and worst in milliseconds, and the first time apart: nothing is warm then."""
    times = []
    for _ in range(rounds + 1):
        began = time.perf_counter()
        call()
        times.append(1000 * (time.perf_counter() - began))
    return f"{statistics.median(times[1:]):,.0f} | {max(times[1:]):,.0f} | {times[0]:,.0f}"


def from_python(data: Dataset, rounds: int) -> None:
    middle = data.rows // 2
    asked: dict[str, Callable[[], Any]] = {
        "first page": lambda: data.page(0, 12),
        "a page in the middle": lambda: data.page(middle, 12),
        "last page": lambda: data.page(data.rows - 12, 12),
        "sorted by a number": lambda: data.page(0, 12, order_by="x0"),
        "sorted by a number, a page in the middle": lambda: data.page(middle, 12, order_by="x0"),
        "sorted by words, downwards": lambda: data.page(0, 12, order_by="city0", descending=True),
        "filtered by words": lambda: data.page(0, 12, where={"city0": [Among(("Paris",))]}),
        "filtered by words and a range, a late page": lambda: data.page(
            10_000, 12, where={"city0": [Among(("Paris",))], "x1": [Within(0.5, 1.0)]}
        ),
    }
    print("| `Dataset.page` | median ms | worst ms | first ms |\n|---|---|---|---|")
    for name, call in asked.items():
        print(f"| {name} | {timed(call, rounds)} |", flush=True)


def in_browser(served: Served, rounds: int) -> None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport={"width": 1440, "height": 1000})
        page.goto(served.address("data"))
        page.get_by_text(re.compile("^Rows 1 to 12")).wait_for(timeout=600_000)
        print("\n| in Chromium | median ms | worst ms | first ms |\n|---|---|---|---|")
        table = page.get_by_role("table", name="Rows of the data set")

        def pressed(button: Any) -> Callable[[], None]:
            def press() -> None:
                before = table.inner_text()
                button().click()
                page.wait_for_function(
                    "([e, before]) => e.isConnected && e.innerText !== before || !e.isConnected",
                    arg=[table.element_handle(), before],
                )

            return press

        forward = page.get_by_label("Go to next page")
        print(f"| next page | {timed(pressed(lambda: forward), rounds)} |", flush=True)
        head = table.get_by_role("button", name=re.compile("^x0"))
        print(f"| sort by a number | {timed(pressed(lambda: head), rounds)} |", flush=True)
        memory(served, browser)
        browser.close()


def memory(served: Served, browser: Any) -> None:
    """What one more visitor costs the app's process, after one who loads what all share."""
    grown = []
    before = 0.0
    for number in range(VISITORS + 1):
        page = browser.new_context().new_page()
        page.goto(served.address("data"))
        page.get_by_text(re.compile("^Rows 1 to 12")).wait_for(timeout=600_000)
        if not number:
            time.sleep(10)  # the app imports what the first click will need
        after = steady(served.process.pid)
        if number:
            grown.append(after - before)
        before = after
    told = ", ".join(f"{g:.1f}" for g in grown)
    print(f"\nmemory of one more visitor, MB: {told}; mean {statistics.mean(grown):.1f}")


def steady(pid: int) -> float:
    """Private memory (MB) of a process once it has not changed for some seconds."""
    process = psutil.Process(pid)
    last, calm = 0.0, 0
    for _ in range(60):
        time.sleep(1)
        now = process.memory_full_info().uss / 2**20
        calm = calm + 1 if abs(now - last) < 0.3 else 0
        last = now
        if calm == 4:
            break
    return last


def main() -> None:
    parser = arguments(__doc__ or "")
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--browser", action="store_true", help="in Chromium, too")
    options = parser.parse_args()
    print(machine())
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "ws"
        data = Workspace(root).import_data(batches(options.rows), name="large")
        print(f"{data.rows:,} rows, {len(data.schema.columns)} columns\n")
        from_python(data, options.rounds)
        if options.browser:
            data.profile()  # kept: the page shows it at once
            served = start(root, Path(folder) / "app.log")
            try:
                in_browser(served, options.rounds)
            finally:
                served.stop()


if __name__ == "__main__":
    main()
