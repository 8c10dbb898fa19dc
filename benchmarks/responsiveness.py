"""How quick the app answers while a training job runs: the round trip of slider events.

A headless Chromium holds the Fairness page open and moves the threshold with the keyboard. Timed is
each move from the browser's message to the server's message with the chart's new numbers, as the
browser's own network log has them: first with the machine idle, then beside a training job that
uses all cores.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator

from harness import arguments, free_port, machine, wait_for
from playwright.sync_api import Page, sync_playwright

from workbench.core.progress import silent
from workbench.workspace import Workspace


class RoundTrips:
    """Milliseconds from the message that the slider has moved to the one that moves the chart."""

    def __init__(self, page: Page) -> None:
        self.sent: list[float] = []
        self.found: list[float] = []
        session = page.context.new_cdp_session(page)
        session.send("Network.enable")
        session.on("Network.webSocketFrameSent", self._sent)
        session.on("Network.webSocketFrameReceived", self._received)

    def _sent(self, event: dict) -> None:
        if '"attr":"value"' in event["response"]["payloadData"]:
            self.sent.append(event["timestamp"])

    def _received(self, event: dict) -> None:
        if '"ColumnDataChanged"' in event["response"]["payloadData"]:
            self.found += [1000 * (event["timestamp"] - moment) for moment in self.sent]
            self.sent.clear()


def drive(page: Page, seconds: float) -> list[float]:
    """Move the slider for a while; returns the round trips of that time."""
    trips = RoundTrips(page)
    slider = page.get_by_role("slider").first
    slider.focus()
    end, key = time.monotonic() + seconds, "ArrowRight"
    while time.monotonic() < end:
        for _ in range(20):
            page.keyboard.press(key)
            page.wait_for_timeout(100)
        key = "ArrowLeft" if key == "ArrowRight" else "ArrowRight"
    return trips.found


def figures(found: list[float]) -> dict[str, float]:
    cuts = statistics.quantiles(found, n=20)
    middle = statistics.median(found)
    return {"events": len(found), "p50": middle, "p95": cuts[18], "max": max(found)}


def main() -> None:
    parser = arguments(__doc__ or "")
    parser.add_argument("--seconds", type=float, default=20)
    options = parser.parse_args()
    print(machine())
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        ws = Workspace(folder)
        dataset = ws.import_data("adult", progress=silent).ref
        ws.promote(ws.train(dataset, ["lightgbm"], progress=silent).best)
        with app(folder) as url:
            browser = playwright.chromium.launch(
                executable_path=shutil.which("chromium"), args=["--no-sandbox"]
            )
            page = browser.new_page()
            page.goto(url)
            page.get_by_role("slider").first.wait_for(timeout=60_000)
            page.wait_for_timeout(3000)
            found = {"idle": figures(drive(page, options.seconds))}
            families = ["network", "forest", "lightgbm"]
            job = ws.submit("train", dataset=dataset, families=families, seed=3)
            while job.refresh().state == "queued" or not job.text:
                time.sleep(0.1)
            found["while training"] = figures(drive(page, options.seconds))
            print(f"the job was {job.refresh().state} at the end", file=sys.stderr)
            job.cancel()
            browser.close()
    print("| | events | p50 ms | p95 ms | max ms |\n|---|---|---|---|---|")
    for name, row in found.items():
        cells = " | ".join(f"{row[k]:.0f}" for k in ("events", "p50", "p95", "max"))
        print(f"| {name} | {cells} |")
    if options.json:
        options.json.write_text(json.dumps({"machine": machine(), **found}, indent=2))


@contextlib.contextmanager
def app(folder: str) -> Iterator[str]:
    """The app as a process of its own; gives the address of the Fairness page."""
    port, token = free_port(), secrets.token_urlsafe(16)
    command = [sys.executable, "-m", "workbench.app", folder, "--port", str(port), "--no-browser"]
    env = {**os.environ, "WORKBENCH_APP_TOKEN": token}
    base = f"http://127.0.0.1:{port}/"
    with subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL) as process:
        try:
            wait_for(base, process, 60, f"workbench-{port}={token}")
            yield f"{base}?page=fairness&token={token}"
        finally:
            process.terminate()


if __name__ == "__main__":
    main()
