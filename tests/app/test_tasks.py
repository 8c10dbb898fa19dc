"""Every page about a run, for several classes and for numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.app.conftest import Served, start, watched
from workbench.workspace import Workspace

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SEEN = {
    "compare": ("Metrics", "Paired differences"),
    "explain": ("Importance", "One column"),
    "explain-one": ("Why this prediction", "What if"),
    "explain-trust": ("Can this be trusted?",),
    "fairness": ("Groups",),
    "export": ("Does it answer alike?",),
}


@pytest.fixture(scope="module", params=["wine", "diabetes"])
def judged(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """The app of a workspace with two runs, explained, audited and exported."""
    folder = tmp_path_factory.mktemp(request.param)
    ws = Workspace(folder / "ws")
    data = ws.import_data(request.param)
    first = data.schema.names[0]
    data = data.edit(roles={first: "sensitive"})
    small = {"forest": {"n_estimators": 20}}
    runs = ws.train(data, families=["logistic", "forest"], params=small)
    runs.best.explain(rows=30)
    runs.best.export()
    ws.promote(runs.best)
    served = start(folder / "ws", folder / "app.log")
    yield served
    served.stop()


@pytest.mark.parametrize("name", SEEN)
def test_a_page_shows_its_pictures_for_every_task(
    judged: Served, chromium: Callable[..., Any], name: str, tmp_path: Path
) -> None:
    context = chromium().new_context(viewport={"width": 1440, "height": 1000})
    page = context.new_page()
    seen = watched(page)
    where, _, part = name.partition("-")
    page.goto(judged.address(where, **({"part": part} if part else {})))
    for title in SEEN[name]:
        page.get_by_role("heading", level=2, name=title).first.wait_for(timeout=30_000)
    page.wait_for_timeout(500)
    shots = Path(__file__).parents[2] / "screenshots"
    shots.mkdir(exist_ok=True)
    page.screenshot(path=shots / f"{judged.root.parent.name[:4]}-{name}.png", full_page=True)
    assert page.get_by_role("alert").all_inner_texts() == []
    assert "cannot be" not in page.inner_text("body")
    assert seen.errors == []
    assert "Traceback" not in judged.log.read_text()
    context.close()
