"""The live widgets in a real page, whose data attack it: all is shown, nothing is obeyed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from workbench.objects import Runs
from workbench.workspace import Workspace

pytestmark = pytest.mark.browser
BAD = "<img src=x onerror=window.obeyed=1>"
Show = Callable[[Any], tuple[Any, list[str]]]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Runs:
    """Two runs on a table whose names and values are markup."""
    ws = Workspace(tmp_path_factory.mktemp("browser") / "ws")
    random = np.random.default_rng(0)
    size, kind = random.normal(size=800), random.integers(0, 3, 800)
    frame = pd.DataFrame(
        {
            f"size{BAD}": size,
            "kind": [f"{BAD}{k}" for k in kind],
            "label": np.where(size + kind + random.normal(size=800) > 1, f"yes{BAD}", "no"),
        }
    )
    data = ws.import_data(frame, name="t", target="label", sensitive=["kind"])
    return ws.train(data, ["logistic", "bayes"])


def intact(page: Any, errors: list[str]) -> None:
    assert errors == []
    assert page.evaluate("window.obeyed") is None and page.locator("img").count() == 0
    page.evaluate("window.end()")
    assert page.evaluate("window.listening()") == 0


def test_a_slider_moves_the_prediction(runs: Runs, show: Show) -> None:
    widget = runs[0].explore("what_if", row=0)
    page, errors = show(widget)
    slider = page.get_by_label(f"size{BAD}")
    said = page.get_by_role("status")
    slider.fill(str(widget.signature.inputs[0].low))
    page.get_by_text("label: no", exact=True).wait_for()
    slider.fill(str(widget.signature.inputs[0].high))
    page.get_by_text(f"label: yes{BAD}", exact=True).wait_for()
    assert page.get_by_text(f"Changed: size{BAD}").is_visible()
    page.get_by_role("button", name="Reset").click()
    page.wait_for_function("document.querySelector('.whatif .quiet').textContent === ''")
    assert said.inner_text() == widget.view["answer"]
    page.get_by_label("kind").select_option(f"{BAD}2")
    page.get_by_text("Changed: kind").wait_for()
    assert widget.values["kind"] == f"{BAD}2"
    intact(page, errors)


def test_a_threshold_is_dragged_and_groups_follow(runs: Runs, show: Show) -> None:
    widget = runs[0].explore("fairness")
    page, errors = show(widget)
    page.get_by_role("slider").fill("1")
    page.wait_for_function("document.querySelector('.strips').textContent.includes('0.0%')")
    assert widget.at == 1.0
    assert page.get_by_text(f"{BAD}0", exact=False).first.is_visible()
    page.get_by_role("combobox", name="Rate").select_option("fpr")
    page.get_by_text("false positive rate of").wait_for()
    page.get_by_role("button", name="The model’s own").click()
    page.wait_for_function("document.querySelector('.told').textContent === '0.50'")
    intact(page, errors)


def test_a_column_and_a_row_are_pressed(runs: Runs, show: Show) -> None:
    widget = runs[0].explore(rows=30)
    page, errors = show(widget)
    columns = page.get_by_role("group", name="Mean size")
    columns.get_by_role("button", name=f"size{BAD}").click()
    page.wait_for_function("document.querySelectorAll('svg circle').length === 30")
    page.locator("svg circle").nth(7).dispatch_event("click")
    page.wait_for_function("!document.querySelector('.lead').textContent.startsWith('Row 0:')")
    assert widget.place > 0 and widget.column == f"size{BAD}"
    page.get_by_role("button", name="Previous").click()
    page.get_by_role("button", name="All columns").click()
    page.wait_for_function("document.querySelectorAll('svg circle').length === 60")
    page.set_viewport_size({"width": 420, "height": 800})
    page.wait_for_timeout(150)
    assert page.evaluate("document.documentElement.scrollWidth") <= 420
    intact(page, errors)


def test_two_runs_are_pressed_and_held_together(runs: Runs, show: Show) -> None:
    widget = runs.explore()
    page, errors = show(widget)
    board = page.get_by_role("group", name="Runs, the best first")
    assert board.get_by_role("button", pressed=True).count() == 2
    board.get_by_role("button").first.press("Enter")
    page.get_by_text("Press two runs").wait_for()
    page.get_by_label("Judged by").select_option("brier")
    page.wait_for_function("!document.querySelector('.problem').textContent")
    assert widget.metric == "brier"
    intact(page, errors)


def test_what_is_wrong_is_said_in_the_widget(runs: Runs, show: Show) -> None:
    with runs[0].export(replace=True).serve(name="b") as endpoint:
        widget = endpoint.explore()
        page, errors = show(widget)
        page.get_by_role("button", name="Ask the endpoint").click()
        page.get_by_text("ms, there and back").wait_for()
    page.get_by_role("button", name="Ask the endpoint").click()
    page.get_by_role("alert").filter(has_text="does not answer").wait_for()
    intact(page, errors)


def test_presses_that_a_busy_kernel_has_not_heard_are_not_lost(runs: Runs, show: Show) -> None:
    widget = runs[0].explore(rows=30)
    page, errors = show(widget)
    page.evaluate("window.held = []")
    for _ in range(4):
        page.get_by_role("button", name="Next").click()
    columns = page.get_by_role("group", name="Mean size")
    columns.get_by_role("button", name=f"size{BAD}").click()
    assert page.evaluate("window.held.length") == 1  # one question at a time
    page.evaluate("window.release()")
    page.wait_for_function("window.held.length === 1")  # the other four in one
    page.evaluate("window.release()")
    page.wait_for_function("document.querySelectorAll('svg circle').length === 30")
    assert (widget.place, widget.column) == (4, f"size{BAD}")
    assert page.evaluate("window.held.length") == 0
    intact(page, errors)


def test_two_presses_of_one_button_stay_two(runs: Runs, show: Show) -> None:
    widget = runs.explore()
    page, errors = show(widget)
    both = widget.pair
    page.evaluate("window.held = []")
    first = page.get_by_role("group", name="Runs, the best first").get_by_role("button").first
    for _ in range(3):
        first.click()
    for _ in range(3):
        page.wait_for_function("window.held.length === 1")
        page.evaluate("window.release()")
    page.get_by_text("Press two runs").wait_for()
    assert len(widget.pair) == 1 and widget.pair[0] in both
    intact(page, errors)


def test_a_kernel_that_has_gone_is_told_in_a_sentence(runs: Runs, show: Show) -> None:
    widget = runs[0].explore("what_if", row=0)
    page, errors = show(widget)
    page.clock.install()
    page.evaluate("window.held = []")
    slider = page.get_by_label(f"size{BAD}")
    slider.fill(str(widget.signature.inputs[0].low))
    page.clock.run_for(9_000)
    assert page.get_by_role("alert").count() == 0
    page.clock.run_for(2_000)
    page.get_by_role("alert").filter(has_text="The kernel does not answer").wait_for()
    page.evaluate("window.release()")  # it was only busy
    page.get_by_role("alert").wait_for(state="detached")
    page.evaluate("window.fire('comm_live_update')")
    page.get_by_role("alert").filter(has_text="The kernel has gone; run the cell again.").wait_for()
    slider.fill(str(widget.signature.inputs[0].high))
    page.clock.run_for(11_000)
    assert page.get_by_role("alert").inner_text() == "The kernel has gone; run the cell again."
    intact(page, errors)
