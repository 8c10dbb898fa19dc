"""Flags that would do nothing are refused, and those that all commands take are heeded."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Terminal
from workbench.workspace import Workspace


def test_flags_beside_a_recipe_are_refused_by_name(terminal: Terminal, tmp_path: Path) -> None:
    recipe = tmp_path / "r.toml"
    recipe.write_text('dataset = "breast_cancer"\nfamily = "dummy"\nseed = 1\n')
    done = terminal.run(
        "train", "--recipe", str(recipe), "--seed", "5", "--family", "forest", "--quiet", expect=2
    )
    assert "leave --family, --seed out" in done.stderr
    again = terminal.run("tune", "--resume", "3f2a91", "--seed", "5", expect=2)
    assert "leave --seed out" in again.stderr
    assert len(terminal.json("train", "--recipe", str(recipe))["runs"]) == 1


def test_init_makes_the_workspace_that_was_named(tmp_path: Path) -> None:
    there = Terminal(tmp_path)
    there.run("--workspace", "credit", "init")
    assert (tmp_path / "credit" / "workbench.toml").is_file()
    assert not (tmp_path / "workbench.toml").exists()
    there.run("init", "--workspace", "credit", "other")
    assert Workspace(tmp_path / "other").name == "other"
