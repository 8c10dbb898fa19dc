"""The cards of the Explain page, without a browser: what they ask for, and that it is drawn."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from workbench.app.changing import ChangeCard
from workbench.app.cohorts import OTHER, CohortCard
from workbench.app.effects import ColumnCard
from workbench.app.interacting import InteractionCard
from workbench.app.lining import LimeCard
from workbench.app.overview import HEAT, PATHS, OverviewCard
from workbench.app.pages.explain import ExplainModel, Reading
from workbench.app.pairing import TOGETHER, PairCard
from workbench.objects import Run
from workbench.workspace import Workspace

MARKED = "<b>south</b>"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    rng = np.random.default_rng(0)
    n = 600
    town, age = rng.choice(["north", MARKED], n), rng.integers(18, 80, n)
    income = rng.normal(50, 15, n).round(1)
    frame = pd.DataFrame({"age": age, "income": income, "town": town})
    frame["buys"] = np.where(town == MARKED, age > 50, income > 55)
    ws = Workspace(tmp_path_factory.mktemp("cards") / "ws")
    ws.import_data(frame, name="s", target="buys", sensitive=["town"])
    found = ws.train("s", ["lightgbm"], params={"lightgbm": {"n_estimators": 25}}).best
    found.explain(rows=80)
    found.interactions(rows=80)
    return ws.runs[found.id]


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def visit(run: Run, said: list[str]) -> Any:
    """What a card needs of a browser's visit."""
    return SimpleNamespace(
        workspace=run.workspace,
        link=SimpleNamespace(narrow=False),
        say=lambda sentence, tone="info": said.append(sentence),
        get=lambda name: "",
        note=lambda **about: None,
        complain=lambda error: said.append(str(error)),
    )


def _words(view: Any) -> str:
    """All texts below a part of a page."""
    return " ".join(
        str(part.object) for part in view.select() if isinstance(getattr(part, "object", None), str)
    )


def test_two_groups_are_chosen_and_compared(run: Run, said: list[str]) -> None:
    card = CohortCard(run, ["age", "income", "town"], "true", lambda s, _: said.append(s))
    card.open()
    assert list(card.first.filter()) == ["town"]  # the sensitive column comes first
    card.first.conditions[0].values.value = [MARKED]
    card.first.more.param.trigger("clicks")
    assert list(card.first.filter()) == ["town", "age"]
    low, high = card.first.conditions[1].values.start, card.first.conditions[1].values.end
    card.first.conditions[1].values.value = (40.0, high)
    assert card.first.filter()["age"] == [40.0, None]  # the end that is not moved is open
    assert low == 18
    card.show()
    text = _words(card.view)
    assert "&lt;b&gt;south&lt;/b&gt;" in text and "<b>south" not in text
    card.against.value = OTHER
    card.second.conditions[0].values.value = []
    card.show()
    assert said == ["Choose at least one value of each column."]


def test_all_rows_in_three_pictures(run: Run) -> None:
    report = run.report("explanation")
    assert report is not None
    reading = Reading(report, "true")
    axis = "Contribution (log-odds)"
    card = OverviewCard(reading.effects(), reading.lines, reading.order, axis, "")
    for way in (HEAT, PATHS):
        card.way.value = way
        assert len(card.place.view) == 2
        assert "cannot be shown" not in _words(card.view)
    older = OverviewCard(reading.effects(), reading.lines, [], axis, "")
    assert HEAT not in older.way.options


def test_pairs_are_shown_and_choose_the_colour(run: Run, visit: Any) -> None:
    card = InteractionCard(visit)
    card.about(run, "true", "Contribution (log-odds)", run.report("interactions"))
    assert "act together most" in _words(card.view)
    model = ExplainModel(run.workspace)
    model.run = run.id
    report = model.kept()
    assert report is not None
    partners = model.partners("true")
    pairs = run.report("interactions")
    assert pairs is not None
    best = next(pairs["pairs"].records())
    assert partners[best["column"]] == best["other"]
    effects = Reading(report, "true").effects()
    one = ColumnCard(visit, run, effects, "true", "Contribution", partners)
    one.column.value = best["column"]
    assert f"Colour: {best['other']}" in _words(one.view)


def test_two_columns_and_a_line_are_asked_for_and_drawn(
    run: Run, visit: Any, said: list[str]
) -> None:
    card = PairCard(visit, run, ["age", "town", "income"], "true")
    card.other.value = "age"
    card._ask()
    assert said == ["Choose two columns."]
    card.other.value = "town"
    card._ask()
    card.way.value = TOGETHER
    assert "of its variance is of both together" in _words(card.view)
    line = LimeCard(run, lambda: {"age": 30, "income": 60.0, "town": MARKED}, "true")
    line._fit()
    text = _words(line.view)
    assert "the line explains" in text and "<b>south" not in text


def test_a_change_is_looked_for_within_limits(run: Run, visit: Any, said: list[str]) -> None:
    row = {"age": 30, "income": 40.0, "town": "north"}
    card = ChangeCard(visit, run, ["age", "income", "town"], lambda: row)
    assert card.asked()["keep"] == ["town"]
    card.keep.value = []
    card.want.value = "true"
    card.up.value = ["age", "income"]
    card.more.param.trigger("clicks")
    card.limits[0].column.value = "income"
    card.limits[0].values.value = (card.limits[0].values.start, 70.0)
    asked = card.asked()
    assert asked["directions"] == {"age": "up", "income": "up"}
    assert asked["ranges"] == {"income": [None, 70.0]}
    found = run.workspace.perform("counterfactuals", asked, lambda *_: None)
    card._found(found["report"])
    changes = found["report"]["tables"]
    told = next(t for t in changes if t["name"] == "changes")
    after = told["columns"].index("after")
    incomes = [r[after] for r in told["rows"] if "income" in r]
    assert incomes and all(40 < value <= 70 for value in incomes)
    assert "income" in _words(card.view)
    card.down.value = ["age"]
    card._look()
    assert said == ["age cannot both only rise and only fall."]
