"""%workbench in a real kernel: results are the objects, wrong lines are sentences."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.notebook.conftest import Ran, text


@pytest.fixture(scope="module")
def opened(kernel: Ran, datasets: Path) -> Ran:
    assert "<Workspace 'credit'" in text(kernel("ws = %workbench open credit\nws"))
    kernel("%workbench import breast_cancer")
    return kernel


def test_a_line_gives_the_object_itself(opened: Ran) -> None:
    found = opened(
        "run = %workbench train breast_cancer logistic --seed 3\n"
        "type(run).__name__, run.record.recipe.seed"
    )
    assert "('Run', 3)" in text(found)
    (shown,) = [o for o in opened("%workbench explain run --rows 20") if o.output_type != "stream"]
    assert "<Report explanation" in shown.data["text/plain"] and "<svg" in shown.data["text/html"]
    asked = "run.report('explanation').facts['rows_asked']"
    assert "20" in text(opened(asked))
    opened("%workbench explain run")  # the one that is kept
    assert "20" in text(opened(asked))
    opened("%workbench explain run --rows 35")
    assert "35" in text(opened(asked))


def test_a_cell_is_a_step_a_line(opened: Ran) -> None:
    found = opened(
        "%%workbench\n# two\nboth = train breast_cancer bayes,dummy\nruns\n\nprofile breast_cancer"
    )
    shown = [o.data["text/plain"] for o in found if "text/html" in o.data and o.data["text/plain"]]
    assert [s.split()[0] for s in shown] == ["<Runs", "<Report"]
    assert "2 Runs" in text(opened("print(len(both), type(both).__name__)"))
    found = opened("verdict = %workbench compare {both[0].id[:8]} {both[1].id[:8]}\nverdict.kind")
    assert "'comparison'" in text(found)


def test_a_frame_is_imported_by_its_name(opened: Ran) -> None:
    opened("import pandas as pd\nmine = pd.DataFrame({'a': range(80), 'b': [0, 1] * 40})")
    assert "<Dataset mine@1: 80 rows" in text(opened("%workbench import mine --target b"))


def test_a_job_is_started_and_listed(opened: Ran) -> None:
    found = opened("job = %workbench train breast_cancer bayes --job\njob.wait(120)\njob.state")
    assert "'done'" in text(found)
    assert "<Jobs of 'credit': 1" in text(opened("%workbench jobs"))


@pytest.mark.parametrize(
    ("line", "said", "hint"),
    [
        ("trane x", "No step of %workbench is called 'trane'.", "train"),
        ("train", "The following arguments are required: dataset.", "Usage: %workbench train"),
        ("train breast_cancer --seed x", "invalid int value: 'x'", "Usage: %workbench train"),
        ("train breast_cancer nobody", "nobody", "Known"),
        ("profile nothere", "No data set is called 'nothere'.", "breast_cancer"),
        ("explain champion", "No run is called 'champion'.", "Known"),
        ("profile 'a", "The line cannot be read: No closing quotation.", "Close"),
    ],
)  # fmt: skip
def test_a_wrong_line_is_a_sentence(opened: Ran, line: str, said: str, hint: str) -> None:
    (error,) = opened(f"%workbench {line}")
    assert error.output_type == "error"
    told = "\n".join(error.traceback)
    assert said in told and hint in told
    assert "Traceback" not in told and ".py" not in told and "get_ipython" not in told


def test_an_error_of_an_object_names_the_line_of_the_cell(opened: Ran) -> None:
    (error,) = opened("first = 1\nws.datasets['nope']")
    assert error.traceback[0] == "In line 2: ws.datasets['nope']"
    assert error.traceback[1] == "No data set is called 'nope'."


def test_names_are_completed(opened: Ran) -> None:
    def offers(line: str) -> str:
        code = f"get_ipython().complete(None, {line!r}, {len(line)})[1]"
        return text(opened(code))

    assert offers("%workbench tr") == "['train']"
    assert offers("x = %workbench profile breast_c") == "['breast_cancer']"
    assert "'lightgbm'" in offers("%workbench train breast_cancer li")
    assert "'compare'" in offers("%workbench app ")


def test_alone_it_lists_all_steps(opened: Ran) -> None:
    told = text(opened("%workbench"))
    for name in ("open", "import", "profile", "train", "compare", "explain", "fairness", "export",
                 "serve", "jobs", "app"):  # fmt: skip
        assert f"%workbench {name}" in told


def test_without_a_workspace_the_way_to_one_is_told(kernel: Ran) -> None:
    found = kernel(
        "from workbench.notebook.magics import WorkbenchMagics\n"
        "from workbench.notebook.place import current\n"
        "import os, tempfile\nos.chdir(tempfile.mkdtemp())\ncurrent({})"
    )
    assert "There is no workspace here or above." in text(found)
    assert "%workbench open NAME" in text(found)
