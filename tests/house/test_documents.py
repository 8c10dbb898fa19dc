"""What the documents say is true of the code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.views.conftest import error_trees
from workbench.core.report import Report
from workbench.workspace import Workspace

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = (ROOT / "docs" / "reference" / "reports.md").read_text(encoding="utf-8")
PARTS = re.split(r"^## ", REFERENCE, flags=re.MULTILINE)[1:]
SECTIONS = {part.partition("\n")[0].strip(): part for part in PARTS}

SMALL = {"forest": {"n_estimators": 20}}


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> list[Report]:
    ws = Workspace(tmp_path_factory.mktemp("documents"))
    found: list[Report] = []
    for name in ("breast_cancer", "diabetes", "wine"):
        data = ws.import_data(name)
        runs = ws.train(data, families=["logistic", "forest"], params=SMALL)
        column = data.schema.names[0]
        found += [data.profile(), runs.best.evaluation(), ws.compare(runs)]
        found.append(runs[0].disagreements(runs[1]))
        found += [runs.best.explain(rows=20), runs.best.fairness(by=[column])]
        if name == "breast_cancer":
            found.append(runs[0].threshold(costs={"fn": 5, "fp": 1}))
        if name == "wine":
            found.append(runs.best.conformal(0.2))
            found += ws.validate(runs.best, folds=3, curve=(0.5, 1.0))
        want = (0, 1) if name == "diabetes" else None
        found.append(runs.best.counterfactuals(0, want, most=1))
        found += [runs.best.effects([column], rows=20), runs.best.importance(rows=60, repeats=2)]
        found += [runs.best.trust(), runs.best.surrogate(2), runs.best.neighbours(0)]
        runs.best.export()
        parity = runs.best.parity()
        assert parity is not None
        found.append(parity)
        found += [data.history(), data.uses()]
    found.append(ws.diff("wine", "breast_cancer"))
    found += error_trees(ws.datasets["diabetes"].frame())
    data.contract = data.propose().edited("alcohol", high=13)
    found += [data.check(), data.preview("log(alcohol)"), ws.steps()]
    return found


def test_the_reference_names_every_table_column_and_fact(reports: list[Report]) -> None:
    missing = set()
    for report in reports:
        words = set(re.findall(r"[a-z_0-9]+", SECTIONS[report.kind]))
        missing |= {(report.kind, fact) for fact in report.facts if fact not in words}
        for table in report.tables:
            if table.name in ("values", "data", "nearest", "prototypes"):
                continue  # their columns are the user's
            names = {table.name, *(re.sub("_(low|high)$", "", c) for c in table.columns)}
            missing |= {(report.kind, table.name, n) for n in names if n not in words}
    assert not missing


def test_the_architecture_names_every_folder() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    folders = {p.name for p in (ROOT / "workbench").iterdir() if (p / "__init__.py").is_file()}
    assert folders
    assert not {name for name in folders if name not in text}


def test_no_text_of_ours_holds_a_machine_path_or_a_host_of_a_mirror() -> None:
    found = []
    for path in ROOT.rglob("*"):
        if path.suffix in (".py", ".md", ".toml", ".txt", ".ipynb", ".css", ".js") and not (
            {".venv", ".venv-bench", "_build", "demo", ".git", "node_modules", "labextension"}
            & set(path.parts)
        ):
            text = path.read_text(encoding="utf-8", errors="replace")
            found += [
                f"{path.name}: {hit}" for hit in re.findall(r"/(?:work|home|Users)/\w+/", text)
            ]
    assert not [f for f in found if not f.startswith("test_documents.py")]
