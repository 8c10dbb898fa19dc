"""From the menu to MLflow's own pages."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.app.conftest import Served, start, watched
from workbench.core.errors import NotFound
from workbench.workspace import Workspace

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("library")
    ws = Workspace(folder / "ws")
    ws.import_data("wine")
    with pytest.raises(NotFound, match="no run yet"):
        ws.mlflow()
    ws.train("wine", ["dummy"])
    served = start(folder / "ws", folder / "app.log")
    yield served
    served.stop()


def test_the_menu_opens_mlflow_on_the_runs(served: Served, chromium: Callable[..., Any]) -> None:
    page = chromium().new_context().new_page()
    seen = watched(page)
    page.goto(served.address("data"))
    page.get_by_role("button").filter(has_text=re.compile("MLflow$")).click(timeout=90_000)
    link = page.get_by_role("link").filter(has_text=re.compile("Open MLflow$"))
    link.wait_for(timeout=150_000)
    url = link.get_attribute("href")
    assert url.startswith("http://127.0.0.1:")
    asked = urllib.request.Request(
        f"{url}/api/2.0/mlflow/runs/search",
        data=json.dumps({"experiment_ids": ["1"]}).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(asked) as answer:
        runs = json.load(answer)["runs"]
    assert [run["info"]["run_name"] for run in runs] == ["dummy"]
    elsewhere = urllib.request.Request(f"{url}/", headers={"Host": "evil.example"})
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(elsewhere)
    assert refused.value.code == 403
    assert not seen.errors
