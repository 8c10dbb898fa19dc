"""Progress: a bar in a notebook that leaves nothing behind, a line in a terminal, else none."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import termios

import nbformat
from nbconvert import HTMLExporter

from tests.notebook.conftest import Ran

WORK = """
import time
from workbench.bar import bar
with bar("train") as tell:
    for step in range(8):
        time.sleep(0.06)
        tell(step / 8, f"<b>step</b> {step}")
"""


def test_a_notebook_keeps_one_empty_output(kernel: Ran) -> None:
    (left,) = kernel(WORK)
    assert left.data == {"text/plain": "", "text/html": ""}  # no widget, no text, no flood
    cell = nbformat.v4.new_code_cell("x", outputs=[left])
    page, _ = HTMLExporter(template_name="basic").from_notebook_node(
        nbformat.v4.new_notebook(cells=[cell])
    )
    assert "step" not in page


def test_what_is_over_in_a_moment_draws_nothing(kernel: Ran) -> None:
    assert kernel("from workbench.bar import bar\nwith bar('x') as tell:\n    tell(0.5, 'y')") == []


def test_a_bar_is_drawn_over_and_holds_no_markup_of_the_text(kernel: Ran) -> None:
    found = kernel(
        "from workbench import bar as module\nsaid = []\n"
        "class Kept(module._Cell):\n"
        "    def _show(self, shown):\n        said.append(dict(shown))\n"
        "cell = Kept('train')\ncell.draw(0.4, '<b>step</b>')\ncell.close()\n"
        "html = said[0]['text/html']\n"
        "print(said[0]['text/plain'], '<b>' in html, 'width:40%' in html)"
    )
    assert found[0].text.strip() == "train 40% <b>step</b> False True"


def test_a_file_gets_no_bar() -> None:
    done = subprocess.run([sys.executable, "-c", WORK], capture_output=True, text=True, check=True)
    assert done.stdout == done.stderr == ""


def test_a_terminal_gets_one_line_that_is_drawn_over() -> None:
    leader, follower = pty.openpty()
    termios.tcsetwinsize(follower, (24, 100))
    process = subprocess.Popen([sys.executable, "-c", WORK], stderr=follower, stdout=follower)
    os.close(follower)
    said = b""
    try:
        while part := os.read(leader, 4096):
            said += part
    except OSError:  # Linux says the end of a terminal so
        pass
    assert process.wait(30) == 0
    assert b"train" in said and b"%" in said and said.count(b"\r") > 2
    assert said.count(b"\n") == 0
