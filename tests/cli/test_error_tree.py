"""``workbench error-tree``: a planted failure in a sentence, a pair, a page, and too few rows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.cli.conftest import Terminal
from workbench.workspace import Workspace


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Terminal:
    """Nothing tells what people in the south buy."""
    rng = np.random.default_rng(0)
    town, age = rng.choice(["north", "south", "east"], 3000), rng.integers(18, 80, 3000)
    told = np.where(town == "south", rng.random(3000) < 0.5, age > 45)
    ws = Workspace(tmp_path_factory.mktemp("tree") / "ws")
    frame = pd.DataFrame({"age": age, "town": town, "buys": told})
    ws.import_data(frame, name="shop", target="buys")
    ws.train("shop", ["bayes", "dummy"])
    return Terminal(ws.root)


def test_where_a_run_fails_and_where_two_differ(shop: Terminal, tmp_path: Path) -> None:
    first, second = (
        next(r["id"][:8] for r in shop.json("runs", "list") if r["recipe"]["family"] == model)
        for model in ("bayes", "dummy")
    )
    page = tmp_path / "tree.html"
    shown = shop.run("error-tree", first, "--html", str(page)).stdout
    assert "Fails most where town is south" in shown and "% wrong (" in shown
    assert "· town is south" in shown and "grew the tree" in shown
    assert "<svg" in page.read_text(encoding="utf-8")
    pair = shop.json("error-tree", first, second, "--depth", "1", "--metric", "log_loss")
    assert pair["kind"] == "error_tree" and pair["facts"]["depth"] == 1
    assert pair["facts"]["metric"] == "log_loss" and pair["facts"]["signed"]


def test_too_few_rows_are_one_sentence(terminal: Terminal, workspace: Workspace) -> None:
    said = terminal.run("error-tree", workspace.runs.list(1)[0].id[:8], expect=1).stderr
    assert "test rows are too few for an error tree" in said
