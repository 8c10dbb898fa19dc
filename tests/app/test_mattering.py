"""The terms of a comparison: what a person says, and whom it is kept for."""

from __future__ import annotations

import pytest

from workbench.app.mattering import Mattering, Terms
from workbench.app.pages.compare import CompareModel
from workbench.app.validating import _tunable
from workbench.objects import Run
from workbench.workspace import Workspace


@pytest.fixture(scope="module")
def ws(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    ws = Workspace(tmp_path_factory.mktemp("terms"))
    for name in ("breast_cancer", "diabetes"):
        ws.import_data(name)
        ws.train(name, ["logistic", "dummy"])
    return ws


def of(ws: Workspace, name: str) -> list[Run]:
    return [r for r in ws.runs.list() if r.record.recipe.dataset.startswith(name)]


def test_terms_are_said_and_what_is_no_number_is_refused(ws: Workspace) -> None:
    runs = of(ws, "breast_cancer")
    heard: list[Terms] = []
    card = Mattering(ws.compare(runs), runs, Terms(), heard.append)
    assert card.rope.value == 0.01
    card._ask()
    assert heard == [Terms()]  # nobody said anything
    card.rope.value, card.miss.value = 0.05, 4.0
    card._ask()
    assert heard[1] == Terms(0.05, (4.0, 0.0))
    assert heard[1].asked("binary") == {"rope": 0.05, "costs": {"fn": 4.0, "fp": 0.0}}
    for field, value in ((card.rope, -1.0), (card.alarm, float("inf")), (card.miss, -2.0)):
        before, field.value = field.value, value
        card._ask()
        assert len(heard) == 2 and "is no number from 0 on" in card.refused.object
        field.value = before
    card._ask()
    assert len(heard) == 3 and card.refused.object == ""


def test_terms_stay_with_the_question_that_they_were_said_for(ws: Workspace) -> None:
    model = CompareModel(ws)
    model.chosen = [r.id for r in of(ws, "breast_cancer")]
    model.compared()
    model.terms = Terms(0.3, (5.0, 1.0))
    report = model.compared().report
    assert report is not None and set(report["practical"].column("rope")) == {0.3}
    assert "expected_cost" in report["differences"].column("metric")
    model.chosen = [r.id for r in of(ws, "diabetes")]
    other = model.compared().report
    assert other is not None and model.terms == Terms()
    assert 0.3 not in other["practical"].column("rope")


def test_who_has_nothing_to_search_for_is_known(ws: Workspace) -> None:
    """A nested cross-validation leaves these out."""
    runs = [ws.runs[r.id] for r in of(ws, "breast_cancer")]  # whole, as the page has them
    found = {r.record.recipe.family: _tunable(r) for r in runs}
    assert found == {"logistic": True, "dummy": False}
