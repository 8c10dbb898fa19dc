"""A reader sees the old file or the new one, never half of one."""

import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from workbench.core.errors import StoreError, UsageError
from workbench.core.files import inside, replacing, replacing_folder, write_text


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    write_text(path, "old")
    with pytest.raises(RuntimeError), replacing(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError("in the middle")
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["a.txt"]


def test_a_full_disk_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="disk is full"), replacing(tmp_path / "a.txt"):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert os.listdir(tmp_path) == []


def test_a_folder_appears_at_once_or_not_at_all(tmp_path: Path) -> None:
    folder = tmp_path / "bundle"
    with replacing_folder(folder) as temporary:
        (temporary / "one").write_text("1")
    with pytest.raises(RuntimeError), replacing_folder(folder) as temporary:
        (temporary / "two").write_text("2")
        raise RuntimeError
    assert [p.name for p in folder.iterdir()] == ["one"]
    assert os.listdir(tmp_path) == ["bundle"]


def test_a_killed_writer_leaves_the_old_content(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    write_text(path, "old")
    code = (
        "import sys, time, pathlib; from workbench.core.files import replacing\n"
        "with replacing(pathlib.Path(sys.argv[1])) as t:\n"
        "    t.write_text('new' * 1000); print('written', flush=True); time.sleep(60)\n"
    )
    child = subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE)
    assert child.stdout is not None
    child.stdout.readline()
    time.sleep(0.05)
    child.send_signal(signal.SIGKILL)
    child.wait()
    assert path.read_text() == "old"


@pytest.mark.parametrize("name", ["../x", "/etc/passwd", "a/../../x", "a\0b"])
def test_paths_stay_inside(tmp_path: Path, name: str) -> None:
    with pytest.raises((UsageError, ValueError)):
        inside(tmp_path, name)


def test_links_that_lead_out_are_refused(tmp_path: Path) -> None:
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "link").symlink_to(tmp_path)
    with pytest.raises(UsageError):
        inside(tmp_path / "root", "link/x")
