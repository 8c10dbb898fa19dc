"""The whole story in the app, in Chromium: from a data set's name to an answering endpoint."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.app.conftest import Served, Watch, chromium, start, watched  # noqa: F401
from workbench.workspace import Workspace

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SHOTS = Path(__file__).parents[2] / "screenshots"
PAGES = (
    "data",
    "features",
    "train",
    "tune",
    "runs",
    "compare",
    "explain",
    "fairness",
    "export",
    "serve",
    "monitor",
    "jobs",
)
LOOKS = """theme => {
  const [r, g, b] = getComputedStyle(document.body).backgroundColor.match(/[0-9.]+/g).map(Number);
  return (r + g + b > 384) === (theme === "light");
}"""
LONG = 180_000  # ms; a busy machine trains slowly


class Story:
    """A person at the app: opens pages, clicks by name, waits for what they should see."""

    def __init__(self, served: Served, page: Any) -> None:
        self.served = served
        self.page = page
        self.seen: Watch = watched(page)

    def open(self, title: str) -> None:
        """Choose a page in the menu."""
        menu = self.page.get_by_role("button").filter(has_text=re.compile(rf"{title}$"))
        menu.first.click()
        self.page.get_by_role("heading", level=1, name=title).wait_for()

    def click(self, label: str) -> None:
        """Press a button of the page; the menu has some of the same name."""
        page = self.page.get_by_role("main")
        page.get_by_role("button").filter(has_text=re.compile(rf"{label}$")).last.click()

    def see(self, text: str | re.Pattern[str], timeout: int = 30_000) -> Any:
        found = self.page.get_by_text(text).first
        found.wait_for(timeout=timeout)
        return found

    def card(self, title: str, timeout: int = LONG) -> None:
        self.page.get_by_role("heading", level=2, name=title).first.wait_for(timeout=timeout)


def test_from_a_name_to_a_served_model(
    tmp_path: Path, chromium: Callable[..., Any], datasets: Path
) -> None:
    served = start(tmp_path / "credit", tmp_path / "app.log")
    try:
        context = chromium().new_context(viewport={"width": 1440, "height": 900})
        page = context.new_page()
        story = Story(served, page)
        page.goto(served.address())
        workspace = Workspace(tmp_path / "credit")
        import_adult(story)
        train_three(story)
        compare_and_promote(story, workspace)
        explain(story)
        fairness(story)
        export(story)
        serve_and_try(story)
        ask_as_a_stranger(workspace)
        watch(story)
        photograph(story)
        assert story.seen.foreign(served.base) == []
        assert story.seen.errors == []
    finally:
        for endpoint in Workspace(tmp_path / "credit").endpoints.list():
            endpoint.stop()
        served.stop()


def import_adult(story: Story) -> None:
    story.see("There is no data set in this workspace yet.")
    story.page.get_by_role("button").filter(has_text="Import data").click()
    dialog = story.page.get_by_role("dialog")
    dialog.get_by_text(re.compile("adult")).first.wait_for()
    dialog.get_by_role("button").filter(has_text=re.compile("Import$")).click()
    story.card("Columns")
    story.see("48,842")
    story.see("income")


def train_three(story: Story) -> None:
    story.open("Train")
    story.see("Model families")
    story.click("Train")
    story.see(re.compile("Done in"), LONG)
    story.page.get_by_role("table", name="Runs and their metrics").wait_for(timeout=LONG)
    for name in ("Logistic", "Random forest", "LightGBM"):
        assert story.page.get_by_role("row").filter(has_text=name).count() >= 1


def compare_and_promote(story: Story, workspace: Workspace) -> None:
    story.click("Compare these runs")
    story.see(re.compile(r"LightGBM \w{4} beats .* points of AUC"), LONG)
    story.card("ROC")
    story.card("Calibration")
    story.click("Promote to champion")
    dialog = story.page.get_by_role("dialog")
    dialog.get_by_label("Note for the audit log (optional)").fill("best on every metric")
    dialog.get_by_role("button").filter(has_text=re.compile("Promote$")).click()
    story.see(re.compile("is the champion"))
    champion = workspace.champion()
    assert champion is not None
    assert champion.record.recipe.family == "lightgbm"
    assert "best on every metric" in workspace.audit()[0].evidence


def explain(story: Story) -> None:
    story.open("Explain")
    story.see("This run is not explained yet.")
    story.click("Explain")
    story.click("One row")
    story.card("Why this prediction")
    story.see(re.compile("add up to the model's output"))
    first = story.see(re.compile(r"^Row \d+:")).inner_text()
    story.click("Next")
    story.page.wait_for_timeout(800)
    assert story.see(re.compile(r"^Row \d+:")).inner_text() != first


def fairness(story: Story) -> None:
    story.open("Fairness")
    story.see(re.compile("Selection rate differs by"), LONG)
    before = story.see(re.compile("Accuracy over all rows")).inner_text()
    slider = story.page.get_by_role("slider")
    slider.focus()
    for _ in range(10):
        slider.press("ArrowRight")
    story.see(re.compile(r"at 0\.60"))
    assert story.see(re.compile("Accuracy over all rows")).inner_text() != before
    story.click("Reset")
    story.see(re.compile(r"at 0\.50"))


def export(story: Story) -> None:
    story.open("Export")
    story.see("This run was not exported yet.")
    story.click("Export to ONNX")
    story.card("Does it answer alike?")
    story.see("model.onnx")


def serve_and_try(story: Story) -> None:
    story.click("Serve on this machine")
    story.page.get_by_role("heading", level=1, name="Serve").wait_for()
    _settle(story.page)  # Start waits for the bundles to be read
    story.click("Start")
    story.card("Try it")
    story.click("Predict")
    story.see("predicted class", LONG)


def ask_as_a_stranger(workspace: Workspace) -> None:
    """Any HTTP client gets the answers that the run itself gives."""
    endpoint = workspace.endpoints.list()[0]
    run = workspace.runs["champion"]
    frame = workspace.datasets["adult"].frame().tail(40)
    names = [f.name for f in run.record.signature.inputs]  # type: ignore[union-attr]
    rows = frame[names].astype(object).where(frame[names].notna(), None).to_dict("records")
    answer = httpx.post(
        f"{endpoint.url}/predict",
        json={"rows": rows},
        headers={"Authorization": f"Bearer {endpoint.token}"},
        trust_env=False,
    )
    assert answer.status_code == 200, answer.text
    assert answer.json()["predictions"] == run.predict(frame)
    scores = run.predictor().scores(frame)[:, 1]
    served = [row[1] for row in answer.json()["probabilities"]]
    assert max(abs(a - b) for a, b in zip(served, scores, strict=True)) < 1e-4


def watch(story: Story) -> None:
    story.click("Monitor")
    story.page.get_by_role("heading", level=1, name="Monitor").wait_for()
    story.see("Answers logged")
    story.click("Check for drift")
    story.card("Drift by column")
    story.click("Open the full report")
    frame = story.page.frame_locator("iframe[title='Evidently report']")
    frame.locator("body").wait_for()


def photograph(story: Story) -> None:
    """Every page, light and dark, wide and narrow, for people to look at.

    Most are here for the second time, chosen in the menu: a load of each would take longer.
    """
    SHOTS.mkdir(exist_ok=True)
    toggle = story.page.get_by_role("button", name="Toggle theme")
    looks = ["light", "dark"]
    for name in PAGES:
        story.open(name.capitalize())
        _settle(story.page)
        shot(story.page, name, looks[0], 1440)
        shot(story.page, name, looks[0], 390)
        toggle.click()
        story.page.wait_for_function(LOOKS, arg=looks[1])
        _settle(story.page)
        shot(story.page, name, looks[1], 390)
        shot(story.page, name, looks[1], 1440)
        looks.reverse()


def shot(page: Any, name: str, theme: str, width: int) -> None:
    if page.viewport_size["width"] != width:
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_timeout(700)
    page.screenshot(path=SHOTS / f"{name}-{theme}-{width}.png")
    assert not _overflows(page), f"{name} is wider than {width} pixels"


def _settle(page: Any) -> None:
    """Wait until nothing on the page says that it is working."""
    page.wait_for_timeout(900)
    waits = page.locator(".wait, [style*='opacity: 0.55']")  # what is read, what is read anew
    for _ in range(60):
        if waits.count() == 0:
            break
        page.wait_for_timeout(250)
    page.wait_for_timeout(600)


def _overflows(page: Any) -> bool:
    main = page.get_by_role("main").first
    return bool(main.evaluate("e => e.scrollWidth > e.clientWidth + 1"))
