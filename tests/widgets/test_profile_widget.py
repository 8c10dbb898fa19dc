"""The live profile: presses come in as messages, counts go out as messages, and are right."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.widgets.conftest import ask
from workbench.core.errors import MissingExtra, NotFound
from workbench.core.registry import Registry
from workbench.objects import Dataset
from workbench.objects.datasets import WIDGETS
from workbench.workspace import Workspace


@pytest.fixture(scope="module")
def adult(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return Workspace(tmp_path_factory.mktemp("widgets") / "ws").import_data("adult")


@pytest.fixture(scope="module")
def frame(adult: Dataset) -> pd.DataFrame:
    return adult.frame(["sex", "income", "race"])


def bars(state: dict[str, Any], column: str) -> dict[str, int]:
    """The rows that are left in each bar of a column, by its label."""
    (item,) = [item for item in state["view"]["items"] if item["name"] == column]
    return dict(zip(item["labels"], item["left"] or item["counts"], strict=True))


def test_a_press_comes_in_and_counts_go_out(
    sent: list[dict[str, Any]], adult: Dataset, frame: pd.DataFrame
) -> None:
    widget = adult.explore()
    assert bars(sent[-1], "sex") == frame["sex"].value_counts().to_dict()
    assert (
        sent[-1]["view"]["rows"]["said"] == "48,842 of 48,842 rows" and widget.view["chips"] == []
    )
    labels = next(item["labels"] for item in sent[-1]["view"]["items"] if item["name"] == "sex")
    sent.clear()
    ask(widget, picked={"column": "sex", "bar": labels.index("Female")})
    (state,) = [s for s in sent if "view" in s]  # one message for all that changes
    women = frame[frame["sex"] == "Female"]
    assert bars(state, "income") == women["income"].value_counts().to_dict()
    assert bars(state, "sex") == frame["sex"].value_counts().to_dict()  # one can choose on
    assert state["view"]["rows"]["said"] == f"{len(women):,} of 48,842 rows"
    place = state["view"]["rows"]["heads"].index("sex")
    assert {row[place] for row in state["view"]["rows"]["cells"]} == {"Female"}
    assert state["view"]["chips"] == [{"name": "sex", "label": "sex: Female"}]


def test_choices_add_up_and_are_let_go_of(
    sent: list[dict[str, Any]], adult: Dataset, frame: pd.DataFrame
) -> None:
    widget = adult.explore()
    widget.choose({"sex": ["Female"], "income": [">50K"]})
    both = frame[(frame["sex"] == "Female") & (frame["income"] == ">50K")]
    assert bars(sent[-1], "race") == {
        **dict.fromkeys(frame["race"].unique(), 0), **both["race"].value_counts().to_dict()
    }  # fmt: skip
    assert adult.page(0, 1, where=widget.filters)[2] == len(both)
    assert [chip["name"] for chip in sent[-1]["view"]["chips"]] == ["sex", "income"]
    ask(widget, released="sex\n1")
    assert sent[-1]["view"]["rows"]["said"].startswith(f"{(frame['income'] == '>50K').sum():,} of")
    ask(widget, released="\n2")
    assert sent[-1]["view"]["rows"]["said"].startswith("48,842 of") and widget.chosen == {}
    with pytest.raises(NotFound, match="Female"):
        widget.choose({"sex": ["Femal"]})
    assert widget.chosen == {}


@pytest.mark.parametrize(
    "picked",
    [{}, {"column": "nowhere", "bar": 0}, {"column": "sex", "bar": 99},
     {"column": "sex", "bar": -1}, {"column": "sex", "bar": "0"}],
)  # fmt: skip
def test_a_press_on_nothing_changes_nothing(
    sent: list[dict[str, Any]], adult: Dataset, picked: dict[str, Any]
) -> None:
    widget = adult.explore()
    sent.clear()
    ask(widget, picked=picked)
    assert widget.chosen == {} and not [state for state in sent if "view" in state]
    assert sent[-1]["answered"] == widget.asked["stamp"]  # else the page asks no more


def test_the_picture_of_a_data_set_stays_as_it_is(adult: Dataset) -> None:
    assert "anywidget" not in adult._repr_html_() and "<script" not in adult._repr_html_()


def test_without_anywidget_one_sentence_says_what_to_install(
    adult: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "anywidget", None)
    for name in ("profile", "live"):
        monkeypatch.delitem(sys.modules, f"workbench.widgets.{name}", raising=False)
    address = {"profile": "workbench.widgets.profile:ProfileWidget"}
    fresh: Registry[Any] = Registry(WIDGETS.seam, address, WIDGETS.extra)
    monkeypatch.setattr("workbench.objects.datasets.WIDGETS", fresh)
    with pytest.raises(MissingExtra) as error:
        adult.explore()
    assert "ml-workbench[jupyter]" in error.value.hint


@pytest.mark.browser
def test_a_bar_is_pressed_in_a_browser(
    tmp_path: Path, show: Callable[[Any], tuple[Any, list[str]]]
) -> None:
    """The script is given the model that anywidget promises; messages go to the Python side."""
    frame = pd.DataFrame(
        {"kind": ["<b>x</b>", "plain", "plain"] * 40, "size": [float(i) for i in range(120)]}
    )
    widget = Workspace(tmp_path / "ws").import_data(frame, name="t").explore()

    page, errors = show(widget)
    page.get_by_text("120 of 120 rows").wait_for()
    card = page.get_by_role("button", name="kind")
    assert card.count() == 1 and page.locator("b", has_text="<b>x</b>").count() == 0
    place = list(next(i for i in widget.view["items"] if i["name"] == "kind")["labels"]).index(
        "<b>x</b>"
    )
    card.locator("rect.place").nth(place).dispatch_event("click")
    page.get_by_text("40 of 120 rows").wait_for()
    assert page.get_by_role("cell", name="<b>x</b>").count() == 5
    page.get_by_role("button", name="Remove the filter kind: <b>x</b>").click()
    page.get_by_text("120 of 120 rows").wait_for()
    assert page.get_by_role("button", name="Remove the filter").count() == 0
    assert page.evaluate("window.listening()") == 4
    page.evaluate("window.end()")
    assert page.evaluate("window.listening()") == 0
    assert errors == []
