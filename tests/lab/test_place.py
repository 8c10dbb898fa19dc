"""Which workspace a Jupyter server shows, and what it does when folders come and go."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from workbench.core.errors import NotFound
from workbench.core.settings import FILE
from workbench.lab.place import VARIABLE, Place
from workbench.workspace import Workspace


def place(root: Path, named: str = "") -> Place:
    root.mkdir(exist_ok=True)
    return Place(root, root.parent / "told", {VARIABLE: named})


def test_what_is_made_is_shown_whatever_was_there_before(tmp_path: Path) -> None:
    root = tmp_path / "work"
    here = place(root)
    assert here.create("first") == root / "first"
    assert (here.workspace().root, here.nearest()) == (root / "first", str(root / "first"))
    here.create("second")
    assert here.workspace().root == root / "second"
    assert (here.offers(), here.nearest()) == (["first", "second"], "")
    here.create("third")
    assert here.workspace().root == root / "third"
    here.choose("first")
    assert here.workspace().root == root / "first"
    here.create("")
    assert (here.workspace().root, here.chosen) == (root, ".")


def test_what_is_made_is_shown_although_the_environment_names_a_missing_folder(
    tmp_path: Path,
) -> None:
    here = place(tmp_path / "work", named="nowhere")
    with pytest.raises(NotFound, match="nowhere is no workspace"):
        here.workspace()
    here.create("fresh")
    assert here.workspace().root == tmp_path / "work" / "fresh"
    assert here.nearest() == str(tmp_path / "work" / "nowhere")  # what the next start would show


def test_a_workspace_that_was_made_anew_under_its_name_is_opened_anew(tmp_path: Path) -> None:
    here = place(tmp_path / "work")
    here.create("credit")
    before = here.workspace()
    assert here.workspace() is before
    file = tmp_path / "work" / "credit" / FILE
    inode = file.stat().st_ino
    file.write_text(file.read_text(), encoding="utf-8")
    os.utime(file, ns=(1, 1))  # as where the new file gets the old one's number
    assert file.stat().st_ino == inode
    assert here.workspace() is not before


def test_a_workspace_that_was_away_is_opened_anew(tmp_path: Path) -> None:
    here = place(tmp_path / "work")
    here.create("credit")
    before = here.workspace()
    shutil.move(tmp_path / "work" / "credit", tmp_path / "away")
    with pytest.raises(NotFound):
        here.workspace()
    shutil.move(tmp_path / "away", tmp_path / "work" / "credit")
    assert here.workspace() is not before


def test_it_is_written_down_which_folder_is_shown_and_that_none_is(tmp_path: Path) -> None:
    root, told = tmp_path / "work", tmp_path / "told"
    told.write_text("/left/by/a/killed/server")
    here = place(root)
    here.tell()
    assert told.read_text() == ""
    Workspace(root / "one")
    here.workspace()
    assert told.read_text() == str(root / "one")
    Workspace(root / "two")
    with pytest.raises(NotFound, match="There are 2 workspaces here: one, two"):
        here.workspace()
    assert told.read_text() == ""
    here.choose("two")
    here.workspace()
    assert told.read_text() == str(root / "two")
