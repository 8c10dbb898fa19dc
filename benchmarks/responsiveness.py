"""How quick the app answers while a training job runs: the round trip of slider events.

A headless Chromium holds the Fairness page open and moves the threshold with the keyboard. Timed is
each event from the browser's message to the server's answer to it, as the browser's own network log
has them: first with the machine idle, then beside a training job that uses all cores.
"""

from __future__ import annotations

import json
import re
import shutil
import statistics
import sys
import time
from pathlib import Path

from harness import arguments, machine
from playwright.sync_api import Page, sync_playwright

from workbench.app.serve import AppServer  # started as a process of its own below
from workbench.workspace import Workspace

HEADER = re.compile(r'"(msgid|reqid|msgtype)":\s*"([^"]+)"')


class RoundTrips:
    """Milliseconds from each sent message to the answer that names it."""

    def __init__(self, page: Page) -> None:
        self.sent: dict[str, float] = {}
        self.found: list[float] = []
        session = page.context.new_cdp_session(page)
        session.send("Network.enable")
        session.on("Network.webSocketFrameSent", self._sent)
        session.on("Network.webSocketFrameReceived", self._received)

    def _sent(self, event: dict) -> None:
        header = dict(HEADER.findall(event["response"]["payloadData"][:400]))
        if header.get("msgtype") == "PATCH-DOC":
            self.sent[header["msgid"]] = event["timestamp"]

    def _received(self, event: dict) -> None:
        header = dict(HEADER.findall(event["response"]["payloadData"][:400]))
        start = self.sent.pop(header.get("reqid", ""), None)
        if start is not None:
            self.found.append(1000 * (event["timestamp"] - start))


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
    return {"events": len(found), "p50": statistics.median(found), "p95": cuts[18], "max": max(found)}


def main() -> None:
    parser = arguments(__doc__ or "")
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--workspace", type=Path, default=Path("demo"))
    options = parser.parse_args()
    print(machine())
    ws = Workspace(options.workspace)
    with AppServer(options.workspace) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        page = browser.new_page()
        page.goto(f"{url}&page=fairness")
        page.get_by_role("slider").first.wait_for(timeout=60_000)
        found = {"idle": figures(drive(page, options.seconds))}
        dataset = ws.datasets.list()[0].ref
        job = ws.submit("train", dataset=dataset, families=["forest", "lightgbm", "network"], seed=3)
        while job.refresh().state == "queued":
            time.sleep(0.1)
        found["while training"] = figures(drive(page, options.seconds))
        print(f"the job was {job.refresh().state} at the end", file=sys.stderr)
        job.cancel()
        browser.close()
    print("| | events | p50 ms | p95 ms | max ms |\n|---|---|---|---|---|")
    for name, row in found.items():
        print(f"| {name} | {row['events']} | {row['p50']:.0f} | {row['p95']:.0f} | {row['max']:.0f} |")
    if options.json:
        options.json.write_text(json.dumps({"machine": machine(), **found}, indent=2))


if __name__ == "__main__":
    main()
